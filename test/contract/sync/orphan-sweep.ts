import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGuest, removeGuest } from '../../simulator/estate/index.js';
import { path } from '../netbox/target.js';
import { aBackedUpCluster, pbsBackup } from './backups.js';
import { aCluster, aGuest, anEstate } from './estates.js';
import {
  all,
  edit,
  machineOf,
  sync,
  syncPartlyQuietly,
  syncQuietly,
  tagsOf,
  type OpenTarget,
  type SyncTarget,
} from './target.js';

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
    const page = async (): Promise<string[]> =>
      (await all(target, path.vms, '&tag=proxbox-soft-deleted&status=decommissioning'))
        .map(({ name, cluster }) => `${cluster.name}/${name}`)
        .sort();
    /** Kind and beginning of the entries, the oldest first. */
    const journal = async (vmid: number): Promise<string[]> => {
      const { machine } = await machineOf(target, vmid);
      const about = `&assigned_object_type=virtualization.virtualmachine&assigned_object_id=${machine.id}`;
      const entries = await all(target, '/api/extras/journal-entries/', about);
      return entries
        .sort((a, b) => a.id - b.id)
        .map(({ kind, comments }) => `${kind.value} ${comments.split(' is ')[0]}`);
    };
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

    it('are marked for the page of the plugin, with an entry in the journal, and keep all that hangs on them', async () => {
      await setSweep(true);

      const { complete } = await sync(target);

      const counts = { enabled: true, candidates: 1, soft_deleted: 1, deleted: 0, failed: 0 };
      expect(complete.result!['orphan_sweep']).toMatchObject(counts);
      expect(await page()).toEqual(['lab/full']);
      expect(await machines()).toEqual(everything);
      expect(await journal(110)).toEqual(['warning Marked as gone by Proxbox: the guest (VMID 110, qemu)']);
      for (const collection of [path.guestInterfaces, path.guestAddresses, path.snapshots, path.cloudInit])
        expect(await all(target, collection), collection).toHaveLength(1);
    });

    it('then nothing is left to do, also for what hangs on them', async () => {
      await syncQuietly(target);
    });

    it('leave the page when their guest is back, with the status that it has', async () => {
      addGuest(lab, aGuest(aFullGuest(110)));

      await sync(target);

      const { machine } = await machineOf(target, 110);
      expect([machine.name, machine.status.value]).toEqual(['full', 'active']);
      expect(tagsOf(machine)).toEqual(['proxbox', 'proxbox-discovered-qemu']);
      expect(await page()).toEqual([]);
      expect(await journal(110)).toEqual([
        'warning Marked as gone by Proxbox: the guest (VMID 110, qemu)',
        'info Back in Proxmox: the guest (VMID 110, qemu)',
      ]);
      await syncQuietly(target);
      removeGuest(lab, 110);
    });

    it('are deleted where that is asked for, with all that hangs on them; their VMID in another cluster stays', async () => {
      expect(await all(target, path.guestAddresses)).toHaveLength(1);

      const { complete } = await sync(target, '/full-update/stream?orphan_action=delete');

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

      expect(await page()).toEqual([]);
      addGuest(lab, aGuest({ vmid: 151 }));
    });

    it('stay when all guests of the cluster are gone at once', async () => {
      for (const vmid of [110, 150]) removeGuest(edge, vmid);

      await syncPartlyQuietly(target, undefined, ['no_guests_reported']);

      expect(await page()).toEqual([]);
      addGuest(edge, aGuest({ vmid: 110, name: 'twin' }));
      addGuest(edge, aGuest({ vmid: 150 }));
    });

    it('a run of one endpoint leaves those of the other alone', async () => {
      removeGuest(lab, 152);
      removeGuest(edge, 150);
      const rows: { id: number; name: string }[] = (await target.world.ask('GET', '/proxmox/endpoints')).body;
      const id = rows.find(({ name }) => name.startsWith('lab'))!.id;

      await sync(target, `/full-update/stream?proxmox_endpoint_ids=${id}`);

      expect(await page()).toEqual(['lab/guest-152']);
    });
  });
}
