import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EstateNode } from '../../simulator/estate/index.js';
import { path } from '../netbox/target.js';
import { aCluster, anEstate } from './estates.js';
import {
  all,
  edit,
  one,
  sync,
  syncPartly,
  syncQuietly,
  tagsOf,
  watchedSync,
  type OpenTarget,
  type SyncTarget,
} from './target.js';

export const interfacesStage = '/dcim/devices/interfaces/create';
const stream = `${interfacesStage}/stream`;

type Object = Awaited<ReturnType<typeof one>>;

const idsOf = (objects: readonly { id: number }[]): number[] => objects.map(({ id }) => id);

/** Interfaces of the nodes, with their VLANs and addresses, on the devices of the right cluster. */
export function describeNodeInterfaces(openTarget: OpenTarget): void {
  describe('the interfaces of nodes', () => {
    const lab = aCluster({ nodes: ['pve1', 'pve2'], guests: [] });
    const edge = aCluster({ name: 'edge', nodes: ['pve1', 'pve9'], guests: [] });
    const node = (name: string): EstateNode => lab.nodes.find((each) => each.name === name)!;
    let target: SyncTarget;

    const device = (name: string, cluster = 'lab'): Promise<Object> => ofCluster(target, name, cluster);
    const port = async (name: string, of = 'pve1', cluster = 'lab'): Promise<Object> =>
      one(target, path.deviceInterfaces, `device_id=${(await device(of, cluster)).id}&name=${name}`);
    const addressesOf = async (port_: Object): Promise<Object[]> =>
      all(target, path.ipAddresses, `&interface_id=${port_.id}`);

    beforeAll(async () => {
      target = await openTarget(anEstate(lab, edge));
      await sync(target, '/dcim/devices/create/stream');
    });
    afterAll(() => target.close());

    describe('the first run', () => {
      /** Addresses that were there before: one of nobody, one of another device. */
      let free: Object;
      let foreign: Object;
      let run: Awaited<ReturnType<typeof watchedSync>>;

      beforeAll(async () => {
        const { id } = await device('pve9', 'edge');
        const other = await target.netbox.create(path.deviceInterfaces, { device: id, name: 'ipmi', type: 'other' });
        free = await target.netbox.create(path.ipAddresses, { address: '192.0.2.1/24', description: 'Ask Ann' });
        foreign = await target.netbox.create(path.ipAddresses, {
          address: '192.0.2.2/24',
          assigned_object_type: 'dcim.interface',
          assigned_object_id: other.id,
        });
        const lo = { iface: 'lo', type: 'loopback', address: '127.0.0.1', netmask: '8', active: 1 };
        const ipv6 = { address6: '2001:DB8:0:0::1', netmask6: '64', gateway6: '2001:db8::fe' };
        Object.assign(
          node('pve1').network.find(({ iface }) => iface === 'vmbr0')!,
          ipv6,
        );
        node('pve1').network.push(lo);
        run = await watchedSync(target, stream);
      });

      it('creates them with type, VLAN and tag', async () => {
        const { id } = await device('pve1');
        const ports = await all(target, path.deviceInterfaces, `&device_id=${id}`);
        const told = ports.map(({ name, type, mode, untagged_vlan: vlan, ...port_ }) =>
          [name, type.value, mode?.value ?? '-', vlan?.vid ?? '-', ...tagsOf(port_)].join(' '),
        );

        expect(told.sort()).toEqual([
          'bond0 lag - - proxbox',
          'eno1 other - - proxbox',
          'eno2 other - - proxbox',
          'lo virtual - - proxbox',
          'vmbr0 bridge - - proxbox',
          'vmbr0.50 virtual access 50 proxbox',
        ]);
      });

      it('makes one VLAN per site', async () => {
        const vlans = await all(target, path.vlans);

        expect(vlans.map(({ name, vid, site }) => `${name} ${vid} ${site.name}`).sort()).toEqual([
          'VLAN 50 50 Proxmox Default Site - edge',
          'VLAN 50 50 Proxmox Default Site - lab',
        ]);
      });

      it('adopts an address of nobody, and creates the others, of both families', async () => {
        const vmbr0 = await port('vmbr0');
        const addresses = await addressesOf(vmbr0);

        expect(addresses.map(({ address }) => address).sort()).toEqual(['192.0.2.1/24', '2001:db8::1/64']);
        expect(addresses.find(({ id }) => id === free.id)).toMatchObject({ description: 'Ask Ann' });
        expect(await addressesOf(await port('vmbr0', 'pve1', 'edge'))).toHaveLength(1);
      });

      it('leaves an address of another object alone and says whose it is', async () => {
        const { body } = await target.netbox.get(`${path.ipAddresses}${foreign.id}/`);
        const [warning] = run.complete.result!.warnings!.filter(({ reason }) => reason === 'ip_conflict');

        expect(body.last_updated).toBe(foreign.last_updated);
        expect(await addressesOf(await port('vmbr0', 'pve2'))).toEqual([]);
        expect(warning!.detail).toContain(`192.0.2.2/24 (id ${foreign.id}), assigned to "ipmi" of "pve9"`);
      });

      it('makes the address beside the gateway the primary one, of either family', async () => {
        expect(await device('pve1')).toMatchObject({
          primary_ip4: { address: '192.0.2.1/24' },
          primary_ip6: { address: '2001:db8::1/64' },
        });
        expect((await device('pve2')).primary_ip4).toBeNull();
        expect((await device('pve1', 'edge')).primary_ip4.address).toBe('198.51.100.1/24');
      });

      it('accounts for every interface, VLAN and address', () => {
        const { kinds } = run.complete.result!;
        expect(kinds['node-interface']).toMatchObject({ discovered: 21, created: 21 });
        expect(kinds['vlan']).toMatchObject({ discovered: 2, created: 2 });
        expect(kinds['ip-address']).toMatchObject({ discovered: 5, created: 3, updated: 1, skipped: 1 });
      });

      it('then has nothing left to do, and does not try again what NetBox refused', async () => {
        await syncQuietly(target, stream);
      });

      it('writes the refused address, and makes it the primary one, when its owner is gone', async () => {
        await target.netbox.remove(`${path.ipAddresses}${foreign.id}/`);
        await target.world.restart(); // what was read of NetBox is reused for a while
        await sync(target, stream);
        await syncQuietly(target, stream);
        expect((await device('pve2')).primary_ip4.address).toBe('192.0.2.2/24');
      });

      it('answers id, name and address in the JSON form', async () => {
        const vmbr0 = await port('vmbr0');
        const { status, body } = await target.world.ask('GET', interfacesStage);

        expect([status, body.length]).toEqual([200, 21]);
        expect(body).toContainEqual({ id: vmbr0.id, name: 'vmbr0', ip_id: free.id, ip_address: '192.0.2.1/24' });
        expect(body).toContainEqual({ id: (await port('eno1')).id, name: 'eno1' });
      });
    });

    describe('later runs', () => {
      it('keep what operators chose', async () => {
        const mine = await target.netbox.create(path.tags, { name: 'Mine', slug: 'mine', color: '00ff00' });
        const eno1 = await port('eno1');
        const vlan = await one(target, path.vlans, `site_id=${(await device('pve1')).site.id}`);
        await edit(target, path.deviceInterfaces, eno1.id, { type: '10gbase-t', description: 'Rack 7' });
        const vmbr0 = await port('vmbr0');
        await edit(target, path.deviceInterfaces, vmbr0.id, { tags: [...idsOf(vmbr0.tags), mine.id], mode: 'tagged' });
        await edit(target, path.vlans, vlan.id, { name: 'Storage' });
        const extra = await target.netbox.create(path.ipAddresses, {
          address: '192.0.2.77/24',
          assigned_object_type: 'dcim.interface',
          assigned_object_id: vmbr0.id,
        });
        await edit(target, path.devices, (await device('pve1')).id, { primary_ip4: extra.id });

        await syncQuietly(target, stream);

        expect(await port('eno1')).toMatchObject({ type: { value: '10gbase-t' }, description: 'Rack 7' });
        expect((await device('pve1')).primary_ip4.id).toBe(extra.id);
      });

      it('write one changed interface and one new, and delete none that is gone', async () => {
        const { network } = node('pve2');
        Object.assign(
          network.find(({ iface }) => iface === 'vmbr0')!,
          { cidr: '192.0.2.2/25', netmask: '25' },
        );
        network.splice(
          network.findIndex(({ iface }) => iface === 'eno2'),
          1,
        );
        network.push({ iface: 'vmbr1', type: 'OVSBridge', active: 1, cidr: '10.9.0.2/24', address: '10.9.0.2' });

        const run = await watchedSync(target, stream);

        expect(run.complete.result!.kinds['node-interface']).toMatchObject({ created: 1, updated: 0 });
        expect(run.complete.result!.kinds['ip-address']).toMatchObject({ created: 1, updated: 1 });
        expect((await port('vmbr1', 'pve2')).type.value).toBe('bridge');
        expect((await addressesOf(await port('vmbr0', 'pve2'))).map(({ address }) => address)).toEqual([
          '192.0.2.2/25',
        ]);
        expect((await port('eno2', 'pve2')).name).toBe('eno2');
        await syncQuietly(target, stream);
      });

      it('leave out a node that is offline, and go on with the others', async () => {
        node('pve2').online = false;
        node('pve1').network.push({ iface: 'vmbr7', type: 'bridge', active: 1 });
        await target.world.restart();

        const { complete } = await syncPartly(target, stream, ['node_offline']);

        expect(complete.result!.warnings).toContainEqual(
          expect.objectContaining({ reason: 'node_offline', cluster: 'lab' }),
        );
        expect((await port('vmbr7')).name).toBe('vmbr7');
        expect((await port('vmbr0', 'pve2')).name).toBe('vmbr0');
      });
    });
  });
}

async function ofCluster(target: SyncTarget, name: string, cluster: string): Promise<Object> {
  const found = await all(target, path.devices, `&name=${name}`);
  return found.find((each) => each.cluster.name === cluster);
}
