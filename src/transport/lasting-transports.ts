/**
 * Transports that may be kept for as long as somebody needs them: a run ends with the client that it began with, whatever
 * happens to the endpoint meanwhile. One that nobody new gets is retired: from then on it has sockets only while requests
 * are under way, so nobody has to close it. Only the end of the service closes for good.
 */
import type { HttpResult, Sender, Transport, TransportOptions } from './types.js';
import { createTransport } from './undici-transport.js';
import { withoutSecrets } from './without-secrets.js';

export interface LastingTransport extends Sender {
  /** Frees the sockets as soon as no request is under way; a later request opens its own. */
  retire(): void;
}

export interface LastingTransportOptions extends TransportOptions {
  /** Those that its requests carry now: what comes back is read without them. */
  readonly secrets: () => readonly string[];
}

export interface LastingTransports {
  open(options: LastingTransportOptions): LastingTransport;
  /** Resolves when running requests have ended; later ones fail as `aborted`. */
  close(): Promise<void>;
}

export type OpenPool = (options: TransportOptions) => Transport;

function stopped(origin: string): HttpResult {
  const message = `${origin}: the client was closed because the service stops`;
  return { ok: false, failure: { kind: 'aborted', maybeSent: false, message } };
}

export function createLastingTransports(openPool: OpenPool = createTransport): LastingTransports {
  const pools = new Set<Transport>();
  let closed: Promise<unknown> | undefined;

  return {
    open: (options) => {
      let pool: Transport | undefined;
      let underWay = 0;
      let isRetired = false;
      const opened = (): Transport => {
        pool ??= openPool(options);
        pools.add(pool);
        return pool;
      };
      const release = (): void => {
        if (pool === undefined || underWay > 0 || closed !== undefined) return;
        pools.delete(pool);
        void pool.close();
        pool = undefined;
      };
      const send: Sender['send'] = async (request) => {
        if (closed !== undefined) return stopped(options.origin);
        underWay += 1;
        try {
          return await opened().send(request);
        } finally {
          underWay -= 1;
          if (isRetired) release();
        }
      };
      return {
        ...withoutSecrets({ origin: options.origin, send }, options.secrets),
        retire: () => {
          isRetired = true;
          release();
        },
      };
    },
    close: async () => {
      closed ??= Promise.all([...pools].map((pool) => pool.close()));
      await closed;
    },
  };
}
