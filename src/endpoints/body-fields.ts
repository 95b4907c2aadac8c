/**
 * Fields of endpoint bodies: numbers and booleans may arrive as text, unknown fields are ignored. What is refused is
 * told by zod's issues; the routes turn them into the validation entries that clients know.
 */
import { z } from 'zod';
import { fitsHeader } from './header-safe.js';

const booleanWords: ReadonlyMap<string, boolean> = new Map([
  ...['1', 'true', 't', 'yes', 'y', 'on'].map((word) => [word, true] as const),
  ...['0', 'false', 'f', 'no', 'n', 'off'].map((word) => [word, false] as const),
]);

function toNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/.test(value) ? Number(value) : value;
}

function toBoolean(value: unknown): unknown {
  if (value === 0 || value === 1) return value === 1;
  return typeof value === 'string' ? (booleanWords.get(value.trim().toLowerCase()) ?? value) : value;
}

export const textField = (maxLength: number) => z.string().max(maxLength);

/** A credential that is sent in an HTTP header. */
export const headerTextField = (maxLength: number) =>
  textField(maxLength).refine(fitsHeader, {
    error: 'it has a character that cannot be sent in an HTTP header. Copy it again from where it was shown.',
  });

export const nullableTextField = (maxLength: number) => textField(maxLength).nullable();

export const integerField = (min: number, max: number) => z.preprocess(toNumber, z.int().min(min).max(max));

export const nullableIntegerField = (min: number, max: number) =>
  z.preprocess(toNumber, z.int().min(min).max(max).nullable());

export const nullableNumberField = (min: number, max: number) =>
  z.preprocess(toNumber, z.number().min(min).max(max).nullable());

export const booleanField = z.preprocess(toBoolean, z.boolean());
