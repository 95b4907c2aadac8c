import { computations, type Rendering } from './computed.js';
import { displayOfRow } from '../display.js';
import { customFieldsOf, shownValue } from '../input/custom-fields.js';
import { atLeast } from '../release.js';
import type { FieldSpec, KindSpec, NetBoxRelease, Row } from '../types.js';
import { asIds, asText, isRecord } from '../values.js';
import type { World } from '../world.js';

type Write = (row: Row) => unknown;

export interface Renderer {
  /** The object with these fields; all of the kind's when left out. */
  readonly object: (kind: KindSpec, row: Row, fields: readonly string[]) => Record<string, unknown>;
}

const choiceOf = (field: FieldSpec, value: unknown): unknown => {
  if (value === null || value === undefined || value === '') return null;
  return { value, label: field.choices?.[asText(value)] ?? '' };
};

/** Brief keys of a nested object: counts are left out, as NetBox does. */
const briefKeys = (kind: KindSpec): readonly string[] =>
  kind.brief.split(' ').filter((name) => kind.fields[name]?.type !== 'count');

type Nested = Rendering['nested'];

/** Lists of keys by kind and wish, always the same array for the same wish: prepared writers hang on it. */
const keyLists = new WeakMap<KindSpec, Map<string, readonly string[]>>();

const keysOf = (kind: KindSpec, show: string | undefined): readonly string[] => {
  const lists = keyLists.get(kind) ?? new Map<string, readonly string[]>();
  keyLists.set(kind, lists);
  const keys = lists.get(show ?? '') ?? show?.split(' ') ?? briefKeys(kind);
  lists.set(show ?? '', keys);
  return keys;
};

/** Keys all kinds write the same way. */
const standardWriters = (world: World): Readonly<Record<string, (kind: KindSpec) => Write>> => ({
  id: () => (row) => row.id,
  url: (kind) => (row) => `${world.origin}/api/${kind.path}/${row.id}/`,
  display_url: (kind) => (row) => `${world.origin}/${kind.path}/${row.id}/`,
  display: (kind) => (row) => displayOfRow(world.store, kind.model, row),
  created: () => (row) => row.created,
  last_updated: () => (row) => row.last_updated,
  custom_fields: (kind) => {
    const fields = customFieldsOf(world.store, kind.model).map((field) => ({ field, name: asText(field['name']) }));
    return (row) => {
      const data = isRecord(row['custom_fields']) ? row['custom_fields'] : {};
      return Object.fromEntries(fields.map(({ field, name }) => [name, shownValue(world, field, data[name])]));
    };
  },
});

const relationWriter = (name: string, field: FieldSpec, nested: Nested): Write => {
  if (field.bare === true) return (row) => row[name] ?? null;
  const answers = new Map<unknown, unknown>();
  return (row) => {
    const id = row[name] ?? null;
    if (id === null) return null;
    const answer = answers.get(id) ?? nested(field.to ?? '', id, field.show);
    answers.set(id, answer);
    return answer;
  };
};

const relationsWriter = (name: string, field: FieldSpec, nested: Nested): Write =>
  field.bare === true
    ? (row) => asIds(row[name])
    : (row) => asIds(row[name]).map((id) => nested(field.to ?? '', id, field.show));

const countWriter = (world: World, field: FieldSpec): Write => {
  const table = world.store.table(field.to ?? '');
  return (row) => table?.where(field.via ?? '', row.id).length ?? 0;
};

/** Fields that hold their own answer, or one made from it. */
const plainWriter = (name: string, field: FieldSpec): Write => {
  if (field.type === 'constant') return () => field.default;
  return field.type === 'choice' && field.bare !== true
    ? (row) => choiceOf(field, row[name])
    : (row) => row[name] ?? null;
};

const makeWriter = (rendering: Rendering, kind: KindSpec, name: string, field: FieldSpec): Write => {
  const compute = computations[`${kind.model}.${name}`];
  if (compute !== undefined) return (row) => compute(rendering, row);
  if (field.type === 'computed') return standardWriters(rendering.world)[name]?.(kind) ?? (() => null);
  if (field.type === 'relation') return relationWriter(name, field, rendering.nested);
  if (field.type === 'relations') return relationsWriter(name, field, rendering.nested);
  return field.type === 'count' ? countWriter(rendering.world, field) : plainWriter(name, field);
};

/** Writes objects the way NetBox's serializers do. One renderer serves one request: nested objects are made once. */
export const createRenderer = (world: World): Renderer => {
  const known = new Map<string, unknown>();
  const writersOf = new WeakMap<readonly string[], readonly (readonly [name: string, write: Write])[]>();

  const nested: Nested = (model, id, show) => {
    const table = world.store.table(model);
    const row = typeof id === 'number' ? table?.get(id) : undefined;
    if (table === undefined || row === undefined) return null;
    const key = `${row.id} ${model} ${show ?? ''}`;
    const answer = known.get(key) ?? object(table.kind, row, keysOf(table.kind, show));
    known.set(key, answer);
    return answer;
  };
  const rendering: Rendering = { world, nested };

  const prepare = (kind: KindSpec, fields: readonly string[]): readonly (readonly [string, Write])[] => {
    const writers = fields.flatMap((name): readonly (readonly [string, Write])[] => {
      const field = kind.fields[name];
      return field === undefined || field.writeOnly === true ? [] : [[name, makeWriter(rendering, kind, name, field)]];
    });
    writersOf.set(fields, writers);
    return writers;
  };
  const object: Renderer['object'] = (kind, row, fields) => {
    const answer: Record<string, unknown> = {};
    for (const [name, write] of writersOf.get(fields) ?? prepare(kind, fields)) answer[name] = write(row);
    return answer;
  };
  return { object };
};

/** The fields a request asks for with `fields`, `omit`, `brief` and `exclude=config_context`. */
export const fieldsAskedFor = (kind: KindSpec, query: URLSearchParams, release: NetBoxRelease): readonly string[] => {
  const all = Object.keys(kind.fields);
  const fields = query.get('fields');
  if (fields) {
    const wanted = new Set(fields.split(','));
    return all.filter((name) => wanted.has(name));
  }
  // NetBox 4.7 has dropped `exclude`; `omit` and `fields` do its work.
  const excludesContext = !atLeast(release, '4.7') && query.getAll('exclude').includes('config_context');
  const excluded = excludesContext ? ['config_context'] : [];
  const omit = query.get('omit');
  if (omit) return all.filter((name) => !omit.split(',').includes(name) && !excluded.includes(name));
  if (query.get('brief')) return kind.brief === '' ? all : kind.brief.split(' ');
  return all.filter((name) => !excluded.includes(name));
};
