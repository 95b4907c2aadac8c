import {
  FilterProblem,
  notAChoice,
  relationTarget,
  valueAtPath,
  type AppliedFilter,
  type FilterInput,
} from './filter.js';
import type { Table } from '../store/table.js';
import type { Row } from '../types.js';
import { asIds } from '../values.js';

interface Target {
  /** Table whose rows are named by the values. */
  readonly table: Table | undefined;
  /** Their attribute, `id` when values are ids. */
  readonly attribute: string;
  /** Path to the relation itself. */
  readonly relationPath: readonly string[];
}

const targetOf = (input: FilterInput): Target => {
  let kind = input.kind;
  let table: Table | undefined;
  const relationPath: string[] = [];
  for (const name of input.path) {
    const to = relationTarget(kind, name);
    if (to === '') return { table, attribute: name, relationPath };
    relationPath.push(name);
    table = input.world.store.table(to);
    if (table === undefined) return { table, attribute: 'id', relationPath };
    kind = table.kind;
  }
  return { table, attribute: 'id', relationPath };
};

const idOf = (table: Table | undefined, value: string): number => {
  if (!/^-?\d+$/.test(value)) throw new FilterProblem([`“${value}” is not a valid value.`]);
  return table?.get(Number(value))?.id ?? notAChoice(value);
};

const idsOf = (target: Target, value: string): readonly number[] => {
  if (target.attribute === 'id') return [idOf(target.table, value)];
  const rows = target.table?.where(target.attribute, value) ?? [];
  return rows.length === 0 ? notAChoice(value) : rows.map((row) => row.id);
};

const holds = (value: unknown, wanted: ReadonlySet<number>): boolean =>
  typeof value === 'number' ? wanted.has(value) : asIds(value).some((id) => wanted.has(id));

/** Relations: values are alternatives and every one must exist; `null` stands for an empty relation. */
export const relationFilter = (input: FilterInput): AppliedFilter | undefined => {
  if (input.lookup !== '' && input.lookup !== 'n') return undefined;
  const target = targetOf(input);
  const wantsNull = input.values.includes('null');
  const wanted = new Set(input.values.filter((value) => value !== 'null').flatMap((value) => idsOf(target, value)));
  const test = (row: Row): boolean => {
    const value = valueAtPath(input.world, input.kind, row, target.relationPath);
    const matches = value === null ? wantsNull : holds(value, wanted);
    return matches !== (input.lookup === 'n');
  };
  const [field, ...rest] = target.relationPath;
  if (field === undefined || rest.length > 0 || wantsNull || input.lookup === 'n') return { test };
  const table = input.world.store.need(input.kind.model);
  return { test, candidates: [...wanted].flatMap((id) => table.where(field, id)) };
};

/** The plugin's plain relation filters: one id, the last one given counts. */
export const singleRelationFilter = (input: FilterInput): AppliedFilter | undefined => {
  const value = input.values.at(-1);
  if (value === undefined || input.lookup !== '') return undefined;
  const target = targetOf(input);
  if (!/^\d+$/.test(value) || target.table?.get(Number(value)) === undefined)
    throw new FilterProblem(['Select a valid choice. That choice is not one of the available choices.']);
  return relationFilter({ ...input, values: [value] });
};

const tagIds = (input: FilterInput, by: 'id' | 'slug'): readonly number[] => {
  const table = input.world.store.table('extras.tag');
  const target: Target = { table, attribute: by, relationPath: ['tags'] };
  return input.values.flatMap((value) => idsOf(target, value));
};

/** Tags: all of them by default, any of them with `__any`, none of them with `__n`. */
export const tagFilter = (input: FilterInput, by: 'id' | 'slug'): AppliedFilter | undefined => {
  const wanted = tagIds(input, by);
  const has = (row: Row, id: number): boolean => asIds(row['tags']).includes(id);
  if (input.lookup === 'n') return { test: (row) => !wanted.some((id) => has(row, id)) };
  if (input.lookup === 'any') return { test: (row) => wanted.some((id) => has(row, id)) };
  if (input.lookup !== '') return undefined;
  const [first] = wanted;
  if (first === undefined) return undefined;
  return {
    test: (row) => wanted.every((id) => has(row, id)),
    candidates: input.world.store.need(input.kind.model).where('tags', first),
  };
};
