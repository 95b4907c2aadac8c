import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCluster, start, vms, type Harness } from './harness.js';

describe.each(['4.5.9', '4.6.8'] as const)('the bulk dialect of NetBox %s', (version) => {
  let netbox: Harness;
  let cluster: number;
  beforeEach(async () => {
    netbox = await start({ version });
    cluster = await makeCluster(netbox);
  });
  afterEach(() => netbox.simulator.close());

  it('answers a refused bulk POST with a list aligned to the items, and stores none', async () => {
    const reply = await netbox.call('POST', vms, [{ name: 'a', cluster }, { cluster }]);

    expect(reply).toMatchObject({ status: 400, body: [{}, { name: ['This field is required.'] }] });
    expect(netbox.simulator.state.objects(vms)).toHaveLength(0);
  });

  it('answers 500 when two items of one POST collide with each other', async () => {
    const reply = await netbox.call('POST', vms, [
      { name: 'a', cluster },
      { name: 'A', cluster },
    ]);

    expect(reply).toMatchObject({ status: 500, body: { exception: 'IntegrityError', netbox_version: version } });
    expect(netbox.simulator.state.objects(vms)).toHaveLength(0);
  });

  it('answers a refused bulk PATCH with one object that names no item, and rolls all back', async () => {
    const [one, two] = await netbox.create(vms, [
      { name: 'a', cluster },
      { name: 'b', cluster },
    ]);
    const reply = await netbox.call('PATCH', vms, [
      { id: one.id, memory: 1 },
      { id: two.id, status: 'x' },
    ]);

    expect(reply).toMatchObject({ status: 400, body: { status: ['x is not a valid choice.'] } });
    expect(netbox.simulator.state.find(vms, (row) => row.id === one.id)).toMatchObject({ memory: null });
  });

  it('skips ids that are gone in bulk PATCH and DELETE', async () => {
    const { id } = await netbox.create(vms, { name: 'a', cluster });
    const patched = await netbox.call('PATCH', vms, [
      { id, memory: 5 },
      { id: 999, memory: 5 },
    ]);

    expect(patched).toMatchObject({ status: 200, body: [{ id, memory: 5 }] });
    expect(await netbox.call('DELETE', vms, [{ id }, { id: 999 }])).toMatchObject({ status: 204 });
  });

  it('creates devices one after the other and describes the first that fails', async () => {
    expect(await netbox.call('POST', 'dcim/devices/', [{ name: 'x' }, {}])).toMatchObject({
      status: 400,
      body: { device_type: ['This field is required.'], role: ['This field is required.'] },
    });
  });

  it('words the name of a virtual machine without a tenant by cluster alone', async () => {
    await netbox.create(vms, { name: 'a', cluster });

    expect(await netbox.call('POST', vms, { name: 'A', cluster })).toMatchObject({
      status: 400,
      body: { __all__: ['Virtual machine name must be unique per cluster.'] },
    });
  });

  it('does not take a MAC address on an interface', async () => {
    const machine = await netbox.create(vms, { name: 'a', cluster });
    const body = { virtual_machine: machine.id, name: 'net0', mac_address: 'aa:bb:cc:00:00:01' };

    expect(await netbox.create('virtualization/interfaces/', body)).toMatchObject({ mac_address: null });
    expect(netbox.simulator.state.objects('dcim/mac-addresses')).toHaveLength(0);
  });
});

describe('NetBox 4.6, as it was tried by hand', () => {
  let netbox: Harness;
  let cluster: number;
  beforeEach(async () => {
    netbox = await start({ version: '4.6.8' });
    cluster = await makeCluster(netbox);
  });
  afterEach(() => netbox.simulator.close());

  const ports = 'virtualization/interfaces/';
  const macs = 'dcim/mac-addresses/';
  const aPort = async (name = 'net0') => {
    const machine = await netbox.create(vms, { name: `vm of ${name}`, cluster });
    return netbox.create(ports, { virtual_machine: machine.id, name });
  };
  const aMac = (mac: string, port?: number) =>
    netbox.create(macs, {
      mac_address: mac,
      ...(port === undefined ? {} : { assigned_object_type: 'virtualization.vminterface', assigned_object_id: port }),
    });
  const aSite = (name: string) => netbox.create('dcim/sites/', { name, slug: name });
  const aDevice = async (changes: object = {}) => {
    const maker = await netbox.create('dcim/manufacturers/', { name: 'M', slug: 'm' });
    const type = await netbox.create('dcim/device-types/', { manufacturer: maker.id, model: 'T', slug: 't' });
    const role = await netbox.create('dcim/device-roles/', { name: 'Node', slug: 'node', color: '9e9e9e' });
    const site = await aSite('s');
    const body = { name: 'pve1', device_type: type.id, role: role.id, site: site.id, ...changes };
    return { body, device: await netbox.create('dcim/devices/', body) };
  };

  describe('MAC addresses', () => {
    it('on an interface are ignored, whatever they are', async () => {
      const port = await aPort();

      expect(await netbox.call('PATCH', `${ports}${port.id}/`, { mac_address: 'no MAC address' })).toMatchObject({
        status: 200,
        body: { mac_address: null },
      });
    });

    it('do not say whether they are the primary one', async () => {
      const port = await aPort();
      const mac = await aMac('aa:bb:cc:00:00:01', port.id);

      expect(mac).not.toHaveProperty('is_primary');
      expect((await netbox.call('GET', `${macs}${mac.id}/?fields=id,is_primary`)).body).toEqual({ id: mac.id });
    });

    it('become the primary one by a PATCH of the interface, also in a list, which then shows them', async () => {
      const port = await aPort();
      const mac = await aMac('aa:bb:cc:00:00:01', port.id);

      expect(await netbox.call('PATCH', ports, [{ id: port.id, primary_mac_address: mac.id }])).toMatchObject({
        status: 200,
        body: [{ mac_address: 'AA:BB:CC:00:00:01', mac_addresses: [{ id: mac.id }] }],
      });
    });

    it('of another interface are refused under their own field', async () => {
      const [port, other] = [await aPort('m0'), await aPort('m1')];
      const mac = await aMac('aa:bb:cc:00:10:01', port.id);

      expect(await netbox.call('PATCH', `${ports}${other.id}/`, { primary_mac_address: mac.id })).toMatchObject({
        status: 400,
        body: { primary_mac_address: ['MAC address AA:BB:CC:00:10:01 is assigned to a different interface (m0).'] },
      });
    });

    it('of nobody are taken over by a new interface, and stay unassigned with an existing one', async () => {
      const port = await aPort();
      const [free, taken] = [await aMac('aa:bb:cc:00:00:01'), await aMac('aa:bb:cc:00:00:02')];
      const { virtual_machine: machine } = port;
      const body = { virtual_machine: machine.id, name: 'net1', primary_mac_address: taken.id };

      const patched = await netbox.call('PATCH', `${ports}${port.id}/`, { primary_mac_address: free.id });

      expect(patched).toMatchObject({ status: 200, body: { mac_address: 'AA:BB:CC:00:00:01', mac_addresses: [] } });
      expect((await netbox.call('GET', `${macs}${free.id}/`)).body.assigned_object_id).toBeNull();
      const made = await netbox.create(ports, body);
      expect((await netbox.call('GET', `${macs}${taken.id}/`)).body.assigned_object_id).toBe(made.id);
    });

    it('need an interface that is there', async () => {
      const body = {
        mac_address: 'aa:bb:cc:00:00:01',
        assigned_object_type: 'virtualization.vminterface',
        assigned_object_id: 99_999,
      };

      expect(await netbox.call('POST', macs, body)).toMatchObject({
        status: 400,
        body: { assigned_object_id: ['Related object not found using the provided value: 99999.'] },
      });
    });
  });

  describe('items of one POST that collide', () => {
    it('are both saved when they are IP or MAC addresses, or clusters without a site', async () => {
      const { type } = (await netbox.call('GET', `virtualization/clusters/${cluster}/`)).body;
      const doubled = [
        ['ipam/ip-addresses/', { address: '10.0.0.5/24' }],
        [macs, { mac_address: 'aa:bb:cc:00:00:01' }],
        ['virtualization/clusters/', { name: 'C2', type: type.id }],
      ] as const;

      for (const [path, item] of doubled)
        expect(await netbox.call('POST', path, [item, item])).toMatchObject({ status: 201, body: [{}, {}] });
    });

    it('are a conflict when they are sidecars, in words that depend on the parent', async () => {
      const machine = await netbox.create(vms, { name: 'a', cluster });
      const { device } = await aDevice();
      const twice = async (kind: string, parent: object) => {
        const item = { ...parent, proxmox_endpoint_raw_id: 1 };
        return netbox.call('POST', `plugins/proxbox/sync-state/${kind}/`, [item, item]);
      };

      expect(await twice('virtual-machines', { virtual_machine: machine.id })).toMatchObject({
        status: 409,
        body: { detail: 'The target parent already has a Proxbox sync-state row.' },
      });
      expect(await twice('devices', { device: device.id })).toMatchObject({
        status: 409,
        body: { device: 'This object already has a Proxbox sync-state row.' },
      });
      expect(netbox.simulator.state.objects('plugins/proxbox/sync-state/virtual-machines')).toHaveLength(0);
    });

    it('are forbidden when they are storages or tasks, and nothing is saved', async () => {
      const machine = await netbox.create(vms, { name: 'a', cluster });
      const task = {
        virtual_machine: machine.id,
        upid: 'UPID:pve1:1',
        node: 'pve1',
        task_type: 'qmstart',
        username: 'root@pam',
        start_time: '2026-01-01T00:00:00Z',
        description: 'x',
        status: 'OK',
      };
      for (const [path, item] of [
        ['plugins/proxbox/storage', { cluster, name: 'local' }],
        ['plugins/proxbox/task-history', task],
      ] as const) {
        expect(await netbox.call('POST', `${path}/`, [item, item]), path).toMatchObject({
          status: 403,
          body: { detail: 'You do not have permission to perform this action.' },
        });
        expect(netbox.simulator.state.objects(path)).toHaveLength(0);
      }
    });
  });

  describe('texts of uniqueness', () => {
    it('of virtual machines depend on tenant and cluster', async () => {
      const tenant = await netbox.create('tenancy/tenants/', { name: 'T', slug: 't' });
      const { device } = await aDevice();
      const refusals: string[] = [];
      for (const place of [{ cluster }, { cluster, tenant: tenant.id }, { device: device.id }]) {
        await netbox.create(vms, { name: 'a', ...place });
        refusals.push((await netbox.call('POST', vms, { name: 'A', ...place })).body.__all__);
      }

      expect(refusals).toEqual([
        ['Virtual machine name must be unique per cluster.'],
        ['Virtual machine name must be unique per cluster and tenant.'],
        ['Virtual machine name must be unique per device.'],
      ]);
    });

    it('of devices name the constraint when there is a tenant', async () => {
      const { id: tenant } = await netbox.create('tenancy/tenants/', { name: 'T', slug: 't' });
      const { body } = await aDevice();
      await netbox.create('dcim/devices/', { ...body, tenant });

      const plain = await netbox.call('POST', 'dcim/devices/', { ...body, name: 'PVE1' });
      const withTenant = await netbox.call('POST', 'dcim/devices/', { ...body, name: 'PVE1', tenant });

      expect(plain.body).toEqual({ __all__: ['Device name must be unique per site.'] });
      expect(withTenant.body).toEqual({
        __all__: ['Constraint “dcim_device_unique_name_site_tenant” is violated.'],
      });
    });

    it('of a role are both in one list when name and slug are taken', async () => {
      const role = { name: 'R', slug: 'r', color: '9e9e9e' };
      await netbox.create('dcim/device-roles/', role);

      expect((await netbox.call('POST', 'dcim/device-roles/', role)).body).toEqual({
        __all__: [
          'A top-level device role with this name already exists.',
          'A top-level device role with this slug already exists.',
        ],
      });
    });
  });

  describe('PATCH of a list', () => {
    it('saves in the order of the model, so the order of the items changes nothing', async () => {
      const [one, two] = await netbox.create(vms, [
        { name: 'one', cluster },
        { name: 'two', cluster },
      ]);
      const items = [
        { id: one.id, name: 'two' },
        { id: two.id, name: 'three' },
      ];

      for (const list of [items, items.toReversed()])
        expect(await netbox.call('PATCH', vms, list)).toMatchObject({
          status: 400,
          body: { __all__: ['Virtual machine name must be unique per cluster.'] },
        });
    });

    it('answers nothing for ids that are gone, and takes the last entry of one that is there', async () => {
      const { id } = await netbox.create(vms, { name: 'a', cluster });
      const twice = [
        { id, memory: 1 },
        { id, memory: 2 },
      ];

      expect(await netbox.call('PATCH', vms, [{ id: 999, memory: 1 }])).toMatchObject({ status: 200, body: [] });
      expect(await netbox.call('PATCH', vms, twice)).toMatchObject({ status: 200, body: [{ memory: 2 }] });
    });

    it.each([
      [
        [{ id: 1 }, {}],
        [{}, { id: ['This field is required.'] }],
      ],
      [[{ id: null }], [{ id: ['This field may not be null.'] }]],
      [['x'], [{ non_field_errors: ['Invalid data. Expected a dictionary, but got str.'] }]],
      [[{ id: '1' }], { non_field_errors: ['No data provided'] }],
    ])('refuses %j', async (items, body) => {
      expect(await netbox.call('PATCH', vms, items)).toMatchObject({ status: 400, body });
    });
  });

  it('refuses to delete what others need without saying which object it is about, and keeps all', async () => {
    const { device } = await aDevice();
    const { id } = await netbox.create(vms, { name: 'two', cluster });
    await netbox.call('PATCH', `dcim/devices/${device.id}/`, { cluster });
    const { type } = (await netbox.call('GET', `virtualization/clusters/${cluster}/`)).body;
    const other = await netbox.create('virtualization/clusters/', { name: 'free', type: type.id });

    const reply = await netbox.call('DELETE', 'virtualization/clusters/', [{ id: other.id }, { id: cluster }]);

    expect(reply.status).toBe(409);
    expect(reply.body.detail).toMatch(/^Unable to delete object\. \d dependent objects were found: .*\(\d+\)/);
    expect(reply.body.detail).toContain(`two (${id})`);
    expect(netbox.simulator.state.objects('virtualization/clusters')).toHaveLength(2);
  });

  it('takes empty lists, but not of devices', async () => {
    expect(await netbox.call('POST', vms, [])).toMatchObject({ status: 201, body: [] });
    expect(await netbox.call('PATCH', vms, [])).toMatchObject({ status: 200, body: [] });
    expect(await netbox.call('DELETE', vms, [])).toMatchObject({ status: 204 });
    expect(await netbox.call('POST', 'dcim/devices/', [])).toMatchObject({
      status: 500,
      body: { exception: 'UnboundLocalError', netbox_version: '4.6.8' },
    });
  });

  it('wants a list where a list is due', async () => {
    expect(await netbox.call('PATCH', vms, { id: 1 })).toMatchObject({
      status: 400,
      body: { non_field_errors: ['Expected a list of items but got type "dict".'] },
    });
  });
});

describe('what NetBox 4.5 lacks', () => {
  let netbox: Harness;
  beforeEach(async () => {
    netbox = await start({ version: '4.5.9' });
  });
  afterEach(() => netbox.simulator.close());

  it('ignores the cursor: the first page for ever', async () => {
    for (const slug of ['a', 'b']) await netbox.create('extras/tags/', { name: slug, slug });

    expect((await netbox.call('GET', 'extras/tags/?start=2&limit=1&fields=slug')).body).toMatchObject({
      count: 2,
      results: [{ slug: 'a' }],
    });
  });

  it('has no virtual machine types, no ETag, and drops add_tags', async () => {
    const tag = await netbox.create('extras/tags/', { name: 'a', slug: 'a' });
    const site = await netbox.create('dcim/sites/', { name: 'S', slug: 's', tags: [tag.id] });
    const patched = await netbox.call('PATCH', `dcim/sites/${site.id}/`, { remove_tags: [tag.id] });

    expect((await netbox.call('GET', 'virtualization/virtual-machine-types/')).status).toBe(404);
    expect(patched.headers.get('etag')).toBeNull();
    expect(patched.body.tags).toHaveLength(1);
  });
});
