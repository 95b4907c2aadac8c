import { kinds, type ObjectKind } from '../../netbox/records/kinds.js';
import type { ObjectKey, Outcome, Ref, Warning } from '../types.js';

interface Without {
  readonly ref: Ref;
  readonly kind: ObjectKind;
  count: number;
}

/** Objects that were written without one of their relations: told once per missing object, with their number. */
export class LeftOut {
  readonly #entries = new Map<string, Without>();

  note(kind: ObjectKind, refs: readonly Ref[]): void {
    for (const ref of refs) {
      const key = `${kind} ${ref.ref}`;
      const entry = this.#entries.get(key) ?? { ref, kind, count: 0 };
      entry.count += 1;
      this.#entries.set(key, entry);
    }
  }

  warnings(outcomes: ReadonlyMap<ObjectKey, Outcome>): readonly Warning[] {
    return [...this.#entries.values()].flatMap(({ ref, kind, count }) => {
      if (ref.otherwise === undefined) return [];
      const outcome = outcomes.get(ref.ref);
      const what = outcome === undefined ? ref.ref : `${kinds[outcome.kind].noun} "${outcome.label}"`;
      const why = outcome?.reason?.message ?? 'it does not exist';
      const message = `${count} of kind "${kinds[kind].noun}" written without the ${what}: ${why}`;
      return [{ code: ref.otherwise, message, ...(outcome?.source === undefined ? {} : { source: outcome.source }) }];
    });
  }
}
