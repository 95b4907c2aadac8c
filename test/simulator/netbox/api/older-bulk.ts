import { answerRows, inModelOrder, rowsByIds } from './bulk.js';
import type { KindCall } from './context.js';
import { checkNew, prune, reachableRow } from './objects.js';
import type { SimulatedAnswer } from '../../http/types.js';
import { ApiFailure, IntegrityError, Invalid } from '../failures.js';
import type { FieldErrors } from '../types.js';
import { asText, isRecord, pythonType } from '../values.js';
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

/** The plugin makes an update of the second of two equal items, and NetBox then counts fewer objects than items. */
const upserted = new Set(['netbox_proxbox.proxmoxstorage', 'netbox_proxbox.vmtaskhistory']);

const createUpserted = (call: KindCall, items: readonly unknown[]): readonly number[] => {
  try {
    return createAtOnce(call, items);
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    throw new ApiFailure(403, { detail: 'You do not have permission to perform this action.' });
  }
};

const createDevices = (call: KindCall, items: readonly unknown[]): readonly number[] => {
  if (items.length > 0) return createInTurn(call, items);
  const error = 'cannot access local variable where it is not associated with a value';
  throw new ApiFailure(500, {
    error,
    exception: 'UnboundLocalError',
    netbox_version: call.world.release,
    python_version: '3.12.3',
  });
};

const creatorFor = (model: string): typeof createAtOnce => {
  if (model === 'dcim.device') return createDevices;
  return upserted.has(model) ? createUpserted : createAtOnce;
};

export const olderBulkCreate = (call: KindCall, items: readonly unknown[]): SimulatedAnswer => {
  const create = creatorFor(call.kind.model);
  const ids = call.world.store.transaction(() => create(call, items));
  return answerRows(call, 201, rowsByIds(call, ids));
};

const idProblem = (item: unknown): FieldErrors => {
  if (!isRecord(item))
    return { non_field_errors: [`Invalid data. Expected a dictionary, but got ${pythonType(item)}.`] };
  if (!('id' in item)) return { id: ['This field is required.'] };
  const { id } = item;
  if (id === null) return { id: ['This field may not be null.'] };
  const isNumber = Number.isInteger(id) || /^\d+$/.test(asText(id));
  return isNumber ? {} : { id: ['A valid integer is required.'] };
};

const idsOf = (items: readonly unknown[]): ReadonlyMap<number, Readonly<Record<string, unknown>>> => {
  const errors = items.map(idProblem);
  if (errors.some((error) => Object.keys(error).length > 0)) throw new ApiFailure(400, errors);
  // Looked for by the text, they are not found again by the number.
  if (items.some((item) => isRecord(item) && typeof item['id'] === 'string'))
    throw new ApiFailure(400, { non_field_errors: ['No data provided'] });
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
      const row = reachableRow(call, id);
      if (row !== undefined) remove(world, kind, row);
    }
  });
  return { status: 204 };
};
