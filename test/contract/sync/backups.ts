import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isoSeconds, removeGuest } from '../../simulator/estate/index.js';
import type { EstateCluster, EstateStorage, EstateVolume } from '../../simulator/estate/index.js';
import { makeStorage } from '../../simulator/estate/generate-storage.js';
import { path } from '../netbox/target.js';
import { aCluster, anEstate, type ClusterPlan } from './estates.js';
import { all, edit, machineOf, one, sync, syncQuietly, watchedSync } from './target.js';
import type { OpenTarget, SyncTarget } from './target.js';

export const backupStage = '/virtualization/virtual-machines/backups/all/create/stream';
export const backupCleanUp = `${backupStage}?delete_nonexistent_backup=true`;
const journal = '/api/extras/journal-entries/';
const firstS = 1_777_400_000;
const gib = 1024 ** 3;

/** A backup on the shared storage `pbs`, number `n` of a guest. */
export function pbsBackup(vmid: number, n = 0, extra: EstateVolume['extra'] = {}): EstateVolume {
  const ctime = firstS + n * 3600;
  return {
    volid: `pbs:backup/vm/${vmid}/${isoSeconds(ctime)}`,
    content: 'backup',
    format: 'pbs-vm',
    size: gib,
    ctime,
    node: '',
    vmid,
    extra: { subtype: 'qemu', notes: `guest ${vmid}`, ...extra },
  };
}

/** An archive on the storage `local` of a node. */
export function localBackup(vmid: number, node: string, n = 0): EstateVolume {
  const stamp = `2026_04_0${n + 1}-12_00_00`;
  return {
    volid: `local:backup/vzdump-lxc-${vmid}-${stamp}.tar.zst`,
    content: 'backup',
    format: 'tar.zst',
    size: gib / 2,
    ctime: firstS + n,
    node,
    vmid,
    extra: { subtype: 'lxc' },
  };
}

export function storageNamed(cluster: EstateCluster, name: string): EstateStorage {
  const storage = cluster.storages.find((one) => one.name === name);
  if (storage === undefined) throw new Error(`no storage ${name}`);
  return storage;
}

/** The small cluster with a shared storage `pbs`, and what is on its storages. */
export function aBackedUpCluster(plan: ClusterPlan, volumes: readonly EstateVolume[]): EstateCluster {
  const cluster = aCluster(plan);
  cluster.storages.push(makeStorage({ name: 'pbs', type: 'pbs', content: 'backup', shared: true }));
  for (const volume of volumes) storageNamed(cluster, volume.volid.split(':')[0]!).volumes.push({ ...volume });
  return cluster;
}

function forget(cluster: EstateCluster, volid: string): void {
  const { volumes } = storageNamed(cluster, volid.split(':')[0]!);
  volumes.splice(
    volumes.findIndex((one) => one.volid === volid),
    1,
  );
}

const guests = [
  { vmid: 100, name: 'web' },
  { vmid: 101, name: 'ct', type: 'lxc' as const, config: { rootfs: 'ceph:101,size=2G' } },
  { vmid: 102, name: 'bare' },
  { vmid: 103, name: 'leaving' },
];

export function describeBackups(openTarget: OpenTarget): void {
  describe('backups', () => {
    const kept = pbsBackup(100, 1, { verification: { state: 'ok', upid: 'UPID:pbs:1' }, encrypted: 'ab:cd' });
    const vanishing = pbsBackup(100, 0);
    const archive = localBackup(101, 'pve2');
    const foreign = pbsBackup(999);
    const lab = aBackedUpCluster({ guests }, [vanishing, kept, archive, foreign, pbsBackup(103)]);
    let target: SyncTarget;

    beforeAll(async () => {
      target = await openTarget(anEstate(lab));
      await sync(target);
    });
    afterAll(() => target.close());

    it('are the rows of their machines, field by field; one without a machine is skipped', async () => {
      const { machine } = await machineOf(target, 100);

      expect(await all(target, path.backups)).toHaveLength(4);
      const row = await one(target, path.backups, `volume_id=${encodeURIComponent(kept.volid)}`);
      expect(row).toMatchObject({
        virtual_machine: { id: machine.id },
        proxmox_storage: { name: 'pbs' },
        storage: 'pbs',
        subtype: { value: 'qemu' },
        format: { value: 'pbs-vm' },
        size: gib,
        notes: 'guest 100',
        vmid: 100,
        encrypted: 'ab:cd',
        verification_state: 'ok',
        verification_upid: 'UPID:pbs:1',
      });
      expect(new Date(row.creation_time).getTime()).toBe(kept.ctime * 1000);
      expect(await one(target, path.backups, 'vmid=101')).toMatchObject({
        storage: 'local',
        subtype: { value: 'lxc' },
        format: { value: 'tzst' },
        encrypted: '',
      });
      const { complete } = await syncQuietly(target, backupCleanUp);
      expect(complete.result).toMatchObject({ unchanged: 4, skipped: 1, failed: 0 });
      expect(complete.result!.warnings).toMatchObject([{ reason: 'vm_missing', name: foreign.volid }]);
    });

    it('a journal entry tells of each that was created', async () => {
      const row = await one(target, path.backups, `volume_id=${encodeURIComponent(kept.volid)}`);
      const entries = await all(target, journal);

      expect(entries).toHaveLength(4);
      expect(entries.filter((entry) => entry.assigned_object_id === row.id)).toMatchObject([
        {
          assigned_object_type: 'netbox_proxbox.vmbackup',
          kind: { value: 'info' },
          comments: 'Backup created for VM 100 in storage pbs',
        },
      ]);
    });

    it('what an operator adds stays, a verification is told, and a row goes only when that is asked for', async () => {
      const tag = await target.netbox.create(path.tags, { name: 'Keep', slug: 'keep', color: '00ff00' });
      const [row] = await all(target, path.backups, '&vmid=103');
      await edit(target, path.backups, row.id, { tags: [tag.id] });
      forget(lab, pbsBackup(103).volid);
      const verified = pbsBackup(103, 0, { verification: { state: 'ok', upid: 'UPID:pbs:2' } });
      storageNamed(lab, 'pbs').volumes.push(verified, pbsBackup(102));
      forget(lab, vanishing.volid);

      const { complete } = await sync(target, backupStage);

      expect(complete.result).toMatchObject({ created: 1, updated: 1, deleted: 0 });
      expect(await one(target, path.backups, 'vmid=103')).toMatchObject({
        id: row.id,
        verification_state: 'ok',
        tags: [{ slug: 'keep' }],
      });
      const told = await all(target, journal, `&assigned_object_id=${row.id}`);
      expect(told.map(({ comments }) => comments).sort()).toEqual([
        'Backup created for VM 103 in storage pbs',
        'Backup updated for VM 103 in storage pbs',
      ]);
      const { complete: after } = await sync(target, backupCleanUp);
      expect(after.result).toMatchObject({ created: 0, updated: 0, deleted: 1 });
      expect((await all(target, path.backups)).map(({ volume_id }) => volume_id)).not.toContain(vanishing.volid);
      await syncQuietly(target, backupCleanUp);
    });

    it('outlive their guest: the rows stay with its machine, and go with the archive', async () => {
      removeGuest(lab, 103);
      await target.world.restart();

      await syncQuietly(target, backupCleanUp);
      expect(await all(target, path.backups, '&vmid=103')).toHaveLength(1);
      forget(lab, pbsBackup(103).volid);
      await syncQuietly(target, backupCleanUp); // it has the tag of an operator
      const [row] = await all(target, path.backups, '&vmid=103');
      await edit(target, path.backups, row.id, { tags: [] });
      await sync(target, backupCleanUp);

      expect(await all(target, path.backups, '&vmid=103')).toEqual([]);
    });

    it('rows without a volume id are left alone', async () => {
      const { machine } = await machineOf(target, 102);
      await target.netbox.create(path.backups, { virtual_machine: machine.id, storage: 'tape', vmid: 102 });

      const { writes } = await watchedSync(target, backupCleanUp);

      expect(writes).toEqual([]);
    });
  });

  describe('backups of two clusters with equal VMIDs', () => {
    const lab = aBackedUpCluster({ guests }, [pbsBackup(100)]);
    const edge = aBackedUpCluster({ name: 'edge', guests }, [pbsBackup(100, 1), pbsBackup(100, 2)]);
    let target: SyncTarget;

    beforeAll(async () => {
      target = await openTarget(anEstate(lab, edge));
      await sync(target);
    });
    afterAll(() => target.close());

    it('belong to the machine of their own cluster', async () => {
      const rows = await all(target, path.backups);
      const ofMachine = async (cluster: string) => {
        const { id } = (await machineOf(target, 100, cluster)).machine;
        return rows.filter((row) => row.virtual_machine.id === id).map(({ volume_id }) => volume_id);
      };

      expect(await ofMachine('lab')).toEqual([pbsBackup(100).volid]);
      expect((await ofMachine('edge')).sort()).toEqual([pbsBackup(100, 1).volid, pbsBackup(100, 2).volid]);
      await syncQuietly(target, backupCleanUp);
    });

    it('a selected machine loses only what vanished of it', async () => {
      const { id } = (await machineOf(target, 100, 'edge')).machine;
      forget(edge, pbsBackup(100, 1).volid);
      forget(lab, pbsBackup(100).volid);
      const at = `/virtualization/virtual-machines/${id}/backups/create/stream?delete_nonexistent_backup=true`;

      const { complete } = await sync(target, at);

      expect(complete.result).toMatchObject({ unchanged: 1, deleted: 1 });
      const left = (await all(target, path.backups)).map(({ volume_id }) => volume_id);
      expect(left.sort()).toEqual([pbsBackup(100).volid, pbsBackup(100, 2).volid]);
    });
  });
}
