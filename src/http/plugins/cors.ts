/**
 * Cross-origin requests, by a list that follows the stored NetBox endpoints. Written here because a refused preflight must
 * be answered with 400, and because preflights must neither be counted by the rate limit nor need a key.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
const requestHeaders = [
  'Accept',
  'Accept-Language',
  'Content-Language',
  'Content-Type',
  'X-Proxbox-API-Key',
  'X-Proxbox-Actor',
  'X-Requested-With',
  'Idempotency-Key',
  'Last-Event-ID',
].join(', ');

function isPreflight(request: FastifyRequest): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}

function answerPreflight(reply: FastifyReply, isAllowed: boolean): FastifyReply {
  if (!isAllowed) return reply.status(400).send({ detail: 'Disallowed CORS origin' });
  return reply
    .headers({
      'access-control-allow-methods': methods,
      'access-control-allow-headers': requestHeaders,
      'access-control-max-age': '600',
    })
    .status(200)
    .type('text/plain; charset=utf-8')
    .send('OK');
}

/** `isAllowedOrigin` is asked for each request, so that a changed NetBox endpoint counts at once. */
export function registerCors(app: FastifyInstance, isAllowedOrigin: (origin: string) => boolean): void {
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    reply.header('vary', 'Origin');
    if (origin === undefined) return undefined;
    const isAllowed = isAllowedOrigin(origin);
    if (isAllowed) reply.header('access-control-allow-origin', origin);
    return isPreflight(request) ? answerPreflight(reply, isAllowed) : undefined;
  });
}
