/**
 * One connection pool per remote origin, with its own TLS rules: certificate checks are switched off for that origin
 * alone. Host names are resolved for every new connection, so a changed address is noticed, unless it was said which ones may be
 * connected to.
 */
import { isIPv6, type LookupFunction } from 'node:net';
import { Pool } from 'undici';
import { exchange } from './exchange.js';
import { trust } from './trust.js';
import type { HttpResult, Transport, TransportOptions } from './types.js';

const defaultMaxResponseBytes = 64 * 1024 * 1024;

/** Answers these addresses, whatever the name says by now. */
function fixedLookup(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_hostName, { all = false }, callback) => {
    const [first] = found;
    if (all) callback(null, found);
    else callback(null, first?.address ?? '', first?.family ?? 4);
  };
}

/**
 * The pool of one origin. `close` lets running requests finish; later ones fail as `aborted`. A connection that is only being
 * made is for nobody then, and is not waited for.
 */
export function createTransport(options: TransportOptions): Transport {
  const { origin, ca, maxResponseBytes = defaultMaxResponseBytes } = options;
  const pool = new Pool(origin, {
    connections: options.connections,
    pipelining: 1,
    // gunicorn closes idle connections after 2 s; a request that leaves at that moment would be lost.
    keepAliveTimeout: 1_000,
    maxResponseSize: maxResponseBytes,
    connect: {
      timeout: options.connectTimeoutMs,
      rejectUnauthorized: options.verifyTls,
      ...(options.addresses === undefined ? {} : { lookup: fixedLookup(options.addresses) }),
      ...trust(ca),
    },
  });
  const running = new Set<Promise<HttpResult>>();
  return {
    origin,
    send: (request) => {
      const sent = exchange({ pool, origin, maxResponseBytes }, request).finally(() => running.delete(sent));
      running.add(sent);
      return sent;
    },
    close: async () => {
      void pool.close();
      await Promise.allSettled(running);
      await pool.destroy();
    },
  };
}
