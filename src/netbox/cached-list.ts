/**
 * What a cached list holds after one of our own writes to its collection: the objects that NetBox answered with, as far as
 * they fit the filters of the list and with the fields that it asked for.
 */
import { isObject } from '../values/plain-object.js';
import { deepFreeze } from './deep-freeze.js';
import { isRecord, recordsIn } from './records-in.js';
import type { Keep, NetBoxRecord, Query } from './types.js';

export interface OwnWrite {
  /** The objects that the request named. */
  readonly ids: readonly number[];
  /** The parsed answer of a request that was carried out. */
  readonly body: unknown;
}

/** These shape the answer and choose nothing. */
const shaping: ReadonlySet<string> = new Set(['fields', 'exclude', 'omit']);
/** Filters that compare the field of their name as it is. */
const plain: ReadonlySet<string> = new Set(['id', 'slug', 'name', 'vid', 'vmid']);

function textsOf(wanted: Query[string]): readonly string[] {
  return (Array.isArray(wanted) ? wanted : [wanted]).map(String);
}

/** undefined: only NetBox can tell. */
function fits(record: NetBoxRecord, filter: string, wanted: readonly string[]): boolean | undefined {
  const value = record[filter];
  if (plain.has(filter) && (typeof value === 'string' || typeof value === 'number')) {
    const text = String(value);
    if (wanted.includes(text)) return true;
    // Some names are compared without regard to case.
    return wanted.some((one) => one.toLowerCase() === text.toLowerCase()) ? undefined : false;
  }
  const relation = filter.endsWith('_id') ? record[filter.slice(0, -3)] : undefined;
  if (relation === undefined) return undefined;
  return isObject(relation) && wanted.includes(String(relation.id));
}

function fitsAll(record: NetBoxRecord, query: Query): boolean | undefined {
  const answers = Object.entries(query)
    .filter(([name]) => !shaping.has(name))
    .map(([name, wanted]) => fits(record, name, textsOf(wanted)));
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

function asListed(record: NetBoxRecord, { fields }: Query): NetBoxRecord {
  if (typeof fields !== 'string') return record;
  const named = fields.split(',').filter((field) => record[field] !== undefined);
  return { ...Object.fromEntries(named.map((field) => [field, record[field]])), id: record.id };
}

const sizeOf = (record: NetBoxRecord | undefined): number => (record === undefined ? 0 : JSON.stringify(record).length);

/** Puts a record in the place of the one with its id, or takes that out. By how many bytes the rows grew. */
function put(rows: Map<number, NetBoxRecord>, id: number, record: NetBoxRecord | undefined): number {
  const grown = sizeOf(record) - sizeOf(rows.get(id));
  if (record !== undefined && !rows.has(id)) extended.add(rows);
  if (record === undefined) rows.delete(id);
  else rows.set(id, record);
  deepFreeze(record);
  return grown;
}

function recordsOf(body: unknown): readonly NetBoxRecord[] | undefined {
  if (body === null) return [];
  return isRecord(body) ? [body] : recordsIn(body);
}

/**
 * Changes the rows of a list; what is new comes last, wherever its id belongs.
 * @returns by how many bytes it grew; undefined: only NetBox can tell what it holds now
 */
export function applyWrite(
  {
    rows,
    query,
    keep,
  }: { readonly rows: Map<number, NetBoxRecord>; readonly query: Query; readonly keep?: Keep | undefined },
  { ids, body }: OwnWrite,
): number | undefined {
  const records = recordsOf(body);
  if (records === undefined) return undefined;
  const answered = new Set(records.map(({ id }) => id));
  let grown = 0;
  for (const id of ids) if (!answered.has(id)) grown += put(rows, id, undefined);
  for (const record of records) {
    const isListed = fitsAll(record, query);
    if (isListed === undefined) return undefined;
    const listed = asListed(record, query);
    grown += put(rows, record.id, isListed ? (keep?.(listed) ?? listed) : undefined);
  }
  return grown;
}

/** Lists with rows of ours at their end, wherever their ids belong; the others are as NetBox gave them. */
const extended = new WeakSet<ReadonlyMap<number, NetBoxRecord>>();

/** The rows in the order in which NetBox lists them. */
export function inOrder(rows: ReadonlyMap<number, NetBoxRecord>): readonly NetBoxRecord[] {
  const records = [...rows.values()];
  const isInOrder =
    !extended.has(rows) || records.every(({ id }, index) => index === 0 || id > (records[index - 1]?.id ?? 0));
  return isInOrder ? records : records.sort((a, b) => a.id - b.id);
}
