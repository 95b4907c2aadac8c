import { computations, type Rendering } from './computed.js';
import { displayOfRow } from '../display.js';
import { customFieldsOf } from '../input/custom-fields.js';
import type { FieldSpec, KindSpec, Row } from '../types.js';
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

/** Keys all kinds write the same way. */
const standardWriters = (world: World): Readonly<Record<string, (kind: KindSpec) => Write>> => ({
  id: () => (row) => row.id,
  url: (kind) => (row) => `${world.origin}/api/${kind.path}/${row.id}/`,
  display_url: (kind) => (row) => `${world.origin}/${kind.path}/${row.id}/`,
  display: (kind) => (row) => displayOfRow(world.store, kind.model, row),
  created: () => (row) => row.created,
  last_updated: () => (row) => row.last_updated,
  custom_fields: (kind) => {
    const names = customFieldsOf(world.store, kind.model).map((field) => asText(field['name']));
    return (row) => {
      const data = isRecord(row['custom_fields']) ? row['custom_fields'] : {};
      return Object.fromEntries(names.map((name) => [name, data[name] ?? null]));
    };
  },
});

const relationWriter = (name: string, field: FieldSpec, nested: Nested): Write =>
  field.bare === true ? (row) => row[name] ?? null : (row) => nested(field.to ?? '', row[name], field.show);

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
  const cache = new Map<string, unknown>();
  const writers = new Map<string, Write>();

  const nested: Nested = (model, id, show) => {
    if (typeof id !== 'number') return null;
    const key = `${model} ${id} ${show ?? ''}`;
    const known = cache.get(key);
    if (known !== undefined) return known;
    const table = world.store.table(model);
    const row = table?.get(id);
    if (table === undefined || row === undefined) return null;
    const answer = object(table.kind, row, show?.split(' ') ?? briefKeys(table.kind));
    cache.set(key, answer);
    return answer;
  };
  const rendering: Rendering = { world, nested };

  const writerOf = (kind: KindSpec, name: string): Write | undefined => {
    const field = kind.fields[name];
    if (field === undefined || field.writeOnly === true) return undefined;
    const key = `${kind.model} ${name}`;
    const writer = writers.get(key) ?? makeWriter(rendering, kind, name, field);
    writers.set(key, writer);
    return writer;
  };
  const object: Renderer['object'] = (kind, row, fields) => {
    const answer: Record<string, unknown> = {};
    for (const name of fields) {
      const write = writerOf(kind, name);
      if (write !== undefined) answer[name] = write(row);
    }
    return answer;
  };
  return { object };
};

/** The fields a request asks for with `fields`, `omit`, `brief` and `exclude=config_context`. */
export const fieldsAskedFor = (kind: KindSpec, query: URLSearchParams): readonly string[] => {
  const all = Object.keys(kind.fields);
  const fields = query.get('fields');
  if (fields) {
    const wanted = new Set(fields.split(','));
    return all.filter((name) => wanted.has(name));
  }
  const excluded = query.getAll('exclude').includes('config_context') ? ['config_context'] : [];
  const omit = query.get('omit');
  if (omit) return all.filter((name) => !omit.split(',').includes(name) && !excluded.includes(name));
  if (query.get('brief')) return kind.brief === '' ? all : kind.brief.split(' ');
  return all.filter((name) => !excluded.includes(name));
};
