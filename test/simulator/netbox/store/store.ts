import { compareRows } from './ordering.js';
import { createTable, type Table } from './table.js';
import type { KindSpec, Row } from '../types.js';

/** All tables of one NetBox (or of one branch of it). */
export interface Store {
  readonly kinds: readonly KindSpec[];
  table(model: string): Table | undefined;
  /** The table, for models that are known to exist. Throws on a model the simulator does not have. */
  need(model: string): Table;
  get(model: string, id: unknown): Row | undefined;
  /** Rows of a model by these fields (its own ordering when left out), and how two of them compare. */
  ordered(model: string): readonly Row[];
  compare(model: string, fields?: readonly string[]): (left: Row, right: Row) => number;
  put(model: string, id: number, row: Row | undefined): void;
  /** Runs the work; when it throws, everything written meanwhile is taken back. Transactions nest. */
  transaction<Result>(work: () => Result): Result;
  /** An independent copy; rows are shared because they never change. */
  copy(): Store;
}

interface Undo {
  readonly table: Table;
  readonly id: number;
  readonly before: Row | undefined;
}

const compareIds = (
  table: Table,
  compare: (left: Row, right: Row) => number,
  left: unknown,
  right: unknown,
): number => {
  const leftRow = typeof left === 'number' ? table.get(left) : undefined;
  const rightRow = typeof right === 'number' ? table.get(right) : undefined;
  if (leftRow === rightRow) return 0;
  if (leftRow === undefined) return -1;
  return rightRow === undefined ? 1 : compare(leftRow, rightRow);
};

const storeOver = (tables: ReadonlyMap<string, Table>): Store => {
  let journal: Undo[] | undefined;

  const rollBackTo = (length: number): void => {
    while (journal !== undefined && journal.length > length) {
      const undo = journal.pop();
      undo?.table.put(undo.id, undo.before);
    }
  };
  const need = (model: string): Table => {
    const table = tables.get(model);
    if (table === undefined) throw new Error(`the simulator has no table for ${model}`);
    return table;
  };
  const compare: Store['compare'] = (model, fields) => {
    const { kind } = need(model);
    return compareRows(fields ?? kind.ordering, (field) => {
      const to = kind.fields[field]?.to;
      const table = kind.fields[field]?.type === 'relation' && to !== undefined ? tables.get(to) : undefined;
      if (table === undefined || table.kind.model === model) return undefined;
      const compareTargets = compare(table.kind.model);
      return (left, right) => compareIds(table, compareTargets, left, right);
    });
  };
  const cached = new Map<string, { readonly stamp: number; readonly rows: readonly Row[] }>();
  /** Orderings may follow relations, so any write anywhere makes them stale. */
  const stampOf = (): number => [...tables.values()].reduce((sum, table) => sum + table.version, 0);
  const ordered: Store['ordered'] = (model) => {
    const stamp = stampOf();
    const known = cached.get(model);
    if (known?.stamp === stamp) return known.rows;
    const rows = [...need(model).byId()].sort(compare(model));
    cached.set(model, { stamp, rows });
    return rows;
  };
  return {
    ordered,
    compare,
    kinds: [...tables.values()].map((table) => table.kind),
    table: (model) => tables.get(model),
    need,
    get: (model, id) => (typeof id === 'number' ? tables.get(model)?.get(id) : undefined),
    put: (model, id, row) => {
      const table = need(model);
      const before = table.put(id, row);
      journal?.push({ table, id, before });
    },
    transaction: (work) => {
      const outermost = journal === undefined;
      const length = (journal ??= []).length;
      try {
        return work();
      } catch (error) {
        rollBackTo(length);
        throw error;
      } finally {
        if (outermost) journal = undefined;
      }
    },
    copy: () => storeOver(new Map([...tables].map(([model, table]) => [model, table.copy()]))),
  };
};

/** Rows of `model` whose generic relation (`assigned_object`, `scope`, `interface`) leads to this object. */
export const hangingOn = (
  store: Store,
  model: string,
  relation: string,
  target: { readonly model: string; readonly id: unknown },
): readonly Row[] =>
  store
    .need(model)
    .where(`${relation}_id`, target.id)
    .filter((row) => row[`${relation}_type`] === target.model);

export const createStore = (kinds: readonly KindSpec[]): Store =>
  storeOver(new Map(kinds.map((kind) => [kind.model, createTable(kind)])));
