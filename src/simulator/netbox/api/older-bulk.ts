import { answerRows, inModelOrder, rowsByIds } from './bulk.js';
import type { KindCall } from './context.js';
import { checkNew, prune } from './objects.js';
import type { SimulatedAnswer } from '../../http/types.js';
import { ApiFailure, Invalid } from '../failures.js';
import { isRecord, pythonType } from '../values.js';
import { remove } from '../writes/remove.js';
import { checkUpdate, store, type CheckedChange } from '../writes/save.js';

/** Bulk writes as NetBox 4.5 and 4.6 carry them out. */

const checkItem = (call: KindCall, item: unknown): CheckedChange => {
  if (!isRecord(item))
    throw new Invalid({ non_field_errors: [`Invalid data. Expected a dictionary, but got ${pythonType(item)}.`] });
  return checkNew(call, item);
};

/** Devices are created one after the other: the answer describes the first that fails, without its position. */
const createInTurn = (call: KindCall, items: readonly unknown[]): readonly number[] =>
  items.map((item) => store(checkItem(call, item)));

/** Everything else is validated first, against what is stored: items that collide with each other pass. */
const createAtOnce = (call: KindCall, items: readonly unknown[]): readonly number[] => {
  const results = items.map((item) => {
    try {
      return { checked: checkItem(call, item), errors: {} };
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      return { checked: undefined, errors: error.errors };
    }
  });
  if (results.some((result) => result.checked === undefined))
    throw new ApiFailure(
      400,
      results.map((result) => result.errors),
    );
  return results.flatMap((result) => (result.checked === undefined ? [] : [store(result.checked)]));
};

export const olderBulkCreate = (call: KindCall, items: readonly unknown[]): SimulatedAnswer => {
  const create = call.kind.model === 'dcim.device' ? createInTurn : createAtOnce;
  const ids = call.world.store.transaction(() => create(call, items));
  return answerRows(call, 201, rowsByIds(call, ids));
};

const idsOf = (items: readonly unknown[]): ReadonlyMap<number, Readonly<Record<string, unknown>>> => {
  const errors = items.map((item) => {
    if (!isRecord(item) || !('id' in item)) return { id: ['This field is required.'] };
    return /^\d+$/.test(String(item['id'])) ? {} : { id: ['A valid integer is required.'] };
  });
  if (errors.some((error) => 'id' in error)) throw new ApiFailure(400, errors);
  return new Map(items.filter(isRecord).map(({ id, ...data }) => [Number(id), data]));
};

/** The last entry for an id counts, ids that are gone are skipped; the answer to a refusal names no item. */
export const olderBulkUpdate = (call: KindCall, items: readonly unknown[]): SimulatedAnswer => {
  const { world, kind, request } = call;
  const entries = idsOf(items);
  const partial = request.method === 'PATCH';
  const ids = new Set(entries.keys());
  world.store.transaction(() => {
    for (const row of inModelOrder(call, ids)) {
      const current = world.store.get(kind.model, row.id) ?? row;
      store(checkUpdate(world, { kind, row: current, partial }, prune(call, entries.get(row.id))));
    }
  });
  return answerRows(call, 200, inModelOrder(call, ids));
};

export const olderBulkDelete = (call: KindCall, items: readonly unknown[]): SimulatedAnswer => {
  const { world, kind } = call;
  const entries = idsOf(items);
  world.store.transaction(() => {
    for (const id of entries.keys()) {
      const row = world.store.get(kind.model, id);
      if (row !== undefined) remove(world, kind, row);
    }
  });
  return { status: 204 };
};
