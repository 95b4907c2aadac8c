import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEstate } from '../simulator/estate/index.js';
import { eventually } from '../support/eventually.js';
import { createSteppedClock } from '../support/stepped-clock.js';
import { watchNetBox } from './support/arrivals.js';
import { expectContent, expectConvergence, expectFailure, expectTold, undisturbed } from './support/expectations.js';
import { openFaultWorld, type FaultWorld } from './support/world.js';

describe('NetBox that is down', () => {
  let wanted: readonly string[];
  let world: FaultWorld;

  beforeAll(async () => {
    world = await openFaultWorld({ estate: createEstate({ vms: 8, clusters: 2, seed: 3 }) });
    wanted = await undisturbed(world);
  });
  beforeEach(() => world.freshNetBox());
  afterAll(() => world.close());

  it('from the start: the service answers, the run fails with the reason, and the first one after recovery works', async () => {
    await world.netboxDown();

    const health = await fetch(`${world.url}/health`);
    const failed = await world.fullUpdate();

    expect(health.status).toBe(200);
    expectFailure(failed, /^netbox_unreachable: .*connection refused/i);
    await world.netboxUp();
    await expectConvergence(world, wanted);
  });

  it('for the rest of the run: it ends with ok false and names what was not written', async () => {
    watchNetBox(world.netbox, ({ method, target }) => {
      if (method === 'POST' && target.includes('/virtual-machines/')) void world.netboxDown();
    });

    const failed = await world.fullUpdate();

    expectFailure(failed, /^netbox_unreachable: .*connection (refused|reset)/i);
    expectTold(failed, /The run stopped before .*cache-01.*not_attempted/);
    await world.netboxUp();
    await expectConvergence(world, wanted);
  });
});

it('NetBox that is down for a moment in the middle of the run: it goes on when NetBox is back', async () => {
  const clock = createSteppedClock();
  const world = await openFaultWorld({ estate: createEstate({ vms: 8, clusters: 2, seed: 3 }), clock });
  try {
    const wanted = await undisturbed(world);
    let isOver = false;
    watchNetBox(world.netbox, ({ method, target }) => {
      if (isOver || method !== 'POST' || !target.includes('/storage/')) return;
      isOver = true;
      void world.netboxDown();
    });
    let ended = false;
    const run = world.fullUpdate().finally(() => (ended = true));
    /** Pauses pass, half a second at a time, until it is so. */
    const passTimeUntil = (check: () => void): Promise<void> =>
      eventually(() => {
        clock.step(500);
        check();
      });

    await passTimeUntil(() => expect(world.log.join('')).toMatch(/retrying in [\d.]+s: \S+ connection refused/));
    await world.netboxUp();
    await passTimeUntil(() => expect(ended).toBe(true));

    expect((await run).complete).toMatchObject({ ok: true, errors: [] });
    expectContent(world, wanted);
    await expectConvergence(world, wanted);
  } finally {
    await world.close();
  }
});
