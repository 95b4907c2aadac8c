/** Of the plan of a stage what concerns one object: a sync of a single object applies nothing else. Pure. */
import { companionsOf, kindDefinition, type ObjectKind } from '../../netbox/kinds/index.js';
import {
  fieldEntries,
  isRef,
  objectKey,
  type Change,
  type FieldsOf,
  type ObjectKey,
  type Plan,
  type SourceRef,
} from '../types.js';

/** An object of a plan, whatever was decided about it. */
export interface PlannedObject {
  readonly kind: ObjectKind;
  readonly key: string;
  readonly label: string;
  readonly source: SourceRef | undefined;
  /** Empty where the object was skipped or refused. */
  readonly fields: FieldsOf<ObjectKind>;
}

export function objectOf(change: Change): PlannedObject {
  if (change.action === 'create' || change.action === 'update' || change.action === 'keep') {
    const { kind, key, label, source, fields } = change.desired;
    return { kind, key, label, source, fields };
  }
  const { kind, key, label, source } = change;
  return { kind, key, label, source, fields: {} };
}

/** The planned changes of objects that fit, in the order of the plan. Deletions are no objects of Proxmox. */
export function findChanges(plan: Plan, fits: (object: PlannedObject) => boolean): readonly Change[] {
  return plan.changes.filter((change) => change.action !== 'delete' && fits(objectOf(change)));
}

/**
 * The plan reduced to some objects, what they refer to (and what that refers to), and the rows that say more about these.
 * `also`: kinds that are kept whole, because no field refers to what they belong to.
 */
export function onlyObjects<P extends Plan>(plan: P, objects: readonly Change[], also: readonly ObjectKind[] = []): P {
  const byKey = new Map(
    plan.changes.filter((change) => change.action !== 'delete').map((change) => [keyOf(change), change]),
  );
  const kept = new Set<Change>();
  const waiting = [...objects, ...[...byKey.values()].filter((change) => also.includes(objectOf(change).kind))];
  for (let change = waiting.pop(); change !== undefined; change = waiting.pop()) {
    if (kept.has(change)) continue;
    kept.add(change);
    for (const key of refsOf(change)) {
      const needed = byKey.get(key);
      if (needed !== undefined) waiting.push(needed);
    }
    waiting.push(...companionChanges(change, byKey.values()));
  }
  const changes = [...kept];
  const isReplaced = (change: Change): boolean =>
    change.action === 'delete' && changes.some((other) => belongsTo(objectOf(other), objectOf(change)));
  return { ...plan, changes: plan.changes.filter((change) => kept.has(change) || isReplaced(change)) };
}

function belongsTo(owner: PlannedObject, row: PlannedObject): boolean {
  return kindDefinition(row.kind).replacedWith === owner.kind && row.key.startsWith(`${owner.key}/`);
}

function keyOf(change: Change): ObjectKey {
  const { kind, key } = objectOf(change);
  return objectKey(kind, key);
}

function refsOf(change: Change): readonly ObjectKey[] {
  if (change.action !== 'create' && change.action !== 'update' && change.action !== 'keep') return [];
  const { fields, createTags = [], after } = change.desired;
  const values = [...fieldEntries(fields).map(([, value]) => value), ...createTags];
  const refs = values
    .flatMap((value): readonly unknown[] => (Array.isArray(value) ? value : [value]))
    .filter(isRef)
    .map(({ ref }) => ref);
  return after === undefined ? refs : [...refs, after];
}

function companionChanges(change: Change, all: Iterable<Change>): readonly Change[] {
  const kinds = companionsOf(objectOf(change).kind);
  if (kinds.length === 0) return [];
  const key = keyOf(change);
  return [...all].filter((other) => kinds.includes(objectOf(other).kind) && refsOf(other).includes(key));
}
