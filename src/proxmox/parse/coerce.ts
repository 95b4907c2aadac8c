/**
 * Reading single values of Proxmox answers. The same field arrives as number, text or boolean, depending on version and
 * on who wrote the configuration; what cannot be read is null, never an exception.
 */

import { isObject } from '../../values/plain-object.js';

export type Row = Readonly<Record<string, unknown>>;

const trueWords = new Set(['1', 'true', 'yes', 'on', 'enabled']);
const falseWords = new Set(['0', 'false', 'no', 'off', 'disabled']);
/** Longer text is no number and no flag; keeps every pattern cheap. */
const maxScalarLength = 64;

/** The objects of a list; anything else is no row. */
export function rowsOf(value: unknown): readonly Row[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function toBool(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isNaN(value) ? null : value !== 0;
  if (typeof value !== 'string' || value.length > maxScalarLength) return null;
  const word = value.trim().toLowerCase();
  if (trueWords.has(word)) return true;
  return falseWords.has(word) ? false : null;
}

/** Whole numbers within the safe range; a fraction in a number is cut, a fraction in text is no whole number. */
export function toInt(value: unknown): number | null {
  if (typeof value === 'boolean') return value ? 1 : 0;
  const number = typeof value === 'string' ? wholeNumber(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) return null;
  const whole = Math.trunc(number) + 0;
  return Number.isSafeInteger(whole) ? whole : null;
}

function wholeNumber(text: string): number | null {
  if (text.length > maxScalarLength) return null;
  const trimmed = text.trim();
  return /^[+-]?\d+$/.test(trimmed) ? Number(trimmed) : null;
}

export function toNumber(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || value.length > maxScalarLength) return null;
  const trimmed = value.trim();
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return null;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : null;
}

/** Trimmed text of a scalar; empty text, null and anything that is no scalar are null. */
export function toText(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return null;
  const trimmed = storable(value).trim();
  return trimmed === '' ? null : trimmed;
}

/** Without what NetBox cannot store: NUL goes, and half a surrogate pair becomes U+FFFD. */
function storable(text: string): string {
  return text.replaceAll('\u0000', '').replace(/\p{Surrogate}/gu, '\ufffd');
}

/** Text as it is (not trimmed: notes, descriptions); `''` for anything that is no scalar. */
export function toPlainText(value: unknown): string {
  if (typeof value === 'string') return storable(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Epoch seconds to UTC ISO 8601 with `Z` and without fractions; null for 0, negative and impossible times. */
export function epochToIso(value: unknown): string | null {
  const seconds = toInt(value);
  if (seconds === null || seconds <= 0 || seconds > 253_402_300_799) return null;
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** The first key of the row that is there and not null: Proxmox writes `vlan-id`, some tools `vlan_id`. */
export function field(row: Row, ...keys: readonly string[]): unknown {
  for (const key of keys) {
    const value = Object.hasOwn(row, key) ? row[key] : undefined;
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}
