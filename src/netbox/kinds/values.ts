/** Values of NetBox fields: unwrapped from their rendering, and compared. */
import ipaddr from 'ipaddr.js';
import { isObject } from '../../values/plain-object.js';
import type { AssignedObject, FieldType, StoredTag, StoredValues } from './fields.js';

/**
 * One table of equality, used for every object: NetBox renders relations as objects, choices as `{value, label}` and
 * decimals as numbers, but accepts ids, values and text. Both sides are brought to one form before they are compared,
 * so that an unchanged object is never written again.
 */
export type Normalised =
  string | number | boolean | null | readonly (string | number)[] | Readonly<Record<string, unknown>>;

type Normaliser = (value: unknown) => Normalised;

const normalisers: Readonly<Record<FieldType, Normaliser>> = {
  text: (value) => (isScalar(value) ? String(value).trim() : ''),
  number: (value) => toNumber(value),
  decimal: (value) => {
    const number = toNumber(value);
    return number === null ? null : Math.round(number * 100) / 100;
  },
  boolean: (value) => (typeof value === 'boolean' ? value : null),
  relation: (value) => relationId(value),
  relations: (value) => tagIds(value),
  choice: (value) => choiceValue(value),
  tags: (value) => tagIds(value),
  time: (value) => toInstant(value),
  json: (value) => canonicalJson(value),
  'content-type': (value) => contentType(value),
  'assigned-object': (value) => canonicalJson(assignedObject(value)),
  'custom-fields': (value) => (isObject(value) ? value : {}),
  mac: (value) => textOf(value).replaceAll('-', ':').toUpperCase(),
  address: (value) => canonicalAddress(textOf(value)),
};

/** One for all: very many objects have no custom fields. */
const none: Readonly<Record<string, unknown>> = Object.freeze({});

const unwrappers: { readonly [Type in FieldType]: (value: unknown) => StoredValues[Type] } = {
  text: textOf,
  number: toNumber,
  decimal: toNumber,
  boolean: (value) => (typeof value === 'boolean' ? value : null),
  relation: relationId,
  relations: tagIds,
  choice: choiceValue,
  tags: storedTags,
  time: (value) => (typeof value === 'string' ? value : null),
  json: (value) => value ?? null,
  'content-type': contentType,
  'assigned-object': assignedObject,
  'custom-fields': (value) => (isObject(value) && Object.keys(value).length > 0 ? value : none),
  mac: (value) => textOf(value).replaceAll('-', ':').toUpperCase(),
  address: (value) => canonicalAddress(textOf(value)),
};

/** What a record holds of a field that NetBox rendered so; see StoredValues. */
export function unwrap(type: FieldType, rendered: unknown): unknown {
  return unwrappers[type](rendered);
}

export function normalise(type: FieldType, value: unknown): Normalised {
  return normalisers[type](value);
}

/** True when NetBox would store the same: null, missing and empty text are one for optional text. */
export function equalValues(type: FieldType, current: unknown, desired: unknown): boolean {
  if (type === 'custom-fields') return equalCustomFields(current, desired);
  const left = normalise(type, current);
  const right = normalise(type, desired);
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, index) => item === right[index]);
  return left === right;
}

/** A value that an operator or an earlier run has set: not null, not empty, not zero tags. */
export function isSet(type: FieldType, value: unknown): boolean {
  const normal = normalise(type, value);
  if (normal === null || normal === '') return false;
  return Array.isArray(normal) ? normal.length > 0 : true;
}

/** Whether NetBox has not given the id: the object exists in a preview alone (netbox/overlay). 0 and -1 are nobody's. */
export function isImagined(id: number): boolean {
  return id < -1;
}

/** The oldest first: NetBox counts ids up, a preview counts down, and what it makes is younger than all there is. */
export function byAge(one: { readonly id: number }, other: { readonly id: number }): number {
  return placeByAge(one.id) - placeByAge(other.id);
}

function placeByAge(id: number): number {
  return isImagined(id) ? 2 ** 52 - id : id;
}

/** The id of a relation, whether nested or bare; null when there is none. */
export function relationId(value: unknown): number | null {
  if (typeof value === 'number') return value > 0 || isImagined(value) ? value : null;
  if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value);
  return isObject(value) ? relationId(value['id']) : null;
}

/** The tags of an object, as NetBox nests them. */
function storedTags(value: unknown): readonly StoredTag[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((tag: unknown) => {
    const id = relationId(tag);
    return id === null ? [] : [{ id, slug: isObject(tag) ? textOf(tag['slug']) : '' }];
  });
}

export function hasTag({ tags }: { readonly tags: readonly StoredTag[] }, id: number | undefined): boolean {
  return id !== undefined && tags.some((tag) => tag.id === id);
}

export function hasTagNamed({ tags }: { readonly tags: readonly StoredTag[] }, slug: string): boolean {
  return tags.some((tag) => tag.slug === slug);
}

/** Sorted unique ids of a list of tags or other objects. */
export function tagIds(value: unknown): readonly number[] {
  if (!Array.isArray(value)) return [];
  const ids = value.map(relationId).filter((id) => id !== null);
  return [...new Set(ids)].sort((a, b) => a - b);
}

/** Text of a record's field, "" when absent. */
export function textOf(value: unknown): string {
  return isScalar(value) ? String(value) : '';
}

export function toNumber(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'string' && value.trim() !== '') {
    const number = Number(value);
    return Number.isFinite(number) ? number : null;
  }
  return null;
}

/** The stored value of a choice, rendered `{value, label}` or bare. */
export function choiceValue(value: unknown): string | null {
  if (isObject(value)) return choiceValue(value['value']);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** An IPv4 address in the spelling that NetBox has: most of all, and there is nothing to do about it. */
const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const shortIpv4 = new RegExp(`^${octet}(?:\\.${octet}){3}(?:/\\d{1,2})?$`);

/**
 * Whether a text is one address to everybody: not `010.0.0.1`, which some read as 8.0.0.1 and NetBox refuses, nor short or
 * hexadecimal forms of IPv4.
 */
export function isAddressText(host: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(host) || ipaddr.IPv6.isValid(host);
}

/** `2001:db8::1/64` for every spelling of it; IPv4-mapped addresses stay IPv6, as NetBox keeps them. Other text as it is. */
export function canonicalAddress(text: string): string {
  if (shortIpv4.test(text)) return text;
  const [host = '', prefix] = text.trim().split('/', 2);
  if (!isAddressText(host)) return text.trim().toLowerCase();
  const short = ipaddr.parse(host).toString();
  return prefix === undefined ? short : `${short}/${prefix}`;
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function toInstant(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const instant = Date.parse(value);
  return Number.isNaN(instant) ? null : instant;
}

/** `app_label.model`, rendered as text or as an object. */
export function contentType(value: unknown): string | null {
  if (isObject(value)) return `${textOf(value['app_label'])}.${textOf(value['model'])}`;
  return typeof value === 'string' && value !== '' ? value : null;
}

const parents = ['device', 'virtual_machine', 'group'] as const;

function assignedObject(value: unknown): AssignedObject | null {
  if (!isObject(value)) return null;
  const field = parents.find((one) => isObject(value[one]));
  return { ...nested(value), ...(field === undefined ? {} : { [field]: nested(value[field]) }) };
}

function nested(value: unknown): { readonly id: number | null; readonly name: string } {
  const { name, display }: Readonly<Record<string, unknown>> = isObject(value) ? value : {};
  return { id: relationId(value), name: textOf(name ?? display) };
}

function equalCustomFields(current: unknown, desired: unknown): boolean {
  const stored = isObject(current) ? current : {};
  if (!isObject(desired)) return true;
  return Object.entries(desired).every(
    ([key, value]) => canonicalJson(stored[key] ?? null) === canonicalJson(value ?? null),
  );
}

/** JSON text with sorted keys: equal for equal values whatever the order of their keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, inner: unknown) => {
    if (!isObject(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
