/** What runs did, as it is written, read and forgotten: rows and transactions are counted. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '../../../src/db/open.js';
import { createLedger, type Ledger } from '../../../src/ledger/ledger.js';
import { createPruner } from '../../../src/ledger/prune.js';
import type { ItemEntry, RunBeginning, StageEntry } from '../../../src/ledger/types.js';
import { eventually } from '../../support/eventually.js';
import { cpuMsOf } from '../../support/measure.js';
import { aBeginning, anItem } from '../../support/factories/ledger.js';
import { createSteppedClock, type SteppedClock } from '../../support/stepped-clock.js';
import {
  cleanUpDatabases,
  logProbe,
  newDatabase,
  openTestDatabase,
  pythonDatabaseCopy,
  pythonReleases,
} from '../db/database-kit.js';

cleanUpDatabases();

const dayMs = 86_400_000;
const forever = { days: 30, maxItems: 200_000 };

const items = (count: number, changes?: (n: number) => Partial<ItemEntry>): readonly ItemEntry[] =>
  Array.from({ length: count }, (_, n) => anItem(n, changes?.(n)));

const stage = (changes: Partial<StageEntry> = {}): StageEntry => ({
  stage: 'virtual-machines',
  title: 'Virtual machines',
  status: 'completed',
  message: null,
  seconds: 1.5,
  counts: { created: 0, unchanged: 1000 },
  kinds: { 'virtual-machine': { created: 0, unchanged: 1000 } },
  reasons: {},
  warnings: [],
  items: [],
  itemsLeftOut: 0,
  ...changes,
});

const ended = { status: 'completed', message: null, errors: [] } as const;

describe('the ledger', () => {
  let clock: SteppedClock;
  let db: Database;
  let ledger: Ledger;
  let log: ReturnType<typeof logProbe>;
  const make = (): Ledger => createLedger({ db, clock, logger: log.logger, version: '1.2.3' });
  const rows = (table: string): number => Number(db.sqlite.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  const sizes = () => ['runs', 'run_stages', 'run_items'].map(rows);
  const page = (id: string, filter: Parameters<Ledger['items']>[1] = {}) => ledger.items(id, filter, { limit: 1000 });

  beforeEach(() => {
    clock = createSteppedClock();
    db = newDatabase(clock);
    log = logProbe();
    ledger = make();
  });

  it('writes one row and transaction per stage, two more for the run, and no item of what did not change', async () => {
    const transactions = vi.spyOn(db, 'unsynced');
    const run = ledger.begin(aBeginning('R1'));
    for (const name of ['devices', 'virtual-machines', 'virtual-disks']) await run.stage(stage({ stage: name }));
    await run.end(ended);

    expect([transactions.mock.calls.length, sizes()]).toEqual([5, [1, 3, 0]]);
    expect(ledger.run('R1')?.totals).toEqual({ 'virtual-machine': { created: 0, unchanged: 3000 } });
  });

  it('keeps a run with its stages and items, as it was told', async () => {
    const scope = { proxmox_endpoint_ids: [1, 3] };
    const run = ledger.begin(aBeginning('R1', { jobId: 'J1', trigger: 'plugin', actor: 'anna', branch: 'b1', scope }));
    const traffic = { netboxRequests: 7, netboxWrites: 2, proxmoxRequests: 30 };
    run.about({ netboxEndpointId: 9, endpointIds: [1, 3], traffic: () => traffic });
    clock.step(2500);
    const memory = [{ field: 'memory', from: 1024, to: 2048 }];
    await run.stage(
      stage({
        status: 'partial',
        reasons: { rejected: 1 },
        warnings: [{ reason: 'node_offline', message: 'pve2 is offline.' }],
        items: [
          anItem(1, { outcome: 'updated', changes: memory }),
          anItem(2, { outcome: 'failed', reason: 'rejected', message: 'NetBox refused it.', netboxId: null }),
        ],
        itemsLeftOut: 4,
      }),
    );
    clock.step(500);
    await run.end({ status: 'partial', message: null, errors: [{ reason: 'rejected', count: 1 }] });

    expect(ledger.run('R1')).toEqual({
      ...{ id: 'R1', jobId: 'J1', kind: 'full-update', trigger: 'plugin', actor: 'anna', branch: 'b1', scope },
      ...{ netboxEndpointId: 9, endpointIds: [1, 3], status: 'partial', message: null, ...traffic },
      errors: [{ reason: 'rejected', count: 1 }],
      totals: { 'virtual-machine': { created: 0, unchanged: 1000 } },
      items: 2,
      startedAt: '2026-01-01T00:00:00.000Z',
      endedAt: '2026-01-01T00:00:03.000Z',
      seconds: 3,
      version: '1.2.3',
    });
    expect(ledger.stages('R1')).toMatchObject([
      { status: 'partial', items: 2, itemsLeftOut: 4, reasons: { rejected: 1 }, endedAt: '2026-01-01T00:00:02.500Z' },
    ]);
    expect(page('R1').rows).toEqual([
      { ...anItem(1, { outcome: 'updated', changes: memory }), position: 0, stage: 'virtual-machines' },
      {
        ...anItem(2, { outcome: 'failed', reason: 'rejected', message: 'NetBox refused it.', netboxId: null }),
        ...{ position: 1, stage: 'virtual-machines' },
      },
    ]);
  });

  it('holds no secret: not in names, sentences, values or the scope', async () => {
    const secret = 'hunter2-hunter2-hunter2';
    const run = ledger.begin(aBeginning('R1', { actor: `token=${secret}`, scope: { password: secret } }));
    const changes = [
      { field: 'comments', from: `password: ${secret}`, to: 'x'.repeat(5000) },
      { field: 'api_token', from: secret, to: { token: secret } },
    ];
    await run.stage(
      stage({
        message: `secret=${secret}`,
        warnings: [{ reason: 'x', message: `password=${secret}` }],
        items: [anItem(1, { outcome: 'updated', label: `token=${secret}`, message: `password=${secret}`, changes })],
      }),
    );
    await run.end({ status: 'failed', message: `token=${secret}`, errors: [{ detail: `password=${secret}` }] });

    const dump = JSON.stringify(
      ['runs', 'run_stages', 'run_items'].map((t) => db.sqlite.prepare(`SELECT * FROM ${t}`).all()),
    );
    expect(dump).not.toContain(secret);
    expect(dump.match(/REDACTED/g)?.length).toBeGreaterThanOrEqual(9);
    expect(dump.length).toBeLessThan(4000);
  });

  it('writes a stage with very many items in several transactions, and the stage with the last of them', async () => {
    const transactions = vi.spyOn(db, 'unsynced');
    const run = ledger.begin(aBeginning('R1'));
    await run.stage(stage({ items: items(2500) }));

    expect([transactions.mock.calls.length, sizes()]).toEqual([4, [1, 1, 2500]]);
    expect(ledger.run('R1')?.items).toBe(2500);
    const positions = db.sqlite.prepare('SELECT position FROM run_items ORDER BY position').pluck().all();
    expect(positions).toEqual(Array.from({ length: 2500 }, (_, n) => n));
  });

  it('marks what a former process did not end as interrupted; its stages that had ended are there', async () => {
    const run = ledger.begin(aBeginning('R1'));
    await run.stage(stage({ items: items(3) }));
    await ledger.begin(aBeginning('R0')).end(ended);

    ledger = make();

    expect([ledger.run('R1')?.status, ledger.run('R0')?.status]).toEqual(['interrupted', 'completed']);
    expect([ledger.stages('R1').length, page('R1').rows.length]).toEqual([1, 3]);
    expect(log.text()).toContain('Runs were interrupted');
  });

  it.each(pythonReleases)('is there in a database of the Python service %s', async (release) => {
    db = openTestDatabase(pythonDatabaseCopy(release), clock);
    ledger = make();
    const run = ledger.begin(aBeginning('R1'));
    await run.stage(stage({ items: items(1) }));
    await run.end(ended);

    expect([ledger.run('R1')?.status, sizes()]).toEqual(['completed', [1, 1, 1]]);
    expect(db.sqlite.pragma('auto_vacuum', { simple: true })).toBe(2);
  });

  it('is there in a database of this service that had none, whose file becomes one that can be made smaller', async () => {
    const file = db.path;
    for (const table of ['runs', 'run_stages', 'run_items']) db.sqlite.exec(`DROP TABLE ${table}`);
    // As the journal of migrations has the one that makes these tables.
    db.sqlite.exec('DELETE FROM __drizzle_migrations WHERE created_at >= 1796428800000');
    db.sqlite.pragma('auto_vacuum = NONE');
    db.sqlite.exec('VACUUM');
    db.close();

    db = openTestDatabase(file, clock);
    await make().begin(aBeginning('R1')).end(ended);

    expect([sizes(), db.sqlite.pragma('auto_vacuum', { simple: true })]).toEqual([[1, 0, 0], 2]);
  });

  describe('that cannot be written', () => {
    const breakIt = (isBroken: boolean) => db.sqlite.pragma(`query_only = ${Number(isBroken)}`);
    const warnings = () => log.lines().filter(({ level }) => level === 40);

    it('ends nothing, warns once, and has everything when it can be written again', async () => {
      breakIt(true);
      const first = ledger.begin(aBeginning('R1'));
      await first.stage(stage({ items: items(2) }));
      await first.stage(stage({ stage: 'devices' }));
      await first.end(ended);
      expect([warnings().length, sizes()]).toEqual([1, [0, 0, 0]]);

      breakIt(false);
      await ledger.begin(aBeginning('R2')).end(ended);

      await eventually(() =>
        expect(['R1', 'R2'].map((id) => ledger.run(id)?.status)).toEqual(['completed', 'completed']),
      );
      expect(sizes()).toEqual([2, 2, 2]);
      expect(warnings()).toHaveLength(1);
      breakIt(true);
      ledger.begin(aBeginning('R3'));
      expect(warnings()).toHaveLength(2);
    });

    it('keeps the numbers of what has to wait too long, and says how many items it gave up', async () => {
      breakIt(true);
      const run = ledger.begin(aBeginning('R1'));
      await run.stage(stage({ items: items(15_000) }));
      await run.stage(stage({ stage: 'backups', items: items(15_000) }));
      breakIt(false);
      await run.end(ended);

      expect(ledger.stages('R1').map(({ items: listed, itemsLeftOut }) => [listed, itemsLeftOut])).toEqual([
        [15_000, 0],
        [0, 15_000],
      ]);
    });

    it('gives up what the database does not take, and goes on with the rest', async () => {
      const run = ledger.begin(aBeginning('R1'));
      await run.stage(stage({ items: [anItem(1, { key: undefined as never })] }));
      await run.stage(stage({ stage: 'devices', items: items(2) }));
      await run.end(ended);

      expect([ledger.run('R1')?.status, ledger.stages('R1').map(({ stage: name }) => name)]).toEqual([
        'completed',
        ['devices'],
      ]);
      expect(log.lines().filter(({ level }) => level === 50)).toHaveLength(1);
    });

    it('is not touched when it is closed', async () => {
      const run = ledger.begin(aBeginning('R1'));
      db.close();
      await run.stage(stage());
      await run.end(ended);

      expect(log.lines()).toEqual([]);
    });
  });

  describe('asked for runs', () => {
    beforeEach(async () => {
      for (const [n, changes] of [
        { kind: 'devices', trigger: 'plugin', jobId: 'J1' } as const,
        { kind: 'storage', trigger: 'plugin', jobId: 'J1' } as const,
        {},
        { kind: 'individual' },
      ].entries()) {
        const run = ledger.begin(aBeginning(`R${n}`, changes));
        run.about({
          netboxEndpointId: 1,
          endpointIds: n === 2 ? [1, 12] : [2],
          traffic: () => ({ netboxRequests: 0, netboxWrites: 0, proxmoxRequests: 0 }),
        });
        await run.end({ ...ended, status: n === 1 ? 'failed' : 'completed' });
        clock.step(dayMs);
      }
    });
    const ids = (filter: Parameters<Ledger['runs']>[0]) => ledger.runs(filter, { limit: 10 }).rows.map(({ id }) => id);

    it('answers the newest first, by every filter', () => {
      expect(ids({})).toEqual(['R3', 'R2', 'R1', 'R0']);
      expect(ids({ status: 'failed' })).toEqual(['R1']);
      expect(ids({ kind: 'devices' })).toEqual(['R0']);
      expect(ids({ trigger: 'plugin' })).toEqual(['R1', 'R0']);
      expect(ids({ jobId: 'J1', status: 'completed' })).toEqual(['R0']);
      expect([ids({ endpoint: 1 }), ids({ endpoint: 12 }), ids({ endpoint: 2 })]).toEqual([
        ['R2'],
        ['R2'],
        ['R3', 'R1', 'R0'],
      ]);
      expect(ids({ since: '2026-01-02T00:00:00.000Z', until: '2026-01-04T00:00:00.000Z' })).toEqual(['R2', 'R1']);
    });

    it('page by page', () => {
      const first = ledger.runs({}, { limit: 3 });
      const second = ledger.runs({}, { limit: 3, before: first.next ?? 0 });

      expect([first, second].map(({ rows: found }) => found.map(({ id }) => id))).toEqual([['R3', 'R2', 'R1'], ['R0']]);
      expect(second.next).toBeNull();
    });
  });

  describe('asked for 100,000 items', () => {
    const kinds = ['virtual-machine', 'vm-interface', 'mac-address', 'ip-address'];
    const shape = (n: number): Partial<ItemEntry> => ({
      kind: kinds[n % 4] ?? '',
      ...(n % 3 === 0
        ? { outcome: 'failed', reason: 'rejected', message: `NetBox refused "web-${n}": it is there.` }
        : {}),
    });
    const filters: readonly Parameters<Ledger['items']>[1][] = [
      {},
      { outcome: 'failed' },
      { outcome: 'deleted' },
      { kind: 'ip-address' },
      { reason: 'rejected' },
      { reason: 'rejected', kind: 'ip-address' },
      { outcome: 'created', reason: 'rejected' },
      { outcome: 'failed', kind: 'none' },
      { text: 'web-9999' },
      { text: '100%' },
      { text: 'nowhere', outcome: 'failed', kind: 'ip-address' },
      { stage: 'storage' },
      { stage: 'virtual-machines', reason: 'rejected' },
    ];
    const stageOf = (n: number): string => (n < 30_000 ? 'storage' : 'virtual-machines');
    const matches = (n: number, filter: (typeof filters)[number]): boolean => {
      const { kind, outcome = 'created', reason = null, message = null } = shape(n);
      const { text = '' } = filter;
      return (
        (filter.stage ?? stageOf(n)) === stageOf(n) &&
        (filter.kind ?? kind) === kind &&
        (filter.outcome ?? outcome) === outcome &&
        (filter.reason ?? reason) === reason &&
        [`web-${n}`, `1/qemu/${n}`, message ?? ''].some((words) => words.includes(text))
      );
    };

    it('finds all that match by every filter, in pages that cost next to nothing', async () => {
      const run = ledger.begin(aBeginning('R1'));
      for (let n = 0; n < 100_000; n += 10_000) {
        const items = Array.from({ length: 10_000 }, (_, i) => anItem(n + i, shape(n + i)));
        await run.stage(stage({ stage: stageOf(n), items }));
      }
      await run.end(ended);
      const costs: number[] = [];

      for (const filter of filters) {
        const found: number[] = [];
        let after: number | null = -1;
        while (after !== null) {
          const from: number = after;
          let answer: ReturnType<Ledger['items']> = { rows: [], next: null };
          costs.push(await cpuMsOf(() => void (answer = ledger.items('R1', filter, { after: from, limit: 100 }))));
          found.push(...answer.rows.map(({ position }) => position));
          after = answer.next;
        }
        const wanted = Array.from({ length: 100_000 }, (_, n) => n).filter((n) => matches(n, filter));
        expect({ filter, same: found.length === wanted.length && found.every((n, i) => n === wanted[i]) }).toEqual({
          filter,
          same: true,
        });
      }
      const sorted = costs.sort((a, b) => a - b);
      expect(sorted[Math.floor(sorted.length * 0.99)]).toBeLessThan(50);
    });

    it('never sorts, and looks through no more than a part of a run', () => {
      const plans: string[] = [];
      const prepare = db.sqlite.prepare.bind(db.sqlite);
      vi.spyOn(db.sqlite, 'prepare').mockImplementation((sql: string) => {
        if (sql.includes('from "run_items"'))
          plans.push(
            ...prepare(`EXPLAIN QUERY PLAN ${sql}`)
              .all(...Array.from({ length: sql.split('?').length - 1 }, () => 1))
              .map((row) => (row as { detail: string }).detail),
          );
        return prepare(sql);
      });

      for (const filter of filters) ledger.items('R1', filter, { limit: 100 });
      vi.restoreAllMocks();

      expect(plans.length).toBeGreaterThanOrEqual(filters.length);
      expect(plans.filter((plan) => !plan.startsWith('SEARCH run_items USING'))).toEqual([]);
    });
  });

  describe('compares a run with the one before it', () => {
    const aRun = async (
      id: string,
      undone: readonly Partial<ItemEntry>[],
      {
        status = 'partial',
        endpointIds = [1],
        ...asked
      }: Partial<RunBeginning> & {
        status?: 'partial' | 'failed' | 'cancelled' | 'completed';
        endpointIds?: readonly number[];
      } = {},
    ): Promise<void> => {
      const run = ledger.begin(aBeginning(id, asked));
      const traffic = { netboxRequests: 0, netboxWrites: 0, proxmoxRequests: 0 };
      run.about({ netboxEndpointId: 1, endpointIds, traffic: () => traffic });
      await run.stage(
        stage({ items: [anItem(99), ...undone.map((changes, n) => anItem(n, { outcome: 'failed', ...changes }))] }),
      );
      await run.end({ status, message: null, errors: [] });
    };
    const keysOf = (items: readonly { readonly key: string }[] = []) => items.map(({ key }) => key);
    const a = { key: 'a', reason: 'rejected' };
    const b = { key: 'b', outcome: 'skipped', reason: 'node_offline' } as const;
    const c = { key: 'c', reason: 'rejected' };

    it('of the same request that reached its end: what is new, what is gone, how much is as before', async () => {
      await aRun('R1', [a, b]);
      for (const [n, changes] of [
        { kind: 'devices' },
        { branch: 'b1' },
        { scope: { vmid: 1 } },
        { endpointIds: [2] },
        { status: 'failed' },
        { status: 'cancelled' },
      ].entries())
        await aRun(`other-${n}`, [c], changes as Parameters<typeof aRun>[2]);
      await aRun('R2', [b, c, { ...a, reason: 'row_hidden' }]);

      const found = ledger.compare('R2', 100);

      expect(found).toMatchObject({ before: { id: 'R1' }, remaining: 1, isWhole: true });
      expect([keysOf(found?.appeared), keysOf(found?.ended)]).toEqual([['c', 'a'], ['a']]);
      expect(ledger.compare('R1', 100)).toMatchObject({ before: null, appeared: [], ended: [], remaining: 0 });
      expect(ledger.compare('R3', 100)).toBeUndefined();
    });

    it('and says where it could not look at all of it', async () => {
      await aRun('R1', [a]);
      await aRun('R2', [a, b, c]);

      expect(ledger.compare('R2', 2)).toMatchObject({ isWhole: false });
      expect(ledger.compare('R2', 3)).toMatchObject({ isWhole: true, remaining: 1 });
    });
  });

  describe('forgets', () => {
    const prune = (retention = forever): number => {
      let steps = 0;
      while (ledger.prune(retention)) steps += 1;
      return steps;
    };
    const aRun = async (id: string, count: number): Promise<void> => {
      const run = ledger.begin(aBeginning(id));
      await run.stage(stage({ items: items(count) }));
      await run.end(ended);
    };

    it('runs that are too old, in small steps, and none that goes on', async () => {
      await aRun('old', 1200);
      const going = ledger.begin(aBeginning('going'));
      clock.step(31 * dayMs);
      await aRun('new', 10);

      expect(prune()).toBe(4);

      expect(ledger.runs({}, { limit: 10 }).rows.map(({ id }) => id)).toEqual(['new', 'going']);
      expect(sizes()).toEqual([2, 1, 10]);
      await going.end(ended);
      expect(prune()).toBe(1);
    });

    it('the items of the oldest runs where there are too many, not their numbers', async () => {
      for (const id of ['R1', 'R2', 'R3']) await aRun(id, 700);

      prune({ days: 30, maxItems: 1000 });

      expect(sizes()).toEqual([3, 3, 900]);
      expect(['R1', 'R2', 'R3'].map((id) => ledger.run(id)?.items)).toEqual([0, 200, 700]);
      expect(page('R2').rows.map(({ position }) => position)).toEqual(Array.from({ length: 200 }, (_, n) => n + 500));
    });

    it('the oldest of very many runs, with their items', async () => {
      for (const id of ['R1', 'R2', 'R3', 'R4']) await aRun(id, 2);
      const going = ledger.begin(aBeginning('R5'));
      const { prune: step } = createPruner(db, clock, 2);

      while (step(forever));

      expect(ledger.runs({}, { limit: 10 }).rows.map(({ id }) => id)).toEqual(['R5', 'R4']);
      expect(sizes()).toEqual([2, 1, 2]);
      await going.end(ended);
    });

    it('so that the file becomes smaller', async () => {
      await aRun('R1', 12_000);
      const pages = () => Number(db.sqlite.pragma('page_count', { simple: true }));
      const before = pages();

      clock.step(31 * dayMs);
      prune();

      expect(before).toBeGreaterThan(600);
      expect(pages()).toBeLessThan(400);
    });

    it('keeps runs in which nothing changed in so little that 1,000 of them are less than 20 MB', async () => {
      // Nothing here is to outlive a loss of power.
      db.sqlite.pragma('synchronous = OFF');
      for (let n = 0; n < 200; n += 1) {
        const run = ledger.begin(aBeginning(`R${n}`));
        for (let s = 0; s < 16; s += 1) await run.stage(stage({ stage: `stage-${s}` }));
        await run.end(ended);
      }

      const bytes = Number(db.sqlite.pragma('page_count', { simple: true })) * 4096;
      expect([sizes(), bytes < 20_000_000 / 5]).toEqual([[200, 3200, 0], true]);
    });
  });
});
