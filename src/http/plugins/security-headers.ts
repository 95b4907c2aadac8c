/** Headers that every answer carries, whatever else happens to the request. */
import type { FastifyInstance, FastifyReply } from 'fastify';

const always = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-xss-protection': '1; mode=block',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'permissions-policy': 'geolocation=(), microphone=(), camera=()',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'content-security-policy': "default-src 'self'; frame-ancestors 'none'",
} as const;

/** The documentation page starts its bundled viewer with an inline script. */
const documentationPolicy =
  "default-src 'self'; frame-ancestors 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

const documentationRoutes = new Set(['/docs', '/redoc']);

/** For answers that are written before any hook ran (bad URL). */
export function setSecurityHeaders(reply: FastifyReply): void {
  reply.headers(always);
}

/** Must be registered before everything else that can answer. */
export function registerSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    setSecurityHeaders(reply);
    if (documentationRoutes.has(request.routeOptions.url ?? '')) {
      reply.header('content-security-policy', documentationPolicy);
    }
  });
}
