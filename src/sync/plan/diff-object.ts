import {
  canonicalJson,
  choiceValue,
  equalValues,
  isObject,
  isSet,
  relationId,
  tagIds,
  textOf,
} from '../../netbox/records/compare.js';
import { kindDefinition, type FieldType } from '../../netbox/records/kinds.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import {
  isRef,
  type Desired,
  type FieldDiff,
  type FieldRule,
  type Fields,
  type FieldValue,
  type ObjectKey,
  type TagRef,
} from '../types.js';

/** Ids of objects that exist already. */
export type KnownIds = ReadonlyMap<ObjectKey, number>;

/** Values of a NetBox status that Proxmox has no word for: an operator set them on purpose. */
const operatorStatuses: ReadonlySet<string> = new Set(['planned', 'staged', 'failed', 'decommissioning', 'inventory']);

interface Comparison {
  readonly field: string;
  readonly type: FieldType;
  readonly rule: FieldRule;
  readonly desired: FieldValue;
  readonly current: unknown;
  readonly known: KnownIds;
}

/**
 * The fields of `desired` that must be written on `current`, by the rules of each field. Empty = nothing to do. A field
 * that NetBox did not render is a field that this NetBox or plugin version does not have: it is neither compared nor
 * written. Stamps are added only when something else is written.
 */
export function diffObject(
  desired: Desired,
  current: NetBoxRecord,
  known: KnownIds,
): { patch: Fields; why: readonly FieldDiff[] } {
  const patch: Record<string, FieldValue> = {};
  const why: FieldDiff[] = [];
  const stamps: Record<string, FieldValue> = {};
  for (const [field, value] of Object.entries(desired.fields)) {
    const type = kindDefinition(desired.kind).fields[field];
    if (type === undefined || !(field in current)) continue;
    const rule = desired.rules[field] ?? 'always';
    if (rule === 'stamp') {
      stamps[field] = value;
      continue;
    }
    const written = compareField({ field, type, rule, desired: value, current: current[field], known });
    if (written === undefined) continue;
    patch[field] = written;
    why.push({ field, from: readable(type, current[field]), to: written });
  }
  return why.length === 0 ? { patch: {}, why } : { patch: { ...patch, ...stamps }, why };
}

/** The value to write, or undefined when the stored one stays. */
function compareField(comparison: Comparison): FieldValue | undefined {
  const { type, desired, current } = comparison;
  if (type === 'tags') return comparison.rule === 'create-only' ? undefined : compareTags(comparison);
  if (isKept(comparison)) return undefined;
  if (isRef(desired)) {
    const id = comparison.known.get(desired.ref);
    return id !== undefined && relationId(current) === id ? undefined : (id ?? desired);
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
      return operatorStatuses.has(choiceValue(current) ?? '');
    case 'always':
    case 'union':
    case 'union-if-unset':
      return false;
  }
}

/** Tags are only ever added: the operator's own stay. */
function compareTags({ rule, desired, current, known }: Comparison): readonly TagRef[] | undefined {
  const stored = tagIds(current);
  if (rule === 'union-if-unset' && stored.length > 0) return undefined;
  if (!isTagList(desired)) return undefined;
  const wanted = desired.map((tag) => (isRef(tag) ? (known.get(tag.ref) ?? tag) : tag));
  const missing = wanted.filter((tag) => isRef(tag) || !stored.includes(tag));
  return missing.length === 0 ? undefined : mergeTags([...stored, ...missing]);
}

function isTagList(value: FieldValue): value is readonly TagRef[] {
  return Array.isArray(value);
}

/** Known ids sorted and unique, then the objects that do not exist yet. */
export function mergeTags(tags: readonly TagRef[]): readonly TagRef[] {
  const ids = [...new Set(tags.filter((tag) => typeof tag === 'number'))].sort((a, b) => a - b);
  const refs = new Map(tags.filter(isRef).map((tag) => [tag.ref, tag]));
  return [...ids, ...refs.values()];
}

/** NetBox merges custom fields key by key, so only the differing keys are sent. */
function changedCustomFields(current: unknown, desired: FieldValue): FieldValue | undefined {
  const stored = isObject(current) ? current : {};
  if (!isObject(desired)) return undefined;
  const changed = Object.entries(desired).filter(
    ([key, value]) => key in stored && canonicalJson(stored[key]) !== canonicalJson(value),
  );
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

/** A stored value as an operator reads it in a report. */
function readable(type: FieldType, value: unknown): unknown {
  if (type === 'relation') return relationId(value);
  if (type === 'choice') return choiceValue(value);
  if (type === 'tags') return tagIds(value);
  return value ?? null;
}
