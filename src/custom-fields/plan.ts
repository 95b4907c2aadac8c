/** What has to be written so that NetBox has the custom fields of the inventory. Pure. */
import type { JsonObject, NetBoxRecord, PatchItem } from '../netbox/types.js';
import { isObject } from '../values/plain-object.js';
import type { FieldDefinition } from './inventory.js';

export interface FieldFailure {
  readonly name: string;
  readonly error: string;
}

export interface FieldPlan {
  readonly create: readonly JsonObject[];
  readonly patch: readonly PatchItem[];
  /** Fields that cannot be brought in line; nothing is sent for them. */
  readonly failures: readonly FieldFailure[];
  /** Object types that somebody added to a field; they stay. */
  readonly kept: readonly { readonly name: string; readonly objectTypes: readonly string[] }[];
}

/** Body of a creation; NetBox's own defaults are not repeated. */
export function fieldBody(field: FieldDefinition): JsonObject {
  return {
    name: field.name,
    type: field.type,
    label: field.label,
    description: field.description,
    object_types: field.objectTypes,
    ui_visible: field.uiVisible,
    ui_editable: 'hidden',
    weight: field.weight,
    filter_logic: 'loose',
    search_weight: 1000,
    group_name: field.groupName,
    ...(field.relatedObjectType === undefined ? {} : { related_object_type: field.relatedObjectType }),
  };
}

/** Choices are read as `{value, label}` and written as the value. */
function plainValue(value: unknown): unknown {
  return isObject(value) && 'value' in value ? value.value : value;
}

function objectTypeText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return undefined;
  const { app_label: app, model, name } = value;
  if (typeof app === 'string' && typeof model === 'string') return `${app}.${model}`;
  return typeof name === 'string' ? name : undefined;
}

/** undefined when one of them cannot be read: then writing the list could take something away. */
function objectTypesOf(record: NetBoxRecord): readonly string[] | undefined {
  const listed: unknown = record.object_types;
  if (!Array.isArray(listed)) return undefined;
  const texts = listed.map(objectTypeText);
  const known = texts.filter((text) => text !== undefined);
  return known.length === texts.length ? known : undefined;
}

function equal(key: string, current: unknown, wanted: unknown): boolean {
  if (key === 'related_object_type') return objectTypeText(current) === wanted;
  return plainValue(current) === wanted;
}

/** Compared otherwise, or not at all. */
const apart: ReadonlySet<string> = new Set(['name', 'type', 'object_types']);

/** What differs, with the object types of both sides together. */
function changesOf(field: FieldDefinition, record: NetBoxRecord, objectTypes: readonly string[]): JsonObject {
  const wanted = Object.entries(fieldBody(field)).filter(([key]) => !apart.has(key));
  const changes = Object.fromEntries(wanted.filter(([key, value]) => !equal(key, record[key], value)));
  const union = [...new Set([...field.objectTypes, ...objectTypes])];
  return union.length === objectTypes.length ? changes : { ...changes, object_types: union };
}

type Verdict =
  | { readonly failure: string }
  | { readonly changes: JsonObject; readonly additions: readonly string[]; readonly id: number };

function judge(field: FieldDefinition, record: NetBoxRecord): Verdict {
  const type = plainValue(record.type);
  if (type !== field.type) {
    return {
      failure: `It is of type '${String(type)}' in NetBox and has to be '${field.type}'. NetBox cannot change the type: delete or rename the field there.`,
    };
  }
  const objectTypes = objectTypesOf(record);
  if (objectTypes === undefined) return { failure: 'Its object types in NetBox cannot be read, so it is left alone.' };
  const additions = objectTypes.filter((known) => !field.objectTypes.includes(known));
  return { changes: changesOf(field, record, objectTypes), additions, id: record.id };
}

export function planFields(inventory: readonly FieldDefinition[], records: readonly NetBoxRecord[]): FieldPlan {
  const byName = new Map(records.map((record) => [record.name, record]));
  const create: JsonObject[] = [];
  const patch: PatchItem[] = [];
  const failures: FieldFailure[] = [];
  const kept: FieldPlan['kept'][number][] = [];
  for (const field of inventory) {
    const { name } = field;
    const record = byName.get(name);
    if (record === undefined) {
      create.push(fieldBody(field));
      continue;
    }
    const verdict = judge(field, record);
    if ('failure' in verdict) {
      failures.push({ name, error: verdict.failure });
      continue;
    }
    if (verdict.additions.length > 0) kept.push({ name, objectTypes: verdict.additions });
    if (Object.keys(verdict.changes).length > 0) patch.push({ id: verdict.id, body: verdict.changes });
  }
  return { create, patch, failures, kept };
}
