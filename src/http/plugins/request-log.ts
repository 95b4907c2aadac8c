/** One debug line per request, its id in the answer, and the trace that it belongs to. */
import type { FastifyInstance } from 'fastify';
import { traceOf, withTrace } from '../../telemetry/trace-context.js';

export function registerRequestLog(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    withTrace(traceOf(request.headers), done);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions, ip } = request;
    const durationMs = Math.round(reply.elapsedTime);
    request.log.debug(
      { method, route: routeOptions.url, status: reply.statusCode, durationMs, peer: ip },
      'Request answered.',
    );
  });
}
