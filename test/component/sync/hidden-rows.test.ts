/** Rows of ours that the token may not view, while nothing but their names would tell them: none is made a second time. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, one, sync, syncPartlyQuietly, syncQuietly } from '../../contract/sync/target.js';
import type { EstateCluster } from '../../simulator/estate/index.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker, macOf } from './talkers.js';

interface Hidden {
  /** The collection, and what makes the row another one than its name tells. */
  readonly at: string;
  readonly rename: (target: SimulatedTarget, lab: EstateCluster) => Promise<number>;
  /** What the error says. */
  readonly says: string;
  /** One run after it may be viewed again writes this. */
  readonly then?: readonly string[];
}

const diskOf = async (target: SimulatedTarget, vmid: number) =>
  one(target, path.disks, `virtual_machine_id=${(await machineOf(target, vmid)).machine.id}`);
const portOf = async (target: SimulatedTarget, vmid: number) =>
  one(target, path.vmInterfaces, `virtual_machine_id=${(await machineOf(target, vmid)).machine.id}`);

const cases: Readonly<Record<string, Hidden>> = {
  'a device that an operator renamed': {
    at: path.devices,
    rename: async (target) => {
      const { id } = await one(target, path.devices, 'name=pve1');
      return (await edit(target, path.devices, id, { name: 'rack1-u7' })).id;
    },
    says: 'is the NetBox device',
  },
  'a cluster that an operator renamed': {
    at: path.clusters,
    rename: async (target) => {
      const { id } = await one(target, path.clusters, 'name=lab');
      return (await edit(target, path.clusters, id, { name: 'Hall 1' })).id;
    },
    says: 'is the NetBox cluster',
  },
  'a disk that an operator renamed': {
    at: path.disks,
    rename: async (target) => {
      const { id } = await diskOf(target, 100);
      return (await edit(target, path.disks, id, { name: 'data' })).id;
    },
    says: 'The disk host100/scsi0 was not written',
  },
  'an interface whose network device has another key': {
    at: path.vmInterfaces,
    rename: async (target, lab) => {
      const { config } = lab.guests.get(100)!;
      config['net5'] = config['net0']!;
      delete config['net0'];
      return (await portOf(target, 100)).id;
    },
    says: 'The interface host100 net5 was not written',
    then: [`PATCH ${path.vmInterfaces}`],
  },
};

describe('a row that the token may not view is not made a second time', () => {
  let lab: EstateCluster;
  let target: SimulatedTarget;
  beforeEach(async () => {
    lab = aCluster({ nodes: ['pve1', 'pve2'], guests: [100, 101].map((vmid) => aTalker(vmid, [`10.0.0.${vmid}`])) });
    // What is remembered of lists from before would be taken for what may be viewed.
    target = await openSimulated(anEstate(lab), { variables: { PROXBOX_FULL_READ_HOURS: '0' } });
    await sync(target);
  });
  afterEach(() => target.close());

  const view = async (at: string, hidden?: number): Promise<void> => {
    const kind = at.replace(/^\/api\/|\/$/g, '');
    for (const token of target.simulator.tokens.all())
      if (hidden === undefined) token.mayViewOnly.delete(kind);
      else token.mayViewOnly.set(kind, ({ id }) => id !== hidden);
    await target.world.ask('GET', '/clear-cache');
  };
  const counts = () =>
    [path.devices, path.clusters, path.disks, path.vmInterfaces, path.vms, path.deviceInterfaces, path.ipAddresses].map(
      (at) => target.simulator.state.objects(at).length,
    );

  it.each(Object.entries(cases))('%s', async (_what, { at, rename, says, then }) => {
    const id = await rename(target, lab);
    const before = counts();
    await view(at, id);

    for (const run of [1, 2]) {
      const { complete } = await syncPartlyQuietly(target, '/full-update/stream').catch((error: unknown) => {
        throw new Error(`run ${run}`, { cause: error });
      });
      const told = complete.errors.find(({ reason }) => reason === 'identity_unreadable');
      expect(told?.detail).toContain(says);
    }
    expect(counts()).toEqual(before);

    await view(at);
    const seen = await target.watch(() => sync(target));
    expect(seen.writes).toEqual(then ?? []);
    expect(counts()).toEqual(before);
    await syncQuietly(target);
  });

  it('an interface or disk of an operator that is hidden keeps nothing of the guest from being written', async () => {
    const { machine } = await machineOf(target, 100);
    const disk = await target.netbox.create(path.disks, { virtual_machine: machine.id, name: 'tape', size: 1 });
    await view(path.disks, disk.id);

    await syncQuietly(target);

    expect(await all(target, path.disks, `&virtual_machine_id=${machine.id}`)).toHaveLength(1);
  });

  it('a device whose sidecar may not be viewed is the one that the row of its node is linked to', async () => {
    const { id } = await one(target, path.devices, 'name=pve1');
    await edit(target, path.devices, id, { name: 'rack1-u7' });
    const state = await one(target, path.deviceState, `device_id=${id}`);
    await view(path.deviceState, state.id);

    await target.world.stream('/full-update/stream');

    expect((await all(target, path.devices)).map(({ name }) => name).sort()).toEqual(['pve2', 'rack1-u7']);
    await view(path.deviceState);
    await syncQuietly(target);
  });

  it.each<[string, (config: Record<string, string | number>) => void]>([
    ['is replaced', (config) => void (config['net0'] = `virtio=${macOf(100, 7)},bridge=vmbr0`)],
    ['changes places with another one', (config) => swap(config)],
  ])(
    'a MAC address that is hidden stays where it is while it %s, and the interface has one row after',
    async (...args) => {
      const [, change] = args;
      const { config } = lab.guests.get(100)!;
      config['net1'] = `virtio=${macOf(100, 1)},bridge=vmbr0`;
      await sync(target);
      const { id } = await one(target, path.macAddresses, `mac_address=${macOf(100)}`);
      await view(path.macAddresses, id);
      change(config);

      const { frames } = await target.world.stream('/full-update/stream');

      expect(JSON.stringify(frames)).toContain('may not view the row of the stored one');
      const row = target.simulator.state.find('dcim/mac-addresses', (one) => one.id === id)!;
      const port = target.simulator.state.find('virtualization/interfaces', ({ name }) => name === 'net0')!;
      expect([row['assigned_object_id'], port['primary_mac_address']]).toEqual([port.id, id]);

      await view(path.macAddresses);
      await sync(target);
      const ports = await all(
        target,
        path.vmInterfaces,
        `&virtual_machine_id=${(await machineOf(target, 100)).machine.id}`,
      );
      for (const [n, { id: on, mac_address }] of ports.entries()) {
        expect(String(config[`net${n}`])).toContain(mac_address);
        expect(await all(target, path.macAddresses, `&vminterface_id=${on}`), `net${n}`).toHaveLength(1);
      }
      await syncQuietly(target);
    },
  );
});

function swap(config: Record<string, string | number>): void {
  const [one, other] = [config['net0']!, config['net1']!];
  Object.assign(config, { net0: other, net1: one });
}
