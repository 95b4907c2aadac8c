/** The filters of NetBox that runs use, evaluated on rows that only a preview has. Facts: docs/netbox-facts.md. Pure. */
import { ProxboxError } from '../../errors/proxbox-error.js';
import { isObject } from '../../values/plain-object.js';
import type { FieldType } from '../kinds/fields.js';
import { canonicalAddress, isImagined, normalise, relationId, tagIds, textOf } from '../kinds/values.js';
import type { NetBoxRecord, Query, QueryValue } from '../types.js';
import type { Table } from './tables.js';

/** Whether a row fits; undefined: only NetBox can tell, and its answer holds. */
type Fits = (row: NetBoxRecord) => boolean | undefined;

/** A filter, with the values that a query wants. */
type Filter = (wanted: readonly string[]) => Fits;

/** These shape the answer and choose nothing. */
const shaping: ReadonlySet<string> = new Set(['fields', 'exclude', 'omit', 'ordering', 'brief']);

/** Filters that go by another name than their field, or by more than one field; by kind, and for all of them. */
const special: Readonly<Record<string, Filter>> = {
  'ip-address.virtual_machine_id': onHolder('virtual_machine'),
  'ip-address.device_id': onHolder('device'),
  'mac-address.virtual_machine_id': onHolder('virtual_machine'),
  'ip-address.address': isAddress,
  'mac-address.primary':
    ([wanted]) =>
    (row) =>
      String(row['is_primary'] === true) === wanted,
  'service.ip_address_id': hasOneOf('ipaddresses'),
  'vlan.available_at_site': isAvailableAt,
  tag_id: hasOneOf('tags'),
};

/** undefined: the filter is not known. */
export function filterOf(table: Table, name: string): Filter | undefined {
  const known = special[`${table.kind}.${name}`] ?? special[name];
  if (known !== undefined) return known;
  if (name === 'id') return isOneOf((row) => String(row.id));
  const [field = '', lookup] = name.split('__', 2);
  if (lookup !== undefined) return withLookup(table, field, lookup);
  if (table.types.has(field)) return isEqual(table, field, table.anyCase === field);
  const relation = field.replace(/_id$/, '');
  return table.types.get(relation) === 'relation' ? isEqual(table, relation, false) : undefined;
}

/**
 * Which rows of a preview are among those that a query asks for.
 * @returns a test; `isAnswered`: NetBox's own answer holds the row, which decides where only NetBox can tell
 */
export function fitting(table: Table, query: Query): (row: NetBoxRecord, isAnswered: boolean) => boolean {
  const tests = filtersIn(query).flatMap(([name, wanted]) => filterOf(table, name)?.(wanted) ?? []);
  return (row, isAnswered) => tests.every((fits) => fits(row) ?? isAnswered);
}

/** A filter that nobody has taught the preview would show it rows that NetBox does not. @throws ProxboxError `internal` */
export function checkFilters(table: Table, query: Query): void {
  const unknown = filtersIn(query).find(([name]) => filterOf(table, name) === undefined);
  if (unknown !== undefined)
    throw new ProxboxError('internal', `A preview does not know the filter '${unknown[0]}' of ${table.path}.`);
}

/** What can be asked of NetBox: without ids that it has not given. undefined: nothing that it has can fit. */
export function withoutImagined(query: Query): Query | undefined {
  const entries: (readonly [string, Query[string]])[] = [];
  for (const [name, value] of Object.entries(query)) {
    const values = valuesOf(value);
    const given = values.filter((one) => !isImaginedValue(one));
    if (given.length < values.length && given.length === 0) return undefined;
    entries.push([name, given.length === values.length ? value : given]);
  }
  return Object.fromEntries(entries);
}

function isImaginedValue(value: QueryValue): boolean {
  return typeof value === 'number' && isImagined(value);
}

function valuesOf(value: Query[string]): readonly QueryValue[] {
  return isList(value) ? value : [value];
}

function isList(value: Query[string]): value is readonly QueryValue[] {
  return Array.isArray(value);
}

function filtersIn(query: Query): readonly (readonly [string, readonly string[]])[] {
  return Object.entries(query).flatMap(([name, value]) => {
    const wanted = valuesOf(value).filter((one) => one !== null && one !== undefined);
    return shaping.has(name) || wanted.length === 0 ? [] : [[name, wanted.map(String)] as const];
  });
}

function withLookup({ types }: Table, field: string, lookup: string): Filter | undefined {
  const type = types.get(field);
  if (lookup === 'ie' && type !== undefined)
    return isOneOf(
      (row) => comparable(type, row[field]).toLowerCase(),
      (text) => text.toLowerCase(),
    );
  if (type !== 'time' || (lookup !== 'gte' && lookup !== 'lte')) return undefined;
  return ([limit = '']) => {
    const edge = Date.parse(limit);
    return (row) => {
      const stored = Date.parse(textOf(row[field]));
      return lookup === 'gte' ? stored >= edge : stored <= edge;
    };
  };
}

/** `valueOf` and `form` bring the stored value and a wanted one to one form. */
function isOneOf(valueOf: (row: NetBoxRecord) => string, form = (text: string): string => text): Filter {
  return (wanted) => {
    const forms = new Set(wanted.map(form));
    return (row) => forms.has(valueOf(row));
  };
}

function hasOneOf(field: string): Filter {
  return (wanted) => {
    const ids = new Set(wanted);
    return (row) => tagIds(row[field]).some((id) => ids.has(String(id)));
  };
}

function isEqual({ types }: Table, field: string, anyCase: boolean): Filter {
  const type = types.get(field) ?? 'text';
  if (type === 'relation') return isOneOf((row) => String(relationId(row[field])));
  const form = (value: unknown): string => (anyCase ? comparable(type, value).toLowerCase() : comparable(type, value));
  return isOneOf((row) => form(row[field]), form);
}

function comparable(type: FieldType, value: unknown): string {
  if (type === 'boolean') return String(value);
  const normal = normalise(type, value);
  return normal === null ? '' : isObject(normal) ? JSON.stringify(normal) : String(normal);
}

/** By what the interface is a part of that the row hangs on. */
function onHolder(field: 'virtual_machine' | 'device'): Filter {
  return isOneOf(({ assigned_object: port }) => String(isObject(port) ? relationId(port[field]) : null));
}

/** With a mask the exact row, without one every row of that host. */
function isAddress(wanted: readonly string[]): Fits {
  const forms = new Set(wanted.map(canonicalAddress));
  return ({ address }) => {
    const stored = canonicalAddress(textOf(address));
    return forms.has(stored) || forms.has(stored.replace(/\/.*/, ''));
  };
}

/** What the scope of a group covers only NetBox knows. */
function isAvailableAt(wanted: readonly string[]): Fits {
  return ({ site, group }) => {
    const own = relationId(site);
    if (own !== null) return wanted.includes(String(own));
    return relationId(group) === null ? true : undefined;
  };
}
