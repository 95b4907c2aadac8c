/** What the model remembers of an estate while things happen to it. */
import type { Estate } from '../simulator/estate/index.js';

/** What passes, and how it ends; last begun, first ended. */
const ends = new WeakMap<Estate, (() => void)[]>();

/** It lasts until `heal`. */
export function passes(estate: Estate, end: () => void): void {
  ends.set(estate, [...(ends.get(estate) ?? []), end]);
}

/** Whatever passes is over. */
export function heal(estate: Estate): void {
  for (const end of ends.get(estate)?.toReversed() ?? []) end();
  ends.delete(estate);
}

/**
 * Guests, nodes and storages of which a run may have seen more than the first one did. They never go, nor do they fall silent for
 * good: NetBox keeps them as they were last seen, so what it holds would depend on which run looked when.
 */
export const changed = new WeakSet();
