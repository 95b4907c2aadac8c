/** Four requests to NetBox at once, while connections are cut: what each of them did is found out by itself. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEstate } from '../simulator/estate/index.js';
import type { FaultAction } from '../simulator/http/faults.js';
import { watchNetBox } from './support/arrivals.js';
import { expectContentButForNotes, expectNoDeletes, expectQuiet, undisturbed } from './support/expectations.js';
import { openFaultWorld, type FaultWorld } from './support/world.js';

const width = 4;
const seeds = Array.from({ length: 6 }, (_, index) => index + 1);

describe('four requests to NetBox at once', () => {
  let wanted: readonly string[];
  let world: FaultWorld;

  beforeAll(async () => {
    world = await openFaultWorld({
      estate: createEstate({ vms: 6, clusters: 2, seed: 3 }),
      // An answer takes its time, so that others are under way when a connection is cut.
      netbox: { latencyMs: 2 },
      variables: {
        PROXBOX_NETBOX_MAX_CONCURRENT: String(width),
        PROXBOX_BULK_BATCH_SIZE: '3',
        PROXBOX_BACKUP_BATCH_SIZE: '3',
        PROXBOX_INTERFACE_BATCH_SIZE: '3',
        // A share of one in five, nine times in a row: once in 500,000 requests.
        PROXBOX_NETBOX_MAX_RETRIES: '8',
      },
      // The ten minutes in which a request is tried again are three seconds of a machine that may be busy.
      speed: 200,
    });
    wanted = await undisturbed(world);
  });
  afterAll(() => world.close());

  async function expectAsUndisturbed(): Promise<void> {
    const { complete } = await world.fullUpdate();

    expect(complete).toMatchObject({ ok: true, errors: [], result: { status: 'completed' } });
    expectContentButForNotes(world, wanted);
    expectNoDeletes(world.netbox);
    world.netbox.faults.clear();
  }

  it.each<readonly [string, FaultAction]>([
    ['before the request is carried out', 'reset-before'],
    ['after it was carried out', 'reset-after-commit'],
    ['in the middle of the answer', 'truncate'],
  ])('one connection in five is cut %s: nothing is lost, and nothing made twice', async (_text, action) => {
    for (const faultSeed of seeds) {
      await world.freshNetBox({ faultSeed });
      world.netbox.resetCounters();
      world.netbox.faults.add({ match: { probability: 0.2 }, action });

      await expectAsUndisturbed();

      expect(world.netbox.counters.mostAtOnce).toBe(width);
    }
    await expectQuiet(world);
  });

  it('all connections are cut again and again, as NetBox is started anew: the same', async () => {
    for (const first of seeds) {
      await world.freshNetBox();
      const restarts: Promise<void>[] = [];
      watchNetBox(world.netbox, ({ count }) => {
        if (count % 20 === first) restarts.push(world.netboxDown().then(() => world.netboxUp()));
      });

      await expectAsUndisturbed();

      expect(restarts.length).toBeGreaterThan(5);
      await Promise.all(restarts);
    }
    await expectQuiet(world);
  });
});
