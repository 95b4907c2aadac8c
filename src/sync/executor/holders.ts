/** Whose the rows of NetBox are that a plan knows: what is to be created is not found in somebody else's row. */
import { kinds, storedKind, type ObjectKind } from '../../netbox/kinds/index.js';
import type { Change, Desired, Reason } from '../types.js';

interface Holder {
  readonly kind: ObjectKind;
  readonly label: string;
}

export class Holders {
  readonly #byRow = new Map<string, Holder>();

  constructor(changes: readonly Change[]) {
    for (const change of changes) {
      if (!('current' in change)) continue;
      const { kind, label } = 'desired' in change ? change.desired : change;
      this.#hold(change.current.id, { kind, label });
    }
  }

  /**
   * Why a row that NetBox already has is not taken for the object: another object of the plan is in it. That happens where a
   * name was to become free and did not. undefined: from now on the row is the object's.
   */
  refuse(desired: Desired, id: number): Reason | undefined {
    const holder = this.#byRow.get(rowKey(desired.kind, id));
    if (holder === undefined) {
      this.#hold(id, desired);
      return undefined;
    }
    const { noun } = kinds[desired.kind];
    return {
      code: 'name_conflict',
      message: `The ${noun} "${desired.label}" was not created: NetBox has the ${kinds[storedKind(holder.kind)].noun} "${holder.label}" (id ${id}) under this name still, which could not be changed; why is told at that one. The next run tries both again.`,
    };
  }

  #hold(id: number, { kind, label }: Holder): void {
    this.#byRow.set(rowKey(kind, id), { kind, label });
  }
}

function rowKey(kind: ObjectKind, id: number): string {
  return `${storedKind(kind)}/${id}`;
}
