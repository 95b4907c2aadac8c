/** Joins two WebSockets until one of them ends, or nothing was said for a while. A slow side slows the other one down. */
import type { Clock } from '../config/clock.js';
import { bytesOf, type Socket } from './byte-stream.js';

/** What a message becomes on the other side. */
export interface Translation {
  readonly fromBrowser: (data: Buffer) => Buffer | string;
  readonly fromProxmox: (data: Buffer) => Buffer | string;
}

export const asItIs: Translation = { fromBrowser: (data) => data, fromProxmox: (data) => data };

/** Why a relay ended. */
export type RelayEnd = 'browser' | 'proxmox' | 'idle' | 'too long' | 'stopping';

export interface RelayOptions extends Translation {
  readonly clock: Pick<Clock, 'sleep' | 'monotonicMs'>;
  /** Aborted when the service stops. */
  readonly stopping: AbortSignal;
  /** Milliseconds without a message of either side. */
  readonly idleMs: number;
  /** Milliseconds from its beginning. */
  readonly longestMs: number;
}

/** Bytes that may wait for the network before the other side is paused. */
const mostWaiting = 1_048_576;

/** Both sockets may be paused; both are open or closing. Neither is closed here: whoever joined them does. */
export async function relay(browser: Socket, proxmox: Socket, options: RelayOptions): Promise<RelayEnd> {
  const { clock, stopping, idleMs, longestMs } = options;
  const over = new AbortController();
  const startedMs = clock.monotonicMs();
  let lastMs = startedMs;
  const pass = (from: Socket, to: Socket, translate: (data: Buffer) => Buffer | string): void => {
    from.on('message', (data) => {
      lastMs = clock.monotonicMs();
      to.send(translate(bytesOf(data)), () => {
        if (to.bufferedAmount < mostWaiting) from.resume();
      });
      if (to.bufferedAmount >= mostWaiting) from.pause();
    });
  };
  const ended = new Promise<RelayEnd>((resolve) => {
    for (const [name, socket] of [
      ['browser', browser],
      ['proxmox', proxmox],
    ] as const) {
      if (socket.readyState > socket.OPEN) resolve(name);
      socket.once('close', () => resolve(name));
    }
    if (stopping.aborted) resolve('stopping');
    stopping.addEventListener('abort', () => resolve('stopping'), { signal: over.signal });
    const watch = async (): Promise<void> => {
      for (;;) {
        const nowMs = clock.monotonicMs();
        const [idleInMs, overInMs] = [lastMs + idleMs - nowMs, startedMs + longestMs - nowMs];
        if (overInMs <= 0) return resolve('too long');
        if (idleInMs <= 0) return resolve('idle');
        await clock.sleep(Math.min(idleInMs, overInMs), over.signal);
      }
    };
    watch().catch(() => undefined);
  });
  pass(browser, proxmox, options.fromBrowser);
  pass(proxmox, browser, options.fromProxmox);
  browser.resume();
  proxmox.resume();
  try {
    return await ended;
  } finally {
    over.abort();
  }
}
