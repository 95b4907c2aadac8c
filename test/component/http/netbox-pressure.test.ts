/** What is held back while NetBox has no capacity: told while it is so, and after it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEstate } from '../../simulator/estate/index.js';
import { eventually } from '../../support/eventually.js';
import { openWorld, type World } from '../../support/world.js';

let world: World;
beforeAll(async () => {
  world = await openWorld({
    estate: createEstate({ vms: 4, clusters: 1, seed: 5 }),
    variables: { PROXBOX_NETBOX_MAX_CONCURRENT: '4' },
  });
});
afterAll(() => world.close());

const pressure = async () => (await world.ask('GET', '/netbox/pressure')).body;
const gauge = async (name: string): Promise<number> => {
  const response = await fetch(`${world.url}/metrics`, { headers: { authorization: `Bearer ${world.apiKey}` } });
  const [, value] =
    new RegExp(`^proxbox_netbox_${name}\\{endpoint="netbox"\\} (\\S+)$`, 'm').exec(await response.text()) ?? [];
  return Number(value);
};

it('says of a NetBox that answers well that nothing is held back', async () => {
  await world.fullUpdate();
  const before = { told: (await pressure()).endpoints[0].requests, counted: world.netbox.counters.total };
  await world.fullUpdate();

  const { active, waiting, endpoints } = await pressure();

  expect([active, waiting]).toEqual([0, 0]);
  expect(endpoints).toMatchObject([
    { endpoint_id: 1, is_overwhelmed: false, width: 4, max_width: 4, batch_limit: null, pause_seconds: 0, retries: 0 },
  ]);
  expect(endpoints[0].requests - before.told).toBe(world.netbox.counters.total - before.counted);
  expect(before.told).toBeGreaterThan(50);
  expect([await gauge('width'), await gauge('pause_seconds')]).toEqual([4, 0]);
});

it('says that NetBox has no capacity, for how long it is asked nothing, and what it is given then', async () => {
  world.netbox.faults.add({
    match: { path: /^\/api\/virtualization/, times: 1 },
    action: { status: 503, headers: { 'retry-after': '600' } },
  });
  const run = await world.ask('POST', '/runs');

  const told = await eventually(async () => {
    const [of] = (await pressure()).endpoints;
    expect(of).toMatchObject({ width: 2, max_width: 4, turned_away: 1 });
    expect(of.pause_seconds).toBeGreaterThan(0);
    return of;
  });

  expect(told.pause_seconds).toBeLessThanOrEqual(600);
  expect(await gauge('width')).toBe(2);
  expect(await gauge('pause_seconds')).toBeGreaterThan(0);
  expect((await world.ask('POST', `/runs/${run.body.id}/cancel`)).status).toBe(202);
});
