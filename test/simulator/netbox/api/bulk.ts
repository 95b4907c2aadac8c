import type { KindCall } from './context.js';
import { checkNew, prune, reachableRow } from './objects.js';
import type { SimulatedAnswer } from '../../http/types.js';
import { jsonAnswer } from '../../http/types.js';
import { ApiFailure, Dependents, Invalid } from '../failures.js';
import { createRenderer, fieldsAskedFor } from '../output/render.js';
import type { FieldErrors, Row } from '../types.js';
import { isRecord, pythonType } from '../values.js';
import { remove } from '../writes/remove.js';
import { checkUpdate, store } from '../writes/save.js';

/** Bulk writes as NetBox 4.7 carries them out: one by one, every failure named, all rolled back together. */

interface Failure {
  readonly id?: number;
  readonly index?: number;
  readonly errors: FieldErrors;
}

const failed = (status: number, failures: readonly Failure[], total: number, what: string): ApiFailure =>
  new ApiFailure(status, { detail: `${failures.length} of ${total} objects ${what}.`, errors: failures });

export const answerRows = (call: KindCall, status: number, rows: readonly Row[]): SimulatedAnswer => {
  const renderer = createRenderer(call.world);
  const fields = fieldsAskedFor(call.kind, call.request.query, call.world.release);
  return jsonAnswer(
    status,
    rows.map((row) => renderer.object(call.kind, row, fields)),
  );
};

export const rowsByIds = (call: KindCall, ids: readonly number[]): readonly Row[] =>
  ids.flatMap((id) => reachableRow(call, id) ?? []);

/** The rows in the kind's own order, which is how NetBox answers bulk updates. */
export const inModelOrder = (call: KindCall, ids: ReadonlySet<number>): readonly Row[] =>
  rowsByIds(call, [...ids]).toSorted(call.world.store.compare(call.kind.model));

const createOne = (call: KindCall, item: unknown): number => {
  if (!isRecord(item))
    throw new Invalid({ __all__: [`Invalid data. Expected a dictionary, but got ${pythonType(item)}.`] });
  return store(checkNew(call, item));
};

export const bulkCreate = (call: KindCall, items: readonly unknown[]): SimulatedAnswer => {
  const ids = call.world.store.transaction(() => {
    const failures: Failure[] = [];
    const created: number[] = [];
    for (const [index, item] of items.entries())
      try {
        created.push(call.world.store.transaction(() => createOne(call, item)));
      } catch (error) {
        if (!(error instanceof Invalid)) throw error;
        failures.push({ index, errors: error.errors });
      }
    if (failures.length > 0) throw failed(400, failures, items.length, 'could not be created');
    return created;
  });
  return answerRows(
    call,
    201,
    rowsByIds(
      call,
      [...new Set(ids)].sort((left, right) => left - right),
    ),
  );
};

interface Entry {
  readonly id: number;
  readonly data: Readonly<Record<string, unknown>>;
}

const idProblem = (item: unknown): FieldErrors | undefined => {
  if (!isRecord(item)) return { __all__: [`Invalid data. Expected a dictionary, but got ${pythonType(item)}.`] };
  if (!('id' in item)) return { id: ['This field is required.'] };
  return /^\d+$/.test(String(item['id'])) ? undefined : { id: ['A valid integer is required.'] };
};

const entriesOf = (items: readonly unknown[]): readonly Entry[] => {
  const failures = items.flatMap((item, index): readonly Failure[] => {
    const errors = idProblem(item);
    return errors === undefined ? [] : [{ index, errors }];
  });
  if (failures.length > 0) throw failed(400, failures, items.length, 'failed validation');
  return items.filter(isRecord).map(({ id, ...data }) => ({ id: Number(id), data }));
};

const checkDistinct = (entries: readonly Entry[]): void => {
  const counts = new Map<number, number>();
  for (const { id } of entries) counts.set(id, (counts.get(id) ?? 0) + 1);
  const failures = [...counts]
    .filter(([, count]) => count > 1)
    .map(([id, count]) => ({
      id,
      errors: { id: [`Each object may be specified only once; ID ${id} is listed ${count} times`] },
    }));
  if (failures.length > 0) throw failed(400, failures, entries.length, 'are listed more than once');
};

const checkPresent = (call: KindCall, entries: readonly Entry[]): void => {
  const failures = entries
    .filter(({ id }) => reachableRow(call, id) === undefined)
    .map(({ id }) => ({ id, errors: { id: [`Object with ID ${id} does not exist`] } }));
  if (failures.length > 0) throw failed(400, failures, entries.length, 'could not be found');
};

const prepare = (call: KindCall, items: readonly unknown[]): readonly Entry[] => {
  const entries = entriesOf(items);
  checkDistinct(entries);
  checkPresent(call, entries);
  return entries;
};

export const bulkUpdate = (call: KindCall, items: readonly unknown[]): SimulatedAnswer => {
  const { world, kind, request } = call;
  const entries = new Map(prepare(call, items).map((entry) => [entry.id, entry.data]));
  const partial = request.method === 'PATCH';
  world.store.transaction(() => {
    const failures: Failure[] = [];
    for (const row of inModelOrder(call, new Set(entries.keys())))
      try {
        const current = world.store.get(kind.model, row.id) ?? row;
        const data = prune(call, entries.get(row.id));
        world.store.transaction(() => store(checkUpdate(world, { kind, row: current, partial }, data)));
      } catch (error) {
        if (!(error instanceof Invalid)) throw error;
        failures.push({ id: row.id, errors: error.errors });
      }
    if (failures.length > 0) throw failed(400, failures, entries.size, 'could not be updated');
  });
  return answerRows(call, 200, inModelOrder(call, new Set(entries.keys())));
};

export const bulkDelete = (call: KindCall, items: readonly unknown[]): SimulatedAnswer => {
  const { world, kind } = call;
  const entries = prepare(call, items);
  world.store.transaction(() => {
    const failures: Failure[] = [];
    for (const { id, data } of entries) {
      const row = world.store.get(kind.model, id);
      const message = typeof data['changelog_message'] === 'string' ? data['changelog_message'] : '';
      if (row === undefined) continue;
      try {
        world.store.transaction(() => remove(world, kind, row, message));
      } catch (error) {
        if (!(error instanceof Dependents)) throw error;
        const text = `Unable to delete: ${error.rows.length} dependent object(s) prevent deletion.`;
        failures.push({ id, errors: { __all__: [text] } });
      }
    }
    if (failures.length > 0) throw failed(409, failures, entries.length, 'could not be deleted');
  });
  return { status: 204 };
};
