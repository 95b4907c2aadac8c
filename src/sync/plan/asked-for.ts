/** What others hang on is made only where something that is written refers to it. Pure. */
import { isRef, objectKey, type Change, type ObjectKey } from '../types.js';

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
  const ask = (key: ObjectKey): void => {
    const asked = offers.get(key);
    if (asked === undefined) return;
    offers.delete(key);
    waiting.push(asked);
  };
  for (let change = waiting.pop(); change !== undefined && offers.size > 0; change = waiting.pop())
    tellWrittenRefs(change, ask);
  const unasked = new Set<Change>(offers.values());
  return changes.filter((change) => !unasked.has(change));
}

/** By a call of each: of very many changes there are far more references than there are objects that are only offered. */
function tellWrittenRefs(change: Change, tell: (key: ObjectKey) => void): void {
  if (change.action === 'update') tellRefs(Object.values(change.patch), tell);
  if (change.action !== 'create') return;
  tellRefs(Object.values(change.desired.fields), tell);
  tellRefs(change.desired.createTags, tell);
}

function tellRefs(value: unknown, tell: (key: ObjectKey) => void): void {
  if (Array.isArray(value)) for (const one of value) tellRefs(one, tell);
  else if (isRef(value)) for (const key of [value.ref, ...(value.or ?? [])]) tell(key);
}
