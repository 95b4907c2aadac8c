import { FieldProblem, refuse } from '../failures.js';
import { atLeast } from '../release.js';
import type { Store } from '../store/store.js';
import type { Row } from '../types.js';
import { asText, isRecord, pythonText, pythonType } from '../values.js';
import type { World } from '../world.js';

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

/** Choices of a set, label by value. */
export const choicesOf = (store: Store, set: unknown): ReadonlyMap<string, string> => {
  const pairs = store.get('extras.customfieldchoiceset', set)?.['extra_choices'];
  return new Map(
    (Array.isArray(pairs) ? pairs : []).map((pair: unknown) => {
      const [value, label] = Array.isArray(pair) ? pair.map(asText) : [];
      return [value ?? '', label ?? ''];
    }),
  );
};

type Definition = Readonly<Record<string, unknown>>;

export const isSelection = (field: Definition): boolean => ['select', 'multiselect'].includes(asText(field['type']));

/** What is wrong with a value of a field, undefined when nothing is. */
type Complain = (field: Definition, value: unknown, store: Store) => string | undefined;

const passing =
  (passes: (value: unknown) => boolean, message: string): Complain =>
  (_field, value) =>
    passes(value) ? undefined : message;

const isBooleanLike = (value: unknown): boolean => [true, false, 1, 0].some((allowed) => allowed === value);

const matchesDate = (value: unknown): boolean => typeof value === 'string' && !Number.isNaN(Date.parse(value));

const isString = (value: unknown): boolean => typeof value === 'string';
const isDecimal = (value: unknown): boolean => value !== '' && !Number.isNaN(Number(value));

const withinBounds: Complain = (field, value) => {
  const { validation_minimum: minimum, validation_maximum: maximum } = field;
  if (typeof minimum === 'number' && Number(value) < minimum) return `Value must be at least ${minimum}`;
  return typeof maximum === 'number' && Number(value) > maximum ? `Value must not exceed ${maximum}` : undefined;
};

const matchesRegex: Complain = (field, value) => {
  const regex = asText(field['validation_regex']);
  return regex === '' || new RegExp(`^(?:${regex})`).test(asText(value))
    ? undefined
    : `Value must match regex '${regex}'`;
};

/** The first complaint of several checks. */
const all =
  (...checks: readonly Complain[]): Complain =>
  (field, value, store) =>
    checks.reduce<string | undefined>((found, check) => found ?? check(field, value, store), undefined);

const setName = (field: Definition, store: Store): string =>
  asText(store.get('extras.customfieldchoiceset', field['choice_set'])?.['name']);

const isChosen: Complain = (field, value, store) =>
  typeof value === 'string' && choicesOf(store, field['choice_set']).has(value)
    ? undefined
    : `Invalid choice (${pythonText(value)}) for choice set ${setName(field, store)}.`;

const areChosen: Complain = (field, value, store) => {
  const chosen: readonly unknown[] = Array.isArray(value) ? value : Array.from(pythonText(value));
  const choices = choicesOf(store, field['choice_set']);
  return chosen.every((entry) => typeof entry === 'string' && choices.has(entry))
    ? undefined
    : `Invalid choice(s) (${pythonText(value)}) for choice set ${setName(field, store)}.`;
};

const isObjectId: Complain = (_field, value) =>
  Number.isInteger(value) ? undefined : `Value must be an object ID, not ${pythonType(value)}`;

const areObjectIds: Complain = (_field, value) => {
  if (!Array.isArray(value)) return `Value must be a list of object IDs, not ${pythonType(value)}`;
  const wrong: unknown = value.find((id) => !Number.isInteger(id));
  return wrong === undefined ? undefined : `Found invalid object ID: ${pythonText(wrong)}`;
};

const text = all(passing(isString, 'Value must be a string.'), matchesRegex);

/** By type: what is said of a value that the field does not take. */
const typeChecks: Readonly<Record<string, Complain>> = {
  text,
  longtext: text,
  integer: all(passing(Number.isInteger, 'Value must be an integer.'), withinBounds),
  decimal: all(passing(isDecimal, 'Value must be a decimal.'), withinBounds),
  boolean: passing(isBooleanLike, 'Value must be true or false.'),
  date: passing(matchesDate, 'Date values must be in ISO 8601 format (YYYY-MM-DD).'),
  datetime: passing(matchesDate, 'Date and time values must be in ISO 8601 format (YYYY-MM-DD HH:MM:SS).'),
  select: isChosen,
  multiselect: areChosen,
  object: isObjectId,
  multiobject: areObjectIds,
};

const isEmpty = (value: unknown): boolean => value === null || value === undefined || value === '';

/** What NetBox says of a value that a field of this definition does not take, undefined when it takes it. */
export const complaintAbout = (store: Store, field: Definition, value: unknown): string | undefined => {
  if (isEmpty(value)) return field['required'] === true ? 'Required field cannot be empty.' : undefined;
  return typeChecks[asText(field['type'])]?.(field, value, store);
};

/** The checks NetBox runs on all custom field values of an object when it is saved: first the values, then what is missing. */
export const checkCustomFields = (store: Store, model: string, data: Readonly<Record<string, unknown>>): void => {
  const fields = customFieldsOf(store, model);
  for (const field of fields) {
    const name = asText(field['name']);
    if (!Object.hasOwn(data, name)) continue;
    const complaint = complaintAbout(store, field, data[name]);
    if (complaint !== undefined) refuse('__all__', `Invalid value for custom field '${name}': ${complaint}`);
  }
  const missing = fields.find((field) => field['required'] === true && !Object.hasOwn(data, asText(field['name'])));
  if (missing !== undefined) refuse('__all__', `Missing required custom field '${asText(missing['name'])}'.`);
};

/** A stored value as an answer shows it: since 4.7 a choice with its label. */
export const shownValue = (world: World, field: Definition, value: unknown): unknown => {
  if (isEmpty(value)) return value ?? null;
  if (!isSelection(field) || !atLeast(world.release, '4.7')) return value;
  const choices = choicesOf(world.store, field['choice_set']);
  const show = (choice: unknown): unknown => ({ value: choice, label: choices.get(asText(choice)) ?? choice });
  return Array.isArray(value) ? value.map(show) : show(value);
};
