/** What people hang on objects: how it is found, and that NetBox deletes it along with them. */
import { beforeAll, describe, expect, it } from 'vitest';
import { apiOf, buildEstate, path, type Api, type NetBoxTarget } from './target.js';

const machine = 'virtualization.virtualmachine';
const port = 'virtualization.vminterface';

export function describeAttached(getTarget: () => Promise<NetBoxTarget>): void {
  describe('what hangs on an object', () => {
    let api: Api;
    let vm: number;
    let other: number;
    let nic: number;
    let address: number;
    const make = async (collection: string, body: object): Promise<number> => (await api.create(collection, body)).id;
    const on = (relation: string, model: string, id: number) => ({
      [`${relation}_type`]: model,
      [`${relation}_id`]: id,
    });
    beforeAll(async () => {
      api = apiOf(await getTarget());
      const { cluster } = await buildEstate(api);
      vm = await make(path.vms, { name: 'web', cluster });
      other = await make(path.vms, { name: 'db', cluster });
      nic = await make(path.vmInterfaces, { virtual_machine: vm, name: 'eth0' });
      address = await make(path.ipAddresses, { address: '10.0.0.5/24', ...on('assigned_object', port, nic) });
      const contact = await make('/api/tenancy/contacts/', { name: 'Ann' });
      const role = await make('/api/tenancy/contact-roles/', { name: 'Owner', slug: 'owner' });
      const tunnel = await make('/api/vpn/tunnels/', { name: 'wg', status: 'active', encapsulation: 'wireguard' });
      const l2vpn = await make('/api/vpn/l2vpns/', { name: 'dc', slug: 'dc', type: 'vxlan' });
      const group = await make('/api/ipam/fhrp-groups/', { protocol: 'vrrp3', group_id: 7 });
      for (const [relation, model, id] of [
        ['object', machine, vm],
        ['object', machine, other],
        ['object', 'ipam.ipaddress', address],
      ] as const)
        await make('/api/tenancy/contact-assignments/', { ...on(relation, model, id), contact, role });
      for (const [collection, body] of [
        ['/api/ipam/services/', { ...on('parent_object', machine, vm), name: 'shop', protocol: 'tcp', ports: [443] }],
        ['/api/ipam/fhrp-group-assignments/', { ...on('interface', port, nic), group, priority: 1 }],
        ['/api/vpn/tunnel-terminations/', { ...on('termination', port, nic), tunnel, role: 'peer' }],
        ['/api/vpn/l2vpn-terminations/', { ...on('assigned_object', port, nic), l2vpn }],
        ['/api/extras/journal-entries/', { ...on('assigned_object', port, nic), comments: 'ticket' }],
      ] as const)
        await make(collection, body);
    });

    const places = (): readonly (readonly [string, string, string, number])[] => [
      ['/api/tenancy/contact-assignments/', 'object', machine, vm],
      ['/api/tenancy/contact-assignments/', 'object', 'ipam.ipaddress', address],
      ['/api/ipam/services/', 'parent_object', machine, vm],
      ['/api/ipam/fhrp-group-assignments/', 'interface', port, nic],
      ['/api/vpn/tunnel-terminations/', 'termination', port, nic],
      ['/api/vpn/l2vpn-terminations/', 'assigned_object', port, nic],
      ['/api/extras/journal-entries/', 'assigned_object', port, nic],
    ];
    const foundAt = async ([collection, relation, model, id]: readonly [string, string, string, number]) =>
      (await api.get(`${collection}?${relation}_type=${model}&${relation}_id=${id}&${relation}_id=99999`)).body.results;

    it('is found by its type and by one of several ids, and shows both', async () => {
      for (const place of places()) {
        const [, relation, model, id] = place;
        expect(await foundAt(place), place[0]).toMatchObject([on(relation, model, id)]);
      }
      // Images are sent as files; their list takes the same filters.
      const images = `/api/extras/image-attachments/?object_type=${machine}&object_id=${vm}&object_id=99999&fields=id,object_type,object_id`;
      expect(await api.get(images)).toMatchObject({ status: 200, body: { count: 0, results: [] } });
    });

    it('goes along with the machine, and what hangs on another one stays', async () => {
      expect(await api.remove(`${path.vms}${vm}/`)).toMatchObject({ status: 204 });

      for (const place of places()) expect(await foundAt(place), place[0]).toEqual([]);
      expect(await foundAt(['/api/tenancy/contact-assignments/', 'object', machine, other])).toHaveLength(1);
    });
  });
}
