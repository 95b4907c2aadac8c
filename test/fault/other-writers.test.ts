import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEstate, migrateGuest, removeGuest, renameGuest } from '../simulator/estate/index.js';
import type { EstateGuest } from '../simulator/estate/index.js';
import type { Row } from '../simulator/netbox/types.js';
import { watchNetBox, watchProxmox } from './support/arrivals.js';
import {
  expectConvergence,
  expectNoDeletes,
  expectPartial,
  expectTold,
  reasonsOf,
  undisturbed,
} from './support/expectations.js';
import { openFaultWorld, type FaultWorld } from './support/world.js';

const anEstate = () => createEstate({ vms: 5, clusters: 1, seed: 3 });
const machinesPath = 'virtualization/virtual-machines';
/** With or without a query. */
const machineList = /\/virtualization\/virtual-machines\/(\?|$)/;

describe('people who change NetBox or Proxmox during a run', () => {
  let wanted: readonly string[];
  let world: FaultWorld;
  const lab = () => {
    const [cluster] = world.estate.clusters;
    if (cluster === undefined) throw new Error('the estate has no cluster');
    return cluster;
  };
  const guest = (vmid: number): EstateGuest => {
    const found = lab().guests.get(vmid);
    if (found === undefined) throw new Error(`the estate has no guest ${vmid}`);
    return found;
  };
  const one = (path: string, name: string): Row => {
    const found = world.netbox.state.find(path, (row) => row['name'] === name);
    if (found === undefined) throw new Error(`NetBox has no ${path} ${name}`);
    return found;
  };
  /** Does something once, when the first such request arrives and before it is carried out. */
  const when = (wantedMethod: string, path: RegExp, act: () => void): { readonly happened: () => boolean } => {
    let happened = false;
    watchNetBox(world.netbox, ({ method, target }) => {
      if (happened || method !== wantedMethod || !path.test(target)) return;
      happened = true;
      act();
    });
    return { happened: () => happened };
  };

  beforeAll(async () => {
    world = await openFaultWorld({ estate: anEstate() });
    wanted = await undisturbed(world);
  });
  beforeEach(async () => {
    await world.freshNetBox();
    lab().guests.clear();
    for (const cluster of anEstate().clusters) for (const [vmid, one] of cluster.guests) lab().guests.set(vmid, one);
  });
  afterAll(() => world.close());

  it('a machine deleted before it is updated: told, and created again by the next run', async () => {
    await world.fullUpdate();
    const { name, memoryMb } = guest(100);
    guest(100).memoryMb = memoryMb * 2;
    const deed = when('PATCH', machineList, () => {
      // They protect the addresses of the machine, and NetBox wants them deleted first.
      const links = 'plugins/proxbox/guest-vm-interface-addresses';
      for (const { id } of world.netbox.state.objects(links)) world.netbox.operator.remove(links, id);
      world.netbox.operator.remove(machinesPath, one(machinesPath, name).id);
    });

    const result = await world.fullUpdate();

    expect(deed.happened()).toBe(true);
    expectPartial(result);
    expect(reasonsOf(result)).toEqual(['vanished']);
    guest(100).memoryMb = memoryMb;
    await expectConvergence(world, wanted);
  });

  it.each([
    ['a tag', 'extras/tags', 'proxbox-discovered-qemu'],
    ['a machine type', 'virtualization/virtual-machine-types', 'qemu-virtual-machine'],
  ])('%s deleted before the machines are created: the next run puts it right', async (_text, path, name) => {
    const deed = when('POST', machineList, () => {
      const row = world.netbox.state.find(path, (found) => found['name'] === name || found['slug'] === name);
      if (row !== undefined) world.netbox.operator.remove(path, row.id);
    });

    await world.fullUpdate();

    expect(deed.happened()).toBe(true);
    await expectConvergence(world, wanted);
  });

  it('a foreign machine takes a name between list and creation: ours gets another, theirs stays', async () => {
    const { name } = guest(100);
    const deed = when('POST', machineList, () => {
      world.netbox.operator.create(machinesPath, { name, cluster: one('virtualization/clusters', 'lab').id });
    });

    const result = await world.fullUpdate();
    const foreign = one(machinesPath, name);

    expect(deed.happened()).toBe(true);
    expectPartial(result);
    // What hangs on the machine is told as well, after the cause.
    expect(reasonsOf(result)).toEqual(['dependency_failed', 'name_conflict']);
    expect(result.complete.errors).toMatchObject([
      { reason: 'name_conflict', count: 1, examples: [name] },
      { reason: 'dependency_failed' },
    ]);
    expect(result.complete.result?.kinds['virtual-machine']).toMatchObject({ created: 4, failed: 1 });
    world.netbox.faults.clear();
    expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
    expect(one(machinesPath, `${name} (2)`)).toMatchObject({ cluster: foreign['cluster'] });
    expect(one(machinesPath, name)).toEqual(foreign);
    expectNoDeletes(world.netbox);
    world.netbox.resetCounters();
    await world.fullUpdate();
    expect(world.netbox.counters.writes).toBe(0);
  });

  it('a machine of our own kind appears between list and creation: it is adopted, not doubled', async () => {
    const { name } = guest(100);
    const deed = when('POST', machineList, () => {
      world.netbox.operator.create(machinesPath, {
        name,
        cluster: one('virtualization/clusters', 'lab').id,
        tags: [one('extras/tags', 'Proxbox').id],
      });
    });

    const result = await world.fullUpdate();

    expect(deed.happened()).toBe(true);
    expect(result.complete).toMatchObject({ ok: true });
    expect(world.netbox.state.objects(machinesPath)).toHaveLength(5);
    world.netbox.faults.clear();
    await world.fullUpdate();
    world.netbox.resetCounters();
    await world.fullUpdate();
    expect(world.netbox.counters.writes).toBe(0);
  });

  it('a device deleted in mid-run: the machines are told of, and the next run puts it right', async () => {
    const deed = when('POST', machineList, () => {
      const { id } = one('dcim/devices', 'pve1');
      world.netbox.operator.remove('dcim/devices', id);
    });

    await world.fullUpdate();

    expect(deed.happened()).toBe(true);
    await expectConvergence(world, wanted);
  });

  it('a description written by somebody during the run stays', async () => {
    await world.fullUpdate();
    const { name, memoryMb } = guest(100);
    guest(100).memoryMb = memoryMb * 2;
    const deed = when('PATCH', machineList, () => {
      world.netbox.operator.update(machinesPath, one(machinesPath, name).id, { description: 'ours since 2019' });
    });

    await world.fullUpdate();
    await world.fullUpdate();

    expect(deed.happened()).toBe(true);
    expect(one(machinesPath, name)).toMatchObject({ description: 'ours since 2019', memory: memoryMb * 2 });
    guest(100).memoryMb = memoryMb;
  });

  describe('in Proxmox', () => {
    const atConfigOf = (vmid: number, act: () => void): void => {
      let happened = false;
      for (const simulator of world.proxmox) {
        watchProxmox(simulator, (target) => {
          if (happened || !target.endsWith(`/${vmid}/config`)) return;
          happened = true;
          act();
        });
      }
    };

    it('a guest migrates between list and read: it is found on its new node', async () => {
      const home = guest(100).node;
      atConfigOf(100, () => migrateGuest(lab(), 100, 'pve2'));

      const result = await world.fullUpdate();

      expect(home).toBe('pve1');
      expect(result.complete).toMatchObject({ ok: true, errors: [] });
      expect(result.complete.result?.kinds['virtual-machine']).toMatchObject({ created: 5 });
      const device = one('dcim/devices', 'pve2').id;
      expect(one(machinesPath, guest(100).name)).toMatchObject({ device });
      migrateGuest(lab(), 100, home);
      await expectConvergence(world, wanted);
    });

    it('a guest is deleted between list and read: skipped as gone, the others are synced', async () => {
      const kept = guest(100);
      atConfigOf(100, () => removeGuest(lab(), 100));

      const result = await world.fullUpdate();

      expect(result.complete).toMatchObject({ ok: true, errors: [] });
      expect(reasonsOf(result)).toEqual(['guest_gone']);
      expectTold(result, /100.*disappeared/);
      lab().guests.set(100, kept);
      await expectConvergence(world, wanted);
    });

    it('a guest is renamed after it was read: the next run renames it', async () => {
      const { name } = guest(100);
      when('POST', machineList, () => renameGuest(lab(), 100, 'renamed'));

      await world.fullUpdate();
      world.netbox.faults.clear();
      await world.fullUpdate();

      expect(one(machinesPath, 'renamed')).toBeDefined();
      renameGuest(lab(), 100, name);
      await expectConvergence(world, wanted);
    });
  });
});
