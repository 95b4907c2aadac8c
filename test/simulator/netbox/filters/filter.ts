import type { KindSpec, Row } from '../types.js';
import type { World } from '../world.js';

/** One filter of a request, ready to be applied. */
export interface AppliedFilter {
  readonly test: (row: Row) => boolean;
  /** Rows that can pass, when an index knows them. */
  readonly candidates?: readonly Row[];
}

/** What a filter is made from. */
export interface FilterInput {
  readonly world: World;
  readonly kind: KindSpec;
  /** Path of fields, relations first. */
  readonly path: readonly string[];
  /** Lookup behind `__`, empty for plain equality. */
  readonly lookup: string;
  readonly values: readonly string[];
}

/** Messages under the filter's name: the answer is 400. */
export class FilterProblem extends Error {
  constructor(readonly messages: readonly string[]) {
    super('filter refused');
  }
}

export const notAChoice = (value: string): never => {
  throw new FilterProblem([`Select a valid choice. ${value} is not one of the available choices.`]);
};

/** Value at the end of a path, following relations; null when one of them is not set. */
export const valueAtPath = (world: World, kind: KindSpec, row: Row, path: readonly string[]): unknown => {
  let current: Row | undefined = row;
  let currentKind: KindSpec | undefined = kind;
  for (const [index, name] of path.entries()) {
    const value: unknown = current[name] ?? null;
    if (index === path.length - 1) return value;
    const to = relationTarget(currentKind, name);
    current = world.store.get(to, value);
    currentKind = world.store.table(to)?.kind;
    if (current === undefined || currentKind === undefined) return null;
  }
  return null;
};

/** Model a relation points at; `_site` is the site a cluster's scope stands for. */
export const relationTarget = (kind: KindSpec, name: string): string =>
  name === '_site' ? 'dcim.site' : (kind.fields[name]?.to ?? '');
