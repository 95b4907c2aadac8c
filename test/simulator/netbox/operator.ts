import { ApiFailure } from './failures.js';
import type { KindSpec, Row } from './types.js';
import type { World } from './world.js';
import { remove } from './writes/remove.js';
import { checkCreate, checkUpdate, store } from './writes/save.js';

/** Reads what is stored, without a request. Paths are `dcim/sites`, with or without `/api/` in front. */
export interface StateReader {
  /** All rows of a kind by ascending id, as stored (relations are ids); of a branch when one is named. */
  objects(path: string, branch?: string): readonly Row[];
  find(path: string, predicate: (row: Row) => boolean, branch?: string): Row | undefined;
}

/** Changes objects the way an operator in the web interface does: same rules, same change log, no request counted. */
export interface Operator {
  create(path: string, data: Readonly<Record<string, unknown>>): Row;
  update(path: string, id: number, data: Readonly<Record<string, unknown>>): Row;
  remove(path: string, id: number): void;
  /** As an UPDATE statement, a job or a management command writes: without rules and without a row in the change log. */
  rewrite(path: string, id: number, values: Readonly<Record<string, unknown>>): void;
}

const cleanPath = (path: string): string => path.replace(/^\/?(api\/)?/, '').replace(/\/$/, '');

export const kindAt = (world: World, path: string): KindSpec => {
  const kind = world.store.kinds.find((candidate) => candidate.path === cleanPath(path));
  if (kind === undefined) throw new Error(`the simulated NetBox has no ${path}`);
  return kind;
};

export const rowAt = (world: World, kind: KindSpec, id: number): Row => {
  const row = world.store.get(kind.model, id);
  if (row === undefined) throw new ApiFailure(404, { detail: `No ${kind.objectName} matches the given query.` });
  return row;
};

export const createStateReader = (worldOf: (branch: string | undefined) => World): StateReader => {
  const objects: StateReader['objects'] = (path, branch) => {
    const world = worldOf(branch);
    return world.store.need(kindAt(world, path).model).byId();
  };
  return { objects, find: (path, predicate, branch) => objects(path, branch).find(predicate) };
};

export const createOperator = (worldOf: () => World): Operator => ({
  create: (path, data) => {
    const world = worldOf();
    const kind = kindAt(world, path);
    return rowAt(
      world,
      kind,
      world.store.transaction(() => store(checkCreate(world, kind, data))),
    );
  },
  update: (path, id, data) => {
    const world = worldOf();
    const kind = kindAt(world, path);
    const row = rowAt(world, kind, id);
    world.store.transaction(() => store(checkUpdate(world, { kind, row, partial: true }, data)));
    return rowAt(world, kind, id);
  },
  rewrite: (path, id, values) => {
    const world = worldOf();
    const kind = kindAt(world, path);
    world.store.put(kind.model, id, { ...rowAt(world, kind, id), ...values });
  },
  remove: (path, id) => {
    const world = worldOf();
    const kind = kindAt(world, path);
    world.store.transaction(() => remove(world, kind, rowAt(world, kind, id)));
  },
});
