/** Does work for several kinds at once, where none of them has to wait for another. */
import type { ObjectKind } from '../../netbox/kinds/index.js';

export interface SideBySide {
  /** Whether the work for `earlier` has to be done before that for `later` begins. */
  readonly precedes: (earlier: ObjectKind, later: ObjectKind) => boolean;
  /** How many kinds may be worked on now, at least 1; asked before each. */
  readonly atOnce: () => number;
  readonly work: (kind: ObjectKind) => Promise<void>;
}

/**
 * One kind after another where there is room for one only; with more room those that need nothing of each other overlap. After
 * the first failure nothing more begins, and it is thrown when what is under way has ended.
 */
export async function sideBySide(kinds: readonly ObjectKind[], { precedes, atOnce, work }: SideBySide): Promise<void> {
  const waiting = new Set(kinds);
  const underWay = new Map<ObjectKind, Promise<void>>();
  const failures: unknown[] = [];

  const begin = (kind: ObjectKind): void => {
    waiting.delete(kind);
    const working = work(kind)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => underWay.delete(kind));
    underWay.set(kind, working);
  };
  const next = (): ObjectKind | undefined => {
    if (failures.length > 0 || underWay.size >= atOnce()) return undefined;
    const ahead = [...waiting, ...underWay.keys()];
    return [...waiting].find((kind) => !ahead.some((other) => precedes(other, kind)));
  };

  for (;;) {
    for (let kind = next(); kind !== undefined; kind = next()) begin(kind);
    if (underWay.size === 0) break;
    await Promise.race(underWay.values());
  }
  if (failures.length > 0) throw failures[0];
}
