/**
 * Cross-origin requests, by a list that follows the stored NetBox endpoints. Preflights are answered here, before the rate
 * limit counts and before a key is asked for: browsers send neither key nor cookies with them.
 */
import cors from '@fastify/cors';
import type { FastifyRequest } from 'fastify';
import type { App } from '../app-type.js';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const allowedHeaders = [
  'Accept',
  'Accept-Language',
  'Content-Language',
  'Content-Type',
  'X-Proxbox-API-Key',
  'X-Proxbox-Actor',
  'X-Requested-With',
  'Idempotency-Key',
  'Last-Event-ID',
];

function isPreflight(request: FastifyRequest): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}

/** `isAllowedOrigin` is asked for each request, so that a changed NetBox endpoint counts at once. Must be awaited. */
export async function registerCors(app: App, isAllowedOrigin: (origin: string) => boolean): Promise<void> {
  // @fastify/cors lets a preflight from elsewhere pass on to the routes; a clear refusal is easier to find in a browser.
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    if (origin === undefined || !isPreflight(request) || isAllowedOrigin(origin)) return undefined;
    return reply.status(400).header('vary', 'Origin').send({ detail: 'Disallowed CORS origin' });
  });
  await app.register(cors, {
    origin: (origin, callback) => callback(null, origin !== undefined && isAllowedOrigin(origin)),
    methods,
    allowedHeaders,
    maxAge: 600,
    optionsSuccessStatus: 200,
  });
}
