/**
 * The order of writing: whoever is referred to comes first, and what the plugin keeps about an object follows it at once:
 * in between the object looks as if it were nobody's, to other runs and after a crash. It follows from the table of kinds.
 */
import { companionsOf, isKind, kindDefinition, objectKinds, storedKind, type ObjectKind } from './index.js';

export const writeOrder: readonly ObjectKind[] = orderOf(objectKinds);

const places = new Map(writeOrder.map((kind, place) => [kind, place]));
const earlierKinds: ReadonlyMap<ObjectKind, ReadonlySet<ObjectKind>> = earlierOf(writeOrder);

/** The place of a kind in the order of writing. */
export function placeOf(kind: ObjectKind): number {
  return places.get(kind) ?? places.size;
}

/**
 * Whether nothing of `later` may be written before all of `earlier` is. That one is needed, if only by way of others, or the two
 * meet in one row, which NetBox saves as a whole: of two changes at once one would be undone. Kinds of which neither precedes
 * the other may be written at once.
 */
export function precedes(earlier: ObjectKind, later: ObjectKind): boolean {
  return earlierKinds.get(later)?.has(earlier) === true;
}

function earlierOf(ordered: readonly ObjectKind[]): ReadonlyMap<ObjectKind, ReadonlySet<ObjectKind>> {
  const all = new Map<ObjectKind, ReadonlySet<ObjectKind>>();
  for (const kind of ordered) {
    const direct = [...neededBy(kind), ...[...all.keys()].filter((one) => meet(one, kind))];
    all.set(kind, new Set(direct.flatMap((one) => [one, ...(all.get(one) ?? [])])));
  }
  return all;
}

/** Parts of one object are written under both, or objects under one and what they hang on under the other: NetBox counts those there. */
function meet(one: ObjectKind, other: ObjectKind): boolean {
  const stored = [storedKind(one), storedKind(other)] as const;
  return stored[0] === stored[1] || targetsOf(one).includes(stored[1]) || targetsOf(other).includes(stored[0]);
}

function orderOf(all: readonly ObjectKind[]): readonly ObjectKind[] {
  const ordered = new Set<ObjectKind>();
  function place(kind: ObjectKind, waiting: readonly ObjectKind[]): void {
    if (ordered.has(kind)) return;
    if (waiting.includes(kind)) throw new Error(`Kinds wait for each other: ${[...waiting, kind].join(' -> ')}`);
    for (const before of neededBy(kind)) place(before, [...waiting, kind]);
    ordered.add(kind);
    const companions = companionsOf(kind).filter((one) => kindDefinition(one).isNote !== true);
    for (const companion of companions) if (!waiting.includes(companion)) place(companion, waiting);
  }
  for (const kind of all) place(kind, []);
  return [...ordered];
}

/**
 * Kinds that must be written before: those its fields refer to, the one it is a view of (a view that makes room comes before
 * that one), and those that its row names.
 */
function neededBy(kind: ObjectKind): readonly ObjectKind[] {
  const { fields, after = [], makesRoom } = kindDefinition(kind);
  const related = targetsOf(kind);
  const views = objectKinds.filter((one) => storedKind(one) === kind);
  const room = makesRoom === true ? [] : views.filter((one) => kindDefinition(one).makesRoom === true);
  const stored = makesRoom === true ? [] : [storedKind(kind)];
  return [...new Set([...(Object.hasOwn(fields, 'tags') ? ['tag'] : []), ...room, ...stored, ...related, ...after])]
    .filter(isKind)
    .filter((one) => one !== kind);
}

/** Kinds that the relations of a kind name. */
function targetsOf(kind: ObjectKind): readonly string[] {
  return Object.values(kindDefinition(kind).fields).flatMap((spec) => (typeof spec === 'string' ? [] : spec.to));
}
