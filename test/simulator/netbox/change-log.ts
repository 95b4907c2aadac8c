import { kindAt, rowAt } from './operator.js';
import type { World } from './world.js';
import { recordChange } from './writes/changelog.js';

/** What happens to the change log beside the writes that go into it. */
export interface ChangeLog {
  /** Takes rows out, all of them where none is named: the retention does so, and so does what a token may not see. */
  drop(ids?: readonly number[]): void;
  /** A transaction begins: the number of its row is taken. */
  begin(): number;
  /** It ends: what it changed can be seen, and its row. */
  end(number: number, path: string, id: number, values: Readonly<Record<string, unknown>>): void;
}

const model = 'core.objectchange';

export const createChangeLog = (worldOf: () => World): ChangeLog => ({
  drop: (ids) => {
    const { store } = worldOf();
    for (const { id } of store.need(model).byId())
      if (ids === undefined || ids.includes(id)) store.put(model, id, undefined);
  },
  begin: () => worldOf().store.need(model).nextId(),
  end: (number, path, id, values) => {
    const world = worldOf();
    const kind = kindAt(world, path);
    const before = rowAt(world, kind, id);
    const row = { ...before, ...values };
    world.store.put(kind.model, id, row);
    recordChange(world, kind.model, { action: 'update', row, before }, number);
  },
});
