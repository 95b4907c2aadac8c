import type { Clock } from '../../src/config/clock.js';

/** A clock that tests move. `sleep` passes at once and is written down, unless the clock is held. */
export interface FakeClock extends Clock {
  /** Every sleep asked for, milliseconds. */
  readonly sleeps: readonly number[];
  advance(ms: number): void;
  /** From now on `sleep` ends only by its signal or by `release`. */
  hold(): void;
  release(): void;
}

export function createFakeClock(startIso = '2026-01-01T00:00:00Z'): FakeClock {
  const startedAt = Date.parse(startIso);
  const sleeps: number[] = [];
  let elapsed = 0;
  let held = false;
  const waiting = new Set<() => void>();
  return {
    sleeps,
    now: () => new Date(startedAt + elapsed),
    monotonicMs: () => elapsed,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      sleeps.push(ms);
      if (!held) {
        elapsed += ms;
        return;
      }
      await new Promise<void>((resolve, reject) => {
        waiting.add(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    },
    advance: (ms) => {
      elapsed += ms;
    },
    hold: () => {
      held = true;
    },
    release: () => {
      held = false;
      for (const resolve of waiting) resolve();
      waiting.clear();
    },
  };
}
