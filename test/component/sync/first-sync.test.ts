import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEstate } from '../../../src/simulator/estate/index.js';
import { openWorld, type World } from '../../support/world.js';

describe('a full update from nothing', () => {
  let world: World;

  beforeAll(async () => {
    world = await openWorld({ estate: createEstate({ vms: 30, clusters: 2, seed: 3 }) });
  });
  afterAll(() => world.close());

  it('fills NetBox with the estate, and the second one writes nothing', async () => {
    const first = await world.fullUpdate();
    world.netbox.resetCounters();
    const changes = world.netbox.changelogRows;

    const second = await world.fullUpdate();

    expect(first.complete).toMatchObject({ ok: true, errors: [] });
    expect(first.complete.result?.kinds['virtual-machine']).toMatchObject({ discovered: 30, created: 30 });
    expect(second.complete).toMatchObject({ ok: true });
    expect(world.netbox.counters.writes).toBe(0);
    expect(world.netbox.changelogRows).toBe(changes);
  });
});
