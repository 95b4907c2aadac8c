import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGuest, removeGuest } from '../../../src/simulator/estate/index.js';
import { path } from '../netbox/target.js';
import { aBackedUpCluster, pbsBackup } from './backups.js';
import { aCluster, aGuest, anEstate } from './estates.js';
import { all, edit, machineOf, sync, syncQuietly, type OpenTarget, type SyncTarget } from './target.js';

/** A guest with everything that hangs on a machine. */
function aFullGuest(vmid: number) {
  const mac = `BC:24:11:00:01:${vmid % 100}`;
  return {
    vmid,
    name: 'full',
    config: { scsi0: `ceph:vm-${vmid}-disk-0,size=8G`, net0: `virtio=${mac},bridge=vmbr0`, agent: '1', ciuser: 'ann' },
    snapshots: [{ name: 'clean', description: '', snaptime: 1_777_500_000 }],
    agent: {
      state: 'running' as const,
      interfaces: [
        {
          name: 'ens18',
          'hardware-address': mac.toLowerCase(),
          'ip-addresses': [{ 'ip-address': '198.18.0.9', 'ip-address-type': 'ipv4' as const, prefix: 24 }],
        },
      ],
    },
  };
}

/** `delete_orphans` of the plugin's settings. */
export function describeOrphanSweep(openTarget: OpenTarget): void {
  describe('machines whose guest is gone', () => {
    const guests = [150, 151, 152, 153].map((vmid) => ({ vmid }));
    const lab = aBackedUpCluster({ guests: [aFullGuest(110), ...guests] }, [pbsBackup(110)]);
    const edge = aCluster({ name: 'edge', guests: [{ vmid: 110, name: 'twin' }, { vmid: 150 }] });
    let target: SyncTarget;
    beforeAll(async () => {
      target = await openTarget(anEstate(lab, edge));
      await sync(target);
    });
    afterAll(() => target.close());

    const machines = async (): Promise<string[]> =>
      (await all(target, path.vms)).map(({ name, cluster }) => `${cluster.name}/${name}`).sort();
    const setSweep = async (isOn: boolean): Promise<void> => {
      const [settings] = await all(target, path.settings);
      await edit(target, path.settings, settings.id, { delete_orphans: isOn });
      await target.world.restart(); // settings are read again at most every 30 seconds
    };
    const everything = [
      'edge/guest-150',
      'edge/twin',
      'lab/full',
      'lab/guest-150',
      'lab/guest-151',
      'lab/guest-152',
      'lab/guest-153',
    ];

    it('stay while nobody has asked for their deletion', async () => {
      removeGuest(lab, 110);

      await syncQuietly(target);

      expect(await machines()).toEqual(everything);
    });

    it('are named by a rehearsal, and stay', async () => {
      const { complete } = await sync(target, '/full-update/stream?dry_run=true');

      expect(complete.result!['orphan_sweep']).toMatchObject({ dry_run: true, candidates: 1, deleted: 0 });
      expect(await machines()).toEqual(everything);
    });

    it('are deleted with all that hangs on them, and the machine with their VMID in another cluster stays', async () => {
      expect(await all(target, path.guestAddresses)).toHaveLength(1);
      await setSweep(true);

      const { complete } = await sync(target);

      expect(complete.result!['orphan_sweep']).toMatchObject({ enabled: true, candidates: 1, deleted: 1, failed: 0 });
      expect(await machines()).toEqual(everything.filter((name) => name !== 'lab/full'));
      const states = await all(target, path.vmState);
      expect(states.map((row) => `${row.proxmox_cluster_name}/${row.proxmox_vm_id}`)).not.toContain('lab/110');
      for (const collection of [path.guestInterfaces, path.guestAddresses, path.snapshots, path.cloudInit])
        expect(await all(target, collection), collection).toEqual([]);
    });

    it('then nothing is left to do', async () => {
      await syncQuietly(target);
    });

    it('stay when no sync has made them', async () => {
      const { machine } = await machineOf(target, 151);
      const own = machine.tags.filter(({ slug }: { slug: string }) => slug !== 'proxbox-discovered-qemu');
      await edit(target, path.vms, machine.id, { tags: own.map(({ id }: { id: number }) => id) });
      removeGuest(lab, 151);

      await syncQuietly(target);

      expect(await machines()).toContain('lab/guest-151');
      addGuest(lab, aGuest({ vmid: 151 }));
    });

    it('stay when all guests of the cluster are gone at once', async () => {
      for (const vmid of [110, 150]) removeGuest(edge, vmid);

      const { complete } = await syncQuietly(target);

      expect(complete.result!.warnings!.map(({ reason }) => reason)).toContain('no_guests_reported');
      expect(await machines()).toEqual(expect.arrayContaining(['edge/guest-150', 'edge/twin']));
      addGuest(edge, aGuest({ vmid: 110, name: 'twin' }));
      addGuest(edge, aGuest({ vmid: 150 }));
    });

    it('a run of one endpoint leaves those of the other alone', async () => {
      removeGuest(lab, 152);
      removeGuest(edge, 150);
      const rows: { id: number; name: string }[] = (await target.world.ask('GET', '/proxmox/endpoints')).body;
      const id = rows.find(({ name }) => name.startsWith('lab'))!.id;

      await sync(target, `/full-update/stream?proxmox_endpoint_ids=${id}`);

      expect(await machines()).not.toContain('lab/guest-152');
      expect(await machines()).toContain('edge/guest-150');
    });
  });
}
