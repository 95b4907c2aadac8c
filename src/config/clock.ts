/** Time as a dependency: tests pass their own. */
import { setTimeout as delay } from 'node:timers/promises';

/**
 * `monotonicMs` never jumps with the system clock, so every duration, time-to-live and back-off is measured with it;
 * `now` is only for what people and NetBox read.
 */
export interface Clock {
  now(): Date;
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds; rejects at once with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal, options?: SleepOptions): Promise<void>;
}

export interface SleepOptions {
  /** The process may end meanwhile. */
  readonly isBackground?: boolean;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal, { isBackground = false } = {}) => {
    if (signal?.aborted === true) throw signal.reason;
    try {
      await delay(ms, undefined, { ref: !isBackground, ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      throw isAborted(signal) ? signal?.reason : error;
    }
  },
};

/** A call, because the compiler would take the first look at `aborted` for the last word. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
