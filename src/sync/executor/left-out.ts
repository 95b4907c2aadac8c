/** What was written without one of its relations. */
import { kinds, type ObjectKind } from '../../netbox/kinds/index.js';
import { placeOf } from '../../netbox/kinds/order.js';
import { nameList } from '../../values/short-text.js';
import type { Desired, ObjectKey, Outcome, Ref, Warning } from '../types.js';

interface Without {
  readonly ref: Ref;
  readonly kind: ObjectKind;
  readonly labels: string[];
}

/** Objects that were written without one of their relations: told once per missing object, with their number. */
export class LeftOut {
  readonly #entries = new Map<string, Without>();

  note({ kind, label }: Pick<Desired, 'kind' | 'label'>, refs: readonly Ref[]): void {
    for (const ref of refs) {
      const key = `${kind} ${ref.ref}`;
      const entry = this.#entries.get(key) ?? { ref, kind, labels: [] };
      entry.labels.push(label);
      this.#entries.set(key, entry);
    }
  }

  warnings(outcomes: ReadonlyMap<ObjectKey, Outcome>): readonly Warning[] {
    const entries = [...this.#entries.values()].sort((a, b) => placeOf(a.kind) - placeOf(b.kind));
    return entries.flatMap(({ ref, kind, labels }) => {
      if (ref.otherwise === undefined) return [];
      const outcome = outcomes.get(ref.ref);
      const what = outcome === undefined ? ref.ref : `${kinds[outcome.kind].noun} "${outcome.label}"`;
      const why = outcome?.reason?.message ?? 'it does not exist';
      const message = `${labels.length} of kind "${kinds[kind].noun}" (${nameList(labels)}) written without the ${what}: ${why}`;
      return [{ code: ref.otherwise, message, ...(outcome?.source === undefined ? {} : { source: outcome.source }) }];
    });
  }
}
