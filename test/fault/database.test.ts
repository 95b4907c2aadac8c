/** The database cannot be written: a full disk, and another process that holds the file locked. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { anApp } from '../component/http/app-fixture.js';
import { createEstate } from '../simulator/estate/index.js';
import { aMoment, eventually } from '../support/eventually.js';
import { openWorld, type World } from '../support/world.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'proxbox-disk-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A disk of its own, of so many bytes; undefined where this user may not mount one. */
function smallDisk(bytes: number): string | undefined {
  const folder = path.join(temporaryFolder(), 'disk');
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  cleanups.push(() => execFileSync('umount', ['-l', folder]));
  return folder;
}

function fill(folder: string): void {
  const block = Buffer.alloc(4096);
  try {
    for (;;) appendFileSync(path.join(folder, 'filler'), block);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}

const endpoint = (number: number) => ({
  name: `another ${number} ${'x'.repeat(200)}`,
  ip_address: '127.0.0.1',
  port: 1,
  username: 'root@pam',
  password: 'a password of some length',
  enabled: false,
});

async function open(options: Partial<Parameters<typeof openWorld>[0]>): Promise<World> {
  const world = await openWorld({ estate: createEstate({ vms: 6, clusters: 1, seed: 5 }), ...options });
  cleanups.push(() => world.close());
  return world;
}

/** Until one cannot be stored: a write-ahead log has some room of its own. */
async function writeUntilFull(world: World) {
  for (let number = 0; number < 2000; number += 1) {
    const answer = await world.ask('POST', '/proxmox/endpoints', endpoint(number));
    if (answer.status !== 200) return answer;
  }
  throw new Error('the disk never was full');
}

describe('a full disk', () => {
  it('is told by what writes; reads, runs and the end of the process go on', async (context) => {
    const folder = smallDisk(2 * 1024 * 1024);
    if (folder === undefined) return context.skip('only root may mount a small disk');
    const file = path.join(folder, 'database.db');
    const world = await open({ service: 'process', variables: { PROXBOX_DATABASE_PATH: file } });
    fill(folder);

    const refused = await writeUntilFull(world);

    expect(refused).toMatchObject({
      status: 507,
      body: {
        reason: 'disk_full',
        detail: `Nothing was stored: the disk is full (${file}). Make room on it, then repeat the request.`,
      },
    });
    expect((await world.ask('POST', '/auth/keys')).status).toBe(507);
    expect((await world.ask('GET', '/proxmox/endpoints')).status).toBe(200);
    expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
    const wrong = { 'x-proxbox-api-key': 'wrong-key-wrong-key-wrong-key-wrong-key' };
    const statuses = [];
    for (let n = 0; n < 6; n += 1) statuses.push((await fetch(`${world.url}/version`, { headers: wrong })).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    expect((await world.ask('GET', '/version')).status).toBe(200);
    expect(await world.process?.stop()).toBe(0);
    rmSync(path.join(folder, 'filler'));
    await world.restart();
    expect((await world.ask('POST', '/proxmox/endpoints', endpoint(9999))).status).toBe(200);
  });
});

describe('the list of runs on a full disk', () => {
  it('lacks what cannot be written, with one warning; the runs are as ever, and told when there is room again', async (context) => {
    const folder = smallDisk(2 * 1024 * 1024);
    if (folder === undefined) return context.skip('only root may mount a small disk');
    const file = path.join(folder, 'database.db');
    const world = await open({ service: 'process', variables: { PROXBOX_DATABASE_PATH: file } });
    const statuses = async () =>
      (await world.ask('GET', '/runs')).body.runs.map(({ status }: { readonly status: string }) => status);
    const said = async (words: string): Promise<number> =>
      (await world.ask('GET', '/admin/logs?level=WARNING')).body.logs.filter(
        ({ message }: { readonly message: string }) => message.includes(words),
      ).length;
    fill(folder);
    await writeUntilFull(world);

    const first = await world.fullUpdate();
    const second = await world.fullUpdate();

    for (const { complete } of [first, second])
      expect(complete).toMatchObject({ ok: true, result: { status: 'completed' }, errors: [] });
    expect([await statuses(), await said('What runs do cannot be recorded')]).toEqual([[], 1]);
    rmSync(path.join(folder, 'filler'));
    await world.fullUpdate();
    await eventually(async () => expect(await statuses()).toEqual(['completed', 'completed', 'completed']));
    expect(await said('What runs do cannot be recorded')).toBe(1);
  });
});

describe('a plan on a full disk', () => {
  it('is no plan, and says so; it is kept as soon as there is room, and can be applied then', async (context) => {
    const folder = smallDisk(16 * 1024 * 1024);
    if (folder === undefined) return context.skip('only root may mount a small disk');
    const file = path.join(folder, 'database.db');
    const world = await open({ service: 'process', variables: { PROXBOX_DATABASE_PATH: file } });
    fill(folder);
    await writeUntilFull(world);
    world.netbox.resetCounters();

    const refused = await world.ask('POST', '/plans');
    const begun = await world.ask('POST', '/plans?wait=false');

    expect(refused).toMatchObject({ status: 503, body: { reason: 'database_unusable' } });
    expect(refused.body.detail).toContain('could not be kept');
    expect((await world.ask('GET', `/plans/${begun.body.id}`)).status).toBe(404);
    expect((await world.ask('POST', `/plans/${begun.body.id}/apply`)).status).toBe(404);
    expect((await world.ask('GET', '/plans')).body.plans).toEqual([]);
    expect(world.netbox.counters.writes).toBe(0);
    rmSync(path.join(folder, 'filler'));
    const { body: made } = await world.ask('POST', '/plans');
    const kept = await eventually(async () => {
      const { plans } = (await world.ask('GET', '/plans')).body;
      expect(plans.map(({ status }: { status: string }) => status)).toEqual(['completed', 'completed', 'completed']);
      return plans;
    });
    expect(kept.map(({ drift }: { drift: number }) => drift)).toEqual([made.drift, made.drift, made.drift]);
    expect(await world.ask('POST', `/plans/${begun.body.id}/apply`)).toMatchObject({
      status: 200,
      body: { ok: true, status: 'completed' },
    });
  });
});

describe('a database that can no longer be written', () => {
  it('is told by what writes; reads, keys and runs go on, and writes too when it can be written again', async () => {
    const pragma = vi.spyOn(BetterSqlite3.prototype, 'pragma');
    const world = await open({ service: 'here' });
    const handles = new Set(pragma.mock.contexts as BetterSqlite3.Database[]);
    pragma.mockRestore();
    expect(handles.size).toBeGreaterThan(0);
    // SQLite then answers every write as it does for a file on a disk that was mounted anew for reading.
    const setReadOnly = (isReadOnly: boolean): void => {
      for (const handle of handles) if (handle.open) handle.pragma(`query_only = ${Number(isReadOnly)}`);
    };
    expect((await world.ask('POST', '/proxmox/endpoints', endpoint(1))).status).toBe(200);
    setReadOnly(true);

    const refused = [
      await world.ask('POST', '/proxmox/endpoints', endpoint(2)),
      await world.ask('PUT', '/proxmox/endpoints/1', { port: 1 }),
      await world.ask('DELETE', '/proxmox/endpoints/1'),
      await world.ask('POST', '/auth/keys'),
    ];

    expect(refused.map(({ status, body }) => [status, body.reason])).toEqual(
      refused.map(() => [503, 'database_unusable']),
    );
    expect(refused[0]?.body.detail).toMatch(/permissions/);
    expect((await world.ask('GET', '/proxmox/endpoints')).body).toHaveLength(2);
    expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
    expect((await world.ask('GET', '/version')).status).toBe(200);
    setReadOnly(false);
    expect((await world.ask('POST', '/proxmox/endpoints', endpoint(2))).status).toBe(200);
  });

  it('has no half of a plan: what was begun before is not shown as made, nor applied', async () => {
    const pragma = vi.spyOn(BetterSqlite3.prototype, 'pragma');
    const world = await open({ service: 'here' });
    const handles = new Set(pragma.mock.contexts as BetterSqlite3.Database[]);
    pragma.mockRestore();
    const setReadOnly = (isReadOnly: boolean): void => {
      for (const handle of handles) if (handle.open) handle.pragma(`query_only = ${Number(isReadOnly)}`);
    };
    const moment = aMoment();
    world.proxmox[0]!.faults.add({ match: { path: /qemu\/\d+\/config/, times: 1 }, action: { until: moment.come } });
    const asked = world.ask('POST', '/plans');
    const { id } = await eventually(async () => {
      const [plan] = (await world.ask('GET', '/plans')).body.plans;
      expect(plan).toMatchObject({ status: 'running' });
      return plan;
    });
    expect(await world.ask('POST', `/plans/${id}/apply`)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('is still being made') },
    });
    setReadOnly(true);
    moment.now();

    expect(await asked).toMatchObject({ status: 503, body: { reason: 'database_unusable' } });

    expect((await world.ask('POST', `/plans/${id}/apply`)).status).toBe(409);
    setReadOnly(false);
    await world.ask('POST', '/plans');
    await eventually(async () =>
      expect((await world.ask('GET', `/plans/${id}`)).body).toMatchObject({ status: 'completed' }),
    );
    expect(await world.ask('POST', `/plans/${id}/apply`)).toMatchObject({ status: 200, body: { ok: true } });
  });
});

describe('a database that another process holds locked', () => {
  function lock(file: string): () => void {
    const other = new BetterSqlite3(file);
    cleanups.push(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    return () => other.exec('ROLLBACK');
  }

  it('makes a write wait while others are answered, and is told after five seconds', async () => {
    const { app, headers, folder } = await anApp();
    const file = path.join(folder, 'database.db');
    lock(file);
    let isAnswered = false;

    const writing = app.inject({ method: 'POST', url: '/proxmox/endpoints', headers, payload: endpoint(1) });
    void writing.then(() => (isAnswered = true));

    for (let n = 0; n < 20; n += 1) {
      const answers = [await app.inject('/health'), await app.inject({ url: '/proxmox/endpoints', headers })];
      expect([answers.map(({ statusCode }) => statusCode), isAnswered]).toEqual([[200, 200], false]);
    }
    const { statusCode, json } = await writing;
    expect([statusCode, json()]).toEqual([
      503,
      {
        reason: 'database_locked',
        path: file,
        detail: `Another process holds the database locked (${file}). Wait for it or stop it, then repeat the request.`,
      },
    ]);
  });

  it('is written as soon as the lock is gone', async () => {
    const { app, headers, folder } = await anApp();
    const unlock = lock(path.join(folder, 'database.db'));

    const writing = app.inject({ method: 'POST', url: '/proxmox/endpoints', headers, payload: endpoint(1) });
    for (let n = 0; n < 3; n += 1) await app.inject('/health');
    unlock();

    expect((await writing).statusCode).toBe(200);
  });

  it('costs a run nothing but what it would have remembered', async () => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'database.db');
    const world = await open({ variables: { PROXBOX_DATABASE_PATH: file } });
    const unlock = lock(file);

    expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
    unlock();
    expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
    await eventually(async () => expect((await world.ask('GET', '/runs?status=completed')).body.runs).toHaveLength(2));
  });
});
