/** Joins equal work that is under way. One who gives up does not disturb the others; when all gave up it is aborted. */
import { cancelledError } from '../errors/cancelled.js';
import { unlessAborted } from '../config/unless-aborted.js';

interface Flight<T> {
  readonly result: Promise<T>;
  readonly abort: AbortController;
  passengers: number;
}

export interface SingleFlight<T> {
  /** Runs `work`, or joins the run of the same key. Throws `cancelled` when this caller's own signal fires. */
  run(key: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Later callers start anew; who is on board still gets the result. */
  forget(key: string): void;
}

export function createSingleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>();
  return {
    run: async (key, work, signal) => {
      if (signal?.aborted === true) throw cancelledError(signal);
      let flight = flights.get(key);
      if (flight === undefined) {
        const abort = new AbortController();
        flight = { result: work(abort.signal), abort, passengers: 0 };
        flights.set(key, flight);
      }
      flight.passengers += 1;
      try {
        return await unlessAborted(flight.result, signal);
      } finally {
        flight.passengers -= 1;
        if (flight.passengers === 0) {
          if (flights.get(key) === flight) flights.delete(key);
          // Nobody waits any more: harmless when it is finished, the end of it when it is not.
          flight.abort.abort(cancelledError(signal));
        }
      }
    },
    forget: (key) => {
      flights.delete(key);
    },
  };
}
