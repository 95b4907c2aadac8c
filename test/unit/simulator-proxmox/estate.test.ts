import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Estate, EstateGuest } from '../../simulator/estate/index.js';
import { createEstate, createFixtureEstate, exampleEstate } from '../../simulator/estate/index.js';
import { cpuMsOf } from '../../support/measure.js';

function bytesOf(estate: Estate): string {
  return JSON.stringify(estate, (_key, value: unknown) => (value instanceof Map ? [...value] : value));
}

const hashOf = (estate: Estate): string => createHash('sha256').update(bytesOf(estate)).digest('hex');
const guestsOf = (estate: Estate): EstateGuest[] => estate.clusters.flatMap((cluster) => [...cluster.guests.values()]);

describe('seeded estate', () => {
  it('gives the same bytes for the same options', () => {
    expect(bytesOf(createEstate({ vms: 60, seed: 7 }))).toBe(bytesOf(createEstate({ vms: 60, seed: 7 })));
  });

  it('keeps its bytes from release to release', () => {
    expect(hashOf(createEstate({ vms: 60, seed: 7 }))).toMatchInlineSnapshot(
      `"8112429c1c2e214b563b70f4143a04714dc9fb8310980115c1df87ade0892061"`,
    );
  });

  it('gives other guests for another seed', () => {
    expect(hashOf(createEstate({ vms: 60, seed: 7 }))).not.toBe(hashOf(createEstate({ vms: 60, seed: 8 })));
  });

  it('deals the guests to the clusters and their nodes', () => {
    const estate = createEstate({ vms: 25, clusters: 3, nodesPerCluster: 4 });

    expect(estate.clusters.map((cluster) => cluster.guests.size)).toEqual([9, 8, 8]);
    expect(estate.clusters.map((cluster) => cluster.nodes.length)).toEqual([4, 4, 4]);
    expect(estate.clusters.map((cluster) => cluster.profile)).toEqual(['8.4', '9.1', '9.2']);
  });

  it('shares VMIDs, a node name and guest names between clusters, but no name within one', () => {
    const [first, second] = createEstate({ vms: 200 }).clusters;
    const names = (cluster: typeof first): string[] => [...cluster!.guests.values()].map((guest) => guest.name);

    expect([...first!.guests.keys()]).toEqual([...second!.guests.keys()]);
    expect(second!.nodes[0]!.name).toBe(first!.nodes[0]!.name);
    expect(names(first).filter((name) => names(second).includes(name)).length).toBeGreaterThan(20);
    expect(new Set(names(first)).size).toBe(100);
  });

  it('binds a storage to a node whose name is the beginning of another one', () => {
    const [cluster] = createEstate({ vms: 20, clusters: 1, nodesPerCluster: 10 }).clusters;

    expect(cluster!.nodes.map((node) => node.name)).toContain('pve10');
    expect(cluster!.storages.filter((storage) => storage.nodes !== '').map((storage) => storage.nodes)).toEqual([
      'pve1',
      'pve10',
    ]);
  });

  it.each([
    { disks: 2, networkDevices: 2, addresses: 2, snapshots: 1, backups: 0, lxcShare: 0 },
    { disks: 3, networkDevices: 1, addresses: 5, snapshots: 0, lxcShare: 1 },
    { disks: 32, networkDevices: 30, addresses: 60, lxcShare: 0 },
  ])('gives every guest exactly what the shape says: %o', (guest) => {
    const estate = createEstate({ vms: 20, guest });

    for (const made of guestsOf(estate)) {
      const sized = Object.values(made.config).filter((value) => /,size=\d/.test(String(value)));
      const devices = Object.keys(made.config).filter((key) => /^net\d+$/.test(key));
      const reported =
        made.type === 'qemu'
          ? made.agent.interfaces.slice(1).flatMap((entry) => entry['ip-addresses'] ?? [])
          : made.containerInterfaces.flatMap((row) => row['ip-addresses']);
      expect(sized).toHaveLength(guest.disks);
      expect(devices).toHaveLength(guest.networkDevices);
      expect(reported).toHaveLength(guest.addresses);
      expect(made.status).toBe('running');
      if (guest.snapshots !== undefined) expect(made.snapshots).toHaveLength(guest.snapshots);
    }
  });

  it('gives no hardware address and no address twice', () => {
    const guests = guestsOf(createEstate({ vms: 500, guest: { networkDevices: 2, addresses: 2, lxcShare: 0 } }));
    const ports = guests.flatMap((guest) => guest.agent.interfaces.slice(1));
    const addresses = ports.flatMap((port) => port['ip-addresses']?.map((entry) => entry['ip-address']));

    expect(new Set(ports.map((port) => port['hardware-address'])).size).toBe(1000);
    expect(new Set(addresses).size).toBe(1000);
  });

  it('makes 1,000 guests on 10 nodes in under 200 ms of processor time', async () => {
    const costsMs: number[] = [];
    for (let n = 0; n < 3; n += 1)
      costsMs.push(await cpuMsOf(() => createEstate({ vms: 1000, clusters: 2, nodesPerCluster: 5 })));

    expect(Math.min(...costsMs)).toBeLessThan(200);
  });
});

describe('hand-made estates', () => {
  it('the example is cluster lab with two nodes and four guests', () => {
    const [lab] = exampleEstate().clusters;

    expect(lab!.nodes.map((node) => node.name)).toEqual(['pve1', 'pve2']);
    expect([...lab!.guests.values()].map(({ vmid, type, name, node }) => [vmid, type, name, node])).toEqual([
      [100, 'qemu', 'web01', 'pve1'],
      [101, 'qemu', 'db01', 'pve2'],
      [200, 'lxc', 'dns01', 'pve1'],
      [9000, 'qemu', 'tmpl-debian', 'pve2'],
    ]);
  });

  it('the fixture has three installations of three versions, two of which own 100, 200 and pve1', () => {
    const [lab, edge, solo] = createFixtureEstate().clusters;

    expect([lab!.profile, edge!.profile, solo!.profile]).toEqual(['8.4', '9.1', '9.2']);
    expect(solo!.standalone).toBe(true);
    for (const cluster of [lab!, edge!]) {
      expect([cluster.guests.has(100), cluster.guests.has(200)]).toEqual([true, true]);
      expect(cluster.nodes.map((node) => node.name)).toContain('pve1');
    }
    expect(lab!.nodes.find((node) => node.name === 'pve3')!.online).toBe(false);
    expect(lab!.nodes[0]!.tasks.length).toBeGreaterThan(500);
    expect(lab!.nodes[1]!.tasks[0]!.upid).toBe(lab!.nodes[0]!.tasks[0]!.upid);
  });

  it('a change to one fixture does not reach the next one', () => {
    const before = bytesOf(createFixtureEstate());
    for (const guest of guestsOf(createFixtureEstate())) {
      guest.config['changed'] = 1;
      if (guest.snapshots !== 'unsupported') guest.snapshots.push({ name: 'x', description: '', snaptime: 0 });
    }

    expect(bytesOf(createFixtureEstate())).toBe(before);
  });
});
