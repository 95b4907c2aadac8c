/**
 * Reads that several callers want at the same time are made once, and their answers kept for a moment. A failure is told
 * to all who waited and kept for nobody. A read is aborted only when everybody who waited for it has gone.
 */
import type { Clock } from '../config/clock.js';
import { cancelledError } from '../transport/cancelled.js';
import { unlessAborted } from './unless-aborted.js';

export interface SharedReads<T> {
  /** With `isFresh` a kept answer is not good enough; a read that is on its way still is. */
  read(
    key: string,
    load: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
    isFresh?: boolean,
  ): Promise<T>;
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly abort: AbortController;
  waiting: number;
}

/** @param keepMs how long an answer is kept after it arrived; 0 = only shared while it is on its way */
export function createSharedReads<T>(clock: Clock, keepMs: number): SharedReads<T> {
  const answers = new Map<string, { readonly value: T; readonly untilMs: number }>();
  const flights = new Map<string, Flight<T>>();

  const start = (key: string, load: (signal: AbortSignal) => Promise<T>): Flight<T> => {
    const abort = new AbortController();
    const land = async (): Promise<T> => {
      try {
        const value = await load(abort.signal);
        if (keepMs > 0) answers.set(key, { value, untilMs: clock.monotonicMs() + keepMs });
        return value;
      } finally {
        if (flights.get(key) === flight) flights.delete(key);
      }
    };
    const flight: Flight<T> = { result: Promise.resolve().then(land), abort, waiting: 0 };
    flights.set(key, flight);
    return flight;
  };

  return {
    read: async (key, load, signal, isFresh = false) => {
      if (signal?.aborted === true) throw cancelledError(signal);
      const answer = answers.get(key);
      if (!isFresh && answer !== undefined && clock.monotonicMs() < answer.untilMs) return answer.value;
      const flight = flights.get(key) ?? start(key, load);
      flight.waiting += 1;
      try {
        return await unlessAborted(flight.result, signal);
      } finally {
        flight.waiting -= 1;
        if (flight.waiting === 0) {
          if (flights.get(key) === flight) flights.delete(key);
          flight.abort.abort(signal?.reason);
        }
      }
    },
  };
}
