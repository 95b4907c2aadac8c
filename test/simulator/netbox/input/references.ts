import { refuseField } from '../failures.js';
import type { Store } from '../store/store.js';
import type { Table } from '../store/table.js';
import type { FieldSpec, Row } from '../types.js';
import { isRecord, pythonText, pythonType, repr } from '../values.js';

/** Object types that exist in NetBox although the simulator keeps no table for them. */
const foreignObjectTypes = new Set([
  'dcim.location',
  'dcim.rack',
  'dcim.rackgroup',
  'ipam.service',
  'extras.configcontext',
  'tenancy.contact',
]);

/** `{manufacturer: {slug: "x"}}` becomes `{manufacturer__slug: "x"}`. */
const flatten = (attributes: Readonly<Record<string, unknown>>, prefix = ''): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([key, value]) =>
      isRecord(value) ? Object.entries(flatten(value, `${prefix}${key}__`)) : [[prefix + key, value]],
    ),
  );

/** The value at `a__b__c` of a row, following relations. */
const valueAt = (store: Store, table: Table, row: Row, path: readonly string[]): unknown => {
  const [field = '', ...rest] = path;
  const value = row[field];
  const to = table.kind.fields[field]?.to;
  if (rest.length === 0 || to === undefined) return value;
  const next = store.get(to, value);
  return next === undefined ? undefined : valueAt(store, store.need(to), next, rest);
};

const knows = (table: Table, name: string): boolean => {
  const [field = ''] = name.split('__');
  return field === 'pk' || Object.hasOwn(table.kind.fields, field);
};

const candidates = (table: Table, parameters: Readonly<Record<string, unknown>>): readonly Row[] => {
  const direct = Object.keys(parameters).find((name) => !name.includes('__') && name !== 'pk' && name !== 'id');
  return direct === undefined ? table.byId() : table.where(direct, parameters[direct]);
};

const sameValue = (stored: unknown, wanted: unknown): boolean =>
  stored === wanted || (typeof stored === 'number' && String(stored) === pythonText(wanted));

const byAttributes = (store: Store, table: Table, attributes: Readonly<Record<string, unknown>>): number => {
  const parameters = flatten(attributes);
  const unknownName = Object.keys(parameters).find((name) => !knows(table, name));
  if (unknownName !== undefined)
    return refuseField(
      `Cannot resolve keyword '${unknownName}' into field. Choices are: ${Object.keys(table.kind.fields).sort().join(', ')}`,
    );
  const pool = 'id' in parameters ? [table.get(Number(parameters['id']))] : candidates(table, parameters);
  const found = pool.filter(
    (row): row is Row =>
      row !== undefined &&
      Object.entries(parameters).every(([name, value]) =>
        sameValue(name === 'pk' ? row.id : valueAt(store, table, row, name.split('__')), value),
      ),
  );
  if (found.length > 1) return refuseField(`Multiple objects match the provided attributes: ${repr(parameters)}`);
  return found[0]?.id ?? refuseField(`Related object not found using the provided attributes: ${repr(parameters)}`);
};

/** A relation written as an id, a numeric text, or an object of attributes that fits exactly one row. */
const parseReference = (store: Store, model: string, value: unknown): number => {
  const table = store.table(model);
  if (isRecord(value) && table !== undefined) return byAttributes(store, table, value);
  const isNumeric = typeof value === 'number' || (typeof value === 'string' && /^\s*\d+\s*$/.test(value));
  if (!isNumeric)
    return refuseField(
      'Related objects must be referenced by numeric ID or by dictionary of attributes. Received an unrecognized ' +
        `value: ${pythonText(value)}`,
    );
  const id = Math.trunc(Number(value));
  return table?.get(id)?.id ?? refuseField(`Related object not found using the provided numeric ID: ${id}`);
};

/** Django REST framework's plain primary-key relation, which takes nothing but ids. */
const parsePrimaryKey = (store: Store, model: string, value: unknown): number => {
  if (typeof value !== 'number' && !(typeof value === 'string' && /^\d+$/.test(value)))
    return refuseField(`Incorrect type. Expected pk value, received ${pythonType(value)}.`);
  return (
    store.get(model, Number(value))?.id ?? refuseField(`Invalid pk "${pythonText(value)}" - object does not exist.`)
  );
};

export const parseRelation = (store: Store, field: FieldSpec, value: unknown): number | null => {
  if (value === null) return field.nullable === true ? null : refuseField('This field may not be null.');
  return field.bare === true
    ? parsePrimaryKey(store, field.to ?? '', value)
    : parseReference(store, field.to ?? '', value);
};

const listOf = (value: unknown): readonly unknown[] => {
  if (value === null) return refuseField('This field may not be null.');
  return Array.isArray(value) ? value : refuseField(`Expected a list of items but got type "${pythonType(value)}".`);
};

/** Many-to-many: tags take ids and attribute objects, everything else takes ids. Duplicates count once. */
export const parseRelations = (store: Store, field: FieldSpec, value: unknown): readonly number[] => {
  const parse = field.to === 'extras.tag' ? parseReference : parsePrimaryKey;
  return [...new Set(listOf(value).map((entry) => parse(store, field.to ?? '', entry)))];
};

export const parseObjectType = (store: Store, field: FieldSpec, value: unknown): string | null => {
  if (value === null) return field.nullable === true ? null : refuseField('This field may not be null.');
  if (typeof value !== 'string' || value.split('.').length !== 2)
    return refuseField("Invalid value. Specify a content type as '<app_label>.<model_name>'.");
  return store.table(value) !== undefined || foreignObjectTypes.has(value)
    ? value
    : refuseField(`Invalid content type: ${value}`);
};

export const parseObjectTypes = (store: Store, field: FieldSpec, value: unknown): readonly unknown[] => {
  const types = [...new Set(listOf(value).map((entry) => parseObjectType(store, field, entry)))].sort();
  return types.length === 0 && field.required === true ? refuseField('This list may not be empty.') : types;
};
