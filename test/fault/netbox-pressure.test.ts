import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEstate } from '../simulator/estate/index.js';
import type { FaultAction } from '../simulator/http/faults.js';
import { eventually, turns } from '../support/eventually.js';
import { createSteppedClock } from '../support/stepped-clock.js';
import { expectContent, expectConvergence, expectFailure, expectTold, undisturbed } from './support/expectations.js';
import { openFaultWorld, type FaultWorld } from './support/world.js';

const exhausted: FaultAction = {
  status: 500,
  body: {
    error: 'connection to server failed: FATAL: remaining connection slots are reserved',
    exception: 'OperationalError',
    netbox_version: '4.7.3',
    python_version: '3.12.3',
  },
};
const page = (status: number): FaultAction => ({
  status,
  body: `<html><body>${'<p>gateway</p>'.repeat(200)}</body></html>`,
});

describe('NetBox under pressure', () => {
  let wanted: readonly string[];
  let world: FaultWorld;

  beforeAll(async () => {
    const variables = { PROXBOX_NETBOX_MAX_RETRIES: '8' };
    world = await openFaultWorld({ estate: createEstate({ vms: 5, clusters: 1, seed: 3 }), variables, speed: 1000 });
    wanted = await undisturbed(world);
  });
  beforeEach(() => world.freshNetBox());
  afterAll(() => world.close());

  it('30 % of the requests fail for want of database connections: the run succeeds', async () => {
    world.netbox.faults.add({ match: { probability: 0.3 }, action: exhausted });

    const result = await world.fullUpdate();
    const { complete } = result;

    expect(complete).toMatchObject({ ok: true, errors: [] });
    expectTold(result, /waiting.*NetBox answers 500, trying again in \d+ s\./);
    expect(complete.result?.['netbox']).toMatchObject({ retries: expect.any(Number) as number });
    expectContent(world, wanted);
    await expectConvergence(world, wanted);
  });

  it('every request fails for want of database connections: the run ends and quotes NetBox', async () => {
    world.netbox.faults.add({ match: { method: 'POST' }, action: exhausted });

    expectFailure(await world.fullUpdate(), /netbox_overwhelmed.*remaining connection slots are reserved/);
    await expectConvergence(world, wanted);
  });

  it.each([
    ['502', 'POST', 502],
    ['504', 'POST', 504],
    ['502', 'GET', 502],
    ['503', 'POST', 503],
  ])('a page of a proxy with %s now and then (%s): the run succeeds', async (_text, method, status) => {
    world.netbox.faults.add({ match: { method, probability: 0.3 }, action: page(status) });

    const { complete } = await world.fullUpdate();

    expect(complete).toMatchObject({ ok: true, errors: [] });
    expectContent(world, wanted);
    await expectConvergence(world, wanted);
  });

  it('a page of a proxy for every write: the run fails without echoing the page', async () => {
    world.netbox.faults.add({ match: { method: 'POST' }, action: page(502) });

    const failed = await world.fullUpdate();

    expectFailure(failed, /HTTP 502/);
    expect(failed.complete.errors[0]?.detail.length).toBeLessThan(1500);
    expect(failed.complete.errors[0]?.detail).not.toContain('<p>');
    await expectConvergence(world, wanted);
  });

  it('maintenance: the run fails with that reason and writes nothing', async () => {
    const body = {
      detail: 'NetBox is currently operating in maintenance mode and is unable to perform write operations.',
    };
    world.netbox.faults.add({ match: { method: 'POST' }, action: { status: 500, body } });

    expectFailure(await world.fullUpdate(), /netbox_maintenance.*maintenance mode/);
    await expectConvergence(world, wanted);
  });
});

describe('NetBox that asks for a pause', () => {
  it('gets no request during it', async () => {
    const clock = createSteppedClock();
    const world = await openFaultWorld({ estate: createEstate({ vms: 8, clusters: 2, seed: 3 }), clock });
    try {
      const wanted = await undisturbed(world);
      const action: FaultAction = {
        status: 429,
        headers: { 'retry-after': '7' },
        body: { detail: 'Request was throttled.' },
      };
      world.netbox.faults.add({ match: { method: 'POST', nth: 3 }, action });
      const run = world.fullUpdate();
      await eventually(() => expect(world.log.join('')).toContain('retrying in'));
      const { total } = world.netbox.counters;

      clock.step(6_999);
      await turns();
      expect(world.netbox.counters.total).toBe(total);
      // The pause that was asked for, and what is added to it so that not everybody comes at once.
      clock.step(30_000);

      expect((await run).complete).toMatchObject({ ok: true, errors: [] });
      await expectConvergence(world, wanted);
    } finally {
      await world.close();
    }
  });
});
