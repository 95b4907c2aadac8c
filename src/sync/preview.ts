/** What a preview knows from runs before it, and keeps to itself: nothing that it only imagines is left to later runs. */
import type { Collections } from './collections.js';
import type { Forbidden } from './forbidden.js';
import type { RememberedMachine, RunMemory } from './machine-memory.js';

/** The memory of machines with what this preview would have added, as long as it lasts. */
export function previewMemory(memory: RunMemory): RunMemory {
  const added = new Map<number, RememberedMachine | null>();
  return {
    recall() {
      const known = memory.recall();
      if (known === undefined) return undefined;
      const all = new Map(known);
      for (const [id, machine] of added) {
        if (machine === null) all.delete(id);
        else all.set(id, machine);
      }
      return all;
    },
    async remember(machines) {
      for (const [id, machine] of machines) added.set(id, machine);
      return true;
    },
  };
}

/**
 * NetBox refuses nothing in a preview, so there is nothing to learn of refusals, and that something was "created" does not say
 * that the token may create it: what was refused lately is refused, as in a run that finds no change.
 */
export function previewCollections(collections: Collections): Collections {
  const { forbidden, refusals } = collections;
  const nothing = (): undefined => undefined;
  const unlearning: Forbidden = { ...forbidden, probe: nothing, allowed: nothing, forget: nothing };
  return {
    ...collections,
    forbidden: unlearning,
    refusals: { has: (sentence) => refusals.has(sentence), remember: nothing },
    leaveOut: nothing,
    readingAgain: () => previewCollections(collections.readingAgain()),
  };
}
