/** Reads that several callers want at the same time are made once, and their answers kept for a moment. Failures are not. */
import type { Clock } from '../config/clock.js';
import { cancelledError } from '../errors/cancelled.js';
import { createSingleFlight } from '../transport/single-flight.js';

export interface SharedReads<T> {
  /** With `isFresh` a kept answer is not good enough; a read that is on its way still is. */
  read(
    key: string,
    load: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
    isFresh?: boolean,
  ): Promise<T>;
}

/** @param keepMs how long an answer is kept after it arrived; 0 = only shared while it is on its way */
export function createSharedReads<T>(clock: Clock, keepMs: number): SharedReads<T> {
  const answers = new Map<string, { readonly value: T; readonly untilMs: number }>();
  const flights = createSingleFlight<T>();

  return {
    read: async (key, load, signal, isFresh = false) => {
      if (signal?.aborted === true) throw cancelledError(signal);
      const answer = answers.get(key);
      if (!isFresh && answer !== undefined && clock.monotonicMs() < answer.untilMs) return answer.value;
      const loadAndKeep = async (abort: AbortSignal): Promise<T> => {
        const value = await load(abort);
        if (keepMs > 0) answers.set(key, { value, untilMs: clock.monotonicMs() + keepMs });
        return value;
      };
      return flights.run(key, loadAndKeep, signal);
    },
  };
}
