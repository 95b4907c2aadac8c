import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../src/config/clock.js';

/**
 * The system's time, `speed` times as fast: pauses of half a minute and caches of seconds pass in a moment, in the right
 * order. Time-outs of requests are not measured with it.
 */
export function createHurriedClock(speed: number): Clock {
  const startedAt = Date.now();
  const startedMs = performance.now();
  const elapsed = (): number => (performance.now() - startedMs) * speed;
  return {
    now: () => new Date(startedAt + elapsed()),
    monotonicMs: elapsed,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      try {
        await delay(ms / speed, undefined, signal === undefined ? {} : { signal });
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      }
    },
  };
}
