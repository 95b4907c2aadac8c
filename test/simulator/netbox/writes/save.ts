import { recordChange } from './changelog.js';
import { checkDatabase, checkUniqueFields, violatedConstraints } from './constraints.js';
import { ApiFailure, Invalid } from '../failures.js';
import { checkCustomFields, customFieldDefaults } from '../input/custom-fields.js';
import { parseObject } from '../input/parse-object.js';
import { ruleOf } from '../rules/index.js';
import type { FieldErrors, FieldSpec, KindSpec, Row } from '../types.js';
import { asIds, asText, isRecord } from '../values.js';
import type { Change, World } from '../world.js';

/** A change that passed validation and can be stored. */
export interface CheckedChange {
  readonly change: Change;
  readonly message: string;
}

const isStored = (field: FieldSpec): boolean =>
  field.type !== 'computed' && field.type !== 'count' && field.type !== 'constant' && field.type !== 'mac';

/** A new object with every field at its default. */
const blankDraft = (world: World, kind: KindSpec): Record<string, unknown> => {
  const draft: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(kind.fields)) if (isStored(field)) draft[name] = field.default ?? null;
  if ('custom_fields' in kind.fields) draft['custom_fields'] = customFieldDefaults(world.store, kind.model);
  return draft;
};

/** Runs a check and keeps its complaints next to those of the others, as Django's `full_clean` does. */
const gather = (errors: FieldErrors, check: () => void): void => {
  try {
    check();
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    Object.assign(errors, error.errors);
  }
};

const isBlank = (value: unknown): boolean => value === '' || (Array.isArray(value) && value.length === 0);

/** Fields the input may lack when `?fields=` pruned it, or that have an empty default they must not keep. */
const checkFilled = (change: Change): void => {
  const errors: FieldErrors = {};
  for (const [name, field] of Object.entries(change.kind.fields)) {
    if (field.required !== true && field.filled !== true) continue;
    const value = change.draft[name];
    if (isBlank(value)) errors[name] = ['This field cannot be blank.'];
    else if (value === null || value === undefined) errors[name] = ['This field cannot be null.'];
  }
  if (Object.keys(errors).length > 0) throw new Invalid(errors);
};

const fullClean = (change: Change): void => {
  checkFilled(change);
  const errors: FieldErrors = {};
  gather(errors, () => {
    const data = change.draft['custom_fields'];
    if (isRecord(data)) checkCustomFields(change.world.store, change.kind.model, data);
    ruleOf(change.kind.model).clean?.(change);
  });
  const violated = violatedConstraints(change);
  if (violated.length > 0) {
    const earlier: unknown = errors['__all__'];
    errors['__all__'] = Array.isArray(earlier) ? earlier.concat(violated) : violated;
  }
  if (Object.keys(errors).length > 0) throw new Invalid(errors);
};

const check = (change: Change): void => {
  checkUniqueFields(change);
  ruleOf(change.kind.model).validate?.(change);
  fullClean(change);
};

/**
 * Validates a POSTed object without storing it. `demandRequired` is false when `?fields=` or `?omit=` pruned the input.
 * Throws `Invalid` or `ApiFailure`.
 */
export const checkCreate = (world: World, kind: KindSpec, data: unknown, demandRequired = true): CheckedChange => {
  const parsed = parseObject(world, kind, data, { before: undefined, demandRequired });
  const change: Change = {
    world,
    kind,
    before: undefined,
    draft: { ...blankDraft(world, kind), ...parsed.values },
    given: parsed.values,
  };
  check(change);
  return { change, message: parsed.changelogMessage };
};

const bookkeeping = new Set(['id', 'created', 'last_updated']);

const valuesOf = (row: Row): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).filter(([key]) => !bookkeeping.has(key)));

/** Validates a PATCH (`partial`) or PUT of a stored object without storing it. Throws `Invalid` or `ApiFailure`. */
export const checkUpdate = (
  world: World,
  target: { readonly kind: KindSpec; readonly row: Row; readonly partial: boolean },
  data: unknown,
): CheckedChange => {
  const { kind, row } = target;
  const parsed = parseObject(world, kind, data, { before: row, demandRequired: !target.partial });
  const change: Change = {
    world,
    kind,
    before: row,
    draft: { ...valuesOf(row), ...parsed.values },
    given: parsed.values,
  };
  check(change);
  return { change, message: parsed.changelogMessage };
};

/** A tag that is restricted to object types goes on no others: 400 for the whole request, as only saving notices. */
const checkTags = ({ world, kind, draft, before }: Change): void => {
  const held = asIds(before?.['tags']);
  for (const id of asIds(draft['tags'])) {
    const tag = held.includes(id) ? undefined : world.store.get('extras.tag', id);
    const types = Array.isArray(tag?.['object_types']) ? tag['object_types'] : [];
    if (types.length > 0 && !types.includes(kind.model))
      throw new ApiFailure(400, {
        detail: `Tag ${asText(tag?.['name'])} cannot be assigned to ${kind.model.split('.')[1] ?? ''} objects.`,
      });
  }
};

/** Stores a checked change, lets other objects follow and writes the change log. Throws `IntegrityError` or `ApiFailure`. */
export const store = ({ change, message }: CheckedChange): number => {
  const { world, kind, draft, before } = change;
  const rule = ruleOf(kind.model);
  rule.beforeSave?.(change);
  checkDatabase(change);
  checkTags(change);
  const moment = world.now();
  const id = before?.id ?? world.store.need(kind.model).nextId();
  const row: Row = { ...draft, id, created: before?.created ?? moment, last_updated: moment };
  world.store.put(kind.model, id, row);
  rule.afterSave?.(change, row);
  recordChange(world, kind.model, {
    action: before === undefined ? 'create' : 'update',
    row: world.store.get(kind.model, id) ?? row,
    before,
    message,
  });
  return id;
};
