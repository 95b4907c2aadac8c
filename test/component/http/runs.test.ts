/** What the service tells about runs: those that ended, and the one that is under way. */
import BetterSqlite3 from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createEstate } from '../../simulator/estate/index.js';
import { aMoment, eventually } from '../../support/eventually.js';
import { parsePluginStream, readAsPlugin } from '../../support/plugin-stream.js';
import { openWorld, type World } from '../../support/world.js';
import { packageVersion } from '../../../src/config/version.js';

const machines = '/virtualization/virtual-machines/create';

interface RunBody {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly stages: readonly { readonly stage: string; readonly status: string; readonly items: number }[];
  readonly [field: string]: unknown;
}

describe('runs', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ estate: createEstate({ vms: 6, clusters: 1, seed: 5 }) });
  });
  afterAll(() => world.close());

  const ask = async (at: string) => (await world.ask('GET', at)).body;
  const runs = async (query = ''): Promise<readonly RunBody[]> => (await ask(`/runs${query}`)).runs;
  const runOf = async (id: unknown): Promise<RunBody> => ask(`/runs/${String(id)}`);
  const itemsOf = async (id: unknown, query = '') => (await ask(`/runs/${String(id)}/items${query}`)).items;
  const summed = (kind: string, column: string, run: RunBody): unknown =>
    (run['totals'] as Record<string, Record<string, number>>)[kind]?.[column];

  it('name themselves in the first frames and in complete, as the plugin reads them, and say what they did', async () => {
    const frames = await readAsPlugin(`${world.url}/full-update/stream`, world.apiKey);

    const complete = frames.at(-1)?.data as { result: { run_id: string; operation_id: string } };
    const id = complete.result.run_id;
    const first = new Map(frames.toReversed().map(({ event, data }) => [event, data]));
    expect(first.get('bootstrap_done')).toMatchObject({ run_id: id });
    expect(first.get('step')).toMatchObject({ payload: { run_id: id } });
    expect(first.get('discovery')).toMatchObject({ metadata: { run_id: id, operation_id: id } });
    const run = await runOf(id);
    expect(run).toMatchObject({
      ...{ kind: 'full-update', trigger: 'api', actor: '', branch: '', status: 'completed', endpoint_ids: [1] },
      ...{ netbox_endpoint_id: 1, version: packageVersion(), errors: [], job_id: null },
    });
    const stages = run.stages.map(({ stage }) => stage);
    expect([stages[0], stages[1], stages.length]).toEqual(['support-objects', 'devices', 13]);
    expect(summed('virtual-machine', 'created', run)).toBe(6);
    const made = await itemsOf(id, '?kind=virtual-machine&outcome=created');
    expect(made).toHaveLength(6);
    const guest = [...world.estate.clusters[0]!.guests.values()].find(({ name }) => name === made[0].label)!;
    expect(made[0]).toMatchObject({ vmid: guest.vmid, node: guest.node, endpoint_id: 1, reason: null });
    expect(made[0].netbox_url).toMatch(/virtualization\/virtual-machines\/\d+\/$/);
    const counted = run.stages.reduce((sum, { items }) => sum + items, 0);
    expect([run['items'], (await itemsOf(id, '?limit=1000')).length]).toEqual([counted, counted]);
    expect((run['netbox'] as { writes: number }).writes).toBeGreaterThan(10);
    expect((run['proxmox'] as { requests: number }).requests).toBeGreaterThan(10);
  });

  it('of which nothing changed are a transaction at their beginning and end and one per stage, with numbers and no items', async () => {
    const transactions = vi.spyOn(BetterSqlite3.prototype, 'transaction');
    const { complete } = await world.fullUpdate();
    const count = transactions.mock.calls.length;
    transactions.mockRestore();
    const run = await runOf(complete.result?.['run_id']);
    expect(count).toBe(2 + run.stages.length);

    expect([run['items'], run.stages.length, await itemsOf(run.id)]).toEqual([0, 13, []]);
    expect(summed('virtual-machine', 'unchanged', run)).toBe(6);
  });

  it('of every kind are in the list, with who began them', async () => {
    const key = { 'x-proxbox-api-key': world.apiKey };
    const guest = [...world.estate.clusters[0]!.guests.values()][0]!;
    const cluster = world.estate.clusters[0]!.name;
    const get = (at: string, headers: Readonly<Record<string, string>> = {}) =>
      fetch(`${world.url}${at}`, { headers: { ...key, ...headers } });
    const plugin = { 'user-agent': 'python-requests/2.32.0' };
    const json = await get(`${machines}?run_id=J1`, plugin);
    const streamed = parsePluginStream(await (await get(`/dcim/devices/create/stream?run_id=J1`, plugin)).text());
    const whole = await get('/full-update', { 'x-proxbox-trigger': 'schedule', 'x-proxbox-actor': 'cron on db1' });
    await get(`/sync/individual/vm?cluster_name=${cluster}&node=${guest.node}&type=${guest.type}&vmid=${guest.vmid}`);
    await get(`/sync/individual/vm?cluster_name=${cluster}&node=${guest.node}&type=qemu&vmid=9999`);
    await get(`${machines}?dry_run=true`);
    const socket = new WebSocket(`${world.url.replace('http', 'ws')}/ws`, { headers: key });
    const texts: string[] = [];
    socket.on('message', (data: Buffer) => texts.push(data.toString('utf8')));
    await eventually(() => expect(texts).toContain('Connected 2!'));
    socket.send('Sync Nodes');
    await eventually(() => expect(texts.at(-1)).toContain('"end":true'));
    socket.close();

    const found = await runs('?limit=6');
    expect(found.map(({ kind, trigger, status, job_id }) => [kind, trigger, status, job_id])).toEqual([
      ['devices', 'api', 'completed', null],
      ['individual', 'api', 'failed', null],
      ['individual', 'api', 'completed', null],
      ['full-update', 'schedule', 'completed', null],
      ['devices', 'plugin', 'completed', 'J1'],
      ['virtual-machines', 'plugin', 'completed', 'J1'],
    ]);
    const ids = found.map(({ id }) => id);
    expect(JSON.parse(texts.at(-1)!)).toMatchObject({ data: { ok: true, run_id: ids[0] } });
    expect([whole, json].map(({ headers }) => headers.get('x-proxbox-run-id'))).toEqual([ids[3], ids[5]]);
    expect(await whole.json()).toMatchObject({ run_id: ids[3] });
    expect(streamed.at(-1)?.data).toMatchObject({ result: { run_id: ids[4] } });
    expect(new Set([...ids, 'J1']).size).toBe(7);
    expect(found[3]).toMatchObject({ actor: 'cron on db1' });
    expect(found[2]).toMatchObject({
      scope: { object_type: 'vm', cluster_name: cluster, vmid: guest.vmid },
      endpoint_ids: [1],
    });
    expect(found[1]?.['message']).toContain('9999');
    expect((await runs('?job_id=J1')).map(({ id }) => id)).toEqual([ids[4], ids[5]]);
    expect((await runs('?status=failed&kind=individual')).map(({ id }) => id)).toEqual([ids[1]]);
    expect(await ask('/runs/latest?endpoint=1&kind=full-update')).toMatchObject({ id: ids[3], status: 'completed' });
    expect((await world.ask('GET', '/runs/latest?endpoint=2')).status).toBe(404);
    const page = await ask('/runs?limit=4');
    expect((await runs(`?limit=4&cursor=${page.next_cursor}`)).map(({ id }) => id).slice(0, 2)).toEqual([
      ids[4],
      ids[5],
    ]);
  });

  it('say of a change what was and what is, and of a failure why', async () => {
    const simulator = world.proxmox[0]!;
    const guest = [...simulator.state.guests.values()].find(({ type }) => type === 'qemu')!;
    guest.memoryMb += 1024;
    const changes = [{ field: 'memory', from: guest.memoryMb - 1024, to: guest.memoryMb }];
    const patched = { method: 'PATCH', path: /virtual-machines/ };
    const body = { detail: 'Refused for a test.' };
    world.netbox.faults.add({ match: patched, action: { status: 400, body } });
    const first = await world.stream(`${machines}/stream?sync_vm_network=false`);
    world.netbox.faults.clear();
    const second = await world.stream(`${machines}/stream?sync_vm_network=false`);
    const items = ({ complete }: typeof first) => itemsOf(complete.result?.['run_id'], '?kind=virtual-machine');

    expect(first.complete).toMatchObject({ ok: true, result: { status: 'partial' } });
    expect(await items(first)).toMatchObject([
      {
        vmid: guest.vmid,
        outcome: 'failed',
        reason: 'rejected',
        changes: [],
        message: expect.stringContaining('Refused for'),
      },
    ]);
    expect(await items(second)).toMatchObject([{ vmid: guest.vmid, outcome: 'updated', reason: null, changes }]);
    expect((await runOf(first.complete.result?.['run_id']))['errors']).toMatchObject([
      { reason: 'rejected', count: 1 },
    ]);

    const [before, now] = [first, second].map(({ complete }) => String(complete.result?.['run_id']));
    expect(await ask(`/runs/${now}/comparison`)).toMatchObject({
      ...{ before: { id: before, status: 'partial' }, is_whole: true },
      ...{ appeared: { count: 0, items: [] }, remaining: 0 },
      ended: { count: 1, items: [{ vmid: guest.vmid, outcome: 'failed', reason: 'rejected' }] },
    });
    expect(await ask(`/runs/${before}/comparison`)).toMatchObject({ appeared: { count: 1 }, ended: { count: 0 } });
  });

  it('are refused an unknown id, a filter that makes no sense, and the end of what has ended', async () => {
    const [{ id }] = (await runs()) as [RunBody];
    const answers = await Promise.all([
      world.ask('GET', '/runs/none'),
      world.ask('GET', '/runs/none/comparison'),
      world.ask('GET', '/runs/none/items'),
      world.ask('GET', '/runs/none/stream'),
      world.ask('POST', '/runs/none/cancel'),
      world.ask('GET', '/runs?status=done'),
      world.ask('GET', '/runs?since=yesterday'),
      world.ask('GET', `/runs/${id}/items?limit=0`),
      world.ask('POST', `/runs/${id}/cancel`),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 422, 422, 422, 409]);
    expect(answers[0].body.detail).toBe("No run with the id 'none' is recorded. GET /runs lists those that are.");
  });

  describe('that go on', () => {
    /** A run that waits for the answer about a guest until `let go`. */
    async function aHeldRun() {
      const moment = aMoment();
      const simulator = world.proxmox[0]!;
      simulator.faults.add({ match: { path: /qemu\/\d+\/config/, times: 1 }, action: { until: moment.come } });
      const run = world.stream(`${machines}/stream?sync_vm_network=false`);
      const active = await eventually(async () => {
        const body = await ask('/sync/active');
        expect(body.active).toBe(true);
        return body.runs[0] as { run_id: string };
      });
      return { run, id: active.run_id, letGo: () => moment.now() };
    }

    it('are told to who comes late: what has been, what comes, and the end', async () => {
      const { run, id, letGo } = await aHeldRun();
      expect(await runOf(id)).toMatchObject({ status: 'running', ended_at: null, kind: 'virtual-machines' });
      const attach = (signal?: AbortSignal) =>
        fetch(`${world.url}/runs/${id}/stream`, {
          headers: { 'x-proxbox-api-key': world.apiKey },
          ...(signal === undefined ? {} : { signal }),
        });
      const late = await attach();
      const leaving = new AbortController();
      await attach(leaving.signal);
      leaving.abort();
      letGo();
      const { frames } = await run;
      const second = parsePluginStream(await late.text());

      // Of what was told about progress before he came he hears no more.
      const lasting = (all: typeof second) => all.filter(({ event }) => event !== 'substep');
      expect(lasting(second)).toEqual(lasting(frames));
      expect(second.at(-1)?.data).toMatchObject({ ok: true, result: { run_id: id, status: 'completed' } });
      expect(await runOf(id)).toMatchObject({ status: 'completed' });
    });

    it('and ended are told from what is recorded', async () => {
      const [{ id, status }] = (await runs('?kind=full-update')) as [RunBody];
      const frames = await readAsPlugin(`${world.url}/runs/${id}/stream`, world.apiKey);

      expect(frames.filter(({ event }) => event === 'step')).toHaveLength(13);
      expect(frames.at(-1)?.data).toMatchObject({ ok: true, result: { run_id: id, status } });
    });

    it('end by their id, and no other with them', async () => {
      const { run, id, letGo } = await aHeldRun();
      const first = await world.ask('POST', `/runs/${id}/cancel`);
      const again = await world.ask('POST', `/runs/${id}/cancel`);
      letGo();
      const { complete } = await run;

      expect([first.status, first.body]).toEqual([202, { id, status: 'cancelling' }]);
      expect([again.status, again.body.detail]).toEqual([409, expect.stringMatching(/is ending already|has ended/)]);
      expect(complete).toMatchObject({ ok: false, result: { status: 'cancelled', run_id: id } });
      expect(await runOf(id)).toMatchObject({ status: 'cancelled' });
    });
  });
});
