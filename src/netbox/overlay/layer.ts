/** What a preview has made, changed and deleted of NetBox's rows. */
import { relationId } from '../kinds/values.js';
import type { NetBoxRecord } from '../types.js';
import { pathOfPointer, tableAt, type Table } from './tables.js';

/** Rows as NetBox would render them, by collection and id. */
export class Layer {
  readonly #rows = new Map<string, Map<number, NetBoxRecord>>();
  readonly #gone = new Map<string, Set<number>>();
  /** -1 says in look-ups that there is no id. */
  #lastId = -1;

  nextId(): number {
    this.#lastId -= 1;
    return this.#lastId;
  }

  rows(path: string): ReadonlyMap<number, NetBoxRecord> {
    return this.#rows.get(path) ?? new Map();
  }

  put(path: string, row: NetBoxRecord): NetBoxRecord {
    const rows = this.#rows.get(path) ?? new Map<number, NetBoxRecord>();
    this.#rows.set(path, rows.set(row.id, row));
    return row;
  }

  isGone(path: string, id: number): boolean {
    return this.#gone.get(path)?.has(id) === true;
  }

  /** Whether rows of NetBox are still as they were, whatever they point at. */
  get isWithoutRemovals(): boolean {
    return this.#gone.size === 0;
  }

  /** With all that goes along; what only pointed there is emptied. */
  remove(path: string, ids: readonly number[]): void {
    const gone = this.#gone.get(path) ?? new Set();
    this.#gone.set(path, gone);
    for (const id of ids) {
      gone.add(id);
      this.#rows.get(path)?.delete(id);
    }
    for (const [other, rows] of this.#rows) {
      const table = tableAt(other);
      if (table === undefined) continue;
      const along: number[] = [];
      for (const row of rows.values()) {
        const left = this.withoutGone(table, row);
        if (left === undefined) along.push(row.id);
        else if (left !== row) rows.set(row.id, left);
      }
      if (along.length > 0) this.remove(other, along);
    }
  }

  /**
   * A row without what is deleted; undefined: it went along. As NetBox renders it or as it was read: both name others by
   * something that holds an id.
   */
  withoutGone(table: Table, row: NetBoxRecord): NetBoxRecord | undefined {
    if (this.isGone(table.path, row.id) || this.#holderIsGone(row)) return undefined;
    let left = row;
    for (const [field, { isParent }] of table.pointers) {
      const id = relationId(row[field]);
      const path = id === null ? undefined : pathOfPointer(table, field, row);
      if (id === null || path === undefined || !this.isGone(path, id)) continue;
      if (isParent) return undefined;
      left = { ...left, [field]: null };
    }
    return left;
  }

  /** What hangs on an interface goes along with the machine or device of that. */
  #holderIsGone({ assigned_object: port }: NetBoxRecord): boolean {
    if (typeof port !== 'object' || port === null) return false;
    return holders.some(({ field, path }) => {
      const id = relationId(Reflect.get(port, field));
      return id !== null && this.isGone(path, id);
    });
  }
}

const holders = [
  { field: 'virtual_machine', path: '/api/virtualization/virtual-machines/' },
  { field: 'device', path: '/api/dcim/devices/' },
] as const;
