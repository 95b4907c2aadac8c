/**
 * A transport whose sockets are closed after a while without requests and opened again by the next one. `close` is for
 * good: later requests fail as `aborted`.
 */
import type { Clock } from '../config/clock.js';
import type { HttpResult, Transport } from '../transport/types.js';

export interface IdleTransportOptions {
  readonly open: () => Transport;
  readonly origin: string;
  readonly clock: Clock;
  readonly idleMs: number;
  /** Nothing more may be sent: as after `close`. */
  readonly isDropped: () => boolean;
  /** The sockets were closed because nobody used them. */
  readonly onIdle: () => void;
}

export function createIdleTransport(options: IdleTransportOptions): Transport {
  const { open, origin, clock, idleMs } = options;
  const stop = new AbortController();
  let inner: Transport | null = null;
  let active = 0;
  let lastUsedMs = 0;

  const watch = async (watched: Transport): Promise<void> => {
    try {
      for (;;) {
        const restMs = active > 0 ? idleMs : lastUsedMs + idleMs - clock.monotonicMs();
        if (restMs <= 0) break;
        await clock.sleep(restMs, stop.signal);
      }
    } catch {
      // Only `close` ends the sleep early, and it closes the sockets itself.
      return;
    }
    inner = null;
    options.onIdle();
    await watched.close();
  };
  const opened = (): Transport => {
    if (inner !== null) return inner;
    inner = open();
    void watch(inner);
    return inner;
  };
  const closedResult: HttpResult = {
    ok: false,
    failure: {
      kind: 'aborted',
      maybeSent: false,
      message: `${origin}: the session was closed because its endpoint changed or the service stops`,
    },
  };

  return {
    origin,
    send: async (request) => {
      if (stop.signal.aborted || options.isDropped()) return closedResult;
      active += 1;
      lastUsedMs = clock.monotonicMs();
      try {
        return await opened().send(request);
      } finally {
        active -= 1;
        lastUsedMs = clock.monotonicMs();
      }
    },
    close: async () => {
      stop.abort();
      const closing = inner;
      inner = null;
      await closing?.close();
    },
  };
}
