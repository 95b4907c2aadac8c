import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resizeDisk, setConfig } from '../../simulator/estate/index.js';
import { path, type Answer } from '../netbox/target.js';
import { aCluster, anEstate } from './estates.js';
import { all, edit, machineOf, sync, syncQuietly, tagsOf, watchedSync } from './target.js';
import type { OpenTarget, SyncTarget } from './target.js';

type Body = Answer['body'];

const stage = '/virtualization/virtual-machines/virtual-disks/create/stream';

/** One guest per scene. */
const vmid = { drives: 100, container: 101, changed: 102, emptied: 103, edited: 104, bare: 105 } as const;

const lab = () =>
  aCluster({
    guests: [
      {
        vmid: vmid.drives,
        config: {
          scsi0: 'ceph:vm-100-disk-0,size=8G',
          scsi1: 'local:100/vm-100-disk-1.qcow2,format=qcow2,size=2G',
          virtio0: 'elsewhere:vm-100-disk-2,size=1G',
          scsi2: '/dev/sdb',
          efidisk0: 'ceph:vm-100-disk-3,efitype=4m,size=528K',
          ide0: 'local:iso/debian.iso,media=cdrom,size=652M',
          ide1: 'ceph:vm-100-cloudinit,media=cdrom',
          ide2: 'none,media=cdrom',
        },
      },
      {
        vmid: vmid.container,
        type: 'lxc',
        config: {
          rootfs: 'ceph:vm-101-disk-0,size=4G',
          mp0: 'ceph:vm-101-disk-1,mp=/srv,size=3G',
          mp1: '/mnt,mp=/mnt',
        },
      },
      {
        vmid: vmid.changed,
        config: { scsi0: 'ceph:vm-102-disk-0,size=8G', scsi1: 'ceph:vm-102-disk-1,size=2G' },
      },
      { vmid: vmid.emptied, config: { scsi0: 'ceph:vm-103-disk-0,size=8G' } },
      { vmid: vmid.edited },
      { vmid: vmid.bare, config: {} },
    ],
  });

/** Disks of machines: what the configuration says, and nothing that an operator made. */
export function describeVirtualDisks(openTarget: OpenTarget): void {
  describe('virtual disks', () => {
    const cluster = lab();
    const edge = aCluster({
      name: 'edge',
      nodes: ['edge1'],
      guests: [{ vmid: vmid.changed, config: { scsi0: 'ceph:vm-102-disk-0,size=64G' } }],
    });
    let target: SyncTarget;

    beforeAll(async () => {
      target = await openTarget(anEstate(cluster, edge));
      await sync(target);
    });
    afterAll(() => target.close());

    const disksOf = async (id: number, where = 'lab'): Promise<Body[]> =>
      all(target, path.disks, `&virtual_machine_id=${(await machineOf(target, id, where)).machine.id}`);
    const sizesOf = async (id: number, where?: string): Promise<Record<string, number>> =>
      Object.fromEntries((await disksOf(id, where)).map(({ name, size }) => [name, size]));
    const sizeOfMachine = async (id: number, where?: string): Promise<number | null> =>
      (await machineOf(target, id, where)).machine.disk;
    const storageOf = async (disk: Body): Promise<string> => {
      const [state, ...others] = await all(target, path.diskState, `&virtual_disk_id=${disk.id}`);
      expect(others).toEqual([]);
      if (state === undefined) return 'no sidecar';
      const { body } = await target.netbox.get(`${path.storage}${state.proxbox_storage.id}/`);
      return `${body.name} of ${body.cluster.name}`;
    };

    it('every disk with a size and every drive has a row, and the machine the sum', async () => {
      const rows = await disksOf(vmid.drives);

      expect(Object.fromEntries(rows.map(({ name, size, description }) => [name, [size, description]]))).toEqual({
        scsi0: [8192, 'Storage: ceph'],
        scsi1: [2048, 'Storage: local | Format: qcow2'],
        virtio0: [1024, 'Storage: elsewhere'],
        efidisk0: [1, 'Storage: ceph'],
        ide0: [0, 'CD-ROM drive | ISO: local:iso/debian.iso'],
        ide1: [0, 'Cloud-init drive'],
        ide2: [0, 'CD-ROM drive'],
      });
      expect(rows.map(tagsOf)).toEqual(rows.map(() => ['proxbox']));
      expect(await sizeOfMachine(vmid.drives)).toBe(8192 + 2048 + 1024 + 1);
    });

    it('a container has its root and its mount points', async () => {
      expect(await sizesOf(vmid.container)).toEqual({ rootfs: 4096, mp0: 3072 });
      expect(await sizeOfMachine(vmid.container)).toBe(7168);
    });

    it('the sidecar of a disk names its storage, of its own cluster', async () => {
      const links = async (id: number, where?: string): Promise<Record<string, string>> =>
        Object.fromEntries(
          await Promise.all((await disksOf(id, where)).map(async (disk) => [disk.name, await storageOf(disk)])),
        );

      expect(await links(vmid.drives)).toEqual({
        scsi0: 'ceph of lab',
        scsi1: 'local of lab',
        virtio0: 'no sidecar',
        efidisk0: 'ceph of lab',
        ide0: 'local of lab',
        ide1: 'ceph of lab',
        ide2: 'no sidecar',
      });
      expect(await links(vmid.changed, 'edge')).toEqual({ scsi0: 'ceph of edge' });
    });

    it('says which disks it left out, and counts machines and disks', async () => {
      const { complete } = await sync(target, stage);

      const { result } = complete;
      expect(result).toMatchObject({
        count: 7,
        created: 0,
        updated: 0,
        deleted: 0,
        unchanged: 14,
        skipped: 2,
        failed: 0,
      });
      expect(result!.warnings!.map(({ reason, detail }) => [reason, detail])).toEqual([
        ['disk_passed_through', expect.stringMatching(/^scsi2 \(\/dev\/sdb\) of "guest-100" is no volume of Proxmox/)],
        ['disk_passed_through', expect.stringMatching(/^mp1 \(\/mnt\) of "guest-101" is no volume of Proxmox/)],
      ]);
    });

    it('the second run writes nothing', async () => {
      await syncQuietly(target);
    });

    it('what changes in Proxmox changes in NetBox, for that guest only', async () => {
      const [kept] = await disksOf(vmid.changed);
      resizeDisk(cluster, vmid.changed, 'scsi0', '9G');
      setConfig(cluster, vmid.changed, 'scsi1', null);
      setConfig(cluster, vmid.changed, 'scsi2', 'local:102/vm-102-disk-2.raw,size=5G');
      setConfig(cluster, vmid.emptied, 'scsi0', null);
      await target.world.restart(); // configurations are reused for a while between the stages of a job

      const run = await watchedSync(target, stage);

      expect(run.complete.result).toMatchObject({ created: 1, updated: 1, deleted: 2, failed: 0 });
      expect(await sizesOf(vmid.changed)).toEqual({ scsi0: 9216, scsi2: 5120 });
      expect((await disksOf(vmid.changed))[0].id).toBe(kept.id);
      expect(await sizeOfMachine(vmid.changed)).toBe(14_336);
      expect([await sizesOf(vmid.emptied), await sizeOfMachine(vmid.emptied)]).toEqual([{}, 0]);
      expect(await sizesOf(vmid.changed, 'edge')).toEqual({ scsi0: 65_536 });
      await target.world.restart();
      await syncQuietly(target);
    });

    it("an operator's disk, description and tags stay", async () => {
      const { machine } = await machineOf(target, vmid.edited);
      const [disk] = await disksOf(vmid.edited);
      const mine = await target.netbox.create(path.tags, { name: 'Mine', slug: 'mine', color: '00ff00' });
      await target.netbox.create(path.disks, { virtual_machine: machine.id, name: 'usb', size: 7 });
      const tags = [...disk.tags.map(({ id }: Body) => id), mine.id];
      await edit(target, path.disks, disk.id, { description: 'The data of Ann', tags });
      await target.world.restart();

      await syncQuietly(target);

      const [own, usb] = await disksOf(vmid.edited);
      expect([own.description, tagsOf(own)]).toEqual(['The data of Ann', ['mine', 'proxbox']]);
      expect([usb.name, usb.size]).toEqual(['usb', 7]);
      expect(await sizeOfMachine(vmid.edited)).toBe(8199);
    });

    it('a disk that somebody else made under the name of a configured one is adopted: used, and not marked as ours', async () => {
      const { machine } = await machineOf(target, vmid.bare);
      await target.netbox.create(path.disks, { virtual_machine: machine.id, name: 'scsi0', size: 7 });
      setConfig(cluster, vmid.bare, 'scsi0', 'ceph:vm-105-disk-0,size=1G');
      await target.world.restart();

      await sync(target, `${stage}?netbox_vm_ids=${machine.id}`);

      const [disk, ...others] = await disksOf(vmid.bare);
      expect(others).toEqual([]);
      expect([disk.size, disk.description, tagsOf(disk)]).toEqual([1024, 'Storage: ceph', []]);
    });
  });
}
