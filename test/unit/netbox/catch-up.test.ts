/** What the change log confirms in the cache, for whom, and until when. */
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { createCatchUp } from '../../../src/netbox/catch-up.js';
import type { LoggedChange } from '../../../src/netbox/change-effects.js';
import { ChangeLog } from '../../../src/netbox/change-log.js';
import { GetCache } from '../../../src/netbox/get-cache.js';
import type { NetBoxRecord, Query } from '../../../src/netbox/types.js';
import { createFakeClock } from '../../support/fake-clock.js';

const scope = { endpoint: 'e1', branch: '' };
const disks = '/api/virtualization/virtual-disks/';
const backups = '/api/plugins/proxbox/backups/';
const machines = '/api/virtualization/virtual-machines/';
const backup = { model: 'netbox_proxbox.vmbackup', objectId: 1 };
const dayMs = 86_400_000;

interface How {
  readonly isFresh?: boolean;
  /** `then`: after it was read as it is known. */
  readonly isReadAgain?: boolean | 'then';
}

/** A cache, a change log that tells what a test says, and runs that read. */
function aService(ttlMs = 60_000) {
  const clock = createFakeClock();
  const settings = { ttlMs, maxEntries: 100, maxBytes: 10_000, debug: false };
  const cache = new GetCache({ clock, logger: pino({ level: 'silent' }), settings: () => settings });
  const rows: NetBoxRecord[] = [];
  let lastId = 0;
  const changed = (...changes: readonly (LoggedChange | 'hole')[]): void => {
    for (const change of changes) {
      const id = (lastId += 1);
      if (change === 'hole') continue;
      rows.push({ id, time: id, changed_object_type: change.model, changed_object_id: change.objectId });
    }
  };
  const client = {
    get: async () => ({ results: rows.toReversed() }),
    list: async (_path: string, query: Query = {}) => rows.filter(({ id }) => id >= Number(query['id__gte'])),
  };
  const catchUp = createCatchUp({ clock, cache, changeLog: new ChangeLog(clock), fingerprint: 'e1' });

  /** A run: what of these lists it has to read, in its own way. */
  async function run(
    paths: readonly string[],
    { isFresh = false, isReadAgain = false }: How = {},
    fullReadMs = dayMs,
    window = cache.openWindow('now', Infinity),
  ) {
    const caughtUp = await catchUp(client, fullReadMs);
    const ofRun = caughtUp.status === 'known' ? { ...window, trustsChangeLog: true as const } : window;
    const read: string[] = [];
    for (const [index, path] of paths.entries())
      await cache.read({
        scope,
        path,
        shape: 'list',
        query: { fields: 'id' },
        isFresh,
        isReadAgain: isReadAgain === 'then' ? index > 0 : isReadAgain,
        window: ofRun,
        load: async () => {
          read.push(path);
          return { answer: { records: [{ id: 1 }], body: null }, bytes: 10 };
        },
      });
    return { read, caughtUp };
  }
  return { run, changed, clock, cache };
}

const lists = [disks, backups];

describe('a run that asks the change log', () => {
  it('reads everything the first time, and then nothing, however late and however fresh it wants it', async () => {
    const { run, clock } = aService();
    expect(await run(lists)).toEqual({ read: lists, caughtUp: { status: 'unknown', doubt: 'first' } });
    clock.advance(3_600_000);
    expect((await run(lists)).read).toEqual([]);
    clock.advance(3_600_000);
    const second = await run(lists, { isFresh: true });
    expect(second.read).toEqual([]);
    expect(second.caughtUp).toMatchObject({ status: 'known', changed: 0, since: new Date('2026-01-01T01:00:00Z') });
  });

  it('reads what was changed, and counts objects', async () => {
    const { run, changed } = aService();
    await run(lists);
    const disk = { model: 'virtualization.virtualdisk', objectId: 7 };
    changed(disk, disk);

    expect(await run(lists)).toMatchObject({ read: [disks], caughtUp: { changed: 1 } });
    expect((await run(lists)).read).toEqual([]);
  });

  it('reads again what it is about to write because of, once', async () => {
    const { run } = aService();
    await run(lists);
    expect((await run([disks, disks, backups], { isReadAgain: true })).read).toEqual(lists);
  });

  it('reads every time what NetBox writes without a row', async () => {
    const { run } = aService();
    await run([machines]);
    expect((await run([machines])).read).toEqual([machines]);
  });

  it('does not believe for ever what was read once', async () => {
    const { run, clock } = aService();
    await run(lists);
    clock.advance(dayMs);
    expect(await run([disks])).toEqual({ read: [disks], caughtUp: { status: 'unknown', doubt: 'due' } });
    // What that run did not read is as old as before.
    expect((await run(lists)).read).toEqual([backups]);
  });

  it.each([
    ['with a time of 0', 60_000, 0],
    ['without a cache', 0, dayMs],
  ])('asks nothing %s', async (_text, ttlMs, fullReadMs) => {
    const { run } = aService(ttlMs);
    await run(lists, {}, fullReadMs);
    expect(await run(lists, {}, fullReadMs)).toEqual({ read: lists, caughtUp: { status: 'unknown', doubt: 'off' } });
  });
});

describe('a later call of a job', () => {
  const job = (cache: GetCache) => {
    const { opened } = cache.openWindow('now', Infinity);
    return () => cache.openWindow(opened, Infinity);
  };

  it('reads again what an earlier call read long ago, before it writes', async () => {
    const { run, cache, clock } = aService();
    const call = job(cache);
    await run([], {}, dayMs, call());
    expect((await run(lists, {}, dayMs, call())).read).toEqual(lists);
    clock.advance(3_600_000);

    expect((await run([disks, disks], { isReadAgain: 'then' }, dayMs, call())).read).toEqual([disks]);
  });

  it.each([
    ['due', dayMs / 2],
    ['incomplete', dayMs],
  ])('does not use what the change log names, though it is in doubt (%s)', async (why, fullReadMs) => {
    const { run, cache, clock, changed } = aService(dayMs);
    const call = job(cache);
    await run(lists, {}, dayMs, call());
    clock.advance(dayMs / 2);
    changed({ model: 'virtualization.virtualdisk', objectId: 7 }, ...(why === 'due' ? [] : ['hole' as const, backup]));

    const { read, caughtUp } = await run([disks], {}, fullReadMs, call());

    expect(caughtUp).toEqual({ status: 'unknown', doubt: why });
    expect(read).toEqual([disks]);
  });
});

it('a reader that asked nothing has what is young enough, and no more', async () => {
  const { run, clock, cache } = aService();
  await run([disks]);
  clock.advance(3_600_000);
  await run([disks]);

  let loads = 0;
  const load = async () => {
    loads += 1;
    return { answer: { records: [], body: null }, bytes: 10 };
  };
  await cache.read({ scope, path: disks, shape: 'list', query: { fields: 'id' }, isFresh: false, load });

  expect(loads).toBe(1);
});

it('an answer that was under way while somebody changed its objects is not kept', async () => {
  const { run, changed, cache } = aService();
  await run(lists);
  let land: () => void = () => undefined;
  const landed = new Promise<void>((resolve) => (land = resolve));
  const under = cache.read({
    scope,
    path: disks,
    shape: 'list',
    query: { fields: 'id', name: 'other' },
    isFresh: false,
    load: async () => {
      await landed;
      return { answer: { records: [], body: null }, bytes: 10 };
    },
  });
  changed({ model: 'virtualization.virtualdisk', objectId: 1 });
  await run([]);
  land();
  await under;

  expect([...cache.sample()].filter(({ query }) => query.includes('other'))).toEqual([]);
});
