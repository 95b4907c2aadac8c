import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addSnapshot, migrateGuest, type EstateCluster } from '../../simulator/estate/index.js';
import { path } from '../netbox/target.js';
import { aCluster, anEstate } from './estates.js';
import { all, edit, machineOf, one, sync, syncQuietly, watchedSync } from './target.js';
import type { OpenTarget, SyncTarget } from './target.js';

const takenS = 1_777_500_000;
const clean = { name: 'clean', description: 'before changes', snaptime: takenS };
const patched = { name: 'patched', description: '', snaptime: takenS + 3600, parent: 'clean' };

export const snapshotStage = '/virtualization/virtual-machines/snapshots/all/create/stream';
const cleanUp = `${snapshotStage}?delete_nonexistent_snapshot=true`;

const guests = [
  { vmid: 100, name: 'web', snapshots: [clean, patched] },
  {
    vmid: 101,
    name: 'ct',
    type: 'lxc' as const,
    config: { rootfs: 'local:101/vm-101-disk-0.raw,size=2G' },
    snapshots: [clean],
  },
  { vmid: 102, name: 'golden', template: true, status: 'stopped' as const, snapshots: [clean] },
  { vmid: 103, name: 'bare' },
  { vmid: 104, name: 'odd', snapshots: 'unsupported' as const },
];

function forget(cluster: EstateCluster, vmid: number, name: string): void {
  const { snapshots } = cluster.guests.get(vmid)!;
  if (snapshots !== 'unsupported')
    snapshots.splice(
      snapshots.findIndex((one) => one.name === name),
      1,
    );
}

export function describeSnapshots(openTarget: OpenTarget): void {
  describe('snapshots', () => {
    const lab = aCluster({ guests });
    let target: SyncTarget;

    beforeAll(async () => {
      target = await openTarget(anEstate(lab));
      await sync(target);
    });
    afterAll(() => target.close());

    it('are the rows of their machines, field by field, on the storage of the boot disk', async () => {
      const { machine } = await machineOf(target, 100);
      const rows = await all(target, path.snapshots);

      expect(rows).toHaveLength(4);
      const ours = rows.filter((row) => row.virtual_machine.id === machine.id);
      expect(ours.map(({ name }) => name).sort()).toEqual(['clean', 'patched']);
      expect(ours.find(({ name }) => name === 'patched')).toMatchObject({
        vmid: 100,
        node: 'pve1',
        description: '',
        parent: 'clean',
        subtype: { value: 'qemu' },
        status: { value: 'active' },
        proxmox_storage: { name: 'ceph' },
      });
      expect(new Date(ours.find(({ name }) => name === 'patched').snaptime).getTime()).toBe((takenS + 3600) * 1000);
      expect(await one(target, path.snapshots, 'vmid=101')).toMatchObject({
        subtype: { value: 'lxc' },
        description: 'before changes',
        proxmox_storage: { name: 'local' },
      });
      await one(target, path.snapshots, 'vmid=102');
      await syncQuietly(target);
    });

    it('a guest that knows no snapshots is skipped, and nobody failed', async () => {
      const { complete } = await sync(target, snapshotStage);

      expect(complete.result).toMatchObject({ count: 4, unchanged: 4, skipped: 0, failed: 0, errors: [] });
      expect(complete.result!.warnings).toMatchObject([
        { reason: 'snapshots_unsupported', message: expect.stringContaining('"odd"') },
      ]);
    });

    it('what an operator adds to a row stays; a new snapshot is added; a row goes only when that is asked for', async () => {
      const tag = await target.netbox.create(path.tags, { name: 'Keep', slug: 'keep', color: '00ff00' });
      const [first] = await all(target, path.snapshots, '&vmid=100&name=patched');
      await edit(target, path.snapshots, first.id, { tags: [tag.id] });
      addSnapshot(lab, 100, { name: 'third', description: '', snaptime: takenS + 7200, parent: 'patched' });
      forget(lab, 100, 'clean');

      const run = await watchedSync(target, snapshotStage);

      expect(run.complete.result).toMatchObject({ created: 1, updated: 0, deleted: 0 });
      expect((await all(target, path.snapshots, '&vmid=100')).map(({ name }) => name).sort()).toEqual([
        'clean',
        'patched',
        'third',
      ]);
      const { complete } = await sync(target, cleanUp);
      expect(complete.result).toMatchObject({ created: 0, deleted: 1 });
      const left = await all(target, path.snapshots, '&vmid=100');
      expect(left.map(({ name }) => name).sort()).toEqual(['patched', 'third']);
      expect(left.find(({ name }) => name === 'patched')).toMatchObject({ id: first.id, tags: [{ slug: 'keep' }] });
      await syncQuietly(target, cleanUp);
    });

    it('of a migrated guest keep their rows, on the new node', async () => {
      const before = await one(target, path.snapshots, 'vmid=101');
      migrateGuest(lab, 101, 'pve2');
      await target.world.restart();

      const { complete } = await sync(target, cleanUp);

      expect(complete.result).toMatchObject({ created: 0, updated: 1, deleted: 0 });
      expect(await one(target, path.snapshots, 'vmid=101')).toMatchObject({ id: before.id, node: 'pve2' });
    });
  });

  describe('snapshots of two clusters with equal VMIDs and node names', () => {
    const lab = aCluster({ guests });
    const edge = aCluster({ name: 'edge', guests: [{ vmid: 100, name: 'other', snapshots: [clean] }] });
    let target: SyncTarget;

    beforeAll(async () => {
      target = await openTarget(anEstate(lab, edge));
    });
    afterAll(() => target.close());

    it('the first cluster keeps the row, the other one is told, and nothing flaps', async () => {
      const { complete } = await sync(target);

      const owner = (await machineOf(target, 100, 'lab')).machine.id;
      const [row, ...others] = await all(target, path.snapshots, '&vmid=100&name=clean');
      expect([row.virtual_machine.id, others]).toEqual([owner, []]);
      expect(complete.result!.kinds['snapshot']).toMatchObject({ discovered: 5, created: 4, skipped: 1, failed: 0 });
      const { complete: again } = await syncQuietly(target, cleanUp);
      expect(again.result!.warnings!.map(({ reason }) => reason)).toContain('snapshot_conflict');
    });

    it('once the owner has no snapshot of that name any more, the other one gets its row', async () => {
      forget(lab, 100, 'clean');

      await sync(target, cleanUp);
      await sync(target, cleanUp);

      const other = (await machineOf(target, 100, 'edge')).machine.id;
      expect((await one(target, path.snapshots, 'vmid=100&name=clean')).virtual_machine.id).toBe(other);
      await syncQuietly(target, cleanUp);
    });
  });
}
