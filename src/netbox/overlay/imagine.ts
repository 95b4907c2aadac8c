/** How NetBox would render what is written. Facts: docs/netbox-facts.md and the table of kinds. Pure. */
import { isObject } from '../../values/plain-object.js';
import type { FieldType } from '../kinds/fields.js';
import { relationId, tagIds, textOf } from '../kinds/values.js';
import type { JsonObject, NetBoxRecord } from '../types.js';
import { pathOfPointer, type Table } from './tables.js';

export interface Pointed {
  readonly path: string;
  readonly id: number;
}

/** A related object as far as it is known; undefined: only its id is. */
export type NameOf = (pointed: Pointed) => NetBoxRecord | undefined;

const tagsPath = '/api/extras/tags/';

/** What NetBox shows of an object inside of another one, as far as anybody reads it. */
export const nestedFields = ['name', 'slug', 'vid', 'display', 'virtual_machine', 'device'] as const;

const emptyValues: { readonly [Type in FieldType]?: unknown } = {
  text: '',
  tags: [],
  relations: [],
  'custom-fields': {},
};

/** A new object before anything is said of it. */
export function emptyRow({ types }: Table, id: number): NetBoxRecord {
  const fields = Object.fromEntries([...types].map(([field, type]) => [field, emptyValues[type] ?? null]));
  return { ...fields, id, url: '', display_url: '' };
}

/** Objects of which more than the id shows where a body is written. */
export function pointedAt(table: Table, body: JsonObject, stored: NetBoxRecord): readonly Pointed[] {
  const whole = { ...stored, ...body };
  const related = Object.keys(body).flatMap((field): readonly Pointed[] => {
    const id = table.types.get(field) === 'number' || isNamed(table, field) ? relationId(body[field]) : null;
    const path = id === null ? undefined : pathOfPointer(table, field, whole);
    return id === null || path === undefined ? [] : [{ path, id }];
  });
  return [...related, ...wantedTags(body, stored).map((id) => ({ path: tagsPath, id }))];
}

/** The row after a body was written to it. */
export function written(table: Table, body: JsonObject, stored: NetBoxRecord, nameOf: NameOf): NetBoxRecord {
  const fields = Object.fromEntries(Object.entries(body).filter(([field]) => !/^(add|remove)_tags$/.test(field)));
  const whole = { ...stored, ...fields };
  const rendered = Object.entries(fields).map(([field, value]) => [field, render(table, field, value)] as const);
  const related = Object.keys(fields).flatMap((field): readonly (readonly [string, unknown])[] => {
    if (table.types.get(field) !== 'relation' || field.endsWith('_id')) return [];
    return [[field, nested(table, field, whole, nameOf)]];
  });
  const row = { ...stored, ...Object.fromEntries([...rendered, ...related]), ...mergedFields(stored, fields) };
  const tags = wantedTags(body, stored).map((id) => ({ id, slug: '', ...shown(nameOf({ path: tagsPath, id })) }));
  const isTagged = table.types.get('tags') === 'tags';
  return {
    ...row,
    ...(isTagged ? { tags } : {}),
    ...assignedObject(table, fields, whole, nameOf),
    id: stored.id,
    display: textOf(row['name'] ?? row['display']),
  };
}

/** Whether more than the id is read of what a field leads to. */
function isNamed({ kind, nested: named, pointers, types }: Table, field: string): boolean {
  const isPort = kind === 'vm-interface' || kind === 'node-interface';
  const isAssigned = types.has('assigned_object') && field === 'assigned_object_id';
  return named.has(field) || isAssigned || (isPort && pointers.get(field)?.isParent === true);
}

function render({ types }: Table, field: string, value: unknown): unknown {
  const type = types.get(field);
  if (type === 'choice' && value !== null) return { value, label: textOf(value) };
  if (type === 'relations') return tagIds(value).map((id) => ({ id }));
  return type === 'text' && typeof value === 'string' ? value.trim() : value;
}

function nested(table: Table, field: string, whole: JsonObject, nameOf: NameOf): unknown {
  const id = relationId(whole[field]);
  if (id === null) return null;
  const path = pathOfPointer(table, field, whole);
  return { id, ...shown(path === undefined ? undefined : nameOf({ path, id })) };
}

/** The object behind both halves of a relation, where either is written. */
function assignedObject(table: Table, fields: JsonObject, whole: JsonObject, nameOf: NameOf): JsonObject {
  if (!table.types.has('assigned_object') || !('assigned_object_id' in fields)) return {};
  return { assigned_object: nested(table, 'assigned_object_id', whole, nameOf) };
}

function shown(row: NetBoxRecord | undefined): JsonObject {
  const fields = nestedFields.filter((field) => row?.[field] !== undefined);
  return Object.fromEntries(fields.map((field) => [field, row?.[field]]));
}

/** NetBox merges custom fields key by key. */
function mergedFields(stored: NetBoxRecord, { custom_fields: values }: JsonObject): JsonObject {
  if (!isObject(values)) return {};
  return { custom_fields: { ...(isObject(stored['custom_fields']) ? stored['custom_fields'] : {}), ...values } };
}

function wantedTags({ tags, add_tags: added, remove_tags: removed }: JsonObject, stored: NetBoxRecord) {
  const taken = tagIds(removed);
  return tagIds([...tagIds(tags ?? stored['tags']), ...tagIds(added)]).filter((id) => !taken.includes(id));
}
