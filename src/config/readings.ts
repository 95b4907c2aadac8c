/**
 * How one raw value of a tunable is read: from the text of a process variable, or from a JSON field of the plugin's
 * settings. Pure. A value is absent, bad (the next source is asked), or usable, possibly clamped.
 */

export type Reading<V> =
  | { readonly kind: 'absent' }
  | { readonly kind: 'bad'; readonly expected: string }
  | { readonly kind: 'value'; readonly value: V; readonly note?: string };

export interface Bounds {
  readonly min: number;
  readonly max?: number;
}

const absent = { kind: 'absent' } as const;
const trueWords = new Set(['1', 'true', 'yes', 'on']);
const falseWords = new Set(['0', 'false', 'no', 'off']);

/** The words every boolean variable accepts, in any case; anything else is undefined. */
export function parseBooleanWord(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (trueWords.has(word)) return true;
  return falseWords.has(word) ? false : undefined;
}

function clamp(value: number, bounds: Bounds): Reading<number> {
  const max = bounds.max ?? Number.POSITIVE_INFINITY;
  if (value < bounds.min) return { kind: 'value', value: bounds.min, note: `raised to the minimum ${bounds.min}` };
  if (value > max) return { kind: 'value', value: max, note: `lowered to the maximum ${max}` };
  return { kind: 'value', value };
}

export function integerFromText(text: string, bounds: Bounds): Reading<number> {
  const trimmed = text.trim();
  if (trimmed === '') return absent;
  const value = /^[+-]?\d+$/.test(trimmed) ? Number(trimmed) : Number.NaN;
  return Number.isSafeInteger(value) ? clamp(value, bounds) : { kind: 'bad', expected: 'a whole number' };
}

export function floatFromText(text: string, bounds: Bounds): Reading<number> {
  const trimmed = text.trim();
  if (trimmed === '') return absent;
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : Number.NaN;
  return Number.isFinite(value) ? clamp(value, bounds) : { kind: 'bad', expected: 'a finite number' };
}

export function booleanFromText(text: string): Reading<boolean> {
  if (text.trim() === '') return absent;
  const value = parseBooleanWord(text);
  if (value === undefined) return { kind: 'bad', expected: 'one of 1, true, yes, on, 0, false, no, off' };
  return { kind: 'value', value };
}

export function stringFromText(text: string): Reading<string> {
  const value = text.trim();
  return value === '' ? absent : { kind: 'value', value };
}

/** NetBox sends decimals as numbers or as text, depending on its version. */
export function floatFromPlugin(raw: unknown, bounds: Bounds): Reading<number> {
  if (raw === undefined || raw === null) return absent;
  if (typeof raw === 'string') return floatFromText(raw, bounds);
  if (typeof raw === 'number' && Number.isFinite(raw)) return clamp(raw, bounds);
  return { kind: 'bad', expected: 'a number' };
}

export function integerFromPlugin(raw: unknown, bounds: Bounds): Reading<number> {
  const reading = floatFromPlugin(raw, { min: Number.NEGATIVE_INFINITY });
  return reading.kind === 'value' ? clamp(Math.trunc(reading.value), bounds) : reading;
}

export function booleanFromPlugin(raw: unknown): Reading<boolean> {
  if (raw === undefined || raw === null) return absent;
  if (typeof raw === 'boolean') return { kind: 'value', value: raw };
  if (typeof raw === 'number') return { kind: 'value', value: raw !== 0 };
  if (typeof raw !== 'string') return { kind: 'bad', expected: 'true or false' };
  return raw.trim() === '' ? absent : { kind: 'value', value: parseBooleanWord(raw) ?? false };
}

export function stringFromPlugin(raw: unknown): Reading<string> {
  if (raw === undefined || raw === null) return absent;
  return typeof raw === 'string' ? stringFromText(raw) : { kind: 'bad', expected: 'text' };
}
