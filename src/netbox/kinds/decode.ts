/** NetBox's rendering of an object, made into the typed record of its kind. */
import { isObject } from '../../values/plain-object.js';
import type { NetBoxRecord } from '../types.js';
import { typeOf, type FieldType } from './fields.js';
import { kindDefinition, storedKind, type AnyRecord, type ObjectKind, type RecordOf } from './index.js';
import { createSharing } from './shared-values.js';
import { textOf, unwrap } from './values.js';

interface Reading {
  readonly field: string;
  readonly type: FieldType;
  /** Where the value is: in a field of the object, or inside that. */
  readonly source: string;
  readonly key?: string;
  readonly share: (value: unknown) => unknown;
}

const renderings = new WeakMap<object, NetBoxRecord>();

/** How NetBox rendered a record that `decodeShown` made; undefined for others. */
export function renderedOf(record: AnyRecord): NetBoxRecord | undefined {
  return renderings.get(record);
}

interface Shape {
  readonly readings: readonly Reading[];
  /**
   * A record without values. Its copies share one hidden class of the engine; objects that grow field by field become hash
   * tables of several times the size, which counts at a hundred thousand rows.
   */
  readonly empty: Readonly<Record<string, unknown>>;
}

/** Of the API and of the page: NetBox renders them after a write, and in lists only where they are asked for. */
const links = ['url', 'display_url'] as const;

const shapes = new Map<ObjectKind, Shape>();

/** The `fields=` list of a kind: what we compare and what we read besides. */
export function readFields(kind: ObjectKind): string {
  return [...new Set(['id', ...shapeOf(kind).readings.map(({ source }) => source)])].join(',');
}

/** Fields that were not rendered (an older NetBox or plugin) hold what an empty field holds, and are named in `missing`. */
export function decode<K extends ObjectKind>(kind: K, rendered: NetBoxRecord): RecordOf<K>;
// What the loop builds is what the table derives the type from, which only an overload can say.
export function decode(kind: ObjectKind, rendered: NetBoxRecord): object {
  const { readings, empty } = shapeOf(storedKind(kind));
  const record: Record<string, unknown> = { ...empty, id: rendered.id };
  for (const link of links) record[link] = textOf(rendered[link]);
  const missing: string[] = [];
  for (const { field, type, source, key, share } of readings) {
    if (!Object.hasOwn(rendered, source)) missing.push(field);
    const value = rendered[source];
    record[field] = share(unwrap(type, key === undefined ? value : isObject(value) ? value[key] : undefined));
  }
  if (missing.length > 0) record['missing'] = missing;
  return record;
}

/** What `decode` made of a record, out of a list that keeps it so (`ListOptions.keep`). */
export function kept<K extends ObjectKind>(kind: K, record: NetBoxRecord): RecordOf<K>;
export function kept(_kind: ObjectKind, record: object): object {
  return record;
}

/** The same for a few fields of very many rows. */
export function decodeSome<K extends ObjectKind, F extends keyof RecordOf<K> & string>(
  kind: K,
  rendered: NetBoxRecord,
  fields: readonly F[],
): Pick<RecordOf<K>, F | 'id'>;
export function decodeSome(kind: ObjectKind, rendered: NetBoxRecord, fields: readonly string[]): object {
  const record: Record<string, unknown> = { id: rendered.id };
  for (const { field, type, source, share } of shapeOf(storedKind(kind)).readings)
    if (fields.includes(field)) record[field] = share(unwrap(type, rendered[source]));
  return record;
}

/** The same for answers that show NetBox's own objects: the rendering is kept as long as the record. */
export function decodeShown<K extends ObjectKind>(kind: K, rendered: NetBoxRecord): RecordOf<K> {
  const record = decode(kind, rendered);
  renderings.set(record, rendered);
  return record;
}

function shapeOf(kind: ObjectKind): Shape {
  const known = shapes.get(kind);
  if (known !== undefined) return known;
  const { fields, reads = {} } = kindDefinition(kind);
  const readings = Object.entries({ ...fields, ...reads }).map(([field, spec]): Reading => {
    const type = typeOf(spec);
    const isNested = typeof spec === 'object' && 'of' in spec;
    const source = isNested ? { source: spec.of, key: spec.key } : { source: field };
    return { field, type, ...source, share: createSharing(type) };
  });
  const names = readings.map(({ field }) => [field, null] as const);
  const empty: unknown = JSON.parse(
    JSON.stringify({ id: 0, ...Object.fromEntries(links.map((link) => [link, ''])), ...Object.fromEntries(names) }),
  );
  const shape = { readings, empty: isObject(empty) ? empty : {} };
  shapes.set(kind, shape);
  return shape;
}
