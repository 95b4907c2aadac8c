/** A token that may not add tags: machines are right but for those, which is told once, and nothing is tried in vain. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../../contract/netbox/target.js';
import { aCluster, anEstate, type ClusterPlan } from '../../../contract/sync/estates.js';
import { all, machineOf, sync, syncQuietly, tagsOf, watchedSync } from '../../../contract/sync/target.js';
import type { StreamResult } from '../../../support/world.js';
import { makeOurTags } from '../our-tags.js';
import { openSimulated, type SimulatedTarget } from '../simulated-target.js';

let target: SimulatedTarget;
afterEach(() => target.close());

const refusal = { status: 403, body: { detail: 'You do not have permission to perform this action.' } };

async function open(guests: ClusterPlan['guests']): Promise<void> {
  target = await openSimulated(anEstate(aCluster({ nodes: ['pve1'], guests })));
  makeOurTags(target);
}

function mayAddTags(may: boolean): void {
  for (const { cannotAdd } of target.simulator.tokens.all())
    if (may) cannotAdd.delete('extras/tags');
    else cannotAdd.add('extras/tags');
}

const tagged = (vmid: number, tags: string, vlan = '') => ({
  vmid,
  config: {
    tags,
    scsi0: `ceph:vm-${vmid}-disk-0,size=8G`,
    net0: `virtio=BC:24:11:0D:64:${String(vmid).slice(-2)},bridge=vmbr0${vlan}`,
  },
});

const told = ({ complete }: StreamResult) =>
  (complete.result?.warnings ?? []).map(({ reason }) => reason).filter((reason) => reason !== 'agent_disabled');
const tagsOfMachine = async (vmid: number) => tagsOf((await machineOf(target, vmid)).machine);
const optionsAsked = () => target.simulator.requestLog.filter(({ method }) => method === 'OPTIONS').length;

describe('a token that may not add tags', () => {
  it('is told so once in each run, which is complete and writes nothing any more', async () => {
    await open([tagged(101, 'prod'), tagged(102, 'prod;web'), { vmid: 103 }]);
    mayAddTags(false);

    const first = await sync(target);

    expect(first.complete).toMatchObject({ ok: true, errors: [], result: { status: 'completed' } });
    expect(told(first)).toEqual(['tag_unusable']);
    expect(first.complete.result!.warnings![0]!.message).toContain("permission 'add'");
    expect(await tagsOfMachine(101)).toEqual(['proxbox', 'proxbox-discovered-qemu']);
    for (const run of [2, 3]) {
      const again = await syncQuietly(target);
      expect(again.complete, `run ${run}`).toMatchObject({ ok: true, result: { status: 'completed' } });
      expect(told(again)).toEqual(['tag_unusable']);
      expect(again.complete.result!.kinds['virtual-machine']).toMatchObject({ unchanged: 3, updated: 0, failed: 0 });
    }
  });

  it('has them in the very next run after it may', async () => {
    await open([tagged(101, 'prod')]);
    mayAddTags(false);
    await sync(target);
    await syncQuietly(target);

    mayAddTags(true);
    await sync(target);

    expect(await tagsOfMachine(101)).toEqual(['prod', 'proxbox', 'proxbox-discovered-qemu']);
    target.simulator.resetCounters();
    expect(told(await syncQuietly(target))).toEqual([]);
    expect(optionsAsked()).toBe(0);
  });

  it('nor see VLANs syncs all the same', async () => {
    await open([tagged(100, 'prod', ',tag=120'), { vmid: 101 }]);
    mayAddTags(false);
    target.simulator.faults.add({ match: { path: /ipam\/vlans/ }, action: refusal });

    const first = await sync(target);

    expect(told(first).sort()).toEqual(['tag_unusable', 'vlan_unavailable']);
    expect(await all(target, path.vmInterfaces)).toHaveLength(1);
    await syncQuietly(target);
  });
});

/** Conditions of the permission; undefined: none. */
function mayAddOnly(kind: string, isCovered?: (object: Readonly<Record<string, unknown>>) => boolean): void {
  for (const { mayAddOnly: conditions } of target.simulator.tokens.all())
    if (isCovered === undefined) conditions.delete(kind);
    else conditions.set(kind, isCovered);
}

const tagsCalled = (...names: readonly string[]) =>
  mayAddOnly('extras/tags', ({ name }) => names.includes(String(name)));
const postedTo = (at: string) =>
  target.simulator.requestLog
    .filter(({ method, target: asked }) => method === 'POST' && asked.startsWith(at))
    .map(({ body }) => (JSON.parse(body) as { name: string }[]).map(({ name }) => name));

/** A run after which nothing is changed: what it asked with, by name. */
async function probesOf(at: string = path.tags): Promise<readonly (readonly string[])[]> {
  const seen = await watchedSync(target);
  expect(seen.changes).toBe(0);
  const probes = postedTo(at);
  expect(seen.writes).toEqual(probes.map(() => `POST ${at}`));
  return probes;
}

describe('a token that may add only some tags', () => {
  const own = ['proxbox', 'proxbox-discovered-qemu'];

  it('makes those in one run, and tells of the others once, with how many and which', async () => {
    await open([tagged(101, 'db;lab;prod;web'), tagged(102, 'prod;web')]);
    tagsCalled('web', 'lab');

    const first = await sync(target);

    expect(first.complete.result).toMatchObject({ status: 'completed' });
    expect(await tagsOfMachine(101)).toEqual(['lab', ...own, 'web']);
    const warnings = first.complete.result!.warnings!.filter(({ reason }) => reason === 'tag_unusable');
    expect(warnings.map(({ message = '' }) => /Left out: .*/.exec(message)?.[0])).toEqual([
      'Left out: 2 tags (db, prod).',
    ]);
    const frames = first.frames.filter(
      ({ event, data }) => event === 'error_detail' && /tag/.test(JSON.stringify(data['message'])),
    );
    expect(frames).toHaveLength(1);
  });

  it('is asked about one of the others in a run, each in its turn, and nothing else is written', async () => {
    await open([tagged(101, 'db;lab;prod')]);
    tagsCalled();
    await sync(target);

    expect(await probesOf()).toEqual([['db']]);
    expect(await probesOf()).toEqual([['lab']]);
    expect(await probesOf()).toEqual([['prod']]);
    expect(await probesOf()).toEqual([['db']]);
    expect(optionsAsked()).toBe(0);
  });

  it('has all of them in the very next run after it may', async () => {
    await open([tagged(101, 'db;lab;prod')]);
    tagsCalled('lab');
    await sync(target);
    await probesOf();

    mayAddOnly('extras/tags');
    await sync(target);

    expect(await tagsOfMachine(101)).toEqual(['db', 'lab', 'prod', ...own]);
    await syncQuietly(target);
  });

  it('has those that it may by now, and goes without the rest', async () => {
    await open([tagged(101, 'db;lab;prod')]);
    tagsCalled();
    await sync(target);

    tagsCalled('db', 'prod');
    await sync(target);

    expect(await tagsOfMachine(101)).toEqual(['db', 'prod', ...own]);
    expect(await probesOf()).toEqual([['lab']]);
  });

  it('makes a new one that it may while others are left out', async () => {
    await open([tagged(101, 'prod')]);
    tagsCalled('web');
    await sync(target);
    target.world.estate.clusters[0]!.guests.get(101)!.config['tags'] = 'prod;web';

    await sync(target);

    expect(await tagsOfMachine(101)).toEqual([...own, 'web']);
    expect(await probesOf()).toEqual([['prod']]);
  });
});

it('a token that may add only some VLANs makes those, and is asked about one of the others in a run', async () => {
  await open([tagged(100, '', ',tag=120'), tagged(101, '', ',tag=130'), tagged(102, '', ',tag=140')]);
  mayAddOnly('ipam/vlans', ({ vid }) => vid === 50 || vid === 130);

  const first = await sync(target);

  expect(told(first).filter((reason) => reason === 'vlan_unavailable').length).toBeGreaterThan(0);
  const vids = async () => (await all(target, path.vlans)).map(({ vid }) => vid).sort();
  expect(await vids()).toEqual([130, 50]);
  expect(await probesOf(path.vlans)).toHaveLength(1);

  mayAddOnly('ipam/vlans');
  await sync(target);
  expect(await vids()).toEqual([120, 130, 140, 50]);
  await syncQuietly(target);
});

it('a token that may not add VLANs leaves them out, until it may', async () => {
  await open([tagged(100, '', ',tag=120')]);
  for (const { cannotAdd } of target.simulator.tokens.all()) cannotAdd.add('ipam/vlans');

  expect(told(await sync(target))).toContain('vlan_unavailable');
  await syncQuietly(target);
  for (const { cannotAdd } of target.simulator.tokens.all()) cannotAdd.clear();
  await sync(target);

  expect((await all(target, path.vlans)).map(({ vid }) => vid).sort()).toEqual([120, 50]);
  await syncQuietly(target);
});
