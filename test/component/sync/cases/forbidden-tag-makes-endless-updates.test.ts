/** A token that may not add tags: machines are right but for those, which is told once, and nothing is tried in vain. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../../contract/netbox/target.js';
import { aCluster, anEstate, type ClusterPlan } from '../../../contract/sync/estates.js';
import { all, machineOf, sync, syncQuietly, tagsOf } from '../../../contract/sync/target.js';
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

  it('that may add some is not tried again with those that were refused, but with others', async () => {
    await open([tagged(101, 'prod')]);
    target.simulator.faults.add({ match: { path: /extras\/tags/, method: 'POST', times: 2 }, action: refusal });

    await sync(target);
    await syncQuietly(target);
    target.world.estate.clusters[0]!.guests.get(101)!.config['tags'] = 'prod;web';
    await sync(target);

    expect(await tagsOfMachine(101)).toEqual(['proxbox', 'proxbox-discovered-qemu', 'web']);
    // What was created says that others may be, too.
    await sync(target);
    expect(await tagsOfMachine(101)).toContain('prod');
    await syncQuietly(target);
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
