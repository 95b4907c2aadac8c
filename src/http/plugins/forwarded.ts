/** Says that a proxy stands in front which nobody has named: all its clients are one address then, for the rate limit and the lockout. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createFirstTimes } from '../first-times.js';

export interface ForwardedDeps {
  /** The address that is counted. */
  readonly addressOf: (request: FastifyRequest) => string;
  /** That of the other end of the connection. */
  readonly peerOf: (request: FastifyRequest) => string;
}

export function registerForwarded(app: FastifyInstance, { addressOf, peerOf }: ForwardedDeps): void {
  const isFirst = createFirstTimes();
  app.addHook('onRequest', async (request) => {
    if (request.headers['x-forwarded-for'] === undefined) return;
    const address = peerOf(request);
    if (addressOf(request) !== address || !isFirst(address)) return;
    request.log.warn(
      { address },
      `Requests from ${address} carry X-Forwarded-For, which is not read: all clients behind it share one rate limit and one lockout. Set PROXBOX_TRUSTED_PROXIES to this address, if it is a proxy of yours.`,
    );
  });
}
