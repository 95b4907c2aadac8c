/** The service that syncs by itself, as a process. */
import { afterEach, expect, it } from 'vitest';
import { createEstate } from '../../simulator/estate/index.js';
import { eventually } from '../../support/eventually.js';
import { openWorld, type World } from '../../support/world.js';

let world: World;
afterEach(() => world.close());

it('begins full updates, is in the list of runs, and says when it goes on', async () => {
  world = await openWorld({
    estate: createEstate({ vms: 2, clusters: 1, seed: 5 }),
    service: 'process',
    variables: { PROXBOX_SYNC_SCHEDULE: '*/2 * * * * *' },
  });
  await eventually(async () => {
    const { body } = await world.ask('GET', '/runs?trigger=schedule&kind=full-update&status=completed');
    expect(body.runs.length).toBeGreaterThan(1);
    expect(body.runs[0]).toMatchObject({ actor: '', netbox: { writes: 0 } });
  });
  expect((await world.ask('GET', '/sync/schedule')).body).toMatchObject({
    schedule: '*/2 * * * * *',
    next_at: expect.any(String),
    last: { message: expect.any(String) },
  });
  expect((await world.ask('GET', '/metrics')).body).toMatch(/proxbox_schedule_starts_total\{outcome="begun"\} [1-9]/);
});
