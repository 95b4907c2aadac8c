/** What is written only for something that comes after it: room that is made, a note that is left. Pure. */
import type { ObjectKind } from '../../netbox/kinds/index.js';
import type { WriteAction } from '../../netbox/actions.js';
import type { PatchItem } from '../../netbox/types.js';
import { objectKey, type Change, type Desired, type ObjectKey } from '../types.js';

type Update = Extract<Change, { action: 'update' }>;

const releases: ReadonlySet<ObjectKind> = new Set(['released-primary', 'released-device-primary', 'released-mac']);
const preparing: ReadonlySet<ObjectKind> = new Set([...releases, 'address-claim']);

/** A change that waits for another one. */
export interface Waiting {
  readonly action: WriteAction;
  readonly desired: Desired;
}

interface Released {
  readonly change: Update;
  readonly item: PatchItem;
}

export interface LetGo extends Released {
  readonly missing: ObjectKey;
}

export class Preparations {
  readonly #waiting = new Map<ObjectKey, Waiting[]>();
  readonly #released: Released[] = [];

  constructor(changes: readonly Change[]) {
    for (const change of changes) {
      if (change.action !== 'create' && change.action !== 'update') continue;
      const { desired } = change;
      if (desired.after === undefined) continue;
      const known = this.#waiting.get(desired.after) ?? [];
      known.push({ action: change.action === 'create' ? 'add' : 'change', desired });
      this.#waiting.set(desired.after, known);
    }
  }

  /** What comes after it, where it is written for nothing else; empty: it is written for itself. */
  waitingFor({ kind, key }: Desired): readonly Waiting[] {
    return preparing.has(kind) ? (this.#waiting.get(objectKey(kind, key)) ?? []) : [];
  }

  /** Something was let go, so that something else may have it. */
  note(released: Released): void {
    if (releases.has(released.change.desired.kind)) this.#released.push(released);
  }

  /** What was let go for nothing, by kind, and which of those it was for was not written. */
  inVain(isWritten: (key: ObjectKey) => boolean): ReadonlyMap<ObjectKind, readonly LetGo[]> {
    const found = this.#released.flatMap((released): readonly LetGo[] => {
      const { desired } = released.change;
      const waiting = this.waitingFor(desired).map((one) => objectKey(one.desired.kind, one.desired.key));
      const [missing] = waiting;
      return missing === undefined || waiting.some(isWritten) ? [] : [{ ...released, missing }];
    });
    const kinds = [...new Set(found.map(({ change }) => change.desired.kind))];
    return new Map(kinds.map((kind) => [kind, found.filter(({ change }) => change.desired.kind === kind)]));
  }
}
