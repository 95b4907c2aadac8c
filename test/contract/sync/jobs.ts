import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { path } from '../netbox/target.js';
import { aCluster, anEstate } from './estates.js';
import { all, edit, one, sync, syncQuietly, tagsOf, watchedSync } from './target.js';
import type { OpenTarget, SyncTarget } from './target.js';

export const replicationStage = '/proxmox/replication/stream';
export const routineStage = '/proxmox/cluster/backup/stream';

export const aReplication = (guest: number, target = 'pve2') => ({
  id: `${guest}-0`,
  type: 'local',
  guest,
  jobnum: 0,
  source: 'pve1',
  target,
  schedule: '*/15',
});

/** Id and status of every row of a collection. */
export async function statuses(target: SyncTarget, collection: string, id: string): Promise<string[]> {
  const rows = await all(target, collection);
  return rows.map((row) => `${row.endpoint?.name} ${row[id]}: ${row.status.value}`).sort();
}

/** The estate of both: two clusters with equal guests and equal jobs. */
function twins() {
  const lab = aCluster({ guests: [{ vmid: 100 }, { vmid: 101, pool: 'prod' }, { vmid: 102, node: 'pve2' }] });
  const edge = aCluster({ name: 'edge', guests: [{ vmid: 100, name: 'edge-100' }] });
  return { lab, edge };
}

export function describeReplications(openTarget: OpenTarget): void {
  describe('replication jobs', () => {
    const { lab, edge } = twins();
    const sent = { ...aReplication(100), rate: 10, comment: 'to the second node', disable: 1, remove_job: 'local' };
    let target: SyncTarget;

    beforeAll(async () => {
      lab.replicationJobs.push(sent, aReplication(101), aReplication(999));
      edge.replicationJobs.push(aReplication(100, 'pve3'));
      target = await openTarget(anEstate(lab, edge));
      await sync(target);
    });
    afterAll(() => target.close());

    const ofLab = (id: string) => one(target, path.replications, `replication_id=${id}&target=pve2`);

    it('become rows of the endpoint, under the machine and the node they are about', async () => {
      const row = await ofLab('100-0');

      expect(row).toMatchObject({
        guest: 100,
        target: 'pve2',
        job_type: { value: 'local' },
        schedule: '*/15',
        rate: 10,
        comment: 'to the second node',
        disable: true,
        source: 'pve1',
        jobnum: 0,
        remove_job: { value: 'local' },
        status: { value: 'active' },
        raw_config: sent,
      });
      expect([row.virtual_machine.name, row.proxmox_node.name]).toEqual(['guest-100', 'pve2']);
      expect(tagsOf(row)).toEqual(['proxbox']);
    });

    it('two clusters with equal VMIDs keep their own, and a job of an unknown guest is left out', async () => {
      const rows = await all(target, path.replications);

      expect(rows.map((row) => `${row.virtual_machine.name} to ${row.target}`).sort()).toEqual([
        'edge-100 to pve3',
        'guest-100 to pve2',
        'guest-101 to pve2',
      ]);
      expect(new Set(rows.map((row) => row.endpoint.id)).size).toBe(2);
    });

    it('a second run writes nothing', async () => {
      const { complete } = await syncQuietly(target, replicationStage);

      expect(complete.result).toMatchObject({ count: 0, created: 0, updated: 0, unchanged: 3, skipped: 1, stale: 0 });
    });

    it('a job that is gone is marked stale, of its endpoint alone, and active again when it is back', async () => {
      const gone = lab.replicationJobs.splice(1, 1);

      const run = await watchedSync(target, `${replicationStage}?proxmox_endpoint_ids=1`);

      expect(run.complete.result).toMatchObject({ count: 0, stale: 1, updated: 1, failed: 0 });
      expect(run.writes).toEqual([`PATCH ${path.replications}`]);
      expect((await ofLab('101-0')).status.value).toBe('stale');
      expect((await one(target, path.replications, 'target=pve3')).status.value).toBe('active');
      await syncQuietly(target, replicationStage);
      lab.replicationJobs.push(...gone);
      expect((await sync(target, replicationStage)).complete.result).toMatchObject({ count: 1, stale: 0, updated: 1 });
      expect((await ofLab('101-0')).status.value).toBe('active');
    });

    it('an empty list marks all of its endpoint', async () => {
      edge.replicationJobs.length = 0;

      const { complete } = await sync(target, replicationStage);

      expect(complete.result).toMatchObject({ stale: 1 });
      expect((await one(target, path.replications, 'target=pve3')).status.value).toBe('stale');
    });

    it('a change follows, and a cleared value is cleared', async () => {
      Object.assign(sent, { schedule: 'sun 02:00', rate: undefined, comment: undefined });

      await sync(target, replicationStage);

      expect(await ofLab('100-0')).toMatchObject({ schedule: 'sun 02:00', rate: null, comment: null });
    });
  });
}

export function describeBackupRoutines(openTarget: OpenTarget): void {
  describe('backup jobs', () => {
    const { lab, edge } = twins();
    const nightly: Record<string, unknown> = {
      id: 'nightly',
      type: 'vzdump',
      enabled: 1,
      schedule: '21:00',
      vmid: '100,101',
      node: 'pve1',
      storage: 'local',
      comment: 'two guests',
      'prune-backups': { 'keep-last': '3', 'keep-daily': '7' },
      'notes-template': '{{guestname}}',
      'repeat-missed': 0,
      fleecing: 'enabled=1,storage=ceph',
      bwlimit: '10240',
      'next-run': 1_777_600_800,
    };
    const everything = { id: 'everything', schedule: 'sat 02:00', all: 1, exclude: '101', enabled: '0' };
    const pool = { id: 'pool', schedule: 'mon 01:00', pool: 'prod', 'prune-backups': 'keep-all=1' };
    let target: SyncTarget;

    beforeAll(async () => {
      lab.backupJobs.push(nightly, everything, pool, { id: 'nobody', schedule: 'daily', pool: 'empty' });
      edge.backupJobs.push({ id: 'nightly', schedule: 'daily', vmid: 100 });
      target = await openTarget(anEstate(lab, edge));
      await sync(target);
    });
    afterAll(() => target.close());

    const routine = (id: string) => one(target, path.backupRoutines, `job_id=${id}`);
    const nightlyOf = async (schedule: string) =>
      (await all(target, path.backupRoutines, '&job_id=nightly')).find((row) => row.schedule === schedule);

    it('become rows of the endpoint, with node and storages looked up', async () => {
      const row = await nightlyOf('21:00');

      expect(row).toMatchObject({
        enabled: true,
        selection: [100, 101],
        comment: 'two guests',
        status: { value: 'active' },
        keep_last: 3,
        keep_daily: 7,
        keep_weekly: null,
        keep_all: null,
        notes_template: '{{guestname}}',
        bwlimit: 10_240,
        fleecing: 'enabled=1,storage=ceph',
        repeat_missed: false,
      });
      expect([row.node.name, row.storage.name, row.fleecing_storage.name]).toEqual(['pve1', 'local', 'ceph']);
      expect(row.raw_config).not.toHaveProperty('next-run');
      expect(tagsOf(row)).toEqual(['proxbox']);
    });

    it('without a list of VMIDs are kept as what they take now; without any guest they are left out', async () => {
      expect(await routine('everything')).toMatchObject({ selection: [100, 102], enabled: false });
      expect(await routine('pool')).toMatchObject({ selection: [101], keep_all: true });
      expect(await all(target, path.backupRoutines, '&job_id=nobody')).toEqual([]);
    });

    it('two clusters with a job of one name keep their own', async () => {
      expect(await all(target, path.backupRoutines, '&job_id=nightly')).toHaveLength(2);
      expect(await nightlyOf('daily')).toMatchObject({ selection: [100], node: null, storage: null });
    });

    it('a second run writes nothing, also when Proxmox has calculated the next start anew', async () => {
      nightly['next-run'] = 1_777_687_200;

      const { complete } = await syncQuietly(target, routineStage);

      expect(complete.result).toMatchObject({ count: 0, unchanged: 4, skipped: 1, stale: 0 });
    });

    it('retention that is removed in Proxmox is cleared, and what the plugin does not have leaves a stored value alone', async () => {
      Object.assign(nightly, { 'prune-backups': 'keep-weekly=4', storage: 'unknown' });

      await sync(target, routineStage);

      const row = await nightlyOf('21:00');
      expect(row).toMatchObject({ keep_last: null, keep_daily: null, keep_weekly: 4, storage: { name: 'local' } });
    });

    it('a job that is gone is marked stale, of its endpoint alone, and active again when it is back', async () => {
      const before = await nightlyOf('daily');
      await edit(target, path.backupRoutines, before.id, { next_run: '2030-01-01T00:00:00Z' });
      const gone = lab.backupJobs.splice(0, 1);

      const run = await watchedSync(target, `${routineStage}?proxmox_endpoint_ids=1`);

      expect(run.complete.result).toMatchObject({ count: 0, stale: 1, updated: 1 });
      expect(run.writes).toEqual([`PATCH ${path.backupRoutines}`]);
      expect((await nightlyOf('21:00')).status.value).toBe('stale');
      expect(await nightlyOf('daily')).toMatchObject({ status: { value: 'active' }, next_run: '2030-01-01T00:00:00Z' });
      lab.backupJobs.push(...gone);
      await sync(target, routineStage);
      expect((await nightlyOf('21:00')).status.value).toBe('active');
      await syncQuietly(target, routineStage);
    });
  });
}
