/** Looks for objects that NetBox says exist: another writer may only just have committed them. */
import type { Clock } from '../config/clock.js';
import { sleepUnlessCancelled } from '../transport/sleep.js';
import type { JsonObject, NetBoxRecord } from './types.js';

/** Aligned with the bodies; undefined = not there. */
export type Finder = (bodies: readonly JsonObject[]) => Promise<readonly (NetBoxRecord | undefined)[]>;

const pausesMs = [100, 200] as const;

export async function findAgain(
  bodies: readonly JsonObject[],
  find: Finder,
  clock: Clock,
  signal?: AbortSignal,
): Promise<readonly (NetBoxRecord | undefined)[]> {
  let found = await find(bodies);
  for (const pauseMs of pausesMs) {
    if (bodies.every((_, index) => found[index] !== undefined)) break;
    await sleepUnlessCancelled(pauseMs, clock, signal);
    found = await find(bodies);
  }
  return found;
}
