/** Rows that operators made before the first run: MAC addresses, machines with addresses, guests without MAC addresses. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, one, sync, syncQuietly, tagsOf } from '../../contract/sync/target.js';
import { setConfig } from '../../simulator/estate/index.js';
import type { AgentInterface } from '../../simulator/estate/types.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const mac = (vmid: number, nic = 0): string => `BC:24:11:0D:0${nic}:${String(vmid % 100).padStart(2, '0')}`;
const loopback: AgentInterface = {
  name: 'lo',
  'hardware-address': '00:00:00:00:00:00',
  'ip-addresses': [{ 'ip-address': '127.0.0.1', 'ip-address-type': 'ipv4', prefix: 8 }],
};
const withHost = (name: string, host: string, hardware?: string): AgentInterface => ({
  name,
  ...(hardware === undefined ? {} : { 'hardware-address': hardware }),
  'ip-addresses': [{ 'ip-address': host, 'ip-address-type': 'ipv4', prefix: 24 }],
});

function aGuest(vmid: number, name: string, interfaces: readonly AgentInterface[], nics = 1) {
  const devices = Array.from({ length: nics }, (_, nic) => [`net${nic}`, `virtio=${mac(vmid, nic)},bridge=vmbr0`]);
  return {
    vmid,
    name,
    status: 'running' as const,
    config: { agent: 1, scsi0: `ceph:vm-${vmid}-disk-0,size=8G`, ...Object.fromEntries(devices) },
    agent: { state: 'running' as const, hostName: name, interfaces: [loopback, ...interfaces] },
  };
}

let target: SimulatedTarget;
afterEach(() => target.close());

describe.each(['4.7.3', '4.6.8'] as const)('a MAC address that is in NetBox %s already', (version) => {
  const rowsOf = (address: string) => all(target, path.macAddresses, `&mac_address=${address}`);

  it('and belongs to nothing is taken by a new interface, not doubled, and stays as it was', async () => {
    const lab = aCluster({ guests: [aGuest(100, 'web', [withHost('ens18', '10.1.0.10', mac(100))])] });
    target = await openSimulated(anEstate(lab), { netbox: { version } });
    const { id } = await target.netbox.create(path.macAddresses, { mac_address: mac(100), description: 'booked' });

    await sync(target);

    const [port] = await all(target, path.vmInterfaces);
    expect(await rowsOf(mac(100))).toMatchObject([
      { id, description: 'booked', tags: [], assigned_object_id: port.id, assigned_object: { name: 'net0' } },
    ]);
    expect(port.primary_mac_address.id).toBe(id);
    await syncQuietly(target);
  });

  it('is taken by an interface that gets it later; its former one stays where an operator wrote on it', async () => {
    const lab = aCluster({ guests: [aGuest(100, 'web', [withHost('ens18', '10.1.0.10', mac(100))])] });
    target = await openSimulated(anEstate(lab), { netbox: { version } });
    await sync(target);
    const [former] = await rowsOf(mac(100));
    await edit(target, path.macAddresses, former.id, { comments: 'label on the case' });
    const { id } = await target.netbox.create(path.macAddresses, { mac_address: mac(155) });
    setConfig(lab, 100, 'net0', `virtio=${mac(155)},bridge=vmbr0`);
    await target.world.restart();

    await sync(target);

    const [port] = await all(target, path.vmInterfaces);
    expect(port.primary_mac_address.id).toBe(id);
    expect(await rowsOf(mac(155))).toMatchObject([{ id, assigned_object_id: port.id }]);
    expect(await rowsOf(mac(100))).toMatchObject([{ id: former.id, comments: 'label on the case' }]);
    await syncQuietly(target);
  });

  it('on a machine made by hand stays there; ours gets a row of its own', async () => {
    const lab = aCluster({ guests: [aGuest(100, 'web', [withHost('ens18', '10.1.0.10', mac(100))])] });
    target = await openSimulated(anEstate(lab), { netbox: { version } });
    const site = await target.netbox.create(path.sites, { name: 'Home', slug: 'home' });
    const machine = await target.netbox.create(path.vms, { name: 'db', site: site.id });
    const port = await target.netbox.create(path.vmInterfaces, { virtual_machine: machine.id, name: 'eth0' });
    const { id } = await target.netbox.create(path.macAddresses, {
      mac_address: mac(100),
      assigned_object_type: 'virtualization.vminterface',
      assigned_object_id: port.id,
    });

    await sync(target);

    const rows = await rowsOf(mac(100));
    expect(rows.find((row) => row.id === id)).toMatchObject({ assigned_object_id: port.id, tags: [] });
    expect(rows).toHaveLength(2);
    await syncQuietly(target);
  });
});

describe('a machine made by hand', () => {
  async function byHand(tags: readonly object[], names: readonly [name: string, port: string, host: string][]) {
    const type = await target.netbox.create(path.clusterTypes, { name: 'Proxmox VE', slug: 'proxmox-ve' });
    const site = await target.netbox.create(path.sites, { name: 'Home', slug: 'home' });
    const cluster = await target.netbox.create(path.clusters, {
      name: 'lab',
      type: type.id,
      scope_type: 'dcim.site',
      scope_id: site.id,
    });
    for (const [name, portName, host] of names) {
      const machine = await target.netbox.create(path.vms, { name, cluster: cluster.id, tags });
      const port = await target.netbox.create(path.vmInterfaces, { virtual_machine: machine.id, name: portName });
      const address = await target.netbox.create(path.ipAddresses, {
        address: `${host}/24`,
        assigned_object_type: 'virtualization.vminterface',
        assigned_object_id: port.id,
        dns_name: `${name}.acme.example`,
      });
      await edit(target, path.vms, machine.id, { primary_ip4: address.id });
    }
  }
  const names: readonly [string, string, string][] = [
    ['web', 'eth0', '10.1.0.10'],
    ['db', 'net0', '10.1.0.11'],
  ];
  const guests = [
    aGuest(100, 'web', [withHost('ens18', '10.1.0.10', mac(100))]),
    aGuest(101, 'db', [withHost('ens18', '10.1.0.11', mac(101))]),
  ];

  it('keeps its address from the guest of its name; the run says how to have it adopted', async () => {
    target = await openSimulated(anEstate(aCluster({ guests })));
    await byHand([], [names[0]!]);

    const { complete } = await sync(target, '/full-update/stream');

    const address = await one(target, path.ipAddresses, 'address=10.1.0.10');
    expect(address).toMatchObject({ dns_name: 'web.acme.example', tags: [], assigned_object: { name: 'eth0' } });
    const stage = '/virtualization/virtual-machines/interfaces/ip-address/create/stream';
    expect(complete.ok).toBe(true);
    const again = await sync(target, stage);
    expect(JSON.stringify(again.complete.result)).toContain('give it the tag Proxbox and sync again');
    await syncQuietly(target);
  });

  it('and adopted by its tag does not conflict with itself: the address comes to the interface of the device', async () => {
    target = await openSimulated(anEstate(aCluster({ guests })));
    await target.netbox.create(path.tags, { name: 'Proxbox', slug: 'proxbox', color: 'ff5722' });
    await byHand([{ slug: 'proxbox' }], names);
    const before = await all(target, path.ipAddresses);

    const { complete } = await sync(target);

    expect(JSON.stringify(complete.result)).not.toContain('ip_conflict');
    for (const [name, , host] of names) {
      const address = await one(target, path.ipAddresses, `address=${host}`);
      expect(address).toMatchObject({
        id: before.find((row) => row.address === `${host}/24`).id,
        dns_name: `${name}.acme.example`,
        assigned_object: { name: 'net0', virtual_machine: { name } },
      });
      expect(tagsOf(address)).toEqual([]);
    }
    const { machine } = await machineOf(target, 100);
    expect(machine.primary_ip4.address).toBe('10.1.0.10/24');
    await syncQuietly(target);
  });
});

describe('a guest that tells no MAC addresses', () => {
  it('has its address on its only device, also where the loopback has one of zeros', async () => {
    target = await openSimulated(
      anEstate(aCluster({ guests: [aGuest(100, 'win', [withHost('Ethernet0', '172.20.0.54')])] })),
    );

    await sync(target);

    expect(await one(target, path.ipAddresses, 'address=172.20.0.54')).toMatchObject({
      address: '172.20.0.54/24',
      assigned_object: { name: 'net0' },
    });
    await syncQuietly(target);
  });

  it('and has several devices: none is guessed, and the reason says so', async () => {
    const interfaces = [withHost('Ethernet0', '172.20.0.54'), withHost('Ethernet1', '172.21.0.54')];
    target = await openSimulated(anEstate(aCluster({ guests: [aGuest(100, 'win', interfaces, 2)] })));

    const { frames } = await sync(target);

    expect(await all(target, path.ipAddresses, '&assigned_object_type=virtualization.vminterface')).toEqual([]);
    expect(JSON.stringify(frames)).toContain('no_matching_nic');
    await syncQuietly(target);
  });
});
