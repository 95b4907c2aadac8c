/** A grace of several runs while lists fail or lie in between: only runs that found a guest gone for sure are counted. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEstate, removeGuest, type Estate } from '../simulator/estate/index.js';
import type { FaultAction } from '../simulator/proxmox/types.js';
import { expectNoDeletes, expectQuiet } from './support/expectations.js';
import { openFaultWorld, type FaultWorld } from './support/world.js';

const list = /\/cluster\/resources$/;

describe('a grace of three runs', () => {
  let estate: Estate;
  let world: FaultWorld;

  beforeEach(async () => {
    estate = createEstate({ vms: 8, clusters: 1, seed: 3 });
    world = await openFaultWorld({
      estate,
      variables: { PROXBOX_DELETE_ORPHANS: 'true', PROXBOX_ORPHAN_GRACE_RUNS: '3' },
    });
    expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
  });
  afterEach(() => world.close());

  const cluster = () => estate.clusters[0]!;
  const [gone, alive] = [100, 101];

  /** VMIDs of the machines that are marked. */
  function marked(): readonly unknown[] {
    const { state } = world.netbox;
    const tag = state.objects('extras/tags').find((one) => Reflect.get(one, 'slug') === 'proxbox-soft-deleted');
    const ids = new Set(
      state
        .objects('virtualization/virtual-machines')
        .filter((one) => JSON.stringify(Reflect.get(one, 'tags')).includes(String(tag?.id)))
        .filter((one) => Reflect.get(one, 'status') === 'decommissioning')
        .map(({ id }) => id),
    );
    return state
      .objects('plugins/proxbox/sync-state/virtual-machines')
      .filter((one) => ids.has(Number(Reflect.get(one, 'virtual_machine'))))
      .map((one): unknown => Reflect.get(one, 'proxmox_vm_id'));
  }

  async function runWith(action?: FaultAction, path = list): Promise<string> {
    for (const { faults } of world.proxmox) {
      faults.clear();
      if (action !== undefined) faults.add({ match: { path }, action });
    }
    const { complete } = await world.fullUpdate();
    expectNoDeletes(world.netbox);
    return String(complete.result?.['status']);
  }

  /** The list of guests without one that is there. */
  const without = (left: number): FaultAction => ({
    status: 200,
    body: {
      data: [...cluster().guests.values()]
        .filter(({ vmid }) => vmid !== left)
        .map(({ vmid, type, node, name, status, memoryMb }) => ({
          ...{ id: `${type}/${vmid}`, vmid, type, node, name, status, template: 0 },
          ...{ maxcpu: 1, maxmem: memoryMb * 1_048_576, maxdisk: 0 },
        })),
    },
  });

  it.each<readonly [string, FaultAction, RegExp]>([
    ['the list of guests fails', { status: 500 }, list],
    ['the list of guests is cut off', 'truncate', list],
    ['the list of guests is empty', 'empty', list],
    ['the list of guests is a page of a proxy', 'html', list],
    ['nobody says whether the number is free', { status: 500 }, /\/cluster\/nextid$/],
    ['the permissions are not told', 'empty', /\/access\/permissions$/],
  ])('%s: such runs do not count, and those around them do', async (_text, action, path) => {
    removeGuest(cluster(), gone);
    expect(await runWith()).toBe('completed');
    for (let run = 1; run <= 3; run += 1) {
      expect(await runWith(action, path), `run ${run} under the fault`).not.toBe('completed');
      expect(marked()).toEqual([]);
    }

    await runWith();
    expect(marked()).toEqual([]);
    await runWith();
    expect(marked()).toEqual([gone]);
    await expectQuiet(world);
  });

  it('a list that leaves out a guest that is there marks it in no run', async () => {
    for (let run = 1; run <= 5; run += 1) {
      expect(await runWith(without(alive)), `run ${run}`).toBe('partial');
      expect(marked()).toEqual([]);
    }
    await runWith();
    await expectQuiet(world);
  });

  it('a guest that is seen in between begins anew, also where the run that saw it did not do everything', async () => {
    const guest = cluster().guests.get(gone)!;
    removeGuest(cluster(), gone);
    await runWith();
    await runWith();
    cluster().guests.set(gone, guest);
    await runWith({ status: 500 }, /\/snapshot$/);
    removeGuest(cluster(), gone);

    await runWith();
    await runWith();
    expect(marked()).toEqual([]);
    await runWith();
    expect(marked()).toEqual([gone]);
  });
});
