import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addGuest,
  createEstate,
  setAgent,
  setConfig,
  setStatus,
  type Estate,
  type EstateGuest,
} from '../../simulator/estate/index.js';
import { path, type Answer } from '../netbox/target.js';
import { aCluster, aGuest, anEstate } from './estates.js';
import { all, edit, machineOf, sync, syncQuietly, tagsOf, watchedSync } from './target.js';
import type { OpenTarget, SyncTarget } from './target.js';

const stage = '/virtualization/virtual-machines/interfaces/create/stream';
const machines = '/virtualization/virtual-machines/create/stream?sync_vm_network=false';
const devices = '/dcim/devices/create/stream';

type Body = Answer['body'];

/** What an interface is, without what NetBox adds. */
const told = (row: Body) => ({
  machine: row.virtual_machine.name,
  name: row.name,
  enabled: row.enabled,
  mac: row.mac_address,
  vlan: row.untagged_vlan?.vid ?? null,
  mode: row.mode?.value ?? null,
  tags: tagsOf(row),
});

const sorted = (rows: readonly object[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
const options = (text: string): Map<string, string> =>
  new Map(
    text.split(',').map((part): [string, string] => {
      const [key = '', value = ''] = part.split('=');
      return [key, value];
    }),
  );

/** The interfaces of a generated guest, told from its configuration by the test itself. */
function expectedOf(guest: EstateGuest) {
  return Object.entries(guest.config)
    .filter(([key]) => /^net\d+$/.test(key))
    .map(([key, value]) => {
      const parts = options(String(value));
      const mac = parts.get('virtio') ?? parts.get('e1000') ?? parts.get('hwaddr');
      const tag = parts.get('tag');
      return {
        machine: guest.name,
        name: parts.get('name') ?? key,
        enabled: true,
        mac,
        vlan: tag === undefined ? null : Number(tag),
        mode: tag === undefined ? null : 'access',
        tags: ['proxbox'],
      };
    });
}

const agent = (...interfaces: readonly (readonly [name: string, mac: string])[]): Partial<EstateGuest['agent']> => ({
  state: 'running',
  interfaces: interfaces.map(([name, mac]) => ({ name, 'hardware-address': mac, 'ip-addresses': [] })),
});

/** Network devices of guests in NetBox, and what the guests call them. */
export function describeVmInterfaces(openTarget: OpenTarget): void {
  describe('the interfaces of an estate', () => {
    const estate: Estate = createEstate({ vms: 24, clusters: 2, seed: 5 });
    const guests = estate.clusters.flatMap((cluster) => [...cluster.guests.values()]);
    const asked = guests.filter(
      ({ type, status, agent: { state } }) => type === 'qemu' && status === 'running' && state === 'running',
    );
    let target: SyncTarget;

    beforeAll(async () => {
      target = await openTarget(estate);
      for (const at of [devices, machines, stage]) await sync(target, at);
    });
    afterAll(() => target.close());

    it('are those of the configurations', async () => {
      const rows = await all(target, path.vmInterfaces);

      expect(sorted(rows.map(told))).toEqual(sorted(guests.flatMap(expectedOf)));
      expect(rows.every(({ primary_mac_address: mac }) => mac !== null)).toBe(true);
      expect(await all(target, path.macAddresses)).toHaveLength(rows.length);
    });

    it('have one VLAN per number and site', async () => {
      const vlans = await all(target, path.vlans);
      const wanted = estate.clusters.flatMap((cluster) => [
        ...new Set(
          [...cluster.guests.values()]
            .flatMap(expectedOf)
            .flatMap(({ vlan }) => (vlan === null ? [] : [`${cluster.name} ${vlan}`])),
        ),
      ]);

      expect(vlans.map(({ vid, site }) => `${site.name.replace('Proxmox Default Site - ', '')} ${vid}`).sort()).toEqual(
        wanted.sort(),
      );
      expect(vlans.every((vlan) => vlan.name === `VLAN ${vlan.vid}` && vlan.status.value === 'active')).toBe(true);
    });

    it('know the bridge of the node they are plugged into', async () => {
      const states = await all(target, path.vmInterfaceState);
      const bridges = await all(target, path.deviceInterfaces);

      expect(states).toHaveLength((await all(target, path.vmInterfaces)).length);
      expect(states.every(({ proxbox_bridge: bridge }) => bridge.name === 'vmbr0')).toBe(true);
      expect(bridges.every(({ type, name }) => type.value === 'bridge' && name === 'vmbr0')).toBe(true);
      expect(new Set(bridges.map(({ device }) => device.id)).size).toBe(bridges.length);
    });

    it('have beside them what the guest agents report', async () => {
      const rows = await all(target, path.guestInterfaces);
      const wanted = asked.flatMap((guest) =>
        guest.agent.interfaces.map((one) => ({
          machine: guest.name,
          name: one.name,
          mac: one['hardware-address'],
          core: one.name === 'lo' ? null : `net${Number(one.name.slice(3)) - 18}`,
          enabled: true,
          mtu: null,
          tags: ['proxbox'],
        })),
      );

      expect(
        sorted(
          rows.map((row) => ({
            machine: row.virtual_machine.name,
            name: row.name,
            mac: row.mac_address,
            core: row.vm_interface?.name ?? null,
            enabled: row.enabled,
            mtu: row.mtu,
            tags: tagsOf(row),
          })),
        ),
      ).toEqual(sorted(wanted));
    });

    it('are not written again', async () => {
      await syncQuietly(target, stage);
      await target.world.restart();
      await syncQuietly(target, stage);
    });
  });

  describe('a change of a network device follows:', () => {
    const id = { mac: 100, vlan: 101, link: 102, added: 103, gone: 104, edited: 105, moved: 106, inside: 107 } as const;
    const net = (vmid: number, more = '') =>
      `virtio=BC:24:11:00:${String(vmid % 100).padStart(2, '0')}:00,bridge=vmbr0${more}`;
    const config = (vmid: number) => ({
      agent: '1',
      scsi0: `ceph:vm-${vmid}-disk-0,size=8G`,
      net0: net(vmid, vmid === id.vlan || vmid === id.edited ? ',tag=20' : ''),
    });
    const cluster = aCluster({
      guests: Object.values(id).map((vmid) => ({
        vmid,
        config: config(vmid),
        agent: agent(['ens18', `bc:24:11:00:${String(vmid % 100).padStart(2, '0')}:00`]),
      })),
    });
    let target: SyncTarget;
    let before: Body[];

    const interfacesOf = async (vmid: number): Promise<Body[]> =>
      (await all(target, path.vmInterfaces)).filter((row) => row.virtual_machine.name === `guest-${vmid}`);
    const run = async (): Promise<void> => {
      await target.world.restart();
      await sync(target, stage);
    };

    beforeAll(async () => {
      target = await openTarget(anEstate(cluster));
      for (const at of [devices, machines, stage]) await sync(target, at);
      before = await all(target, path.vmInterfaces);
      const [edited] = await interfacesOf(id.edited);
      const operator = await target.netbox.create(path.tags, { name: 'mine', slug: 'mine' });
      const own = await target.netbox.create(path.vlans, { vid: 77, name: 'office' });
      await edit(target, path.vmInterfaces, edited.id, {
        description: 'uplink',
        tags: [{ slug: 'proxbox' }, { slug: operator.slug }],
      });
      const [link] = await interfacesOf(id.link);
      await edit(target, path.vmInterfaces, link.id, { mode: 'access', untagged_vlan: own.id });
      setConfig(cluster, id.mac, 'net0', net(id.mac).replace('BC:24:11', 'BC:24:12'));
      setConfig(cluster, id.vlan, 'net0', net(id.vlan));
      setConfig(cluster, id.link, 'net0', net(id.link, ',link_down=1'));
      setConfig(cluster, id.added, 'net1', 'e1000=BC:24:11:00:99:01,bridge=vmbr1,tag=30');
      setConfig(cluster, id.gone, 'net0', null);
      setConfig(cluster, id.moved, 'net0', null);
      setConfig(cluster, id.moved, 'net3', net(id.moved));
      setAgent(cluster, id.inside, agent(['lo', ''], ['eth0', 'bc:24:11:00:07:00'], ['eth0.100', 'bc:24:11:00:07:00']));
      await run();
    });
    afterAll(() => target.close());

    it('a new MAC address replaces the old one, which is not kept beside it', async () => {
      const [row] = await interfacesOf(id.mac);

      expect(row).toMatchObject({ name: 'net0', mac_address: 'BC:24:12:00:00:00' });
      const macs = await all(target, path.macAddresses);
      expect(macs.filter((mac) => mac.assigned_object_id === row.id)).toHaveLength(1);
    });

    it('a VLAN that is taken off is taken off, one that an operator set stays', async () => {
      expect((await interfacesOf(id.vlan))[0]).toMatchObject({ untagged_vlan: null, mode: null });
      expect((await interfacesOf(id.link))[0]).toMatchObject({ untagged_vlan: { vid: 77 }, mode: { value: 'access' } });
    });

    it('a link that is down is an interface that is not enabled', async () => {
      expect((await interfacesOf(id.link))[0]).toMatchObject({ enabled: false });
    });

    it('a new device is created, with its VLAN and bridge', async () => {
      const rows = await interfacesOf(id.added);

      expect(rows.map(({ name }) => name).sort()).toEqual(['net0', 'net1']);
      const added = rows.find(({ name }) => name === 'net1');
      expect(added).toMatchObject({ mac_address: 'BC:24:11:00:99:01', untagged_vlan: { vid: 30 } });
      const state = (await all(target, path.vmInterfaceState)).find((row) => row.vm_interface.id === added.id);
      expect(state.proxbox_bridge.name).toBe('vmbr1');
    });

    it('a removed device stays', async () => {
      expect((await interfacesOf(id.gone)).map((row) => row.id)).toEqual(
        before.filter((row) => row.virtual_machine.name === `guest-${id.gone}`).map((row) => row.id),
      );
    });

    it('a device under another number is the same interface, by its MAC address', async () => {
      const rows = await interfacesOf(id.moved);

      expect(rows.map((row) => [row.id, row.name])).toEqual(
        before.filter((row) => row.virtual_machine.name === `guest-${id.moved}`).map((row) => [row.id, 'net3']),
      );
    });

    it('what an operator wrote stays', async () => {
      const [row] = await interfacesOf(id.edited);

      expect(row).toMatchObject({ description: 'uplink', untagged_vlan: { vid: 20 } });
      expect(tagsOf(row)).toEqual(['mine', 'proxbox']);
    });

    it('the guest interface that is new takes over the core interface; the one that is gone stays without', async () => {
      const rows = (await all(target, path.guestInterfaces)).filter(
        (row) => row.virtual_machine.name === `guest-${id.inside}`,
      );

      expect(Object.fromEntries(rows.map((row) => [row.name, row.vm_interface?.name ?? null]))).toEqual({
        ens18: null,
        eth0: 'net0',
        'eth0.100': null,
        lo: null,
      });
    });

    it('a guest whose agent cannot be asked keeps its rows', async () => {
      setStatus(cluster, id.inside, 'stopped');
      const rows = await all(target, path.guestInterfaces);

      const quiet = await watchedSync(target, stage);

      expect(quiet.writes.filter((line) => line.includes('guest-vm-interfaces'))).toEqual([]);
      expect(await all(target, path.guestInterfaces)).toHaveLength(rows.length);
      setStatus(cluster, id.inside, 'running');
    });

    it('then nothing is left to do', async () => {
      await run();
      await syncQuietly(target, stage);
    });
  });

  describe('interfaces that are called what the guest calls them', () => {
    const mac = 'bc:24:11:00:50:00';
    const cluster = aCluster({
      guests: [
        {
          vmid: 150,
          config: {
            agent: '1',
            net0: `virtio=${mac.toUpperCase()},bridge=vmbr0`,
            net1: 'virtio=BC:24:11:00:50:01,bridge=vmbr0',
          },
          agent: agent(['ens18', mac]),
        },
      ],
    });
    const legacy = `${stage}?vm_interface_sync_strategy=legacy_rename`;
    let target: SyncTarget;

    beforeAll(async () => {
      target = await openTarget(anEstate(cluster));
      for (const at of [devices, machines, stage]) await sync(target, at);
    });
    afterAll(() => target.close());

    it('are renamed, not made again; an interface of the operator is left alone', async () => {
      const { machine } = await machineOf(target, 150);
      const own = await target.netbox.create(path.vmInterfaces, { virtual_machine: machine.id, name: 'wg0' });
      const before = await all(target, path.vmInterfaces);
      const guestRows = (await all(target, path.guestInterfaces)).length;

      const { complete } = await sync(target, legacy);

      const after = await all(target, path.vmInterfaces);
      expect(after.map((row) => row.id).sort()).toEqual(before.map((row) => row.id).sort());
      expect(after.map(({ name }) => name).sort()).toEqual(['ens18', 'net1', 'wg0']);
      expect(after.find((row) => row.id === own.id)).toMatchObject({ tags: [], last_updated: own.last_updated });
      expect(await all(target, path.guestInterfaces)).toHaveLength(guestRows);
      expect(JSON.stringify(complete.result!.warnings)).toContain('option_deprecated');
      await syncQuietly(target, legacy);
    });

    it('keep their name while the agent is silent', async () => {
      setAgent(cluster, 150, { state: 'off' });
      await target.world.restart();

      await syncQuietly(target, legacy);
    });

    it('get their names back with the other strategy', async () => {
      await sync(target, stage);

      expect((await all(target, path.vmInterfaces)).map(({ name }) => name).sort()).toEqual(['net0', 'net1', 'wg0']);
    });
  });

  describe('a firewall with 110 interfaces', () => {
    it('has 110 interfaces, and nothing to do afterwards', async () => {
      const cluster = aCluster({ guests: [] });
      const nics = Array.from({ length: 110 }, (_, n): [string, string] => [
        `net${n}`,
        `virtio=BC:24:11:01:00:${n.toString(16).padStart(2, '0').toUpperCase()},bridge=vmbr0,tag=${n + 1}`,
      ]);
      addGuest(cluster, { ...aGuest({ vmid: 200 }), config: Object.fromEntries(nics) });
      const target = await openTarget(anEstate(cluster));
      try {
        for (const at of [devices, machines, stage]) await sync(target, at);

        expect(await all(target, path.vmInterfaces)).toHaveLength(110);
        expect(await all(target, path.vlans)).toHaveLength(110);
        await syncQuietly(target, stage);
      } finally {
        await target.close();
      }
    });
  });
}
