import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EstateNode, EstateTask } from '../../simulator/estate/index.js';
import { formatUpid } from '../../simulator/estate/upid.js';
import { path } from '../netbox/target.js';
import { aCluster, anEstate } from './estates.js';
import { all, edit, machineOf, one, sync, syncQuietly, tagsOf, watchedSync } from './target.js';
import type { OpenTarget, SyncTarget } from './target.js';

export const taskStage = '/virtualization/virtual-machines/task-history/create/stream';
const epochS = 1_777_593_600;

/** A finished task of a guest, as the archive of a node lists it. */
export function aTask(node: string, vmid: number, draft: Partial<EstateTask> = {}): EstateTask {
  const parts = {
    node,
    pid: 4711,
    pstart: 10_000,
    starttime: epochS - 600,
    type: 'qmstart',
    user: 'root@pam',
    ...draft,
  };
  const id = draft.id ?? String(vmid);
  return { endtime: parts.starttime + 5, status: 'OK', ...parts, id, upid: formatUpid({ ...parts, id }) };
}

export function archive(node: EstateNode, ...tasks: readonly EstateTask[]): void {
  node.tasks.unshift(...tasks);
}

/** The rows by what they say happened. */
export async function taskRows(target: SyncTarget): Promise<string[]> {
  const rows = await all(target, path.taskHistory);
  return rows.map(({ virtual_machine, description }) => `${virtual_machine.name}: ${description}`).sort();
}

export function describeTaskHistory(openTarget: OpenTarget): void {
  describe('task history', () => {
    const lab = aCluster({ guests: [{ vmid: 100 }, { vmid: 101, type: 'lxc', config: { rootfs: 'ceph:x,size=2G' } }] });
    const edge = aCluster({ name: 'edge', guests: [{ vmid: 100, name: 'edge-100' }] });
    const failure = aTask('pve1', 100, { starttime: epochS - 90, status: 'start failed: QEMU exited with code 1' });
    const moved = aTask('pve2', 100, { type: 'qmigrate', user: 'backup@pve!nightly' });
    let target: SyncTarget;

    beforeAll(async () => {
      archive(lab.nodes[0]!, aTask('pve1', 101, { type: 'vzdump', pstart: 1 }), aTask('pve1', 999), failure);
      archive(lab.nodes[0]!, aTask('pve1', 100, { type: 'aptupdate', id: '', pstart: 2 }));
      archive(lab.nodes[1]!, moved);
      archive(edge.nodes[0]!, aTask('pve1', 100, { pstart: 3 }));
      target = await openTarget(anEstate(lab, edge));
      await sync(target);
    });
    afterAll(() => target.close());

    it('lists the finished tasks of known guests, whatever node ran them, each under its own machine', async () => {
      expect(await taskRows(target)).toEqual([
        'edge-100: QEMU 100 - Start',
        'guest-100: QEMU 100 - Migrate',
        'guest-100: QEMU 100 - Start',
        'guest-101: CT 101 - Backup',
      ]);
    });

    it('tells what Proxmox tells of a task', async () => {
      const row = await one(target, path.taskHistory, `upid=${encodeURIComponent(failure.upid)}`);

      expect(row).toMatchObject({
        vm_type: 'qemu',
        node: 'pve1',
        pid: 4711,
        pstart: 10_000,
        task_id: '100',
        task_type: 'qmstart',
        username: 'root@pam',
        description: 'QEMU 100 - Start',
        status: failure.status,
        exitstatus: failure.status,
        task_state: 'stopped',
      });
      expect(Date.parse(row.start_time) / 1000).toBe(failure.starttime);
      expect(Date.parse(row.end_time) / 1000).toBe(failure.endtime);
      expect(tagsOf(row)).toEqual(['proxbox']);
    });

    it('a second run writes nothing', async () => {
      const { complete } = await syncQuietly(target, taskStage);

      expect(complete.result).toMatchObject({ count: 3, created: 0, updated: 0, unchanged: 4 });
      expect(complete.result).not.toHaveProperty('degraded');
    });

    it('a new task is added in one write, and a row that no longer tells the truth is corrected in another', async () => {
      archive(lab.nodes[0]!, aTask('pve1', 100, { type: 'qmshutdown', pstart: 4, starttime: epochS - 10 }));
      const row = await one(target, path.taskHistory, `upid=${encodeURIComponent(moved.upid)}`);
      await edit(target, path.taskHistory, row.id, { status: 'running', end_time: null, description: 'by hand' });

      const run = await watchedSync(target, taskStage);

      expect(run.complete.result).toMatchObject({ created: 1, updated: 1, unchanged: 3 });
      expect(run.writes).toEqual([`PATCH ${path.taskHistory}`, `POST ${path.taskHistory}`]);
      const after = await one(target, path.taskHistory, `id=${row.id}`);
      expect(after).toMatchObject({ status: 'OK', end_time: row.end_time, description: 'by hand' });
      await syncQuietly(target, taskStage);
    });

    it('a row under another machine returns to its own', async () => {
      const { machine } = await machineOf(target, 101);
      const row = await one(target, path.taskHistory, `upid=${encodeURIComponent(failure.upid)}`);
      await edit(target, path.taskHistory, row.id, { virtual_machine: machine.id });

      await sync(target, taskStage);

      expect((await one(target, path.taskHistory, `id=${row.id}`)).virtual_machine.name).toBe('guest-100');
    });

    it('what Proxmox forgets stays', async () => {
      lab.nodes[0]!.tasks.length = 0;
      const before = await taskRows(target);

      const { complete } = await syncQuietly(target, taskStage);

      expect(complete.result).toMatchObject({ unchanged: 2 });
      expect(await taskRows(target)).toEqual(before);
    });
  });
}
