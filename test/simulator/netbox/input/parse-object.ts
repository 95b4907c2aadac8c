import { customFieldDefaults, parseCustomFields } from './custom-fields.js';
import { parseObjectType, parseObjectTypes, parseRelation, parseRelations } from './references.js';
import { parseScalar } from './scalars.js';
import { FieldProblem, Invalid } from '../failures.js';
import { atLeast } from '../release.js';
import type { FieldErrors, FieldSpec, KindSpec, Row } from '../types.js';
import { asIds, isRecord, pythonType } from '../values.js';
import type { World } from '../world.js';

/** What a caller sent, field by field parsed; `values` holds only keys that were sent. */
export interface ParsedObject {
  readonly values: Readonly<Record<string, unknown>>;
  readonly changelogMessage: string;
}

const parseField = (world: World, field: FieldSpec, value: unknown): unknown => {
  const { store } = world;
  if (field.type === 'relation') return parseRelation(store, field, value);
  if (field.type === 'relations') return parseRelations(store, field, value);
  if (field.type === 'object-type') return parseObjectType(store, field, value);
  return field.type === 'object-types' ? parseObjectTypes(store, field, value) : parseScalar(field, value);
};

const isWritable = (field: FieldSpec): boolean =>
  field.type !== 'computed' && field.type !== 'count' && field.type !== 'constant';

/** Runs a parser and keeps its complaint under the field's name. */
const collect = (errors: FieldErrors, name: string, parse: () => void): void => {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof FieldProblem)) throw error;
    errors[name] = error.detail;
  }
};

/** NetBox 4.6 knows `add_tags` and `remove_tags`; older releases drop unknown keys, and so these. */
const parseTagChanges = (
  world: World,
  data: Readonly<Record<string, unknown>>,
  before: Row | undefined,
): readonly number[] | undefined => {
  if (!atLeast(world.release, '4.6') || !('add_tags' in data || 'remove_tags' in data)) return undefined;
  const field: FieldSpec = { type: 'relations', to: 'extras.tag' };
  const added = 'add_tags' in data ? parseRelations(world.store, field, data['add_tags']) : [];
  const removed = 'remove_tags' in data ? parseRelations(world.store, field, data['remove_tags']) : [];
  if (asIds(data['tags']).length > 0 && added.length + removed.length > 0)
    throw new Invalid({ tags: ['Cannot specify "tags" together with "add_tags" or "remove_tags".'] });
  if (before === undefined && removed.length > 0)
    throw new Invalid({ remove_tags: ['Cannot use "remove_tags" when creating a new object.'] });
  const both = added.filter((id) => removed.includes(id));
  if (both.length > 0)
    throw new Invalid({
      remove_tags: [`Tags may not be present in both "add_tags" and "remove_tags": ${both.join(', ')}`],
    });
  const current = asIds(before?.['tags']);
  return [...new Set([...current, ...added])].filter((id) => !removed.includes(id));
};

const parseFields = (
  world: World,
  kind: KindSpec,
  data: Readonly<Record<string, unknown>>,
  options: { readonly demandRequired: boolean; readonly errors: FieldErrors },
): Record<string, unknown> => {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(kind.fields)) {
    if (!isWritable(field)) continue;
    if (!(name in data)) {
      if (field.required === true && options.demandRequired) options.errors[name] = ['This field is required.'];
      continue;
    }
    collect(options.errors, name, () => {
      values[name] = parseField(world, field, data[name]);
    });
  }
  return values;
};

/**
 * Parses the body of one create, PUT (`demandRequired`) or PATCH. Keys NetBox does not know are ignored.
 * Throws `Invalid` with every complaint at once.
 */
export const parseObject = (
  world: World,
  kind: KindSpec,
  data: unknown,
  context: { readonly before: Row | undefined; readonly demandRequired: boolean },
): ParsedObject => {
  if (!isRecord(data))
    throw new Invalid({ __all__: [`Invalid data. Expected a dictionary, but got ${pythonType(data)}.`] });
  const errors: FieldErrors = {};
  const values = parseFields(world, kind, data, { demandRequired: context.demandRequired, errors });
  if ('custom_fields' in kind.fields && 'custom_fields' in data) {
    const stored = context.before?.['custom_fields'];
    collect(errors, 'custom_fields', () => {
      const base = isRecord(stored) ? stored : customFieldDefaults(world.store, kind.model);
      values['custom_fields'] = parseCustomFields(world.store, kind.model, data['custom_fields'], base);
    });
  }
  let tags: readonly number[] | undefined;
  if ('tags' in kind.fields)
    collect(errors, 'add_tags', () => {
      tags = parseTagChanges(world, data, context.before);
    });
  if (Object.keys(errors).length > 0) throw new Invalid(errors);
  if (tags !== undefined) values['tags'] = tags;
  const message = data['changelog_message'];
  return { values, changelogMessage: typeof message === 'string' ? message : '' };
};
