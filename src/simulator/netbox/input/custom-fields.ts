import { FieldProblem, refuse } from '../failures.js';
import type { Store } from '../store/store.js';
import type { Row } from '../types.js';
import { asText, isRecord } from '../values.js';

/** The custom fields that apply to a model. */
export const customFieldsOf = (store: Store, model: string): readonly Row[] =>
  store.table('extras.customfield')?.where('object_types', model) ?? [];

/** Values for a new object: every field's default, null without one. */
export const customFieldDefaults = (store: Store, model: string): Record<string, unknown> =>
  Object.fromEntries(customFieldsOf(store, model).map((field) => [asText(field['name']), field['default'] ?? null]));

/** Sent values merged over the stored ones; a name that is not defined for the model refuses the whole object. */
export const parseCustomFields = (
  store: Store,
  model: string,
  sent: unknown,
  stored: Readonly<Record<string, unknown>>,
): Record<string, unknown> => {
  if (!isRecord(sent))
    throw new FieldProblem([
      'Invalid data format. Custom field data must be passed as a dictionary mapping field names to their values.',
    ]);
  const names = new Set(customFieldsOf(store, model).map((field) => asText(field['name'])));
  const unknownNames = Object.keys(sent).filter((name) => !names.has(name));
  if (unknownNames.length > 0)
    throw new FieldProblem(
      Object.fromEntries(
        unknownNames.sort().map((name) => [name, `Custom field '${name}' does not exist for this object type.`]),
      ),
    );
  return { ...stored, ...sent };
};

const isBooleanLike = (value: unknown): boolean => [true, false, 1, 0].some((allowed) => allowed === value);

const matchesDate = (value: unknown): boolean => typeof value === 'string' && !Number.isNaN(Date.parse(value));

const isString = (value: unknown): boolean => typeof value === 'string';
const isDecimal = (value: unknown): boolean => value !== '' && !Number.isNaN(Number(value));

/** By type: which values pass, and what is said of the others. */
const typeChecks: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  text: [isString, 'Value must be a string.'],
  longtext: [isString, 'Value must be a string.'],
  url: [isString, 'Value must be a string.'],
  integer: [Number.isInteger, 'Value must be an integer.'],
  decimal: [isDecimal, 'Value must be a decimal.'],
  boolean: [isBooleanLike, 'Value must be true or false.'],
  date: [matchesDate, 'Date values must be in ISO 8601 format (YYYY-MM-DD).'],
  datetime: [matchesDate, 'Date and time values must be in ISO 8601 format (YYYY-MM-DD HH:MM:SS).'],
};

const complaintAbout = (type: string, value: unknown): string | undefined => {
  const [passes, message] = typeChecks[type] ?? [];
  return passes === undefined || passes(value) ? undefined : message;
};

const emptyComplaint = (name: string, value: unknown): string =>
  value === undefined
    ? `Missing required custom field '${name}'.`
    : `Invalid value for custom field '${name}': Required field cannot be empty.`;

/** The checks NetBox runs on all custom field values of an object when it is saved. */
export const checkCustomFields = (store: Store, model: string, data: Readonly<Record<string, unknown>>): void => {
  for (const field of customFieldsOf(store, model)) {
    const name = asText(field['name']);
    const value = data[name];
    const isEmpty = value === null || value === undefined || value === '';
    const complaint = isEmpty ? undefined : complaintAbout(asText(field['type']), value);
    if (complaint !== undefined) refuse('__all__', `Invalid value for custom field '${name}': ${complaint}`);
    if (field['required'] === true && isEmpty) refuse('__all__', emptyComplaint(name, value));
  }
};
