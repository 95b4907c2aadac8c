/** Where clusters, devices and machines stand: what NetBox takes only together is written so, or left and told. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { edit, machineOf, one, sync, syncQuietly } from '../../contract/sync/target.js';
import { makeNode } from '../../simulator/estate/generate-node.js';
import { addGuest, migrateGuest, setConfig, type EstateCluster } from '../../simulator/estate/index.js';
import type { SimulatedTarget } from './simulated-target.js';
import { aTalker, macOf } from './talkers.js';
import { openTalkingLab, portOf } from './talking-lab.js';

const full = '/full-update/stream';

describe('sites', () => {
  let lab: EstateCluster;
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const open = async (variables = {}): Promise<void> => {
    ({ lab, target } = await openTalkingLab(variables));
  };
  const rows = (kind: string) => target.simulator.state.objects(kind);
  const made = async (collection: string, body: object): Promise<number> =>
    (await target.netbox.create(collection, body)).id;
  const writesOf = async (at = full) => (await target.watch(() => target.world.stream(at))).writes;

  describe('nodes of one cluster at two sites', () => {
    const prepared = async (scope: object) => {
      const type = await made(path.clusterTypes, { name: 'Cluster', slug: 'cluster' });
      return made(path.clusters, { name: 'lab', type, ...scope });
    };

    it('of a cluster that is in no site: its machines are at the site of their node', async () => {
      await open();
      const cluster = await prepared({});
      const manufacturer = await made(path.manufacturers, { name: 'X', slug: 'x' });
      const device_type = await made(path.deviceTypes, { manufacturer, model: 'R', slug: 'r' });
      const role = await made(path.deviceRoles, { name: 'Server', slug: 'server', color: '00ff00' });
      for (const [name, of] of [
        ['pve1', 'A'],
        ['pve2', 'B'],
        ['pve3', 'B'],
      ] as const) {
        const known = rows('dcim/sites').find((row) => row['name'] === of);
        const site = known?.id ?? (await made(path.sites, { name: of, slug: of.toLowerCase() }));
        await made(path.devices, { name, site, device_type, role, cluster });
      }

      await sync(target);
      await syncQuietly(target);
    });

    it('of a cluster in a region, after an operator has put a device where it stands', async () => {
      await open();
      const region = await made('/api/dcim/regions/', { name: 'North', slug: 'north' });
      await prepared({ scope_type: 'dcim.region', scope_id: region });
      await sync(target);
      const site = await made(path.sites, { name: 'A', slug: 'a', region });
      await edit(target, path.devices, (await one(target, path.devices, 'name=pve1')).id, { site });
      lab.guests.get(100)!.memoryMb = 4096;
      migrateGuest(lab, 101, 'pve2');
      addGuest(lab, aTalker(150, ['10.0.0.150']));

      await sync(target);
      await syncQuietly(target);
    });
  });

  it('an endpoint that is configured for another site goes on with its machines', async () => {
    await open();
    const [here, there] = [
      await made(path.sites, { name: 'A', slug: 'a' }),
      await made(path.sites, { name: 'B', slug: 'b' }),
    ];
    await target.world.ask('PUT', '/proxmox/endpoints/1', { site_id: here, site_slug: 'a', site_name: 'A' });
    await sync(target);
    await target.world.ask('PUT', '/proxmox/endpoints/1', { site_id: there, site_slug: 'b', site_name: 'B' });
    lab.guests.get(100)!.memoryMb = 4096;

    const { frames } = await target.world.stream(full);

    expect((await machineOf(target, 100)).machine.memory).toBe(4096);
    expect(JSON.stringify(frames)).toContain('placement_conflict');
    expect(JSON.stringify(frames)).toContain('take the devices out of the cluster');
    await syncQuietly(target);

    // As the sentence says.
    const { operator } = target.simulator;
    const [cluster] = rows('virtualization/clusters');
    const devices = rows('dcim/devices').map(({ id }) => id);
    for (const id of devices) operator.update('dcim/devices', id, { cluster: null, site: there });
    operator.update('virtualization/clusters', cluster!.id, { scope_id: there });
    for (const id of devices) operator.update('dcim/devices', id, { cluster: cluster!.id });
    const { frames: quiet } = await sync(target);
    expect(JSON.stringify(quiet)).not.toContain('placement_conflict');
    expect((await machineOf(target, 100)).machine.site.id).toBe(there);
    await syncQuietly(target);
  });

  it('an interface is not held by a VLAN of the site that its machine has left', async () => {
    await open();
    setConfig(lab, 100, 'net0', `virtio=${macOf(100)},bridge=vmbr0,tag=120`);
    await sync(target);
    const { operator } = target.simulator;
    const site = await made(path.sites, { name: 'Berlin', slug: 'berlin' });
    const cluster = rows('virtualization/clusters')[0]!.id;
    const devices = rows('dcim/devices').map(({ id }) => id);
    for (const id of devices) operator.update('dcim/devices', id, { cluster: null, site });
    operator.update('virtualization/clusters', cluster, { scope_type: 'dcim.site', scope_id: site });
    for (const id of devices) operator.update('dcim/devices', id, { cluster });
    setConfig(lab, 100, 'net0', `virtio=${macOf(100)},bridge=vmbr0,tag=120,link_down=1`);

    await sync(target);

    expect(await portOf(target, 100)).toMatchObject({ enabled: false, untagged_vlan: { vid: 120 } });
    await syncQuietly(target);
  });

  it('a cluster that was taken out of its site, with one device elsewhere, is left so and stays quiet', async () => {
    await open();
    await sync(target);
    const [cluster] = rows('virtualization/clusters');
    const site = await made(path.sites, { name: 'Berlin', slug: 'berlin' });
    await edit(target, path.clusters, cluster!.id, { scope_type: null, scope_id: null });
    await edit(target, path.devices, (await one(target, path.devices, 'name=pve2')).id, { site });
    migrateGuest(lab, 101, 'pve2');
    addGuest(lab, { ...aTalker(150, ['10.0.0.150']), node: 'pve2' });

    await sync(target);

    expect(rows('virtualization/clusters')[0]).toMatchObject({ scope_type: null, scope_id: null });
    for (const vmid of [101, 150]) expect((await machineOf(target, vmid)).machine.site.name).toBe('Berlin');
    await syncQuietly(target);
  });

  it('a cluster without a site whose devices are all at one place gets that place, and no site of its own', async () => {
    await open();
    await sync(target);
    const [cluster] = rows('virtualization/clusters');
    const site = await made(path.sites, { name: 'Berlin', slug: 'berlin' });
    await edit(target, path.clusters, cluster!.id, { scope_type: null, scope_id: null });
    for (const { id } of rows('dcim/devices')) await edit(target, path.devices, id, { site });

    await sync(target);

    expect(rows('virtualization/clusters')[0]).toMatchObject({ scope_type: 'dcim.site', scope_id: site });
    await syncQuietly(target);
  });

  describe('of what stands in a cluster beside its nodes of today', () => {
    const site = (name: string) => made(path.sites, { name, slug: name.toLowerCase() });
    const unscoped = async (): Promise<number> => {
      await open();
      await sync(target);
      const { id } = rows('virtualization/clusters')[0]!;
      await edit(target, path.clusters, id, { scope_type: null, scope_id: null });
      return id;
    };
    const move = async (node: string, to: number) =>
      edit(target, path.devices, (await one(target, path.devices, `name=${node}`)).id, { site: to });
    const expectSettled = async (at = full) => {
      const { complete } = await target.world.stream(at);
      expect([complete.ok, complete.errors]).toEqual([true, []]);
      expect(await writesOf(at)).toEqual([]);
    };

    it('a device in the cluster that is no node says where the cluster is, too', async () => {
      await open();
      const at = await site('A');
      const type = await made(path.clusterTypes, { name: 'Cluster', slug: 'cluster' });
      const cluster = await made(path.clusters, { name: 'lab', type });
      const manufacturer = await made(path.manufacturers, { name: 'X', slug: 'x' });
      const device_type = await made(path.deviceTypes, { manufacturer, model: 'R', slug: 'r' });
      const role = await made(path.deviceRoles, { name: 'Server', slug: 'server', color: '00ff00' });
      await made(path.devices, { name: 'nas', site: at, device_type, role, cluster });

      await expectSettled();
      expect(rows('dcim/devices').map((device) => device['site'])).toEqual([at, at, at, at]);
    });

    it('the device of a node that left Proxmox keeps its cluster from a site', async () => {
      await unscoped();
      const at = await site('A');
      for (const node of ['pve1', 'pve2']) await move(node, at);
      lab.nodes.splice(2, 1);
      await target.world.restart();

      await expectSettled();
    });

    it('a new node with a guest gets a site also where the cluster is left alone and in none', async () => {
      await unscoped();
      await move('pve2', await site('B'));
      lab.nodes.push(makeNode({ name: 'pve4', nodeid: 4, address: '192.0.2.4', epochS: 1_777_593_600 }));
      addGuest(lab, { ...aTalker(150, ['10.0.0.150']), node: 'pve4' });
      await target.world.restart();

      await expectSettled(`${full}?sync_mode_cluster=disabled`);
      expect(rows('dcim/devices').map(({ name }) => name)).toContain('pve4');
    });
  });
});
