/** A pause shared by all requests to one host: while it has no capacity, nobody asks it. */
import type { Clock } from '../config/clock.js';
import { sleepUnlessCancelled } from './sleep.js';

export interface HostPause {
  /** Lengthens the pause to `ms` from now; never shortens it. */
  pauseFor(ms: number): void;
  /** Milliseconds left, 0 when there is no pause. */
  remainingMs(): number;
  /** Resolves when no pause is left; throws `cancelled`. */
  wait(signal?: AbortSignal): Promise<void>;
}

export function createHostPause(clock: Clock): HostPause {
  let until = Number.NEGATIVE_INFINITY;
  const remainingMs = (): number => Math.max(0, until - clock.monotonicMs());
  return {
    pauseFor: (ms) => {
      until = Math.max(until, clock.monotonicMs() + ms);
    },
    remainingMs,
    wait: async (signal) => {
      while (remainingMs() > 0) await sleepUnlessCancelled(remainingMs(), clock, signal);
    },
  };
}
