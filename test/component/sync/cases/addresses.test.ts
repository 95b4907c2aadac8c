/** Reported cases about addresses: agents that tell little, rows that operators made before. Each is named as it was collected. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../../contract/sync/estates.js';
import { all, edit, machineOf, one, sync, syncQuietly, tagsOf } from '../../../contract/sync/target.js';
import { setAgent, type EstateCluster } from '../../../simulator/estate/index.js';
import { createSteppedClock } from '../../../support/stepped-clock.js';
import { openSimulated, type SimulatedTarget } from '../simulated-target.js';
import { aGuest, ens18, host, loopback, mac, macOf } from './guests.js';

const onPort = '&assigned_object_type=virtualization.vminterface';
const clock = createSteppedClock();
let target: SimulatedTarget;
afterEach(() => target.close());

async function open(lab: EstateCluster): Promise<void> {
  target = await openSimulated(anEstate(lab), { clock });
}

/** Runs an hour apart, so that nothing is remembered. */
async function runs(times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    clock.step(3_600_000);
    await syncQuietly(target);
  }
}

describe('agent-without-hardware-address', () => {
  const guests = [
    aGuest(100, 'nomac', [
      { name: 'Ethernet0', 'ip-addresses': [host('172.20.0.54')] },
      { name: 'Loopback Pseudo-Interface 1', 'ip-addresses': [host('127.0.0.1', 8)] },
    ]),
    aGuest(101, 'maskin', [
      { name: 'eth0', 'hardware-address': macOf(101), 'ip-addresses': [host('192.168.1.10/24', null)] },
    ]),
    aGuest(102, 'macdash', [
      { name: 'eth0', 'hardware-address': macOf(102).replaceAll(':', '-'), 'ip-addresses': [host('192.168.1.11')] },
    ]),
  ];

  it('has every address on the only device, with its mask', async () => {
    await open(aCluster({ guests }));

    await sync(target);

    const rows = await all(target, path.ipAddresses, onPort);
    expect(
      rows.map(({ address, assigned_object: port }) => `${address} ${port.name} ${port.virtual_machine.name}`).sort(),
    ).toEqual(['172.20.0.54/24 net0 nomac', '192.168.1.10/24 net0 maskin', '192.168.1.11/24 net0 macdash']);
    await runs(2);
  });
});

describe('agent-answers-without-addresses', () => {
  it('keeps addresses, what stands on them, and the primary ones', async () => {
    const guests = [
      aGuest(100, 'errobj', [loopback, ens18(100, '10.1.0.10')]),
      aGuest(101, 'boot', [loopback, ens18(101, '10.1.0.11', '2001:db8::11')]),
      aGuest(102, 'll', [loopback, ens18(102, '10.1.0.12')]),
      aGuest(103, 'emptylist', [loopback, ens18(103, '10.1.0.13')]),
    ];
    const lab = aCluster({ guests });
    await open(lab);
    await sync(target);
    for (const { id } of await all(target, path.ipAddresses))
      await edit(target, path.ipAddresses, id, { description: 'keep me', comments: 'operator' });
    const before = await all(target, path.ipAddresses);
    const primaries = () =>
      Promise.all(guests.map(async ({ vmid }) => (await machineOf(target, vmid)).machine.primary_ip4?.address));
    const [wasPrimary, rowsBefore] = [await primaries(), await all(target, path.guestAddresses)];
    const desc = 'The command guest-network-get-interfaces has been disabled for this instance';
    setAgent(lab, 100, { answer: { result: { error: { class: 'CommandDisabled', desc } } } });
    setAgent(lab, 101, { interfaces: [loopback, { name: 'ens18', 'hardware-address': macOf(101) }] });
    setAgent(lab, 102, { interfaces: [loopback, ens18(102, 'fe80::be24:11ff:fe0e:6600')] });
    setAgent(lab, 103, { interfaces: [] });

    for (let n = 0; n < 2; n += 1) {
      clock.step(3_600_000);
      const { frames } = await syncQuietly(target);
      expect(JSON.stringify(frames)).toContain(desc);
    }

    expect(await all(target, path.ipAddresses)).toEqual(before);
    expect(await all(target, path.guestAddresses)).toEqual(rowsBefore);
    expect(await primaries()).toEqual(wasPrimary);
    expect(wasPrimary).toEqual(['10.1.0.10/24', '10.1.0.11/24', '10.1.0.12/24', '10.1.0.13/24']);
  });
});

describe('booked-address-deleted', () => {
  it.each(['10.5.0.1/24', '10.5.0.1/26'])('gives the row %s back as it was', async (address) => {
    const lab = aCluster({ guests: [aGuest(100, 'v1', [loopback, ens18(100, '10.5.0.1')])] });
    await open(lab);
    const tenant = await target.netbox.create(path.tenants, { name: 'ACME', slug: 'acme' });
    const booked = { address, description: 'booked for ACME, ticket 4711', dns_name: 'shop.acme.example' };
    const { id } = await target.netbox.create(path.ipAddresses, { ...booked, tenant: tenant.id, status: 'reserved' });

    await sync(target);
    const taken = await one(target, path.ipAddresses, 'address=10.5.0.1');
    expect(taken).toMatchObject({ id, ...booked, status: { value: 'reserved' }, assigned_object: { name: 'net0' } });
    await runs(2);
    setAgent(lab, 100, { interfaces: [loopback, ens18(100, '10.5.0.77')] });
    clock.step(3_600_000);
    await sync(target);

    const given = await one(target, path.ipAddresses, 'address=10.5.0.1');
    expect(given).toMatchObject({ id, ...booked, tenant: { slug: 'acme' }, assigned_object: null });
    expect([given.status.value, tagsOf(given)]).toEqual(['reserved', []]);
    expect((await machineOf(target, 100)).machine.primary_ip4.address).toBe('10.5.0.77/24');
    await runs(2);
  });
});

describe('mac-row-booked', () => {
  it('takes the row that belongs to nothing, and leaves that of a machine made by hand', async () => {
    const guests = [
      aGuest(100, 'web', [loopback, ens18(100, '10.1.0.10')]),
      aGuest(101, 'db', [loopback, ens18(101, '10.1.0.11')]),
    ];
    await open(aCluster({ guests }));
    const free = await target.netbox.create(path.macAddresses, { mac_address: mac(100), description: 'booked' });
    const type = await target.netbox.create(path.clusterTypes, { name: 'x', slug: 'x' });
    const cluster = await target.netbox.create(path.clusters, { name: 'old', type: type.id });
    const machine = await target.netbox.create(path.vms, { name: 'db', cluster: cluster.id, status: 'active' });
    const port = await target.netbox.create(path.vmInterfaces, { virtual_machine: machine.id, name: 'eth0' });
    const theirs = await target.netbox.create(path.macAddresses, {
      mac_address: mac(101),
      assigned_object_type: 'virtualization.vminterface',
      assigned_object_id: port.id,
    });
    await edit(target, path.vmInterfaces, port.id, { primary_mac_address: theirs.id });

    await sync(target);

    const [net0, net0Db] = await Promise.all(
      [100, 101].map(async (vmid) => {
        const { machine: own } = await machineOf(target, vmid);
        return one(target, path.vmInterfaces, `virtual_machine_id=${own.id}`);
      }),
    );
    expect(net0.primary_mac_address.id).toBe(free.id);
    expect(await one(target, path.macAddresses, `mac_address=${mac(100)}`)).toMatchObject({
      id: free.id,
      description: 'booked',
      tags: [],
    });
    expect(net0Db).toMatchObject({ mac_address: mac(101) });
    expect((await target.netbox.get(`${path.vmInterfaces}${port.id}/`)).body.primary_mac_address.id).toBe(theirs.id);
    await runs(2);
  });
});
