/** Proxmox goes silent between two runs: what an earlier run has read of it is not taken for what it has now. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEstate } from '../simulator/estate/index.js';
import type { FaultAction } from '../simulator/proxmox/types.js';
import { stages } from '../component/sync/plugin-calls.js';
import { expectFailure, expectNoDeletes, expectQuiet } from './support/expectations.js';
import { openFaultWorld, type FaultWorld } from './support/world.js';

const sweep = '/virtualization/virtual-machines/orphans/sweep/stream?run_id=the-last&proxmox_endpoint_ids=1';

describe('Proxmox that answered a moment ago, and nothing any more', () => {
  let world: FaultWorld;

  beforeAll(async () => {
    // Time nearly stands still: what was read a moment ago is fresh for a hundred seconds.
    world = await openFaultWorld({
      estate: createEstate({ vms: 6, clusters: 1, seed: 3 }),
      variables: { PROXBOX_DELETE_ORPHANS: 'true' },
      speed: 0.05,
    });
  });
  beforeEach(async () => {
    for (const { faults } of world.proxmox) faults.clear();
    expect((await world.fullUpdate()).complete).toMatchObject({ ok: true });
  });
  afterAll(() => world.close());

  it.each<readonly [string, FaultAction]>([
    ['cuts every connection', 'reset'],
    ['answers 500', { status: 500 }],
    ['answers with the page of a proxy', 'html'],
  ])('%s: no stage is completed, and nothing is changed', async (_text, action) => {
    const before = world.netbox.changelogRows;
    for (const { faults } of world.proxmox) faults.add({ match: {}, action });

    for (const stage of [...stages(1), sweep]) expectFailure(await world.stream(stage), /\w/);
    expectFailure(await world.fullUpdate(), /\w/);

    expectNoDeletes(world.netbox);
    expect(world.netbox.changelogRows).toBe(before);
    for (const { faults } of world.proxmox) faults.clear();
    await expectQuiet(world);
  });
});
