/** What others hang on is made only where something that is written refers to it. Pure. */
import { fieldEntries, isRef, objectKey, type Change, type ObjectKey } from '../types.js';

/**
 * The changes without creations that were only offered and that nothing asks for: nothing that is created, no field that an
 * update writes, and none of what is asked for itself.
 */
export function askedFor(changes: readonly Change[], offered: ReadonlySet<Change>): readonly Change[] {
  if (offered.size === 0) return changes;
  const offers = new Map(
    [...offered].flatMap((change) =>
      change.action === 'create' ? [[objectKey(change.desired.kind, change.desired.key), change] as const] : [],
    ),
  );
  const waiting = changes.filter((change) => !offered.has(change));
  for (let change = waiting.pop(); change !== undefined && offers.size > 0; change = waiting.pop())
    for (const key of writtenRefs(change)) {
      const asked = offers.get(key);
      if (asked === undefined) continue;
      offers.delete(key);
      waiting.push(asked);
    }
  const unasked = new Set<Change>(offers.values());
  return changes.filter((change) => !unasked.has(change));
}

function writtenRefs(change: Change): readonly ObjectKey[] {
  if (change.action !== 'create' && change.action !== 'update') return [];
  const { fields, createTags = [] } = change.desired;
  const values =
    change.action === 'update'
      ? Object.values(change.patch)
      : [...fieldEntries(fields).map(([, value]) => value), ...createTags];
  return values
    .flatMap((value): readonly unknown[] => (Array.isArray(value) ? value : [value]))
    .filter(isRef)
    .flatMap(({ ref, or = [] }) => [ref, ...or]);
}
