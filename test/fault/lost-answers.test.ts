import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEstate } from '../simulator/estate/index.js';
import type { FaultAction, FaultRule } from '../simulator/http/faults.js';
import { expectContent, expectConvergence, expectFailure, expectQuiet, undisturbed } from './support/expectations.js';
import type { StreamResult } from '../support/world.js';
import { openFaultWorld, type FaultWorld } from './support/world.js';

/** Every list that a first run creates objects in. */
const created = [
  '/api/extras/tags/',
  '/api/dcim/manufacturers/',
  '/api/dcim/device-types/',
  '/api/dcim/device-roles/',
  '/api/dcim/platforms/',
  '/api/dcim/sites/',
  '/api/dcim/devices/',
  '/api/virtualization/cluster-types/',
  '/api/virtualization/virtual-machine-types/',
  '/api/virtualization/clusters/',
  '/api/virtualization/virtual-machines/',
  '/api/plugins/proxbox/storage/',
  '/api/plugins/proxbox/sync-state/clusters/',
  '/api/plugins/proxbox/sync-state/devices/',
  '/api/plugins/proxbox/sync-state/virtual-machines/',
  '/api/plugins/proxbox/task-history/',
  '/api/virtualization/virtual-disks/',
  '/api/plugins/proxbox/sync-state/virtual-disks/',
  '/api/plugins/proxbox/vm-cloudinit/',
  '/api/plugins/proxbox/backups/',
  '/api/plugins/proxbox/snapshots/',
  '/api/dcim/interfaces/',
  '/api/virtualization/interfaces/',
  '/api/plugins/proxbox/sync-state/vm-interfaces/',
  '/api/ipam/vlans/',
  '/api/ipam/ip-addresses/',
  '/api/plugins/proxbox/guest-vm-interfaces/',
  '/api/plugins/proxbox/guest-vm-interface-addresses/',
  '/api/plugins/proxbox/replications/',
  '/api/plugins/proxbox/backup-routines/',
  '/api/extras/journal-entries/',
];

const losingFirstOf = (path: string): FaultRule => ({
  match: { method: 'POST', path: new RegExp(`^${path}(\\?|$)`), nth: 1 },
  action: 'reset-after-commit',
});

describe.each<readonly [string, string, readonly (readonly [string, readonly string[]])[]]>([
  ['in bulk', '50', created.map((path) => [path, [path]] as const)],
  ['one by one', '1', [['each of the lists', created]]],
])('answers of NetBox that get lost, objects written %s', (_text, batchSize, losses) => {
  let wanted: readonly string[];
  let world: FaultWorld;

  beforeAll(async () => {
    world = await openFaultWorld({
      estate: createEstate({ vms: 3, clusters: 1, seed: 3 }),
      variables: { PROXBOX_BULK_BATCH_SIZE: batchSize },
    });
    wanted = await undisturbed(world);
  });
  beforeEach(() => world.freshNetBox());
  afterAll(() => world.close());

  async function expectNothingRepeated(faults: readonly FaultRule[]): Promise<void> {
    for (const fault of faults) world.netbox.faults.add(fault);

    const { complete } = await world.fullUpdate();

    expect(complete).toMatchObject({ ok: true, errors: [] });
    expectContent(world, wanted);
    await expectQuiet(world);
  }

  it('knows every list in which a first run creates objects', async () => {
    await world.fullUpdate();

    const lists = world.netbox.requestLog.filter(({ method }) => method === 'POST').map(({ target }) => target);
    expect([...new Set(lists.map((target) => target.replace(/\?.*/, '')))].sort()).toEqual([...created].sort());
  });

  it.each(losses)('%s: the first creation was carried out and not answered, and is not repeated', (_name, paths) =>
    expectNothingRepeated(paths.map(losingFirstOf)),
  );

  it('every second creation is carried out and not answered', () =>
    expectNothingRepeated([{ match: { method: 'POST', probability: 0.5 }, action: 'reset-after-commit' }]));
});

describe('answers of NetBox that are no answers', () => {
  let wanted: readonly string[];
  let world: FaultWorld;

  beforeAll(async () => {
    world = await openFaultWorld({
      estate: createEstate({ vms: 5, clusters: 1, seed: 3 }),
      variables: { PROXBOX_NETBOX_MAX_RETRIES: '1' },
    });
    wanted = await undisturbed(world);
  });
  beforeEach(() => world.freshNetBox());
  afterAll(() => world.close());

  /** A run under faults; requests that hang are given up after a second, in this run alone. */
  async function runUnder(action: FaultAction, faults: readonly FaultRule[]): Promise<StreamResult> {
    if (action === 'hang') await world.restart({ PROXBOX_NETBOX_TIMEOUT: '1' });
    for (const fault of faults) world.netbox.faults.add(fault);
    const result = await world.fullUpdate();
    if (action === 'hang') await world.restart();
    return result;
  }

  it.each<readonly [string, string, RegExp, FaultAction, RegExp]>([
    ['a list cut off', 'GET', /\/devices\//, 'truncate', /remote_protocol|cut off/],
    ['a list that is not JSON', 'GET', /\/devices\//, 'garbage', /remote_protocol|JSON/],
    ['a list whose next page is itself', 'GET', /\/devices\//, 'next-loop', /pagination/],
    ['a list that is none', 'GET', /\/devices\//, { status: 200, body: { devices: [] } }, /pagination|remote_protocol/],
    ['a list that never comes', 'GET', /\/devices\//, 'hang', /netbox_timeout.*timed out/],
    ['a creation that is never answered', 'POST', /\/virtualization\/virtual-machines\//, 'hang', /timed out/],
  ])('%s, always: the run fails with the reason and nothing is lost', async (_text, method, path, action, reason) => {
    const failed = await runUnder(action, [{ match: { method, path }, action }]);

    expectFailure(failed, reason);
    await expectConvergence(world, wanted);
  });

  it.each<readonly [string, string, FaultAction]>([
    ['a list cut off', 'GET', 'truncate'],
    ['a list that never comes', 'GET', 'hang'],
    ['a creation cut off', 'POST', 'truncate'],
    ['a creation answered with no JSON', 'POST', 'garbage'],
    ['a creation that hangs before it is carried out', 'POST', 'hang'],
    ['a connection that breaks before a creation', 'POST', 'reset-before'],
  ])('%s, once per list: the content is right after the next run at the latest', async (_text, method, action) => {
    const lists = created.slice(5).filter((path) => action !== 'hang' || path.includes('virtual-machines'));
    const once = lists.map((path) => ({ match: { method, path: new RegExp(`^${path}(\\?|$)`), nth: 1 }, action }));

    const { complete } = await runUnder(action, once);

    expect(complete.ok || (complete.errors[0]?.detail ?? '') !== '').toBe(true);
    await expectConvergence(world, wanted);
  });
});
