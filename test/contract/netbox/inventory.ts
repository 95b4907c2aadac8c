import { beforeAll, describe, expect, it } from 'vitest';
import { apiOf, buildEstate, path, refused, type Api, type Answer, type Estate, type NetBoxTarget } from './target.js';

const VM_NAME_TAKEN = refused({ __all__: ['Virtual machine name must be unique per cluster and tenant.'] });

function describeNamesAndPlacement(getTarget: () => Promise<NetBoxTarget>): void {
  describe('names and placement', () => {
    let api: Api;
    let estate: Estate;
    beforeAll(async () => {
      api = apiOf(await getTarget());
      estate = await buildEstate(api);
      await api.create(path.vms, { name: 'taken', cluster: estate.cluster });
    });

    it.each([
      ['a tag name', path.tags, { name: 'Proxbox', slug: 'x' }, { name: ['tag with this name already exists.'] }],
      ['a tag slug', path.tags, { name: 'X', slug: 'proxbox' }, { slug: ['tag with this slug already exists.'] }],
      [
        'a manufacturer',
        path.manufacturers,
        { name: 'Proxmox', slug: 'x' },
        { name: ['manufacturer with this name already exists.'] },
      ],
      ['a site', path.sites, { name: 'S1', slug: 'x' }, { name: ['site with this name already exists.'] }],
      [
        'a cluster type',
        path.clusterTypes,
        { name: 'Cluster', slug: 'x' },
        { name: ['cluster type with this name already exists.'] },
      ],
      [
        'a role name',
        path.deviceRoles,
        { name: 'Node', slug: 'x', color: '000000' },
        { __all__: ['A device role with this name already exists.'] },
      ],
      [
        'a role slug',
        path.deviceRoles,
        { name: 'X', slug: 'node', color: '000000' },
        { __all__: ['A device role with this slug already exists.'] },
      ],
    ])('refuses %s twice', async (_, collection, body, errors) => {
      expect(await api.post(collection, body)).toMatchObject(refused(errors));
    });

    it('refuses a device type model twice for a manufacturer', async () => {
      const [{ manufacturer }] = (await api.get(`${path.deviceTypes}?model=Generic`)).body.results;

      expect(
        await api.post(path.deviceTypes, { manufacturer: manufacturer.id, model: 'Generic', slug: 'x' }),
      ).toMatchObject(refused({ __all__: ['Device type with this Manufacturer and Model already exists.'] }));
    });

    it('compares the names of VM types without case', async () => {
      await api.create(path.vmTypes, { name: 'QEMU Virtual Machine', slug: 'qemu-virtual-machine' });

      expect(await api.post(path.vmTypes, { name: 'qemu virtual machine', slug: 'x' })).toMatchObject(
        refused({ __all__: ['Virtual machine type name must be unique.'] }),
      );
      expect(await api.post(path.vmTypes, { name: 'X', slug: 'qemu-virtual-machine' })).toMatchObject(
        refused({ slug: ['virtual machine type with this slug already exists.'] }),
      );
    });

    it('takes a VM type without setting a role', async () => {
      const type = await api.create(path.vmTypes, { name: 'LXC Container', slug: 'lxc-container' });

      expect(
        await api.create(path.vms, { name: 'typed', cluster: estate.cluster, virtual_machine_type: type.id }),
      ).toMatchObject({
        virtual_machine_type: { id: type.id, slug: 'lxc-container' },
        role: null,
      });
    });

    it('refuses a VM name twice in a cluster, in any case', async () => {
      expect(await api.post(path.vms, { name: 'TAKEN', cluster: estate.cluster })).toMatchObject(VM_NAME_TAKEN);
      expect(await api.post(path.vms, { name: 'taken', cluster: estate.unscopedCluster })).toMatchObject({
        status: 201,
      });
    });

    it('allows the name once more for a tenant', async () => {
      const tenant = (await api.create(path.tenants, { name: 'T', slug: 't' })).id;

      expect(await api.post(path.vms, { name: 'taken', cluster: estate.cluster, tenant })).toMatchObject({
        status: 201,
      });
      expect(await api.post(path.vms, { name: 'Taken', cluster: estate.cluster, tenant })).toMatchObject(VM_NAME_TAKEN);
    });

    it('does not compare the names of VMs without a cluster, nor of clusters without a site', async () => {
      for (const body of [
        { name: 'lone', site: estate.site },
        { name: 'lone', site: estate.site },
      ])
        await api.create(path.vms, body);
      await api.create(path.clusters, { name: 'C2', type: estate.clusterType });
    });

    it('answers 500 to a cluster name that its site has', async () => {
      const body = { name: 'C1', type: estate.clusterType, scope_type: 'dcim.site', scope_id: estate.site };

      expect(await api.post(path.clusters, body)).toMatchObject({ status: 500, body: { exception: 'IntegrityError' } });
    });

    it('refuses a device name twice in a site, in any case', async () => {
      const body = { name: 'PVE1', device_type: estate.deviceType, role: estate.role, site: estate.site };

      expect(await api.post(path.devices, body)).toMatchObject(
        refused({ __all__: ['Device name must be unique per site and tenant.'] }),
      );
      expect(await api.post(path.devices, { ...body, site: estate.otherSite })).toMatchObject({ status: 201 });
    });

    it('gives a VM the site of its cluster', async () => {
      expect(await api.create(path.vms, { name: 'sited', cluster: estate.cluster })).toMatchObject({
        site: { id: estate.site },
      });
    });

    it.each([
      ['nowhere', () => ({}), { __all__: ['A virtual machine must be assigned to a site, cluster, or device.'] }],
      [
        'in the site of another cluster',
        () => ({ cluster: estate.cluster, site: estate.otherSite }),
        { cluster: ['The selected cluster (C1) is not assigned to this site (S2).'] },
      ],
      [
        'on a device of another cluster',
        () => ({ cluster: estate.unscopedCluster, device: estate.device }),
        { device: ['The selected device (pve1) is not assigned to this cluster (C2).'] },
      ],
      [
        'on a clustered device without the cluster',
        () => ({ device: estate.device }),
        { cluster: ["Must specify the assigned device's cluster (C1) when assigning host device pve1."] },
      ],
    ])('refuses a VM %s', async (_, placement, errors) => {
      expect(await api.post(path.vms, { name: 'misplaced', ...placement() })).toMatchObject(refused(errors));
    });

    it('refuses a device in a cluster of another site', async () => {
      const body = {
        name: 'pve7',
        device_type: estate.deviceType,
        role: estate.role,
        site: estate.otherSite,
        cluster: estate.cluster,
      };

      expect(await api.post(path.devices, body)).toMatchObject(
        refused({ cluster: ['The assigned cluster belongs to a different site (S1)'] }),
      );
    });

    it('takes colours as six lower-case digits only', async () => {
      for (const color of ['FF00AA', 'f0a', '#ff00aa'])
        expect(await api.post(path.tags, { name: 'c', slug: 'c', color })).toMatchObject({
          status: 400,
          body: { color: expect.any(Array) },
        });
      expect(await api.create(path.tags, { name: 'grey', slug: 'grey' })).toMatchObject({ color: '9e9e9e' });
    });
  });
}

function describeComponents(getTarget: () => Promise<NetBoxTarget>): void {
  describe('disks, interfaces and addresses', () => {
    let api: Api;
    let estate: Estate;
    let vm: number;
    let other: number;
    let net0: number;
    beforeAll(async () => {
      api = apiOf(await getTarget());
      estate = await buildEstate(api);
      const { cluster } = estate;
      [vm, other] = (
        await api.create(path.vms, [
          { name: 'vm', cluster },
          { name: 'other', cluster },
        ])
      ).map((row: { id: number }) => row.id);
      net0 = (await api.create(path.vmInterfaces, { virtual_machine: vm, name: 'net0' })).id;
    });
    const readVm = async (fields: string): Promise<Answer['body']> =>
      (await api.get(`${path.vms}${vm}/?fields=${fields}`)).body;

    it('sums the disks of a VM and refuses another sum', async () => {
      await api.create(path.disks, [
        { virtual_machine: vm, name: 'scsi0', size: 10000 },
        { virtual_machine: vm, name: 'scsi1', size: 5000 },
      ]);

      expect(await readVm('disk')).toEqual({ disk: 15000 });
      expect(await api.patch(`${path.vms}${vm}/`, { disk: 999 })).toMatchObject(
        refused({
          disk: ['The specified disk size (999) must match the aggregate size of assigned virtual disks (15000).'],
        }),
      );
      expect(await api.patch(`${path.vms}${vm}/`, { disk: 15000 })).toMatchObject({ status: 200 });
    });

    it('sums again when a disk is resized or deleted', async () => {
      const disk = await api.create(path.disks, { virtual_machine: other, name: 'a', size: 1 });
      await api.create(path.disks, { virtual_machine: other, name: 'b', size: 10 });
      const sum = async (): Promise<unknown> => (await api.get(`${path.vms}${other}/?fields=disk`)).body.disk;
      await api.patch(`${path.disks}${disk.id}/`, { size: 5 });
      expect(await sum()).toBe(15);
      await api.remove(`${path.disks}${disk.id}/`);

      expect(await sum()).toBe(10);
    });

    it.each([
      [
        'a name that is taken',
        { name: 'scsi0', size: 1 },
        { __all__: ['Virtual disk with this Virtual machine and Name already exists.'] },
      ],
      ['no size', { name: 'x' }, { size: ['This field is required.'] }],
      ['a negative size', { name: 'x', size: -1 }, { size: ['Ensure this value is greater than or equal to 0.'] }],
      [
        'more than 31 bits',
        { name: 'x', size: 3_000_000_000 },
        { size: ['Ensure this value is less than or equal to 2147483647.'] },
      ],
    ])('refuses a disk with %s', async (_, body, errors) => {
      expect(await api.post(path.disks, { virtual_machine: vm, ...body })).toMatchObject(refused(errors));
    });

    it('keeps disks apart by case, and knows no storage on them', async () => {
      const disk = await api.create(path.disks, { virtual_machine: vm, name: 'SCSI0', size: 0, storage: 7 });

      expect(disk).not.toHaveProperty('storage');
      await api.remove(`${path.disks}${disk.id}/`);
    });

    it('refuses an interface name twice', async () => {
      await api.create(path.deviceInterfaces, { device: estate.device, name: 'vmbr0', type: 'bridge' });

      expect(await api.post(path.vmInterfaces, { virtual_machine: vm, name: 'net0' })).toMatchObject(
        refused({ __all__: ['Interface with this Virtual machine and Name already exists.'] }),
      );
      expect(
        await api.post(path.deviceInterfaces, { device: estate.device, name: 'vmbr0', type: 'bridge' }),
      ).toMatchObject(refused({ __all__: ['Interface with this Device and Name already exists.'] }));
    });

    it('requires a known type on device interfaces', async () => {
      expect(await api.post(path.deviceInterfaces, { device: estate.device, name: 'x' })).toMatchObject(
        refused({ type: ['This field is required.'] }),
      );
      expect(await api.post(path.deviceInterfaces, { device: estate.device, name: 'x', type: 'bogus' })).toMatchObject(
        refused({ type: ['bogus is not a valid choice.'] }),
      );
    });

    it('requires a mode for an untagged VLAN: refuses it on device interfaces, drops it on VM interfaces', async () => {
      const vlan = (await api.create(path.vlans, { vid: 100, name: 'VLAN 100' })).id;
      const physical = (await api.create(path.deviceInterfaces, { device: estate.device, name: 'eno9', type: 'other' }))
        .id;
      const set = (collection: string, id: number, body: object) =>
        api.patch(`${collection}${id}/`, { untagged_vlan: vlan, ...body });
      const accepted = { status: 200, body: { mode: { value: 'access' }, untagged_vlan: { id: vlan, vid: 100 } } };

      expect(await set(path.deviceInterfaces, physical, {})).toMatchObject(
        refused({ untagged_vlan: ['Interface mode does not support untagged vlan'] }),
      );
      expect(await set(path.vmInterfaces, net0, {})).toMatchObject({ status: 200, body: { untagged_vlan: null } });
      expect(await set(path.deviceInterfaces, physical, { mode: 'access' })).toMatchObject(accepted);
      expect(await set(path.vmInterfaces, net0, { mode: 'access' })).toMatchObject(accepted);
    });

    it('allows VLANs without a group or site to repeat, from 1 on', async () => {
      for (let n = 0; n < 2; n++) await api.create(path.vlans, { vid: 200, name: 'VLAN 200' });

      expect(await api.post(path.vlans, { vid: 0, name: 'x' })).toMatchObject(
        refused({ vid: ['Ensure this value is greater than or equal to 1.'] }),
      );
    });

    it('creates, assigns and promotes a MAC address written on an interface', async () => {
      const created = await api.create(path.vmInterfaces, {
        virtual_machine: vm,
        name: 'net1',
        mac_address: 'aa:bb:cc:00:00:01',
      });
      const one = `${path.vmInterfaces}${created.id}/`;
      const rows = async (): Promise<unknown> =>
        (await api.get(`${path.macAddresses}?vminterface_id=${created.id}&fields=mac_address,is_primary`)).body.results;

      expect(created).toMatchObject({
        mac_address: 'AA:BB:CC:00:00:01',
        primary_mac_address: { mac_address: 'AA:BB:CC:00:00:01' },
      });
      expect(created.mac_addresses).toHaveLength(1);
      await api.patch(one, { mac_address: 'AA:BB:CC:00:00:02' });
      expect(await rows()).toEqual([
        { mac_address: 'AA:BB:CC:00:00:01', is_primary: false },
        { mac_address: 'AA:BB:CC:00:00:02', is_primary: true },
      ]);
      await api.patch(one, { mac_address: null });
      expect(await rows()).toEqual([
        { mac_address: 'AA:BB:CC:00:00:01', is_primary: false },
        { mac_address: 'AA:BB:CC:00:00:02', is_primary: false },
      ]);
    });

    it('keeps a MAC address where it is the primary one, until the interface lets go of it', async () => {
      const ports = ['net3', 'net4'].map((name, n) =>
        api.create(path.vmInterfaces, { virtual_machine: vm, name, mac_address: `aa:bb:cc:00:00:1${n}` }),
      );
      const [from, to] = await Promise.all(ports);
      const mac = from.primary_mac_address.id;
      const move = (id: number | null) =>
        api.patch(`${path.macAddresses}${mac}/`, {
          assigned_object_type: id === null ? null : 'virtualization.vminterface',
          assigned_object_id: id,
        });
      const stays = (verb: string) =>
        refused({ __all__: [`Cannot ${verb} MAC Address while it is designated as the primary MAC for an object`] });

      expect(await move(to.id)).toMatchObject(stays('reassign'));
      expect(await move(null)).toMatchObject(stays('unassign'));
      await api.patch(`${path.vmInterfaces}${from.id}/`, { primary_mac_address: null });
      expect(await move(to.id)).toMatchObject({ status: 200 });
      expect(await move(null)).toMatchObject({ status: 200 });
      const taken = await api.create(path.vmInterfaces, {
        virtual_machine: vm,
        name: 'net5',
        primary_mac_address: mac,
      });
      expect(taken).toMatchObject({ mac_address: 'AA:BB:CC:00:00:10', primary_mac_address: { id: mac } });
    });

    it('gives such a MAC address no tags, and lets a list of primary ones be deleted', async () => {
      const created = await api.create(path.vmInterfaces, {
        virtual_machine: vm,
        name: 'net2',
        mac_address: 'aa:bb:cc:00:00:03',
        tags: [{ slug: 'proxbox' }],
      });
      const mac = created.primary_mac_address.id;

      expect((await api.get(`${path.macAddresses}${mac}/`)).body).toMatchObject({ tags: [], description: '' });
      expect(await api.remove(path.macAddresses, [{ id: mac }])).toMatchObject({ status: 204 });
      expect((await api.get(`${path.vmInterfaces}${created.id}/`)).body).toMatchObject({
        mac_address: null,
        primary_mac_address: null,
        mac_addresses: [],
      });
    });

    it('does the same for device interfaces and in bulk', async () => {
      const interfaces = await api.create(path.deviceInterfaces, [
        { device: estate.device, name: 'eno1', type: 'other', mac_address: 'aa:bb:cc:00:01:01' },
        { device: estate.device, name: 'eno2', type: 'other', mac_address: 'aa:bb:cc:00:01:01' },
      ]);

      expect(interfaces).toMatchObject([{ mac_address: 'AA:BB:CC:00:01:01' }, { mac_address: 'AA:BB:CC:00:01:01' }]);
    });

    it('refuses a bad MAC address and the primary one of another interface', async () => {
      const foreign = (await api.create(path.macAddresses, { mac_address: 'aa:bb:cc:00:00:09' })).id;
      const one = `${path.vmInterfaces}${net0}/`;

      expect(await api.patch(one, { mac_address: 'zz' })).toMatchObject(
        refused({ mac_address: ['Enter a valid MAC address (e.g. 00:11:22:33:44:55).'] }),
      );
      expect(await api.post(path.macAddresses, { mac_address: 'zz' })).toMatchObject(
        refused({ mac_address: ['Invalid MAC address format: zz'] }),
      );
      expect(await api.patch(one, { primary_mac_address: foreign })).toMatchObject(
        refused({ __all__: ['Only a MAC address assigned to this interface can be its primary MAC address.'] }),
      );
    });

    it('links a MAC address object as the primary one', async () => {
      const assigned = { assigned_object_type: 'virtualization.vminterface', assigned_object_id: net0 };
      const mac = (await api.create(path.macAddresses, { mac_address: 'aa:bb:cc:00:00:77', ...assigned })).id;

      expect(await api.patch(`${path.vmInterfaces}${net0}/`, { primary_mac_address: mac })).toMatchObject({
        status: 200,
        body: { mac_address: 'AA:BB:CC:00:00:77', primary_mac_address: { id: mac } },
      });
      expect((await api.get(`${path.macAddresses}?mac_address=AA:bb:cc:00:00:77&fields=id`)).body.results).toEqual([
        { id: mac },
      ]);
    });

    it('keeps one IP address per host and writes it in its shortest form', async () => {
      await api.create(path.ipAddresses, { address: '10.1.0.5/24' });
      const duplicate = refused({ address: ['Duplicate IP address found in global table: 10.1.0.5/24'] });

      expect(await api.post(path.ipAddresses, { address: '10.1.0.5/24' })).toMatchObject(duplicate);
      expect(await api.post(path.ipAddresses, { address: '10.1.0.5/32' })).toMatchObject(duplicate);
      expect(await api.create(path.ipAddresses, { address: '2001:DB8::0001/64' })).toMatchObject({
        address: '2001:db8::1/64',
        family: { value: 6 },
      });
    });

    it.each([
      ['address=10.2.0.5', ['10.2.0.5/24']],
      ['address=10.2.0.5/24', ['10.2.0.5/24']],
      ['address=10.2.0.5/32', []],
      ['address=10.2.0.5&address=10.2.0.6', ['10.2.0.5/24', '10.2.0.6/24']],
      ['address=2001:DB8:2::1', ['2001:db8:2::1/64']],
    ])('finds IP addresses by %s', async (query, expected) => {
      await api.post(path.ipAddresses, [
        { address: '10.2.0.5/24' },
        { address: '10.2.0.6/24' },
        { address: '2001:db8:2::1/64' },
      ]);

      expect((await api.get(`${path.ipAddresses}?fields=address&${query}`)).body.results).toEqual(
        expected.map((address) => ({ address })),
      );
    });

    it.each([
      ['10.3.0.0/24', { __all__: ['10.3.0.0 is a network ID, which may not be assigned to an interface.'] }],
      ['10.3.0.255/24', { __all__: ['10.3.0.255 is a broadcast address, which may not be assigned to an interface.'] }],
      ['10.3.0.999/24', { address: ['Invalid IP address format: 10.3.0.999/24'] }],
    ])('refuses to assign %s', async (address, errors) => {
      const body = { address, assigned_object_type: 'virtualization.vminterface', assigned_object_id: net0 };

      expect(await api.post(path.ipAddresses, body)).toMatchObject(refused(errors));
    });

    it('makes an address of the VM its primary one, and holds it there', async () => {
      const body = {
        address: '10.4.0.5/24',
        assigned_object_type: 'virtualization.vminterface',
        assigned_object_id: net0,
      };
      const ip = await api.create(path.ipAddresses, body);

      expect(ip).toMatchObject({ assigned_object: { id: net0, name: 'net0', virtual_machine: { id: vm } } });
      expect((await api.get(`${path.ipAddresses}?vminterface_id=${net0}&fields=id`)).body.results).toEqual([
        { id: ip.id },
      ]);
      expect(await api.patch(`${path.vms}${other}/`, { primary_ip4: ip.id })).toMatchObject(
        refused({ primary_ip4: ['The specified IP address (10.4.0.5/24) is not assigned to this VM.'] }),
      );
      expect(await api.patch(`${path.vms}${vm}/`, { primary_ip6: ip.id })).toMatchObject(
        refused({ primary_ip6: ['Must be an IPv6 address. (10.4.0.5/24 is an IPv4 address.)'] }),
      );
      expect(await api.patch(`${path.vms}${vm}/`, { primary_ip4: ip.id })).toMatchObject({
        status: 200,
        body: { primary_ip4: { id: ip.id } },
      });
      expect(
        await api.patch(`${path.ipAddresses}${ip.id}/`, { assigned_object_type: null, assigned_object_id: null }),
      ).toMatchObject(
        refused({
          __all__: ['Cannot reassign IP address while it is designated as the primary IP for the parent object'],
        }),
      );
    });

    it('finds the interfaces of a cluster, and the disks of several VMs', async () => {
      expect(
        (await api.get(`${path.vmInterfaces}?cluster_id=${estate.cluster}&name=net0&fields=id`)).body.results,
      ).toEqual([{ id: net0 }]);
      expect(
        (await api.get(`${path.disks}?virtual_machine_id=${vm}&virtual_machine_id=${other}&fields=name`)).body.results,
      ).toEqual([{ name: 'b' }, { name: 'scsi0' }, { name: 'scsi1' }]);
    });

    it('deletes with a VM what belongs to it', async () => {
      const doomed = (await api.create(path.vms, { name: 'doomed', cluster: estate.cluster })).id;
      const nic = (
        await api.create(path.vmInterfaces, { virtual_machine: doomed, name: 'net0', mac_address: 'aa:bb:cc:00:00:99' })
      ).id;
      await api.create(path.ipAddresses, {
        address: '10.5.0.5/24',
        assigned_object_type: 'virtualization.vminterface',
        assigned_object_id: nic,
      });
      await api.create(path.vmState, { virtual_machine: doomed, proxmox_vm_id: 999 });

      expect(await api.remove(`${path.vms}${doomed}/`)).toMatchObject({ status: 204 });
      expect((await api.get(`${path.ipAddresses}?address=10.5.0.5`)).body.count).toBe(0);
      expect((await api.get(`${path.macAddresses}?mac_address=aa:bb:cc:00:00:99`)).body.count).toBe(0);
      expect((await api.get(`${path.vmState}?proxmox_vm_id=999`)).body.count).toBe(0);
    });
  });
}

export function describeInventory(getTarget: () => Promise<NetBoxTarget>): void {
  describeNamesAndPlacement(getTarget);
  describeComponents(getTarget);
}
