import type { KindSpec, Row } from '../types.js';

export type Key = string | number;

/** Rows of one kind with indexes that are built when first asked for and kept up to date afterwards. */
export interface Table {
  readonly kind: KindSpec;
  readonly size: number;
  get(id: number): Row | undefined;
  /** Grows with every write. */
  readonly version: number;
  /** Rows by ascending id. */
  byId(): readonly Row[];
  /** Rows whose field equals the value; for lists of ids, whose list holds it. */
  where(field: string, value: unknown): readonly Row[];
  /** Rows that have this key in a named index. `keysOf` must always be the same function for one name. */
  find(index: string, keysOf: (row: Row) => readonly Key[], key: Key): readonly Row[];
  /** Takes the next id; ids are never given twice, not even after a rollback (as a PostgreSQL sequence). */
  nextId(): number;
  /** Writes a row as it is, or removes it; answers what was there before. */
  put(id: number, row: Row | undefined): Row | undefined;
  copy(): Table;
}

interface Index {
  readonly keysOf: (row: Row) => readonly Key[];
  readonly entries: Map<Key, Set<number>>;
}

/** A raw value as the key of an index. */
const keyOf = (value: unknown): Key => {
  if (typeof value === 'number' || typeof value === 'string') return value;
  return value === null || value === undefined ? '\u0000null' : JSON.stringify(value);
};

const keysOfField =
  (field: string) =>
  (row: Row): readonly Key[] => {
    const value = row[field];
    return Array.isArray(value) ? value.map(keyOf) : [keyOf(value)];
  };

const addTo = (index: Index, row: Row): void => {
  for (const key of index.keysOf(row)) {
    const ids = index.entries.get(key);
    if (ids === undefined) index.entries.set(key, new Set([row.id]));
    else ids.add(row.id);
  }
};

const removeFrom = (index: Index, row: Row): void => {
  for (const key of index.keysOf(row)) {
    const ids = index.entries.get(key);
    ids?.delete(row.id);
    if (ids?.size === 0) index.entries.delete(key);
  }
};

const byAscendingId = (left: Row, right: Row): number => left.id - right.id;

export const createTable = (kind: KindSpec, initial?: ReadonlyMap<number, Row>, firstId = 1): Table => {
  const rows = new Map<number, Row>(initial);
  const indexes = new Map<string, Index>();
  let upcoming = firstId;
  let version = 0;
  let ascending: readonly Row[] | undefined;

  const indexFor = (name: string, keysOf: (row: Row) => readonly Key[]): Index => {
    const known = indexes.get(name);
    if (known !== undefined) return known;
    const index: Index = { keysOf, entries: new Map() };
    for (const row of rows.values()) addTo(index, row);
    indexes.set(name, index);
    return index;
  };
  const find: Table['find'] = (name, keysOf, key) => {
    const ids = indexFor(name, keysOf).entries.get(key);
    if (ids === undefined) return [];
    return [...ids].flatMap((id) => rows.get(id) ?? []);
  };
  return {
    kind,
    get size() {
      return rows.size;
    },
    get version() {
      return version;
    },
    get: (id) => rows.get(id),
    byId: () => (ascending ??= [...rows.values()].sort(byAscendingId)),
    where: (field, value) => find(`field:${field}`, keysOfField(field), keyOf(value)),
    find,
    nextId: () => upcoming++,
    put: (id, row) => {
      const before = rows.get(id);
      if (before !== undefined) for (const index of indexes.values()) removeFrom(index, before);
      if (row === undefined) rows.delete(id);
      else {
        rows.set(id, row);
        for (const index of indexes.values()) addTo(index, row);
      }
      version += 1;
      ascending = undefined;
      return before;
    },
    copy: () => createTable(kind, rows, upcoming),
  };
};
