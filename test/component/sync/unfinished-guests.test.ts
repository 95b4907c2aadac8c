/** Guests of which Proxmox holds a place-holder while it makes, restores or destroys them: nothing of it is a fact. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { all, machineOf, sync, syncQuietly } from '../../contract/sync/target.js';
import { addGuest, setConfig, type EstateCluster } from '../../simulator/estate/index.js';
import type { SimulatedTarget } from './simulated-target.js';
import { aTalker } from './talkers.js';
import { openTalkingLab } from './talking-lab.js';

const full = '/full-update/stream';
const marking = { PROXBOX_DELETE_ORPHANS: 'true' };
const { stringify } = JSON;

describe('a guest that is locked while it is not itself', () => {
  let lab: EstateCluster;
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const open = async (variables = {}): Promise<void> => {
    ({ lab, target } = await openTalkingLab(variables));
  };
  const rows = (kind: string) => target.simulator.state.objects(kind);
  describe('a configuration that is locked and holds nothing but its lock', () => {
    // Proxmox keeps that in place of a container while a backup is restored over it, and of any guest while it is destroyed.
    it.each([
      ['a container over which a backup is restored', 'lxc', 'create'],
      ['a virtual machine that is being destroyed', 'qemu', 'destroyed'],
    ] as const)('%s: says nothing of its disks, name and memory', async (_what, type, lock) => {
      await open(marking);
      addGuest(lab, {
        vmid: 120,
        type,
        name: 'mail',
        node: 'pve1',
        status: 'stopped',
        memoryMb: 4096,
        config: { [type === 'lxc' ? 'rootfs' : 'scsi0']: 'ceph:vm-120-disk-0,size=8G' },
      });
      await sync(target);
      const { machine } = await machineOf(target, 120);
      const shown = async () => {
        const { name, memory, disk, virtual_disk_count: disks } = (await machineOf(target, 120)).machine;
        return { name, memory, disk, disks };
      };
      const before = await shown();
      const disks = rows('virtualization/virtual-disks').filter((row) => row['virtual_machine'] === machine.id);
      const guest = lab.guests.get(120)!;
      for (const key of Object.keys(guest.config)) setConfig(lab, 120, key, null);
      Object.assign(guest, { lock, name: '', memoryMb: 512 });

      const { frames } = await target.world.stream(full);

      expect(await shown()).toEqual(before);
      expect(rows('virtualization/virtual-disks').filter((row) => row['virtual_machine'] === machine.id)).toEqual(
        disks,
      );
      expect(stringify(frames)).toContain(`(${lock})`);
    });
  });

  const restoring = { snapshots: [], lock: 'create', name: '', memoryMb: 512 };

  it('keeps its snapshots, interfaces and addresses, and is as it was when the restore has ended', async () => {
    const snapshots = [{ name: 'clean', description: '', snaptime: 1_777_500_000 }];
    await open(marking);
    addGuest(lab, { ...aTalker(120, ['10.0.0.120']), snapshots });
    await sync(target);
    const guest = lab.guests.get(120)!;
    const [config, before] = [{ ...guest.config }, { name: guest.name, memoryMb: guest.memoryMb, lock: '', snapshots }];
    const content = async () => ({
      snapshots: (await all(target, path.snapshots)).map(({ id }) => id),
      interfaces: (await all(target, path.vmInterfaces)).map(({ id }) => id),
      addresses: (await all(target, path.ipAddresses)).map(({ id }) => id),
    });
    const stored = await content();
    for (const key of Object.keys(guest.config)) setConfig(lab, 120, key, null);
    Object.assign(guest, restoring);
    const cleanUp = '/full-update/stream?delete_nonexistent_snapshot=true&force_deletes=true';

    const seen = await target.watch(() => target.world.stream(cleanUp));

    expect([seen.writes, await content()]).toEqual([[], stored]);
    Object.assign(guest, before, { config });
    await syncQuietly(target, cleanUp);
  });

  it('is not made while it is new, and is made as soon as it is itself', async () => {
    await open(marking);
    addGuest(lab, { ...aTalker(120, ['10.0.0.120']), lock: 'create', memoryMb: 512 });

    const { frames, complete } = await target.world.stream(full);

    expect(complete).toMatchObject({ ok: true });
    expect(stringify(frames)).toContain('guest_unfinished');
    expect((await all(target, path.vms)).map(({ name }) => name)).not.toContain('host120');
    lab.guests.get(120)!.lock = '';
    await sync(target);
    expect((await machineOf(target, 120)).machine.name).toBe('host120');
  });

  it('is left alone where only its configuration tells of the lock, as the list is a moment older', async () => {
    await open(marking);
    await sync(target);
    const before = (await machineOf(target, 101)).machine;
    target.world.proxmox[0]!.faults.add({
      match: { path: /qemu\/101\/config/ },
      action: { status: 200, body: { data: { lock: 'create', memory: '128', digest: 'x' } } },
    });

    const seen = await target.watch(() => target.world.stream(full));

    expect([seen.writes, (await machineOf(target, 101)).machine]).toEqual([[], before]);
  });

  it.each(['backup', 'clone', 'migrate', 'snapshot', 'suspended'])(
    'is read as ever under the lock %s',
    async (lock) => {
      await open(marking);
      await sync(target);
      Object.assign(lab.guests.get(101)!, { lock, memoryMb: 4096 });

      await sync(target);

      expect((await machineOf(target, 101)).machine.memory).toBe(4096);
    },
  );
});
