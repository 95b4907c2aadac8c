/** The same calls against every supported NetBox: their answers differ in form, what the client makes of them must not. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CreateOutcome, FindExisting, JsonObject, NetBoxClient } from '../../../src/netbox/types.js';
import type { NetBoxSimulator } from '../../simulator/netbox/index.js';
import { openSimulated, type SimulatedHarness } from './harness.js';

const machines = '/api/virtualization/virtual-machines/';
const clusters = '/api/virtualization/clusters/';
const clusterTypes = '/api/virtualization/cluster-types/';
const devices = '/api/dcim/devices/';
const states = '/api/plugins/proxbox/sync-state/virtual-machines/';
const options = { batchSize: 50, delayMs: 0 };
const nowhere = 99_999;

/** Looks objects up by their name, in any case. */
function findByName(path: string): FindExisting {
  const lower = (value: unknown): string => String(value).toLowerCase();
  return async (bodies, client) => {
    const found = await client.listByValues(
      path,
      'name__ie',
      bodies.map(({ name }) => String(name)),
    );
    return bodies.map(({ name }) => found.find((row) => lower(row.name) === lower(name)));
  };
}

const findState: FindExisting = async (bodies, client) => {
  const ids = bodies.map(({ virtual_machine }) => Number(virtual_machine));
  const found = await client.listByValues(states, 'virtual_machine_id', ids);
  const parentOf = (row: JsonObject): unknown => (row.virtual_machine as { id: number }).id;
  return ids.map((id) => found.find((row) => parentOf(row) === id));
};

const statuses = (outcomes: readonly { readonly status: string }[]): readonly string[] =>
  outcomes.map(({ status }) => status);

function messageOf(outcome: CreateOutcome | undefined): string {
  return outcome?.status === 'failed' ? outcome.error.message : '';
}

describe.each(['4.5.9', '4.6.8', '4.7.3'] as const)('NetBox %s', (version) => {
  let harness: SimulatedHarness;
  let client: NetBoxClient;
  let simulator: NetBoxSimulator;
  let type: number;
  let site: number;
  let cluster: number;
  let one: number;
  let two: number;

  const put = (path: string, data: JsonObject): number => simulator.operator.create(path, data).id;
  const machine = (name: string): JsonObject => ({ name, cluster });
  const names = (path: string): readonly unknown[] => simulator.state.objects(path).map(({ name }) => name);
  /** Requests that change something, since the counters were reset. */
  const writes = (): number => simulator.requestLog.filter(({ method }) => method !== 'GET').length;

  beforeEach(async () => {
    harness = await openSimulated(version);
    ({ client, simulator } = harness);
    type = put(clusterTypes, { name: 'Proxmox VE', slug: 'proxmox-ve' });
    site = put('/api/dcim/sites/', { name: 'Lab', slug: 'lab' });
    cluster = put(clusters, { name: 'lab', type, scope_type: 'dcim.site', scope_id: site });
    one = put(machines, machine('one'));
    two = put(machines, machine('two'));
    simulator.resetCounters();
  });

  afterEach(() => harness.close());

  it('is known with its plugin', async () => {
    const { version: read, plugins } = await client.status();
    expect(read.text).toContain(version);
    expect(plugins.get('netbox_proxbox')).toEqual(expect.any(String));
    expect(await client.capabilities()).toEqual({
      cursorPaging: version !== '4.5.9',
      virtualMachineTypes: version !== '4.5.9',
      tagChanges: version !== '4.5.9',
      writableInterfaceMac: version.startsWith('4.7'),
      branching: false,
      proxboxPlugin: true,
    });
  });

  it('creates all but the bad objects of a batch', async () => {
    const bodies = [machine('a'), { name: 'b', cluster: nowhere }, machine('c'), machine('x'.repeat(65)), machine('d')];
    const outcomes = await client.bulkCreate(machines, bodies, options);
    expect(statuses(outcomes)).toEqual(['created', 'failed', 'created', 'failed', 'created']);
    expect(messageOf(outcomes[1])).toContain(`${machines}: cluster: Related object not found`);
    expect(messageOf(outcomes[3])).toContain(`${machines}: name: Ensure this field has no more than 64`);
    expect(names(machines)).toEqual(['one', 'two', 'a', 'c', 'd']);
    expect(writes()).toBe(2);
  });

  it('creates all but the bad devices of a batch', async () => {
    const role = put('/api/dcim/device-roles/', { name: 'Node', slug: 'node' });
    const manufacturer = put('/api/dcim/manufacturers/', { name: 'Maker', slug: 'maker' });
    const deviceType = put('/api/dcim/device-types/', { manufacturer, model: 'Box', slug: 'box' });
    const device = (name: string, more: JsonObject = {}): JsonObject => ({
      name,
      role,
      site,
      device_type: deviceType,
      ...more,
    });
    put(devices, device('pve1'));
    const bodies = [device('pve2'), device('PVE1'), device('pve3'), device('pve4', { role: nowhere })];
    const outcomes = await client.bulkCreate(devices, bodies, { ...options, find: findByName(devices) });
    expect(statuses(outcomes)).toEqual(['created', 'exists', 'created', 'failed']);
    expect(messageOf(outcomes[3])).toContain('role: Related object not found');
    expect(names(devices)).toEqual(['pve1', 'pve2', 'pve3']);
  });

  it('finds what exists already, in any case', async () => {
    const bodies = [machine('a'), machine('ONE'), machine('b')];
    const outcomes = await client.bulkCreate(machines, bodies, { ...options, find: findByName(machines) });
    expect(statuses(outcomes)).toEqual(['created', 'exists', 'created']);
    expect(outcomes[1]).toMatchObject({ record: { id: one, name: 'one' } });
    expect(writes()).toBe(2);
  });

  it('finds the first of two objects that collide with each other', async () => {
    const bodies = [machine('twin'), machine('a'), machine('TWIN')];
    const outcomes = await client.bulkCreate(machines, bodies, { ...options, find: findByName(machines) });
    expect(statuses(outcomes)).toEqual(['created', 'created', 'exists']);
    expect(names(machines).filter((name) => String(name).toLowerCase() === 'twin')).toEqual(['twin']);
  });

  it('finds sidecar rows that exist, although the conflict names none', async () => {
    put(states, { virtual_machine: one });
    const three = put(machines, machine('three'));
    simulator.resetCounters();
    const bodies = [two, one, three].map((id) => ({ virtual_machine: id, proxmox_vm_id: id }));
    const outcomes = await client.bulkCreate(states, bodies, { ...options, find: findState });
    expect(statuses(outcomes)).toEqual(['created', 'exists', 'created']);
    expect(writes()).toBe(2);
  });

  it('finds a cluster that only the database knows of', async () => {
    const body = (name: string): JsonObject => ({ name, type, scope_type: 'dcim.site', scope_id: site });
    const bodies = [body('a'), body('lab'), body('b')];
    const outcomes = await client.bulkCreate(clusters, bodies, { ...options, find: findByName(clusters) });
    expect(statuses(outcomes)).toEqual(['created', 'exists', 'created']);
    expect(writes()).toBe(2);
  });

  it('changes all but the objects that are gone or refused', async () => {
    const three = put(machines, machine('three'));
    const items = [
      { id: one, body: { memory: 512 } },
      { id: nowhere, body: { memory: 512 } },
      { id: two, body: { status: 'bogus' } },
      { id: three, body: { memory: 512 } },
    ];
    const outcomes = await client.bulkPatch(machines, items, options);
    expect(statuses(outcomes)).toEqual(['updated', 'gone', 'failed', 'updated']);
    expect(outcomes[2]).toMatchObject({ error: { message: expect.stringContaining('status: bogus is not a valid') } });
    expect(simulator.state.objects(machines).map(({ memory }) => memory)).toEqual([512, null, 512]);
  });

  it('deletes all but what others depend on', async () => {
    const unused = ['a', 'b'].map((name) => put(clusterTypes, { name, slug: name }));
    const outcomes = await client.bulkDelete(clusterTypes, [...unused, nowhere, type], options);
    expect(statuses(outcomes).filter((status) => status === 'failed')).toEqual(['failed']);
    expect(outcomes[3]).toMatchObject({ status: 'failed', error: { upstream: { status: 409 } } });
    expect(names(clusterTypes)).toEqual(['Proxmox VE']);
  });

  it('creates nothing twice when an answer is lost', async () => {
    simulator.faults.add({ match: { method: 'POST', times: 1 }, action: 'reset-after-commit' });
    const bodies = [machine('a'), machine('b'), machine('c')];
    const outcomes = await client.bulkCreate(machines, bodies, { ...options, find: findByName(machines) });
    expect(statuses(outcomes)).toEqual(['created', 'created', 'created']);
    expect(names(machines)).toEqual(['one', 'two', 'a', 'b', 'c']);
  });

  it('creates what is missing when a request is lost', async () => {
    simulator.faults.add({ match: { method: 'POST', times: 1 }, action: 'reset-before' });
    const bodies = [machine('a'), machine('one')];
    const outcomes = await client.bulkCreate(machines, bodies, { ...options, find: findByName(machines) });
    expect(outcomes).toMatchObject([{ status: 'created' }, { record: { id: one } }]);
    expect(names(machines)).toEqual(['one', 'two', 'a']);
  });

  it('changes and deletes as asked when an answer is lost', async () => {
    simulator.faults.add({ match: { method: 'PATCH', times: 1 }, action: 'reset-after-commit' });
    simulator.faults.add({ match: { method: 'DELETE', times: 1 }, action: 'reset-after-commit' });
    const items = [one, two].map((id) => ({ id, body: { memory: 512 } }));
    expect(statuses(await client.bulkPatch(machines, items, options))).toEqual(['updated', 'updated']);
    expect(statuses(await client.bulkDelete(machines, [one, two], options))).toEqual(['deleted', 'deleted']);
    expect(simulator.state.objects(machines)).toEqual([]);
  });

  it('leaves ids that do not exist out of a filter', async () => {
    const rows = await client.listByValues(machines, 'cluster_id', [nowhere, cluster, nowhere + 1]);
    expect(rows.map(({ id }) => id)).toEqual([one, two]);
    expect(await client.list(machines, { cluster_id: nowhere })).toEqual([]);
    const byTag = await client.listByValues(machines, 'cluster', ['no such cluster', 'lab']);
    expect(byTag.map(({ id }) => id)).toEqual([one, two]);
  });

  it('sends machines without their config context', async () => {
    const [row] = await client.list(machines);
    expect(row).toHaveProperty('name');
    expect(row).not.toHaveProperty('config_context');
    const [outcome] = await client.bulkCreate(machines, [machine('a')], options);
    expect(outcome).toMatchObject({ record: expect.not.objectContaining({ config_context: expect.anything() }) });
  });
});
