import { FilterProblem, notAChoice, valueAtPath, type AppliedFilter, type FilterInput } from './filter.js';
import type { Row } from '../types.js';
import { asNumber, asText } from '../values.js';

type TextMatch = (stored: string, wanted: string) => boolean;

const ignoringCase =
  (match: TextMatch): TextMatch =>
  (stored, wanted) =>
    match(stored.toLowerCase(), wanted.toLowerCase());

const equal: TextMatch = (stored, wanted) => stored === wanted;
const includes: TextMatch = (stored, wanted) => stored.includes(wanted);
const begins: TextMatch = (stored, wanted) => stored.startsWith(wanted);
const ends: TextMatch = (stored, wanted) => stored.endsWith(wanted);

const textLookups: Readonly<Record<string, TextMatch>> = {
  '': equal,
  ie: ignoringCase(equal),
  ic: ignoringCase(includes),
  isw: ignoringCase(begins),
  iew: ignoringCase(ends),
  regex: (stored, wanted) => new RegExp(wanted).test(stored),
  iregex: (stored, wanted) => new RegExp(wanted, 'i').test(stored),
};

const isTrue = (value: string | undefined): boolean => /^(true|1)$/i.test(value ?? '');

/** `n`, `nie`, `nic`...: the same comparison, turned round. */
const splitNegation = (lookup: string): { readonly negated: boolean; readonly plain: string } =>
  lookup.startsWith('n') ? { negated: true, plain: lookup.slice(1) } : { negated: false, plain: lookup };

const emptyFilter = (input: FilterInput): AppliedFilter => {
  const wanted = isTrue(input.values[0]);
  return {
    test: (row) => {
      const value = valueAtPath(input.world, input.kind, row, input.path);
      return (value === null || value === '') === wanted;
    },
  };
};

const lowerKey =
  (field: string) =>
  (row: Row): readonly string[] => [asText(row[field]).toLowerCase()];

const textCandidates = (input: FilterInput, ignoreCase: boolean): readonly Row[] | undefined => {
  const [field, ...rest] = input.path;
  if (field === undefined || rest.length > 0) return undefined;
  const table = input.world.store.need(input.kind.model);
  return input.values.flatMap((value) =>
    ignoreCase ? table.find(`lower:${field}`, lowerKey(field), value.toLowerCase()) : table.where(field, value),
  );
};

/** Text: values are alternatives. `style` is how plain equality compares here. */
export const textFilter = (input: FilterInput, style: '' | 'ie' | 'ic'): AppliedFilter | undefined => {
  if (input.lookup === 'empty') return emptyFilter(input);
  const { negated, plain } = splitNegation(input.lookup);
  const match = textLookups[plain === '' ? style : plain];
  if (match === undefined) return undefined;
  const test = (row: Row): boolean => {
    const stored = asText(valueAtPath(input.world, input.kind, row, input.path));
    return input.values.some((value) => match(stored, value)) !== negated;
  };
  const indexed = !negated && plain === '' && style !== 'ic';
  const candidates = indexed ? textCandidates(input, style === 'ie') : undefined;
  return candidates === undefined ? { test } : { test, candidates };
};

const numberLookups: Readonly<Record<string, (stored: number, wanted: number) => boolean>> = {
  '': (stored, wanted) => stored === wanted,
  n: (stored, wanted) => stored === wanted,
  lt: (stored, wanted) => stored < wanted,
  lte: (stored, wanted) => stored <= wanted,
  gt: (stored, wanted) => stored > wanted,
  gte: (stored, wanted) => stored >= wanted,
};

const toNumber = (value: string): number => {
  const parsed = Number(value);
  if (value.trim() === '' || Number.isNaN(parsed)) throw new FilterProblem(['Enter a whole number.']);
  return parsed;
};

const numberCandidates = (input: FilterInput, wanted: readonly number[]): readonly Row[] | undefined => {
  const [field, ...rest] = input.path;
  if (field === undefined || rest.length > 0) return undefined;
  const table = input.world.store.need(input.kind.model);
  return wanted.flatMap((value) => (field === 'id' ? (table.get(value) ?? []) : table.where(field, value)));
};

/** Numbers: values are alternatives. */
export const numberFilter = (input: FilterInput): AppliedFilter | undefined => {
  if (input.lookup === 'empty') return emptyFilter(input);
  const compare = numberLookups[input.lookup];
  if (compare === undefined) return undefined;
  const wanted = input.values.map(toNumber);
  const test = (row: Row): boolean => {
    const stored = asNumber(valueAtPath(input.world, input.kind, row, input.path));
    const matches = stored !== undefined && wanted.some((value) => compare(stored, value));
    return input.lookup === 'n' ? !matches : matches;
  };
  const candidates = input.lookup === '' ? numberCandidates(input, wanted) : undefined;
  return candidates === undefined ? { test } : { test, candidates };
};

const toMoment = (value: string): number => {
  const moment = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(value) ? value : `${value}Z`);
  if (Number.isNaN(moment)) throw new FilterProblem(['Enter a valid date/time.']);
  return moment;
};

/** Dates and times, to the millisecond. */
export const datetimeFilter = (input: FilterInput): AppliedFilter | undefined => {
  if (input.lookup === 'empty') return emptyFilter(input);
  const compare = numberLookups[input.lookup];
  if (compare === undefined) return undefined;
  const wanted = input.values.map(toMoment);
  return {
    test: (row) => {
      const stored = Date.parse(asText(valueAtPath(input.world, input.kind, row, input.path)));
      const matches = !Number.isNaN(stored) && wanted.some((value) => compare(stored, value));
      return input.lookup === 'n' ? !matches : matches;
    },
  };
};

/** A flag takes the last value; anything but a truth value is ignored. */
export const flagFilter = (input: FilterInput): AppliedFilter | undefined => {
  const value = input.values.at(-1) ?? '';
  if (input.lookup !== '' || !/^(true|false|1|0)$/i.test(value)) return undefined;
  const wanted = isTrue(value);
  return { test: (row) => valueAtPath(input.world, input.kind, row, input.path) === wanted };
};

/** Choices: values are alternatives and must exist; `null` stands for none. */
export const choiceFilter = (input: FilterInput): AppliedFilter | undefined => {
  if (input.lookup !== '' && input.lookup !== 'n') return textFilter(input, '');
  const choices = input.kind.fields[input.path[0] ?? '']?.choices ?? {};
  for (const value of input.values)
    if (value !== 'null' && input.path.length === 1 && !Object.hasOwn(choices, value)) notAChoice(value);
  return {
    test: (row) => {
      const stored = valueAtPath(input.world, input.kind, row, input.path);
      const matches = input.values.some((value) => (value === 'null' ? stored === null : stored === value));
      return matches !== (input.lookup === 'n');
    },
  };
};
