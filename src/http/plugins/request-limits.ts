/** Bounds on what a client may send, and how bodies are read. The server's own time-outs are in server-options.ts. */
import type { FastifyInstance } from 'fastify';
import { ProxboxError } from '../../errors/proxbox-error.js';

/** For routes whose bodies are one record: `{ bodyLimit: recordBodyLimit }`. */
export const recordBodyLimit = 64 * 1024;
const maxUrlLength = 8 * 1024;

export function registerRequestLimits(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (request.url.length <= maxUrlLength) return;
    throw new ProxboxError('bad_request', 'URI Too Long', { status: 414 });
  });
  const parseJson = app.getDefaultJsonParser('error', 'error');
  // An empty body is none: clients send the JSON content type also where a route takes no body.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (typeof body === 'string' && body.trim() === '') done(null, undefined);
    else void parseJson(request, body.toString(), done);
  });
  app.removeContentTypeParser('text/plain');
}
