/** Joins a command to its exit status. */
import type { Told } from './output.js';

/** An action of a command: what `work` answers is the exit status. */
export function runAndEnd<T extends readonly unknown[]>(told: Told, work: (...given: T) => Promise<number>) {
  return async (...given: T): Promise<void> => {
    told.status = await work(...given);
  };
}
