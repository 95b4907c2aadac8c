import { relationId, tagIds } from '../../netbox/records/compare.js';
import { kindDefinition, type ObjectKind } from '../../netbox/records/kinds.js';
import type { JsonObject } from '../../netbox/types.js';
import { mergeTags } from '../plan/diff-object.js';
import { isRef, type Desired, type Fields, type FieldValue, type ObjectKey, type Ref, type TagRef } from '../types.js';

/** A request body without the fields that can be done without, or the object it waits for in vain. */
export type ResolvedBody =
  { readonly body: JsonObject; readonly leftOut: readonly Ref[] } | { readonly missing: ObjectKey };

/** Replaces references by ids. A relation that does not exist blocks the object, unless it can do without; a tag is left out. */
export function resolveBody(fields: Fields, ids: ReadonlyMap<ObjectKey, number>): ResolvedBody {
  const body: Record<string, unknown> = {};
  const leftOut: Ref[] = [];
  for (const [field, value] of Object.entries(fields)) {
    if (isRef(value)) {
      const id = ids.get(value.ref);
      if (id !== undefined) body[field] = id;
      else if (value.otherwise !== undefined) leftOut.push(value);
      else return { missing: value.ref };
    } else {
      body[field] = isTagRefs(field, value) ? knownTags(value, ids) : value;
    }
  }
  return { body, leftOut };
}

/** The payload of a creation: every field, with the tags that only new objects get. */
export function creationFields(desired: Desired): Fields {
  const tags = desired.fields['tags'];
  if (desired.createTags === undefined || !Array.isArray(tags)) return desired.fields;
  return { ...desired.fields, tags: mergeTags([...tagRefs(tags), ...desired.createTags]) };
}

function tagRefs(value: readonly unknown[]): readonly TagRef[] {
  return value.filter((tag): tag is number | Ref => typeof tag === 'number' || isRef(tag));
}

function isTagRefs(field: string, value: FieldValue): value is readonly TagRef[] {
  return field === 'tags' && Array.isArray(value);
}

function knownTags(tags: readonly TagRef[], ids: ReadonlyMap<ObjectKey, number>): readonly number[] {
  const known = tags.map((tag) => (isRef(tag) ? ids.get(tag.ref) : tag));
  return tagIds(known);
}

const ownKeys: ReadonlySet<ObjectKind> = new Set([
  'vlan',
  'mac-address',
  'ip-address',
  'snapshot',
  'backup',
  'backup-journal',
  'task-history',
  'replication',
  'backup-routine',
]);

/**
 * A line that two bodies of one kind share only if NetBox would refuse the second: used to send an object once.
 * Names of machines and devices are unique without regard to case.
 */
export function creationKey(desired: Desired, body: JsonObject): string {
  // Keys of these are chosen to be unique where NetBox wants them to be.
  if (ownKeys.has(desired.kind)) return desired.key;
  const parent = ['cluster', 'scope_id', 'site', 'device', 'virtual_machine', 'manufacturer']
    .map((field) => relationId(body[field]) ?? '')
    .join('/');
  const { slug, name, model } = body;
  const own =
    typeof slug === 'string' ? slug : typeof name === 'string' ? name : typeof model === 'string' ? model : '';
  return kindDefinition(desired.kind).plugin === true ? `${parent}|${desired.key}` : `${parent}|${own.toLowerCase()}`;
}
