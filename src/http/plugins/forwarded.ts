/** Says that a proxy stands in front which nobody has named: all its clients are one address then, for the rate limit and the lockout. */
import type { FastifyInstance, FastifyRequest } from 'fastify';

export interface ForwardedDeps {
  /** The address that is counted. */
  readonly addressOf: (request: FastifyRequest) => string;
  /** That of the other end of the connection. */
  readonly peerOf: (request: FastifyRequest) => string;
}

/** Once for each of so many addresses: anybody can send the header. */
const toldAddresses = 100;

export function registerForwarded(app: FastifyInstance, { addressOf, peerOf }: ForwardedDeps): void {
  const told = new Set<string>();
  app.addHook('onRequest', async (request) => {
    if (request.headers['x-forwarded-for'] === undefined) return;
    const address = peerOf(request);
    if (addressOf(request) !== address || told.has(address) || told.size >= toldAddresses) return;
    told.add(address);
    request.log.warn(
      { address },
      `Requests from ${address} carry X-Forwarded-For, which is not read: all clients behind it share one rate limit and one lockout. Set PROXBOX_TRUSTED_PROXIES to this address, if it is a proxy of yours.`,
    );
  });
}
