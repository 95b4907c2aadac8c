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
