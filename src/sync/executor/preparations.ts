/** What is written only for something that comes after it: room that is made, a note that is left. Pure. */
import type { ObjectKind } from '../../netbox/kinds/index.js';
import type { WriteAction } from '../../netbox/rights.js';
import type { JsonObject, PatchItem } from '../../netbox/types.js';
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

  /** What was let go for nothing: with what it had before, and which of those it was for was not written. */
  toGiveBack(isWritten: (key: ObjectKey) => boolean): readonly {
    readonly desired: Desired;
    readonly item: PatchItem;
    readonly missing: ObjectKey;
  }[] {
    return this.#released.flatMap(({ change, item: { id, body } }) => {
      const waiting = this.waitingFor(change.desired).map(({ desired }) => objectKey(desired.kind, desired.key));
      const [missing] = waiting;
      if (missing === undefined || waiting.some(isWritten)) return [];
      const stored: JsonObject = { ...change.current };
      const back = Object.fromEntries(Object.keys(body).map((field) => [field, stored[field]]));
      return [{ desired: change.desired, item: { id, body: back }, missing }];
    });
  }
}
