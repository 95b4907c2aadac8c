/** Several requests at NetBox at once: never more than configured, and the same content as one after another. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEstate } from '../simulator/estate/index.js';
import type { FaultAction } from '../simulator/http/faults.js';
import { expectContent, expectConvergence, undisturbed } from './support/expectations.js';
import { openFaultWorld, type FaultWorld } from './support/world.js';

const exhausted: FaultAction = {
  status: 500,
  body: { error: 'FATAL: remaining connection slots are reserved', exception: 'OperationalError' },
};

describe('a first run of 200 guests with four requests at once', () => {
  let wanted: readonly string[];
  let world: FaultWorld;

  beforeAll(async () => {
    const variables = {
      PROXBOX_NETBOX_MAX_RETRIES: '8',
      PROXBOX_BULK_BATCH_SIZE: '20',
      PROXBOX_NETBOX_MAX_CONCURRENT: '1',
    };
    world = await openFaultWorld({
      estate: createEstate({ vms: 200, clusters: 2, seed: 3 }),
      netbox: { latencyMs: 2 },
      variables,
      speed: 1000,
    });
    wanted = await undisturbed(world);
    await world.restart({ PROXBOX_NETBOX_MAX_CONCURRENT: '4' });
  });
  beforeEach(() => world.freshNetBox());
  afterAll(() => world.close());

  it.each<readonly [string, FaultAction | undefined]>([
    ['NetBox that is well', undefined],
    ['NetBox without database connections now and then', exhausted],
    ['a proxy that answers 503 now and then', { status: 503, body: '<html>busy</html>' }],
  ])('%s: what one at a time gives', async (_name, action) => {
    if (action !== undefined) world.netbox.faults.add({ match: { probability: 0.2 }, action });

    const { complete } = await world.fullUpdate();

    const { mostAtOnce } = world.netbox.counters;
    expect(complete).toMatchObject({ ok: true, errors: [] });
    // Under pressure it may be one all the time.
    expect(mostAtOnce).toBeGreaterThan(action === undefined ? 1 : 0);
    expect(mostAtOnce).toBeLessThanOrEqual(4);
    expectContent(world, wanted);
    await expectConvergence(world, wanted);
  });
});
