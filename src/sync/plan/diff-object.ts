/** The fields of an object that must be written, by the rules of each field. Pure. */
import {
  fieldSpec,
  kindDefinition,
  otherHalf,
  type AnyRecord,
  type ObjectKind,
  type RecordOf,
} from '../../netbox/kinds/index.js';
import { typeOf, type FieldType } from '../../netbox/kinds/fields.js';
import { canonicalJson, equalValues, isSet, tagIds, textOf } from '../../netbox/kinds/values.js';
import { isObject } from '../../values/plain-object.js';
import {
  fieldEntries,
  isRef,
  type Desired,
  type FieldDiff,
  type FieldRule,
  type Fields,
  type FieldValue,
  type ObjectKey,
  type Ref,
  type TagRef,
} from '../types.js';

/** Ids of objects that exist already. */
export type KnownIds = ReadonlyMap<ObjectKey, number>;

/** Values of a NetBox status that Proxmox has no word for: an operator set them on purpose. */
export const operatorStatuses: ReadonlySet<string> = new Set([
  'planned',
  'staged',
  'failed',
  'decommissioning',
  'inventory',
]);

interface Comparison {
  readonly kind: ObjectKind;
  readonly field: string;
  readonly type: FieldType;
  readonly rule: FieldRule;
  readonly desired: FieldValue;
  readonly current: unknown;
  readonly known: KnownIds;
  readonly removedTags: readonly number[];
}

/**
 * The fields of `desired` that must be written on `current`, by the rules of each field. Empty = nothing to do. A field
 * that NetBox did not render is a field that this NetBox or plugin version does not have: it is neither compared nor
 * written. Stamps are added only when something else is written.
 */
export function diffObject<K extends ObjectKind>(
  desired: Desired<K>,
  current: RecordOf<K>,
  known: KnownIds,
): { patch: Fields; why: readonly FieldDiff[] } {
  const patch: Record<string, FieldValue> = {};
  const why: FieldDiff[] = [];
  const stamps: Record<string, FieldValue> = {};
  const { missing }: AnyRecord = current;
  const { removeTags: removedTags = [] } = desired;
  for (const [field, value] of fieldEntries(desired.fields)) {
    const spec = fieldSpec(desired.kind, field);
    if (spec === undefined || missing?.includes(field) === true) continue;
    const rule = ruleOf(desired.rules, field);
    if (rule === 'stamp') {
      stamps[field] = value;
      continue;
    }
    const type = typeOf(spec);
    const from: unknown = Reflect.get(current, field);
    const comparison = { kind: desired.kind, field, type, rule, desired: value, current: from, known, removedTags };
    const written = compareField(comparison);
    if (written === undefined) continue;
    patch[field] = written;
    why.push({ field, from: readable(type, from), to: written });
  }
  return why.length === 0
    ? { patch: {}, why }
    : { patch: { ...withOtherHalves(desired, patch, known), ...stamps }, why };
}

/**
 * What is written of a relation to objects of several types is all of it: whoever changes the object meanwhile may have given
 * it another type, under which our id is another object.
 */
function withOtherHalves<K extends ObjectKind>({ kind, fields }: Desired<K>, patch: Fields, known: KnownIds): Fields {
  const wanted = new Map(fieldEntries(fields));
  const halves = Object.keys(patch).flatMap((field) => {
    const other = otherHalf(kind, field);
    const value = other === undefined || other in patch ? undefined : wanted.get(other);
    return other === undefined || value === undefined ? [] : [[other, idOrRef(value, known)] as const];
  });
  return { ...patch, ...Object.fromEntries(halves) };
}

/** The id of another object, where it has one by now. */
function idOrRef(value: FieldValue, known: KnownIds): FieldValue {
  return isRef(value) && value.or === undefined ? (known.get(value.ref) ?? value) : value;
}

function ruleOf(rules: Readonly<Record<string, FieldRule | undefined>>, field: string): FieldRule {
  return (Object.hasOwn(rules, field) ? rules[field] : undefined) ?? 'always';
}

/** The value to write, or undefined when the stored one stays. */
function compareField(comparison: Comparison): FieldValue | undefined {
  const { type, desired, current } = comparison;
  if (type === 'tags') return comparison.rule === 'create-only' ? undefined : compareTags(comparison);
  if (isKept(comparison)) return undefined;
  if (type === 'relations') return compareRelations(comparison);
  if (isRef(desired)) {
    const id = comparison.known.get(desired.ref);
    if (id !== undefined && current === id) return undefined;
    return idOrRef(desired, comparison.known);
  }
  if (type === 'custom-fields') return changedCustomFields(current, desired);
  return equalValues(type, current, desired) ? undefined : desired;
}

/** Whether the rule of the field protects the stored value, whatever it is compared with. */
function isKept({ type, rule, current }: Comparison): boolean {
  if (typeof rule === 'object') return isSet(type, current) && !rule.ours.test(textOf(current));
  switch (rule) {
    case 'create-only':
    case 'stamp':
      return true;
    case 'if-unset':
      return isSet(type, current);
    case 'unless-operator':
      return operatorStatuses.has(textOf(current));
    case 'always':
    case 'union':
    case 'union-if-unset':
      return false;
  }
}

/** The objects that an object has many of, where they are others than those: in no order. */
function compareRelations({ desired, current, known }: Comparison): FieldValue | undefined {
  if (!isRefList(desired)) return undefined;
  const wanted = desired.map((one) => (isRef(one) ? (known.get(one.ref) ?? one) : one));
  return wanted.some(isRef) || !equalValues('relations', current, wanted) ? wanted : undefined;
}

function isRefList(value: FieldValue): value is readonly (number | Ref)[] {
  return Array.isArray(value);
}

/**
 * Tags are added, and none is taken off but a mark of ours that no longer holds: the operator's own stay. The Proxbox tag
 * says what a sync created, so that what was there gets it only where the plugin could not find it otherwise.
 */
function compareTags({ kind, rule, desired, current, known, removedTags }: Comparison): readonly TagRef[] | undefined {
  const stored = tagIds(current);
  if (!isTagList(desired)) return undefined;
  const kept = stored.filter((id) => !removedTags.includes(id));
  const isMark = (tag: TagRef): boolean => isRef(tag) && tag.ref === 'tag:proxbox';
  const wanted = desired
    .filter((tag) => !isMark(tag) || kindDefinition(kind).foundByTag === true)
    .map((tag) => (isRef(tag) ? (known.get(tag.ref) ?? tag) : tag));
  const isLeftAlone = rule === 'union-if-unset' && stored.length > 0;
  const missing = isLeftAlone ? [] : wanted.filter((tag) => isRef(tag) || !kept.includes(tag));
  return missing.length === 0 && kept.length === stored.length ? undefined : mergeTags([...kept, ...missing]);
}

function isTagList(value: FieldValue): value is readonly TagRef[] {
  return Array.isArray(value);
}

/** Known ids sorted and unique, then the objects that do not exist yet. */
export function mergeTags(tags: readonly TagRef[]): readonly TagRef[] {
  const ids = [...new Set(tags.filter((tag) => typeof tag === 'number'))].sort((a, b) => a - b);
  const refs = new Map(tags.filter((tag) => typeof tag !== 'number').map((tag) => [tag.ref, tag]));
  return [...ids, ...refs.values()];
}

/** NetBox merges custom fields key by key, so only the differing keys are sent. */
function changedCustomFields(current: unknown, desired: FieldValue): FieldValue | undefined {
  if (!isObject(desired) || !isObject(current)) return undefined;
  const changed = Object.entries(desired).filter(
    ([key, value]) => key in current && canonicalJson(bare(current[key])) !== canonicalJson(value),
  );
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

/** NetBox 4.7 shows the choice of a selection field with its label. */
function bare(value: unknown): unknown {
  return isObject(value) && 'value' in value && 'label' in value ? value['value'] : value;
}

/** A stored value as an operator reads it in a report. */
function readable(type: FieldType, value: unknown): unknown {
  return type === 'tags' ? tagIds(value) : (value ?? null);
}
