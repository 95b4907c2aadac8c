/** A real NetBox with netbox-branching: what a run in a branch does there, and that it does nothing to main. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEstate } from '../simulator/estate/index.js';
import { path, type Answer, type Api } from '../contract/netbox/target.js';
import { resetNetBoxWithBranching, watchNetBox } from './harness.js';
import { allOf, expectEstate } from './plugin-estate.js';
import { expectInventory } from './plugin-inventory.js';
import { expectCompleted, stagesOf } from './plugin-jobs.js';
import type { PluginJob } from './plugin-worker.js';
import { newestPlugin, openPluginWorld, type PluginWorld } from './plugin-world.js';

const withBranching = { ...newestPlugin, reset: resetNetBoxWithBranching };
const branches = '/api/plugins/branching/branches/';
/** Kinds that a sync creates. */
const kinds = [
  path.tags,
  path.sites,
  path.deviceRoles,
  path.devices,
  path.clusters,
  path.vms,
  path.vmState,
  path.disks,
  path.vmInterfaces,
  path.macAddresses,
  path.ipAddresses,
  path.storage,
  path.backups,
  path.snapshots,
  path.taskHistory,
];

interface Branch {
  readonly id: number;
  readonly schemaId: string;
}

/** NetBox as a client of the branch sees it. */
function inBranch(netbox: Api, { schemaId }: Branch): Api {
  const send: Api['send'] = (method, at, sent = {}) =>
    netbox.send(method, at, { ...sent, headers: { 'x-netbox-branch': schemaId, ...sent.headers } });
  return {
    ...netbox,
    send,
    get: (at) => send('GET', at),
    changeLogRows: async () => (await send('GET', '/api/core/object-changes/?limit=1&fields=id')).body.count,
  };
}

async function countsOf(netbox: Api): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const kind of kinds) counts[kind] = (await netbox.get(`${kind}?limit=1`)).body.count;
  return counts;
}

const branchOf = ({ id, schema_id }: { readonly id: number; readonly schema_id: string }): Branch => ({
  id,
  schemaId: schema_id,
});

/** A branch of main as it is now; NetBox's worker provisions it. */
async function makeBranch({ netbox, worker }: PluginWorld, name: string): Promise<Branch> {
  const { id } = await netbox.create(branches, { name });
  const [{ id: jobId }] = (await allOf(netbox, '/api/core/jobs/', '&status=pending&ordering=-id')) as [{ id: number }];
  expectCompleted(await worker.run(jobId));
  const { body } = await netbox.get(`${branches}${id}/`);
  expect(body.status.value).toBe('ready');
  return branchOf(body);
}

async function merge({ netbox, worker }: PluginWorld, { id }: Branch): Promise<void> {
  const answer = await netbox.post(`${branches}${id}/merge/`, { commit: true });
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
  expect(await worker.run(answer.body.id)).toMatchObject({ status: 'completed', error: '' });
}

describe('a run in a branch', () => {
  const estate = createEstate({ vms: 24, clusters: 2, seed: 5 });
  let world: PluginWorld;
  let inside: PluginWorld;
  let branch: Branch;
  beforeAll(async () => {
    world = await openPluginWorld(estate, withBranching);
    expectCompleted(await world.sync(['devices']));
    branch = await makeBranch(world, 'trial');
    inside = { ...world, netbox: inBranch(world.netbox, branch) };
  });
  afterAll(() => world.close());

  const run = ({ schemaId }: Branch) => world.ask(`/full-update?netbox_branch_schema_id=${schemaId}`);

  it('brings the estate into the branch, and nothing into main', async () => {
    const before = await countsOf(world.netbox);

    const { changes } = await watchNetBox(() => run(branch));

    expect(changes).toBe(0);
    expect(await countsOf(world.netbox)).toEqual(before);
    await expectEstate(inside);
    await expectInventory(inside);
  });

  it('writes nothing when it is repeated', async () => {
    const rows = await inside.netbox.changeLogRows();

    const { writes, changes } = await watchNetBox(() => run(branch));

    expect(writes).toEqual([]);
    expect(changes).toBe(0);
    expect(await inside.netbox.changeLogRows()).toBe(rows);
  });

  it('has main hold the estate once the branch is merged: a run there writes nothing', async () => {
    await merge(world, branch);

    const { writes } = await watchNetBox(() => world.ask('/full-update'));

    await expectEstate(world);
    await expectInventory(world);
    expect(writes).toEqual([]);
  });

  it.each([
    ['does not exist', async () => ({ id: 0, schemaId: 'nosuch01' })],
    ['was merged', async () => branch],
    ['is not provisioned', async () => branchOf(await world.netbox.create(branches, { name: 'new' }))],
  ])('is refused with what to do when the branch %s, and writes nothing', async (_text, open) => {
    const refused = await open();
    const before = await countsOf(world.netbox);
    let answer: Pick<Answer, 'status' | 'body'> | undefined;

    const { writes } = await watchNetBox(async () => {
      answer = await world.request(`/full-update?netbox_branch_schema_id=${refused.schemaId}`);
    });

    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining('Choose a branch') } });
    expect(answer!.body.message).toContain(`NetBox refused the branch '${refused.schemaId}'`);
    expect(writes).toEqual([]);
    expect(await countsOf(world.netbox)).toEqual(before);
  });
});

describe('a job of the plugin with branching_enabled', () => {
  const estate = createEstate({ vms: 8, clusters: 2, seed: 5 });
  let world: PluginWorld;
  beforeAll(async () => {
    world = await openPluginWorld(estate, withBranching);
    const [{ id }] = (await allOf(world.netbox, path.settings)) as [{ id: number }];
    const changed = await world.netbox.patch(`${path.settings}${id}/`, { branching_enabled: true });
    expect(changed).toMatchObject({ status: 200 });
  });
  afterAll(() => world.close());

  it('fills its branch, and writes nothing to main', async () => {
    const before = await countsOf(world.netbox);
    let job: PluginJob | undefined;

    await watchNetBox(async () => {
      job = await world.sync(['all']);
    });

    expect(stagesOf(job!).filter(({ result_summary }) => !result_summary.ok)).toEqual([]);
    expect(await countsOf(world.netbox)).toEqual(before);
    const [made] = (await allOf(world.netbox, branches)) as [{ id: number; schema_id: string }];
    await expectEstate({ ...world, netbox: inBranch(world.netbox, branchOf(made)) });
  });
});
