/** The kinds of tunables: how each is read from a variable and from the plugin's settings. */
import {
  booleanFromPlugin,
  booleanFromText,
  floatFromPlugin,
  floatFromText,
  integerFromPlugin,
  integerFromText,
  stringFromPlugin,
  stringFromText,
  type Bounds,
  type Reading,
} from './readings.js';

export interface Tunable<V> {
  /** null: the plugin's settings page is the only place for it. */
  readonly variable: string | null;
  /** null: the plugin has no such field. */
  readonly field: string | null;
  readonly kind: 'integer' | 'number' | 'boolean' | 'text' | 'choice';
  readonly default: V;
  /** For the documentation, where the value alone does not say it. */
  readonly defaultText?: string;
  readonly bounds: Bounds | null;
  readonly unit: string;
  readonly description: string;
  readonly fromText: (text: string) => Reading<V>;
  readonly fromPlugin: (raw: unknown) => Reading<V>;
}

interface Described<V> extends Pick<Tunable<V>, 'variable' | 'field' | 'default' | 'description'> {
  readonly unit?: string;
  readonly defaultText?: string;
}

interface Bounded<V> extends Described<V> {
  readonly min: number;
  readonly max?: number;
}

function boundsOf(entry: { readonly min: number; readonly max?: number }): Bounds {
  return entry.max === undefined ? { min: entry.min } : { min: entry.min, max: entry.max };
}

export function integer<V extends number | null>(entry: Bounded<V>): Tunable<V | number> {
  const bounds = boundsOf(entry);
  return {
    unit: '',
    ...entry,
    kind: 'integer',
    bounds,
    fromText: (text) => integerFromText(text, bounds),
    fromPlugin: (raw) => integerFromPlugin(raw, bounds),
  };
}

export function float(entry: Bounded<number>): Tunable<number> {
  const bounds = boundsOf(entry);
  return {
    unit: '',
    ...entry,
    kind: 'number',
    bounds,
    fromText: (text) => floatFromText(text, bounds),
    fromPlugin: (raw) => floatFromPlugin(raw, bounds),
  };
}

export function flag(entry: Described<boolean>): Tunable<boolean> {
  return {
    unit: '',
    ...entry,
    kind: 'boolean',
    bounds: null,
    fromText: booleanFromText,
    fromPlugin: booleanFromPlugin,
  };
}

export function text(entry: Described<string>): Tunable<string> {
  return { unit: '', ...entry, kind: 'text', bounds: null, fromText: stringFromText, fromPlugin: stringFromPlugin };
}

export function choice<V extends string>(entry: Described<V> & { readonly choices: readonly V[] }): Tunable<V> {
  const { choices, ...described } = entry;
  const pick = (reading: Reading<string>): Reading<V> => {
    if (reading.kind !== 'value') return reading;
    const value = choices.find((candidate) => candidate === reading.value);
    return value === undefined ? { kind: 'bad', expected: `one of ${choices.join(', ')}` } : { kind: 'value', value };
  };
  return {
    unit: '',
    ...described,
    kind: 'choice',
    bounds: null,
    fromText: (raw) => pick(stringFromText(raw)),
    fromPlugin: (raw) => pick(stringFromPlugin(raw)),
  };
}
