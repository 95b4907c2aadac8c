/**
 * The order of writing: whoever is referred to comes first, and what the plugin keeps about an object follows it at once:
 * in between the object looks as if it were nobody's, to other runs and after a crash. It follows from the table of kinds.
 */
import { companionsOf, isKind, kindDefinition, objectKinds, storedKind, type ObjectKind } from './index.js';

export const writeOrder: readonly ObjectKind[] = orderOf(objectKinds);

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
  const related = Object.values(fields).flatMap((spec) => (typeof spec === 'string' ? [] : spec.to));
  const views = objectKinds.filter((one) => storedKind(one) === kind);
  const room = makesRoom === true ? [] : views.filter((one) => kindDefinition(one).makesRoom === true);
  const stored = makesRoom === true ? [] : [storedKind(kind)];
  return [...new Set([...(Object.hasOwn(fields, 'tags') ? ['tag'] : []), ...room, ...stored, ...related, ...after])]
    .filter(isKind)
    .filter((one) => one !== kind);
}
