import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addGuest,
  migrateGuest,
  removeGuest,
  renameGuest,
  resizeDisk,
  setConfig,
  setStatus,
  setTags,
  type EstateCluster,
  type EstateGuest,
} from '../../simulator/estate/index.js';
import type { StreamResult } from '../../support/world.js';
import { path, type Answer } from '../netbox/target.js';
import { aCluster, aGuest, anEstate } from './estates.js';
import { all, machineOf, one, sync, syncQuietly, tagsOf } from './target.js';
import type { OpenTarget, SyncTarget } from './target.js';

/** One guest, or two, per scene. */
const vmid = {
  renamed: 100,
  clashing: 101,
  clashed: 102,
  swapLeft: 103,
  swapRight: 104,
  migrated: 105,
  resized: 106,
  stopped: 107,
  tagged: 108,
  removed: 109,
  converted: 110,
  flagged: 111,
} as const;

/** What changes in Proxmox changes in NetBox. Each scene has guests of its own; they share runs, because runs take time. */
export function describeProxmoxChanges(openTarget: OpenTarget): void {
  describe('a change in Proxmox follows with the next run:', () => {
    const cluster = aCluster({ guests: Object.values(vmid).map((id) => ({ vmid: id })) });
    let target: SyncTarget;
    let before: ReadonlyMap<number, Answer['body']>;
    let run: StreamResult;

    beforeAll(async () => {
      target = await openTarget(anEstate(cluster));
      await sync(target);
      const machines = await all(target, path.vms);
      before = new Map(machines.map((machine) => [Number(machine.name.replace('guest-', '')), machine]));
      changeEverything(cluster);
      await target.world.restart(); // cluster/status is reused for five seconds
      run = await sync(target);
    });
    afterAll(() => target.close());

    const machine = async (id: number): Promise<Answer['body']> => (await machineOf(target, id)).machine;

    it('a renamed guest is renamed, and stays the same object', async () => {
      const { machine: after, state } = await machineOf(target, vmid.renamed);

      expect([after.id, after.name]).toEqual([before.get(vmid.renamed).id, 'web-new']);
      expect(state.proxmox_vm_name).toBe('web-new');
    });

    it('two guests that swap their names swap them in one run', async () => {
      const names = [before.get(vmid.swapRight).name, before.get(vmid.swapLeft).name];

      expect(await machine(vmid.swapLeft)).toMatchObject({ id: before.get(vmid.swapLeft).id, name: names[0] });
      expect(await machine(vmid.swapRight)).toMatchObject({ id: before.get(vmid.swapRight).id, name: names[1] });
    });

    it('a migrated guest moves to the device of its new node, with its description', async () => {
      const { machine: after, state } = await machineOf(target, vmid.migrated);

      expect([after.device.name, after.description]).toEqual(['pve2', 'Synced from Proxmox node pve2']);
      expect(state.proxmox_node_name).toBe('pve2');
    });

    it('disk, memory and CPUs follow', async () => {
      const after = await machine(vmid.resized);

      expect([after.disk, after.memory, Number(after.vcpus)]).toEqual([41 * 1024, 3072, 6]);
    });

    it('a stopped guest is offline', async () => {
      expect((await machine(vmid.stopped)).status.value).toBe('offline');
    });

    it('a tag is created and added', async () => {
      expect(tagsOf(await machine(vmid.tagged))).toContain('blue');
    });

    it('what NetBox has no field for follows in the sidecar', async () => {
      const { state } = await machineOf(target, vmid.flagged);

      expect(state).toMatchObject({ proxmox_start_at_boot: true, proxmox_qemu_agent: true });
    });

    it('a new guest is created', async () => {
      const after = await machine(150);

      expect(after).toMatchObject({ name: 'newcomer', disk: 2048 });
      expect(tagsOf(after)).toEqual(['proxbox', 'proxbox-discovered-lxc']);
    });

    it('a guest removed in Proxmox stays in NetBox, untouched', async () => {
      const { last_updated } = before.get(vmid.removed);

      expect(await machine(vmid.removed)).toMatchObject({ name: `guest-${vmid.removed}`, last_updated });
    });

    it('a guest turned into a template stays the same object', async () => {
      const after = await machine(vmid.converted);

      expect([after.id, after.status.value]).toEqual([before.get(vmid.converted).id, 'offline']);
    });

    it('a new node gets a device before the guest that runs on it', async () => {
      expect((await machine(151)).device.name).toBe('pve4');
      expect((await one(target, path.devices, 'name=pve4')).cluster.name).toBe('lab');
    });

    it('a guest renamed to the name of another gets a suffix, and loses it when the other name is free again', async () => {
      const wanted = `guest-${vmid.clashed}`;
      const names = [(await machine(vmid.clashing)).name, (await machine(vmid.clashed)).name];
      expect(names.sort()).toEqual([wanted, `${wanted} (2)`]);
      renameGuest(cluster, vmid.clashed, 'elsewhere');
      setStatus(cluster, vmid.stopped, 'running');

      await sync(target);

      expect((await machine(vmid.clashing)).name).toBe(wanted);
      expect((await machine(vmid.clashed)).name).toBe('elsewhere');
      expect((await machine(vmid.stopped)).status.value).toBe('active');
    });

    it('then nothing is left to do, no guest failed and none was duplicated', async () => {
      expect(run.complete.result!.kinds['virtual-machine']).toMatchObject({ created: 2, failed: 0, skipped: 0 });
      await syncQuietly(target);
      const machines = await all(target, path.vms);
      expect(machines).toHaveLength(cluster.guests.size + 1); // the removed one
      expect(await all(target, path.vmState)).toHaveLength(machines.length);
    });
  });
}

function changeEverything(cluster: EstateCluster): void {
  const guest = (id: number): EstateGuest => cluster.guests.get(id)!;
  renameGuest(cluster, vmid.renamed, 'web-new');
  renameGuest(cluster, vmid.clashing, `guest-${vmid.clashed}`);
  renameGuest(cluster, vmid.swapLeft, `guest-${vmid.swapRight}`);
  renameGuest(cluster, vmid.swapRight, `guest-${vmid.swapLeft}`);
  migrateGuest(cluster, vmid.migrated, 'pve2');
  resizeDisk(cluster, vmid.resized, 'scsi0', '40G');
  setConfig(cluster, vmid.resized, 'scsi1', 'ceph:vm-106-disk-1,size=1G');
  Object.assign(guest(vmid.resized), { memoryMb: 3072, cpus: 6 });
  setStatus(cluster, vmid.stopped, 'stopped');
  setTags(cluster, vmid.tagged, 'blue');
  setConfig(cluster, vmid.flagged, 'onboot', 1);
  setConfig(cluster, vmid.flagged, 'agent', '1,fstrim_cloned_disks=1');
  removeGuest(cluster, vmid.removed);
  Object.assign(guest(vmid.converted), { template: true, status: 'stopped' });
  cluster.nodes.push({ ...cluster.nodes[0]!, name: 'pve4', nodeid: 4, address: '192.0.2.4' });
  addGuest(cluster, aGuest({ vmid: 150, name: 'newcomer', type: 'lxc', config: { rootfs: 'ceph:x,size=2G' } }));
  addGuest(cluster, aGuest({ vmid: 151 }, 'pve4'));
}
