/** What a run asks NetBox that knows what was read before: the change log, and what that names; and when it reads everything. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aGuest } from '../../contract/sync/estates.js';
import { machineOf, sync, syncQuietly, watchedSync } from '../../contract/sync/target.js';
import { addGuest, budgetGuest, createEstate, removeGuest, setConfig } from '../../simulator/estate/index.js';
import type { NetBoxSimulatorOptions } from '../../simulator/netbox/index.js';
import { createSteppedClock, type SteppedClock } from '../../support/stepped-clock.js';
import type { StreamResult } from '../../support/world.js';
import { stages } from './plugin-calls.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

let target: SimulatedTarget;
let clock: SteppedClock;
afterEach(() => target.close());

const hourMs = 3_600_000;
const changeLog = '/api/core/object-changes/';
const full = 36;

/** Nothing of these is in the change log, or not all. */
const always = [
  '/api/plugins/proxbox/settings/runtime/',
  changeLog,
  '/api/plugins/proxbox/endpoints/proxmox/',
  '/api/plugins/proxbox/proxmox-nodes/',
  '/api/plugins/proxbox/proxmox-clusters/',
  '/api/plugins/proxbox/sync-state/virtual-machines/',
  '/api/virtualization/virtual-machines/',
];

interface Run extends StreamResult {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** What the stream says of it. */
  readonly reading: string | undefined;
}

/** A run half an hour later: NetBox is asked for its version once an hour, so not in these. */
async function run(at?: string, laterMs = hourMs / 2): Promise<Run> {
  clock.step(laterMs);
  let result: StreamResult | undefined;
  const { writes } = await target.watch(async () => {
    result = await sync(target, at);
  });
  const reads = target.simulator.requestLog
    .filter(({ method, target: asked }) => method === 'GET' && !asked.startsWith('/api/status/'))
    .map(({ target: asked }) => asked.split('?')[0] ?? '');
  const told = result!.frames.filter(({ data }) => data['substep'] === 'netbox').map(({ data }) => data['message']);
  expect(told.length).toBeLessThanOrEqual(1);
  return { ...result!, writes, reads, reading: typeof told[0] === 'string' ? told[0] : undefined };
}

interface Options {
  readonly variables?: Readonly<Record<string, string>>;
  readonly netbox?: NetBoxSimulatorOptions;
}

/** Guests that are in NetBox already, and a service that has read all of it. */
async function aKnownNetBox({ variables = {}, netbox = {} }: Options = {}): Promise<void> {
  clock = createSteppedClock();
  const estate = createEstate({ vms: 40, clusters: 1, nodesPerCluster: 3, seed: 1, guest: budgetGuest });
  target = await openSimulated(estate, { clock, variables, netbox });
  await sync(target);
  expect((await run()).writes).toEqual([]);
}

const operator = () => target.simulator.operator;
const objects = (at: string) => target.simulator.state.objects(at);
const isFull = ({ reads }: Run): boolean => reads.length >= full;

describe('a run after which nothing changed', () => {
  it('asks for what changed, and reads only what no change log tells of: 7 requests', async () => {
    await aKnownNetBox();

    const { reads, writes, reading } = await run();

    expect(writes).toEqual([]);
    expect(reads).toEqual(always);
    expect(reading).toMatch(/^0 objects changed in NetBox since \d{4}-\d\d-\d\d \d\d:\d\d UTC; the rest is known\.$/);
  });

  it('asks the same where the plugin calls it stage by stage', async () => {
    await aKnownNetBox();

    const runs: Run[] = [];
    for (const stage of stages(1)) runs.push(await run(stage, 20_000));

    expect(runs.flatMap(({ writes }) => writes)).toEqual([]);
    // Rows of tasks are always asked for.
    const read = new Set(runs.flatMap(({ reads }) => reads));
    expect([...read].filter((one) => !always.includes(one))).toEqual([]);
  });
});

describe('what an operator changed', () => {
  it('is read again, with what it shows in, and nothing else', async () => {
    await aKnownNetBox();
    const [disk] = objects('virtualization/virtual-disks');
    operator().update('virtualization/virtual-disks', disk!.id, { description: 'by hand' });

    const { reads, reading } = await run();

    expect(reading).toMatch(/^1 object changed in NetBox since /);
    expect(reads.filter((one) => !always.includes(one))).toEqual(['/api/virtualization/virtual-disks/']);
  });

  it.each([
    ['a tag', 'extras/tags', { color: '123456' }],
    ['a role', 'dcim/device-roles', { name: 'Renamed' }],
    ['a site', 'dcim/sites', { name: 'Renamed' }],
    ['a cluster', 'virtualization/clusters', { comments: 'by hand' }],
  ])('%s may show anywhere: everything is read again', async (_what, at, values) => {
    await aKnownNetBox();
    operator().update(at, objects(at)[0]!.id, values);

    const { reads, reading } = await run();

    expect(reads.length).toBeGreaterThanOrEqual(full);
    expect(reading).toMatch(/^1 object changed in NetBox since /);
  });

  it('what shows nowhere in what is read costs nothing', async () => {
    await aKnownNetBox();
    operator().create('ipam/prefixes', { prefix: '10.99.0.0/16' });

    expect((await run()).reads).toEqual(always);
  });

  it('disks that were deleted are made again, though no row names the size of the machine', async () => {
    await aKnownNetBox();
    const [disk] = objects('virtualization/virtual-disks');
    const before = objects('virtualization/virtual-machines').find(({ id }) => id === disk!['virtual_machine'])!;
    operator().remove('virtualization/virtual-disks', disk!.id);

    await run();

    const after = objects('virtualization/virtual-machines').find(({ id }) => id === before.id)!;
    expect(after['disk']).toBe(before['disk']);
    await syncQuietly(target);
  });

  it('a custom field that goes takes values along without a row: everything is read for an hour', async () => {
    await aKnownNetBox();
    const field = operator().create('extras/custom-fields', {
      name: 'rack',
      type: 'text',
      object_types: ['virtualization.virtualdisk'],
    });
    await run();
    operator().remove('extras/custom-fields', field.id);

    expect(isFull(await run(undefined, 1_000))).toBe(true);
    expect((await run(undefined, 1_000)).reading).toBe(
      'NetBox is read in full: a custom field was changed within the last hour.',
    );
    expect((await run(undefined, hourMs)).reads).toEqual(always);
  });
});

describe('what no change log tells of', () => {
  it('of a machine is seen all the same', async () => {
    await aKnownNetBox();
    const [machine] = objects('virtualization/virtual-machines');
    operator().rewrite('virtualization/virtual-machines', machine!.id, { memory: 1 });

    expect((await run()).writes).toEqual([`PATCH ${path.vms}`]);
  });

  it('is not written over: before a stage writes, it reads what the change log confirmed', async () => {
    await aKnownNetBox();
    const [cluster] = target.world.estate.clusters;
    const [vmid = 0] = cluster!.guests.keys();
    const { machine } = await machineOf(target, vmid, cluster!.name);
    const disk = objects('virtualization/virtual-disks').find(
      (row) => row['virtual_machine'] === machine.id && String(row['description']).startsWith('Storage: '),
    )!;
    // A script without a request. What is known says that the text is ours, and it is to say another storage now.
    operator().rewrite('virtualization/virtual-disks', disk.id, { description: 'Ask Ann.' });
    const key = String(disk['name']);
    const value = String(cluster!.guests.get(vmid)!.config[key]);
    setConfig(cluster!, vmid, key, value.replace(/^[^:]+/, 'elsewhere'));

    const { reads } = await run();

    expect(reads).toContain('/api/virtualization/virtual-disks/');
    expect(objects('virtualization/virtual-disks').find(({ id }) => id === disk.id)).toMatchObject({
      description: 'Ask Ann.',
    });
  });

  it('is not written over by a single stage either, however long ago its job began', async () => {
    await aKnownNetBox();
    const [devices, , , , , , , , interfaces] = stages(1);
    await run(devices, 1_000);
    const [port] = objects('virtualization/interfaces');
    operator().update('virtualization/interfaces', port!.id, { description: 'by hand' });
    expect((await run(interfaces, 1_000)).reads).toContain('/api/virtualization/interfaces/');
    const [cluster] = target.world.estate.clusters;
    const [vmid = 0] = cluster!.guests.keys();
    setConfig(cluster!, vmid, 'net0', `${String(cluster!.guests.get(vmid)!.config['net0'])},link_down=1`);

    const { reads, writes } = await run(interfaces, hourMs);

    expect(writes).toEqual(['PATCH /api/virtualization/interfaces/']);
    expect(reads).toContain('/api/virtualization/interfaces/');
  });

  it('does not make a machine of a guest that is gone look as if nobody had changed it', async () => {
    await aKnownNetBox({ variables: { PROXBOX_ORPHAN_ACTION: 'delete', PROXBOX_DELETE_ORPHANS: 'true' } });
    const [cluster] = target.world.estate.clusters;
    const [vmid = 0] = cluster!.guests.keys();
    const { machine } = await machineOf(target, vmid, cluster!.name);
    operator().rewrite('virtualization/virtual-machines', machine.id, { comments: 'Keep it.' });
    removeGuest(cluster!, vmid);

    await run();

    expect(objects('virtualization/virtual-machines').some(({ id }) => id === machine.id)).toBe(true);
  });
});

describe('everything is read', () => {
  it('after a start, and one request more asks where the change log stands', async () => {
    await aKnownNetBox();
    await run();
    await target.world.restart();

    const { reads, reading } = await run();

    expect(reads).toHaveLength(full + 1);
    expect(reading).toBe('NetBox is read in full: nothing was read before.');
    expect((await run()).reads).toEqual(always);
  });

  it('when PROXBOX_FULL_READ_HOURS are over', async () => {
    await aKnownNetBox({ variables: { PROXBOX_FULL_READ_HOURS: '2' } });
    expect((await run()).reads).toEqual(always);

    const { reads, reading } = await run(undefined, 2 * hourMs);

    expect(reads).toHaveLength(full + 1);
    expect(reading).toBe('NetBox is read in full: the last time is long ago (PROXBOX_FULL_READ_HOURS).');
    expect((await run()).reads).toEqual(always);
  });

  it.each([
    ['PROXBOX_FULL_READ_HOURS', '0'],
    ['PROXBOX_NETBOX_GET_CACHE_TTL', '0'],
  ])('always with %s=%s, and the change log is not asked', async (variable, value) => {
    await aKnownNetBox({ variables: { [variable]: value } });

    const { reads, reading } = await run();

    expect(reads).toHaveLength(full);
    expect(reads).not.toContain(changeLog);
    expect(reading).toBeUndefined();
  });

  it('in a branch, which has a change log of its own', async () => {
    await aKnownNetBox({ netbox: { branching: true } });

    const { reads, reading } = await run('/full-update/stream?netbox_branch_schema_id=br4nch01');

    expect(reads.length).toBeGreaterThanOrEqual(full);
    expect(reads).not.toContain(changeLog);
    expect(reading).toBe('NetBox is read in full: branches always are.');
  });

  it('what did not fit into the cache', async () => {
    await aKnownNetBox({ variables: { PROXBOX_NETBOX_GET_CACHE_MAX_ENTRIES: '4' } });

    const { reads } = await run();

    expect(reads.length).toBeGreaterThan(full - 4);
    expect(reads.length).toBeLessThanOrEqual(full + 1);
  });

  it('when the change log does not reach back', async () => {
    await aKnownNetBox();
    const [disk] = objects('virtualization/virtual-disks');
    operator().update('virtualization/virtual-disks', disk!.id, { size: 1 });
    target.simulator.changeLog.drop();

    const { reads, writes, reading } = await run();

    expect(reading).toBe('NetBox is read in full: its change log does not reach back to the last run.');
    expect(reads.length).toBeGreaterThanOrEqual(full);
    expect(writes).toContain('PATCH /api/virtualization/virtual-disks/');
  });

  it('when a row of the change log cannot be seen', async () => {
    await aKnownNetBox();
    const [disk] = objects('virtualization/virtual-disks');
    operator().update('virtualization/virtual-disks', disk!.id, { size: 1 });
    const hidden = objects('core/object-changes').at(-1)!;
    target.simulator.operator.create('ipam/prefixes', { prefix: '10.99.0.0/16' });
    target.simulator.changeLog.drop([hidden.id]);

    const { writes, reading } = await run();

    expect(reading).toBe('NetBox is read in full: its change log has a hole.');
    expect(writes).toContain('PATCH /api/virtualization/virtual-disks/');
  });

  it('and what its other rows name is seen at once, also within a job', async () => {
    await aKnownNetBox();
    const [devices, , , , , , , , interfaces] = stages(1);
    await run(devices, 1_000);
    const [port] = objects('virtualization/interfaces');
    operator().update('virtualization/interfaces', port!.id, { description: 'by hand' });
    await run(interfaces, 1_000);
    operator().update('virtualization/interfaces', port!.id, { enabled: false });
    target.simulator.changeLog.begin();
    operator().create('ipam/prefixes', { prefix: '10.99.0.0/16' });

    const { writes, reading } = await run(interfaces, 10_000);

    expect(reading).toBe('NetBox is read in full: its change log has a hole.');
    expect(writes).toEqual(['PATCH /api/virtualization/interfaces/']);
  });

  it('and a row that appears late, with the end of its transaction, is not missed', async () => {
    await aKnownNetBox();
    const [disk] = objects('virtualization/virtual-disks');
    // The transaction of the operator has begun: its row has a number, and nobody sees what it changes.
    const number = target.simulator.changeLog.begin();
    operator().create('ipam/prefixes', { prefix: '10.99.0.0/16' });
    await run();
    target.simulator.changeLog.end(number, 'virtualization/virtual-disks', disk!.id, { size: 1 });

    const { writes, reading } = await run();

    expect(reading).toMatch(/^1 object changed in NetBox since /);
    expect(writes).toContain('PATCH /api/virtualization/virtual-disks/');
  });

  it('when the token may not read the change log: the run says so, and so does the report', async () => {
    await aKnownNetBox();
    for (const token of target.simulator.tokens.all()) token.cannotView.add('core/object-changes');
    await target.world.restart();

    const first = await run();
    const second = await run(undefined, 60_000);

    expect(first.reading).toBe('NetBox is read in full: its change log may not be read.');
    expect(first.complete.result?.warnings).toContainEqual(
      expect.objectContaining({
        reason: 'change_log_forbidden',
        message: expect.stringContaining('core.view_objectchange'),
      }),
    );
    expect(second.reads).toHaveLength(full);
    expect((await target.world.ask('GET', '/extras/bootstrap-status')).body).toMatchObject({
      ok: true,
      warnings: [{ object: 'NetBox', error: expect.stringContaining('core.view_objectchange') }],
    });
  });
});

it('two services on one NetBox see what the other one writes', async () => {
  await aKnownNetBox();
  const twin = await target.world.twin();
  const other = { ...target, world: Object.assign({}, target.world, twin) };
  try {
    await syncQuietly(other);
    await syncQuietly(target);
    addGuest(
      target.world.estate.clusters[0]!,
      aGuest({ vmid: 9001, config: { scsi0: 'local-lvm:vm-9001-disk-0,size=8G' } }),
    );
    clock.step(hourMs);

    expect((await watchedSync(other)).writes).toContain('POST /api/virtualization/virtual-disks/');
    expect((await run()).writes).toEqual([]);
    expect((await run()).reads).toEqual(always);
  } finally {
    await twin.stop();
  }
});
