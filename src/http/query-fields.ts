/** Query parameters arrive as text, several times if the client repeats them (the last one counts). */
import { z } from 'zod';
import { parseBooleanWord } from '../config/readings.js';
import { said } from './route-document.js';

function lastOf(value: unknown): unknown {
  return Array.isArray(value) ? value.at(-1) : value;
}

function numberFromText(value: unknown): unknown {
  const text = lastOf(value);
  return typeof text === 'string' && /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : text;
}

function booleanFromText(value: unknown): unknown {
  const text = lastOf(value);
  return typeof text === 'string' ? (parseBooleanWord(text) ?? text) : text;
}

/** A whole number in decimal digits. */
export function integerField(bounds: { readonly min?: number; readonly max?: number } = {}) {
  return z.preprocess(
    numberFromText,
    z
      .int()
      .min(bounds.min ?? Number.MIN_SAFE_INTEGER)
      .max(bounds.max ?? Number.MAX_SAFE_INTEGER),
  );
}

/** A number in decimal digits, with or without a fraction. */
export function decimalField({ min, max }: { readonly min: number; readonly max: number }) {
  const parsed = (value: unknown): unknown => {
    const text = lastOf(value);
    return typeof text === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : text;
  };
  return z.preprocess(parsed, z.number().min(min).max(max));
}

/** 1, true, yes, on, 0, false, no, off in any case. */
export const booleanField = z.preprocess(booleanFromText, z.boolean());

export function textField(maxLength: number) {
  return z.preprocess(lastOf, z.string().max(maxLength));
}

/** Text with something in it; blanks around it do not count. */
export function requiredTextField(maxLength: number) {
  return said(z.preprocess(lastOf, z.string().max(maxLength).trim().min(1)), { pattern: String.raw`\S` });
}

/** ISO 8601; without an offset it is UTC. A plus sign that was not percent-encoded arrives as a blank. */
export function dateOf(text: string): Date {
  const iso = text.trim().replace(/ (\d\d:?\d\d)$/, '+$1');
  return new Date(/(Z|[+-]\d\d:?\d\d)$/i.test(iso) || !/[T ]/.test(iso) ? iso : `${iso}Z`);
}

export const dateTimeField = textField(40).refine((text) => !Number.isNaN(dateOf(text).getTime()), {
  error: 'Input should be a valid datetime',
  params: { type: 'datetime_parsing' },
});
