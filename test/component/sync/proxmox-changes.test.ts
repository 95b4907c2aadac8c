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
  type EstateGuest,
} from '../../../src/simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, aGuest, anEstate } from '../../contract/sync/estates.js';
import { all, machineOf, one, sync, syncQuietly, tagsOf, watchedSync } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const patchMachines = `PATCH ${path.vms}`;
const patchStates = `PATCH ${path.vmState}`;

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

describe('each change in Proxmox costs exactly the writes it needs:', () => {
  const cluster = aCluster({ guests: Object.values(vmid).map((id) => ({ vmid: id })) });
  const guest = (id: number): EstateGuest => cluster.guests.get(id)!;
  let target: SimulatedTarget;

  beforeAll(async () => {
    target = await openSimulated(anEstate(cluster));
    await sync(target);
  });
  afterAll(() => target.close());

  it('a renamed guest is renamed, and stays the same object', async () => {
    const before = await machineOf(target, vmid.renamed);
    renameGuest(cluster, vmid.renamed, 'web-new');

    const run = await watchedSync(target);

    const after = await machineOf(target, vmid.renamed);
    expect([after.machine.id, after.machine.name]).toEqual([before.machine.id, 'web-new']);
    expect(after.state.proxmox_vm_name).toBe('web-new');
    expect([run.writes, run.changes]).toEqual([[patchMachines, patchStates], 2]);
  });

  it('a guest renamed to the name of another gets a suffix, and loses it when the other name is free again', async () => {
    renameGuest(cluster, vmid.clashing, `guest-${vmid.clashed}`);
    await sync(target);
    const clashing = (await machineOf(target, vmid.clashing)).machine.name;
    const clashed = (await machineOf(target, vmid.clashed)).machine.name;
    expect([clashing, clashed].sort()).toEqual([`guest-${vmid.clashed}`, `guest-${vmid.clashed} (2)`]);
    await syncQuietly(target);
    renameGuest(cluster, vmid.clashed, 'elsewhere');

    await sync(target);

    expect((await machineOf(target, vmid.clashing)).machine.name).toBe(`guest-${vmid.clashed}`);
    expect((await machineOf(target, vmid.clashed)).machine.name).toBe('elsewhere');
    await syncQuietly(target);
  });

  it('two guests that swap their names swap them in one run', async () => {
    const left = await machineOf(target, vmid.swapLeft);
    const right = await machineOf(target, vmid.swapRight);
    renameGuest(cluster, vmid.swapLeft, right.machine.name);
    renameGuest(cluster, vmid.swapRight, left.machine.name);

    const { complete } = await sync(target);

    expect((await machineOf(target, vmid.swapLeft)).machine).toMatchObject({
      id: left.machine.id,
      name: right.machine.name,
    });
    expect((await machineOf(target, vmid.swapRight)).machine).toMatchObject({
      id: right.machine.id,
      name: left.machine.name,
    });
    expect(complete.result!.kinds['virtual-machine']).toMatchObject({ updated: 2, failed: 0 });
    await syncQuietly(target);
  });

  it('a migrated guest moves to the device of its new node, with its description', async () => {
    migrateGuest(cluster, vmid.migrated, 'pve2');

    const run = await watchedSync(target);

    const { machine, state } = await machineOf(target, vmid.migrated);
    expect([machine.device.name, machine.description]).toEqual(['pve2', 'Synced from Proxmox node pve2']);
    expect(state.proxmox_node_name).toBe('pve2');
    expect(run.writes).toEqual([patchMachines, patchStates]);
  });

  it('memory and CPUs follow in one write that does not touch the sidecar, disks as virtual disks', async () => {
    resizeDisk(cluster, vmid.resized, 'scsi0', '40G');
    setConfig(cluster, vmid.resized, 'scsi1', 'ceph:vm-106-disk-1,size=1G');
    guest(vmid.resized).memoryMb = 3072;
    guest(vmid.resized).cpus = 6;

    const run = await watchedSync(target);

    const { machine } = await machineOf(target, vmid.resized);
    expect(machine).toMatchObject({ disk: 41 * 1024, memory: 3072 });
    expect(Number(machine.vcpus)).toBe(6);
    const disks = [`PATCH ${path.disks}`, `POST ${path.disks}`, `POST ${path.diskState}`];
    expect(run.writes).toEqual([patchMachines, ...disks]);
  });

  it('a stopped guest is offline, and active again when it runs', async () => {
    setStatus(cluster, vmid.stopped, 'stopped');
    const stopped = await watchedSync(target);
    expect((await machineOf(target, vmid.stopped)).machine.status.value).toBe('offline');
    expect([stopped.writes, stopped.changes]).toEqual([[patchMachines, patchStates], 2]);

    setStatus(cluster, vmid.stopped, 'running');
    await sync(target);

    expect((await machineOf(target, vmid.stopped)).machine.status.value).toBe('active');
  });

  it('a tag added in Proxmox is created and added; one removed there stays', async () => {
    setTags(cluster, vmid.tagged, 'blue');
    await sync(target);
    expect(tagsOf((await machineOf(target, vmid.tagged)).machine)).toContain('blue');

    setTags(cluster, vmid.tagged, 'Green');
    await sync(target);

    expect(tagsOf((await machineOf(target, vmid.tagged)).machine)).toEqual(expect.arrayContaining(['blue', 'green']));
  });

  it('what NetBox has no field for follows in the sidecar alone', async () => {
    setConfig(cluster, vmid.flagged, 'onboot', 1);
    setConfig(cluster, vmid.flagged, 'agent', '1,fstrim_cloned_disks=1');

    const run = await watchedSync(target);

    const { state } = await machineOf(target, vmid.flagged);
    expect(state).toMatchObject({ proxmox_start_at_boot: true, proxmox_qemu_agent: true });
    expect([run.writes, run.changes]).toEqual([[patchStates], 1]);
  });

  it('a new guest is created with its sidecar and its disk, and nothing else is written', async () => {
    addGuest(cluster, aGuest({ vmid: 150, name: 'newcomer', type: 'lxc', config: { rootfs: 'ceph:x,size=2G' } }));

    const run = await watchedSync(target);

    const { machine } = await machineOf(target, 150);
    expect(machine).toMatchObject({ name: 'newcomer', disk: 2048 });
    expect(tagsOf(machine)).toEqual(['proxbox', 'proxbox-discovered-lxc']);
    const made = [path.vms, path.vmState, path.disks, path.diskState].map((at) => `POST ${at}`);
    expect([run.writes, run.changes]).toEqual([made, 4]);
  });

  it('a guest removed in Proxmox stays in NetBox, untouched', async () => {
    const { machine } = await machineOf(target, vmid.removed);
    removeGuest(cluster, vmid.removed);

    await syncQuietly(target);

    expect((await machineOf(target, vmid.removed)).machine).toEqual(machine);
  });

  it('a guest turned into a template stays the same object', async () => {
    const before = await machineOf(target, vmid.converted);
    Object.assign(guest(vmid.converted), { template: true, status: 'stopped' });

    await sync(target);

    const { machine } = await machineOf(target, vmid.converted);
    expect([machine.id, machine.status.value]).toEqual([before.machine.id, 'offline']);
  });

  it('a new node gets a device before the guest that runs on it', async () => {
    cluster.nodes.push({ ...cluster.nodes[0]!, name: 'pve4', nodeid: 4, address: '192.0.2.4' });
    addGuest(cluster, aGuest({ vmid: 151 }, 'pve4'));
    await target.world.restart(); // cluster/status is reused for five seconds

    await sync(target);

    expect((await machineOf(target, 151)).machine.device.name).toBe('pve4');
    expect((await one(target, path.devices, 'name=pve4')).cluster.name).toBe('lab');
  });

  it('then nothing is left to do, and no guest was duplicated', async () => {
    await syncQuietly(target);

    const machines = await all(target, path.vms);
    expect(machines).toHaveLength(cluster.guests.size + 1); // the removed one
    expect(await all(target, path.vmState)).toHaveLength(machines.length);
  });
});
