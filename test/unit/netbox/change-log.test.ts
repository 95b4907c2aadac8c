/** When what the change log says is believed. */
import { expect, it } from 'vitest';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { ChangeLog } from '../../../src/netbox/change-log.js';
import type { NetBoxRecord, Query } from '../../../src/netbox/types.js';
import { createFakeClock } from '../../support/fake-clock.js';

const disk = 'virtualization.virtualdisk';
const row = (id: number, model = disk, of = id, time = `t${id}`): NetBoxRecord => ({
  id,
  time,
  changed_object_type: model,
  changed_object_id: of,
});

/** A log whose rows a test changes, and how often it was asked. */
function aLog(...ids: readonly number[]) {
  const clock = createFakeClock();
  const log = new ChangeLog(clock);
  const state: { rows: NetBoxRecord[]; asked: number; pageSize: number; fails?: ProxboxError } = {
    rows: ids.map((id) => row(id)),
    asked: 0,
    pageSize: 1000,
  };
  const answer = <T>(value: T): Promise<T> => {
    state.asked += 1;
    return state.fails === undefined ? Promise.resolve(value) : Promise.reject(state.fails);
  };
  const client = {
    get: (_path: string, { limit, changed_object_type: model }: Query = {}) => {
      const rows = state.rows.toReversed().filter((one) => model === undefined || one['changed_object_type'] === model);
      return answer({ count: rows.length, results: rows.slice(0, Math.min(Number(limit), state.pageSize)) });
    },
    list: (_path: string, query: Query = {}) => answer(state.rows.filter(({ id }) => id >= Number(query['id__gte']))),
  };
  const add = (...rows: readonly NetBoxRecord[]): void => {
    state.rows = [...state.rows, ...rows].sort((a, b) => a.id - b.id);
  };
  return { log, clock, state, add, ask: () => log.follow(client) };
}

const known = (...ids: readonly number[]) => ({
  status: 'known',
  changes: ids.map((objectId) => ({ model: disk, objectId })),
});
/** With the changes that are known all the same. */
const doubt = (why: string, ...ids: readonly number[]) => ({ ...known(...ids), status: 'unknown', doubt: why });

it('each row is told once, and the first question tells only where the log stands', async () => {
  const { ask, add } = aLog(1, 2);
  expect(await ask()).toEqual(doubt('first'));
  expect(await ask()).toEqual(known());
  add(row(3), row(4));
  expect(await ask()).toEqual(known(3, 4));
  expect(await ask()).toEqual(known());
});

it('an empty log is followed too', async () => {
  const { ask, add } = aLog();
  expect(await ask()).toEqual(doubt('first'));
  add(row(1));
  expect(await ask()).toEqual(known(1));
});

it('a hole is doubted once, and what fills it is told', async () => {
  const { ask, add } = aLog(1);
  await ask();
  add(row(3));
  expect(await ask()).toEqual(doubt('incomplete', 3));
  expect(await ask()).toEqual(known());
  add(row(2));
  expect(await ask()).toEqual(known(2));
  expect(await ask()).toEqual(known());
});

it('a transaction that was under way when the following began is told when it ends', async () => {
  const { ask, add } = aLog(1, 3);
  await ask();
  add(row(2));
  expect(await ask()).toEqual(known(2));
});

it('a hole that nothing fills within an hour was a transaction that was undone', async () => {
  const { ask, add, clock } = aLog(1, 3);
  await ask();
  clock.advance(3_600_001);
  expect(await ask()).toEqual(known());
  add(row(2));
  expect(await ask()).toEqual(known());
});

it('a transaction that is watched is not forgotten with a log that does not reach back', async () => {
  const { ask, add, state } = aLog(1);
  await ask();
  add(row(3));
  await ask();
  state.rows = [];
  expect(await ask()).toEqual(doubt('pruned'));
  add(row(2), row(4));
  expect(await ask()).toEqual(doubt('incomplete', 2, 4));
});

it.each([
  ['while the log is followed', [1]],
  ['when the following begins', [1, 1602]],
])('more holes than can be watched are doubted for an hour: %s', async (_when, ids) => {
  const { ask, add, clock, state } = aLog(...ids);
  await ask();
  if (ids.length === 1) add(row(1602));
  expect(await ask()).toMatchObject({ doubt: 'incomplete' });
  // The transaction ends. Its first rows are of another model than those that are watched.
  state.rows = Array.from({ length: 1602 }, (_, n) => row(n + 1, n < 600 ? disk : 'dcim.interface'));
  expect(await ask()).toMatchObject({ doubt: 'incomplete' });
  clock.advance(3_600_001);
  expect(await ask()).toEqual(known());
});

it('a log that has lost the last row, or has another one in its place, does not reach back', async () => {
  const { ask, state, clock } = aLog(1, 2);
  await ask();
  state.rows = [row(1)];
  expect(await ask()).toEqual(doubt('pruned'));
  // A custom field may have been changed among the rows that are gone.
  clock.advance(3_600_001);
  expect(await ask()).toEqual(known());
  state.rows = [row(1, disk, 1, 'of another NetBox')];
  expect(await ask()).toEqual(doubt('pruned'));
});

it('a log that does not name what we made is not believed', async () => {
  const { log, ask, add } = aLog(1);
  await ask();
  log.noteCreated('/api/virtualization/virtual-disks/', [7, 8]);
  add(row(2, disk, 8));
  expect(await ask()).toEqual(known(8));
  log.noteCreated('/api/virtualization/virtual-disks/', [9]);
  expect(await ask()).toEqual(doubt('own writes'));
  expect(await ask()).toEqual(known());
});

it('after very many writes of our own nobody goes through their rows', async () => {
  const { log, ask, state } = aLog(1);
  await ask();
  log.noteCreated(
    '/api/virtualization/virtual-disks/',
    Array.from({ length: 2001 }, (_, n) => n),
  );
  state.asked = 0;
  expect(await ask()).toEqual(doubt('much'));
  expect(state.asked).toBe(1);
});

it('values of custom fields go on changing for an hour', async () => {
  const { ask, add, clock } = aLog(1);
  await ask();
  add(row(2, 'extras.customfield'));
  expect(await ask()).toEqual({ ...doubt('fields'), changes: [{ model: 'extras.customfield', objectId: 2 }] });
  expect(await ask()).toEqual(doubt('fields'));
  clock.advance(3_600_001);
  expect(await ask()).toEqual(known());
});

it.each([
  ['netbox_forbidden', 'forbidden', 1],
  ['netbox_error', 'unreadable', 1],
  ['netbox_unreachable', 'unreadable', 2],
] as const)('%s: everything is read; who was refused asks again after an hour', async (code, why, asked) => {
  const { ask, clock, state } = aLog(1);
  state.fails = new ProxboxError(code, 'no');
  expect(await ask()).toEqual(doubt(why));
  expect(await ask()).toEqual(doubt(why));
  expect(state.asked).toBe(asked);
  delete state.fails;
  clock.advance(3_600_001);
  expect(await ask()).toEqual(doubt('first'));
});

it('a custom field that was changed before the log is followed, or among rows that are gone, goes on changing for an hour too', async () => {
  const { ask, add, clock, state } = aLog(1);
  add(row(2, 'extras.customfield'));
  await ask();
  expect(await ask()).toEqual(doubt('fields'));
  clock.advance(3_600_001);
  expect(await ask()).toEqual(known());

  state.rows = [row(9)];
  expect(await ask()).toEqual(doubt('pruned'));
  expect(await ask()).toEqual(doubt('fields'));
  clock.advance(3_600_001);
  expect(await ask()).toEqual(known());
});

it('NetBox is asked for changed custom fields where the last rows do not reach back an hour', async () => {
  const at = (minute: number) => new Date(Date.UTC(2026, 10, 28, 9, minute)).toISOString();
  const many = Array.from({ length: 1000 }, (_, n) => row(n + 10, disk, 1, at(59)));
  const { ask, state } = aLog();
  state.rows = [row(1, 'extras.customfield', 1, at(30)), ...many];
  await ask();
  expect(await ask()).toEqual(doubt('fields'));

  const other = aLog();
  other.state.rows = [row(1, 'extras.customfield', 1, at(-30)), ...many];
  await other.ask();
  expect(await other.ask()).toEqual(known());
});

it('a NetBox with small pages is looked through as far back as any other', async () => {
  const { ask, add, state } = aLog(1, 2, 4, 5, 6, 7, 8);
  state.pageSize = 3;
  await ask();
  add(row(3));
  expect(await ask()).toEqual(known(3));
});
