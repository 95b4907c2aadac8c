import { afterEach, describe, expect, it } from 'vitest';
import { createEstate, type Estate } from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { archive, aTask, taskRows, taskStage } from '../../contract/sync/task-history.js';
import { all, edit, machineOf, one, sync, syncPartly, syncQuietly, watchedSync } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const devices = '/dcim/devices/create/stream';
const machines = '/virtualization/virtual-machines/create/stream?sync_task_history=false&sync_vm_network=false';

describe('the stage task-history', () => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  /** Machines are in NetBox, their tasks not yet. */
  const opened = async (estate: Estate, variables: Readonly<Record<string, string>> = {}): Promise<void> => {
    target = await openSimulated(estate, { variables });
    await sync(target, devices);
    await sync(target, machines);
  };
  const taskReads = (): string[] =>
    target.world.proxmox.flatMap(({ requestLog }) =>
      requestLog.filter(({ path: at }) => at.endsWith('/tasks')).map(({ path: at, query }) => `${at}?${query}`),
    );
  const twoClusters = () => {
    const lab = aCluster({ guests: [{ vmid: 100 }, { vmid: 101 }] });
    const edge = aCluster({ name: 'edge', guests: [{ vmid: 100, name: 'edge-100' }] });
    return { lab, edge };
  };

  it('an archive that fails is told, and the others are written', async () => {
    const { lab } = twoClusters();
    archive(lab.nodes[0]!, aTask('pve1', 100));
    archive(lab.nodes[1]!, aTask('pve2', 100));
    await opened(anEstate(lab));
    target.world.proxmox[0]!.faults.add({
      match: { path: /nodes\/pve1\/tasks/ },
      action: { status: 500, reason: 'no' },
    });

    const { complete } = await syncPartly(target, taskStage, ['endpoint_unreachable']);

    expect(complete.result).toMatchObject({ created: 1, degraded: true, read_errors: 1 });
    expect(complete.result!.warnings).toMatchObject([{ reason: 'endpoint_unreachable' }]);
    expect(complete.result!.warnings![0]!.message).toContain('"pve1"');
  });

  it('when every archive fails, the stage fails', async () => {
    await opened(anEstate(twoClusters().lab));
    target.world.proxmox[0]!.faults.add({ match: { path: /\/tasks/ }, action: { status: 500, reason: 'no' } });

    const { complete } = await target.world.stream(taskStage);

    expect(complete.ok).toBe(false);
    expect(complete.errors[0]!.detail).toContain('No task archive could be read');
  });

  it('a node that is offline is not asked', async () => {
    const { lab } = twoClusters();
    archive(lab.nodes[1]!, aTask('pve2', 101));
    lab.nodes[2]!.online = false;
    await opened(anEstate(lab));

    const { complete } = await syncPartly(target, taskStage, ['node_offline']);

    expect(complete.result).toMatchObject({ created: 1, degraded: true, read_errors: 1 });
    expect(complete.result!.warnings).toMatchObject([{ reason: 'node_offline' }]);
    expect(taskReads().some((at) => at.includes('pve3'))).toBe(false);
  });

  it('one machine: Proxmox is asked for its tasks alone, and nothing of another is written', async () => {
    const { lab, edge } = twoClusters();
    archive(lab.nodes[0]!, aTask('pve1', 100), aTask('pve1', 101, { pstart: 5 }));
    archive(edge.nodes[0]!, aTask('pve1', 100, { pstart: 6 }));
    await opened(anEstate(lab, edge));
    const { machine } = await machineOf(target, 100, 'edge');

    const { complete } = await sync(target, `${taskStage}?netbox_vm_ids=${machine.id}`);

    expect(complete.result).toMatchObject({ count: 1, created: 1 });
    expect(await taskRows(target)).toEqual(['edge-100: QEMU 100 - Start']);
    expect(taskReads()).toHaveLength(3);
    expect(taskReads().every((at) => at.includes('vmid=100'))).toBe(true);
  });

  it('two clusters that gave one UPID: the stored row keeps its machine, whoever runs', async () => {
    const { lab, edge } = twoClusters();
    archive(lab.nodes[0]!, aTask('pve1', 100));
    archive(edge.nodes[0]!, aTask('pve1', 100));
    await opened(anEstate(lab, edge));

    const both = await sync(target, taskStage);
    const second = await syncQuietly(target, `${taskStage}?proxmox_endpoint_ids=2`);

    expect(both.complete.result).toMatchObject({ created: 1, skipped: 1 });
    expect(second.complete.result).toMatchObject({ unchanged: 0, skipped: 1 });
    expect(second.complete.result!.warnings).toMatchObject([{ reason: 'duplicate' }]);
    expect(await taskRows(target)).toEqual(['guest-100: QEMU 100 - Start']);
  });

  it('guests that are not in NetBox yet are named, and nothing is read for them', async () => {
    target = await openSimulated(anEstate(twoClusters().lab));

    const { complete } = await sync(target, taskStage);

    expect(complete.result).toMatchObject({ count: 0, created: 0 });
    expect(complete.result).toMatchObject({ reasons: { vm_missing: 2 } });
    expect(taskReads()).toEqual([]);
  });

  it('a sync of machines goes on with their tasks, unless it is told not to', async () => {
    const { lab } = twoClusters();
    archive(lab.nodes[0]!, aTask('pve1', 100));
    await opened(anEstate(lab));
    expect(await taskRows(target)).toEqual([]);

    const { complete } = await sync(target, '/virtualization/virtual-machines/create/stream');

    expect(await taskRows(target)).toHaveLength(1);
    expect(complete.result!['follow_ups']).toMatchObject({ 'task-history': { created: 1 } });
  });

  it('200 guests with three tasks each: one request for the rows when nothing has changed', async () => {
    const estate = createEstate({ vms: 200, clusters: 2, nodesPerCluster: 2, seed: 1 });
    await opened(estate, { PROXBOX_FULL_READ_HOURS: '0' });
    expect((await sync(target, taskStage)).complete.result).toMatchObject({ count: 200, created: 600, skipped: 0 });
    await target.world.restart();

    const run = await watchedSync(target, taskStage);

    expect(run.complete.result).toMatchObject({ unchanged: 600, created: 0, updated: 0 });
    const rows = target.simulator.requestLog.filter(({ target: at }) => at.startsWith(path.taskHistory));
    expect([rows.length, run.requests, run.writes]).toEqual([1, 14, []]);
  });

  it.each([
    ['one', 1],
    ['several', 3],
  ])(
    '%s whose start, VMID or node somebody changed: found by the UPID, without a write in vain',
    async (_how, count) => {
      const { lab } = twoClusters();
      for (let n = 0; n < count; n += 1) archive(lab.nodes[0]!, aTask('pve1', 100, { pstart: n }));
      await opened(anEstate(lab));
      await sync(target, taskStage);
      const edits = [{ start_time: '2001-01-01T00:00:00Z' }, { task_id: '4711' }, { node: 'elsewhere' }];
      const rows = await all(target, path.taskHistory);
      for (const [n, { id }] of rows.entries()) await edit(target, path.taskHistory, id, edits[n]!);

      const { complete } = await syncQuietly(target, taskStage);

      expect(complete.result).toMatchObject({ unchanged: count, created: 0, updated: 0, failed: 0 });
      // What an operator put there stays.
      expect(await one(target, path.taskHistory, `id=${rows[0].id}`)).toMatchObject(edits[0]!);
    },
  );

  it('an archive of many pages is read page by page, and only what Proxmox remembers is asked of NetBox', async () => {
    const { lab } = twoClusters();
    const tasks = Array.from({ length: 6_000 }, (_, n) =>
      aTask('pve1', n % 3 === 0 ? 100 : 900 + (n % 50), { pstart: 100_000 + n, starttime: 1_777_000_000 - n }),
    );
    archive(lab.nodes[0]!, ...tasks);
    await opened(anEstate(lab));

    const { complete } = await sync(target, taskStage);

    expect(complete.result).toMatchObject({ created: 2_000 });
    expect(taskReads()).toHaveLength(13 + 2);
    lab.nodes[0]!.tasks.length = 3;
    const again = await watchedSync(target, taskStage);
    expect(again.complete.result).toMatchObject({ unchanged: 1 });
    const rows = target.simulator.requestLog.filter(({ target: at }) => at.startsWith(path.taskHistory));
    expect(rows).toHaveLength(1);
    expect(await one(target, path.taskHistory, `upid=${encodeURIComponent(tasks[0]!.upid)}`)).toBeDefined();
    expect((await all(target, path.taskHistory)).length).toBe(1000);
  });
});
