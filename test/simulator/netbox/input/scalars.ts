import { isIP } from 'node:net';

import { parseMac, parseNetwork } from '../addresses.js';
import { FieldProblem, refuseField } from '../failures.js';
import type { FieldSpec, FieldType } from '../types.js';
import { pythonText } from '../values.js';

/** Parses one non-null value of a field as Django REST framework 3.18 and NetBox 4.7 do, with their messages. */
type ScalarParser = (field: FieldSpec, value: unknown) => unknown;

const patterns = {
  colour: [/^[0-9a-f]{6}$/, 'Enter a valid hexadecimal RGB color code.'],
  'custom-field-name': [/^(?!.*__)[a-z0-9_]+$/i, 'Only alphanumeric characters and underscores are allowed.'],
  'dns-name': [
    /^(([0-9A-Za-z_-]+|\*)(\.[0-9A-Za-z_-]+)*\.?)?$/,
    'Only alphanumeric characters, asterisks, hyphens, periods, and underscores are allowed in DNS names',
  ],
} as const;

const matchingPattern = (field: FieldSpec, value: string): string => {
  if (field.pattern === undefined) return value;
  const [expression, message] = patterns[field.pattern];
  return expression.test(value) ? value : refuseField(message);
};

const text: ScalarParser = (field, value) => {
  if (typeof value !== 'string' && typeof value !== 'number') return refuseField('Not a valid string.');
  const trimmed = String(value).trim();
  if (trimmed === '' && field.blank !== true) return refuseField('This field may not be blank.');
  if (trimmed.includes('\u0000')) return refuseField('Null characters are not allowed.');
  if (field.max !== undefined && Array.from(trimmed).length > field.max)
    return refuseField(`Ensure this field has no more than ${field.max} characters.`);
  return matchingPattern(field, trimmed);
};

const slug: ScalarParser = (field, value) => {
  const parsed = text(field, value);
  return typeof parsed === 'string' && /^[-a-zA-Z0-9_]+$/.test(parsed)
    ? parsed
    : refuseField('Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.');
};

const url: ScalarParser = (field, value) => {
  const parsed = text(field, value);
  if (parsed === '') return parsed;
  return typeof parsed === 'string' && /^(https?|ftps?):\/\/[^\s/?#]+/i.test(parsed)
    ? parsed
    : refuseField('Enter a valid URL.');
};

const withinBounds = (field: FieldSpec, value: number): number => {
  if (field.max !== undefined && value > field.max)
    return refuseField(`Ensure this value is less than or equal to ${field.max}.`);
  if (field.min !== undefined && value < field.min)
    return refuseField(`Ensure this value is greater than or equal to ${field.min}.`);
  return value;
};

const integer: ScalarParser = (field, value) => {
  const written = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  if (!/^[+-]?\d+(\.0*)?$/.test(written)) return refuseField('A valid integer is required.');
  return withinBounds(field, Number(written));
};

const numberText = (value: unknown): string => {
  const written = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  return written !== '' && Number.isFinite(Number(written)) ? written : refuseField('A valid number is required.');
};

const decimal: ScalarParser = (field, value) => {
  const written = numberText(value);
  const [whole = '', fraction = ''] = written.replace(/^[+-]/, '').split('.');
  const { digits = 99, places = 99 } = field;
  if (whole.replace(/^0+/, '').length + fraction.length > digits)
    return refuseField(`Ensure that there are no more than ${digits} digits in total.`);
  if (fraction.length > places) return refuseField(`Ensure that there are no more than ${places} decimal places.`);
  if (whole.replace(/^0+/, '').length > digits - places)
    return refuseField(`Ensure that there are no more than ${digits - places} digits before the decimal point.`);
  return withinBounds(field, Number(written));
};

const float: ScalarParser = (field, value) => withinBounds(field, Number(numberText(value)));

const truths = new Set(['t', 'y', 'yes', 'true', 'on', '1']);
const falsehoods = new Set(['f', 'n', 'no', 'false', 'off', '0']);

const flag: ScalarParser = (_field, value) => {
  const written = pythonText(value).toLowerCase();
  if (truths.has(written)) return true;
  return falsehoods.has(written) ? false : refuseField('Must be a valid boolean.');
};

const choice: ScalarParser = (field, value) => {
  if (value === '') return field.blank === true ? '' : refuseField('This field may not be blank.');
  if (typeof value === 'object')
    return refuseField('Value must be passed directly (e.g. "foo": 123); do not use a dictionary or list.');
  return typeof value === 'string' && field.choices !== undefined && Object.hasOwn(field.choices, value)
    ? value
    : refuseField(`${field.bare === true ? JSON.stringify(value) : pythonText(value)} is not a valid choice.`);
};

const datetime: ScalarParser = (_field, value) => {
  const valid = typeof value === 'string' && /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value);
  const zoned = valid && !/(Z|[+-]\d\d:?\d\d)$/.test(value) ? `${value}Z` : value;
  const moment = valid ? Date.parse(String(zoned)) : Number.NaN;
  if (Number.isNaN(moment))
    return refuseField(
      'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].',
    );
  const micros = /\.(\d{1,6})/.exec(String(value))?.[1]?.padEnd(6, '0') ?? '000000';
  const seconds = new Date(moment).toISOString().slice(0, 19);
  return micros === '000000' ? `${seconds}Z` : `${seconds}.${micros}Z`;
};

const date: ScalarParser = (_field, value) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value))
    ? value
    : refuseField('Date has wrong format. Use one of these formats instead: YYYY-MM-DD.');

const address: ScalarParser = (_field, value) =>
  parseNetwork(pythonText(value))?.text ?? refuseField(`Invalid IP address format: ${pythonText(value)}`);

const prefix: ScalarParser = (_field, value) =>
  parseNetwork(pythonText(value))?.text ?? refuseField(`Invalid IP prefix format: ${pythonText(value)}`);

const host: ScalarParser = (_field, value) =>
  typeof value === 'string' && isIP(value) !== 0 ? value : refuseField('Enter a valid IPv4 or IPv6 address.');

/** The nullable one is the shortcut on interfaces. */
const mac: ScalarParser = (field, value) =>
  parseMac(pythonText(value)) ??
  refuseField(
    field.nullable === true
      ? 'Enter a valid MAC address (e.g. 00:11:22:33:44:55).'
      : `Invalid MAC address format: ${pythonText(value)}`,
  );

const parsers: Partial<Readonly<Record<FieldType, ScalarParser>>> = {
  text,
  slug,
  url,
  integer,
  decimal,
  float,
  flag,
  choice,
  datetime,
  date,
  address,
  prefix,
  host,
  mac,
  json: (_field, value) => value,
};

/** Null is refused, or becomes what the field stores for it; a choice stores the empty text. */
const parseNull = (field: FieldSpec): unknown => {
  if (field.nullable === true) return null;
  if (field.type === 'choice' && field.blank === true) return null;
  if (field.type === 'choice') throw new FieldProblem(['This field may not be blank.']);
  throw new FieldProblem(['This field may not be null.']);
};

/** Parses a value that stands for itself; relations are parsed elsewhere. Throws `FieldProblem`. */
export const parseScalar = (field: FieldSpec, value: unknown): unknown => {
  if (value === null) return parseNull(field);
  return parsers[field.type]?.(field, value) ?? null;
};
