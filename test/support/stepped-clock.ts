import type { Clock } from '../../src/config/clock.js';

/** A clock that stands still between steps: caches last exactly as long as the test wants, whatever the machine does. */
export interface SteppedClock extends Clock {
  /** Moves the time on and ends the sleeps that are over then. */
  step(ms: number): void;
}

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

export function createSteppedClock(startIso = '2026-01-01T00:00:00Z'): SteppedClock {
  const startedAt = Date.parse(startIso);
  let elapsed = 0;
  const sleepers = new Set<Sleeper>();
  return {
    now: () => new Date(startedAt + elapsed),
    monotonicMs: () => elapsed,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      if (ms <= 0) return;
      await new Promise<void>((resolve, reject) => {
        const onAbort = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason as Error);
        };
        const wake = (): void => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        };
        const sleeper = { untilMs: elapsed + ms, wake };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    step: (ms) => {
      elapsed += ms;
      for (const sleeper of sleepers) {
        if (sleeper.untilMs > elapsed) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
  };
}
