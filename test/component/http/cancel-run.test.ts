/** Ending a run by its id. */
import { expect, it } from 'vitest';
import { aMoment, eventually } from '../../support/eventually.js';
import { aVerbWorld } from './verb-world.js';

it('ends it with ok: false and without another write; a second request finds it ending', async () => {
  const world = await aVerbWorld();
  const moment = aMoment();
  world.lab.faults.add({ match: { path: /qemu\/100\/config/ }, action: { until: moment.come } });
  world.lab.state.guests.get(101)!.memoryMb = 4096;

  const run = world.stream('/virtualization/virtual-machines/create/stream?sync_vm_network=false');
  await eventually(() =>
    expect(world.lab.counters.byRoute.get('GET /nodes/{node}/qemu/{vmid}/config')).toBeGreaterThan(0),
  );
  const { id } = (await world.ask('GET', '/sync/active')).body;
  const first = await world.ask('DELETE', `/sync/active/${id}`);
  moment.now();
  const { complete } = await run;
  const after = await world.ask('DELETE', `/sync/active/${id}`);

  expect([first.status, first.body]).toEqual([202, { id, status: 'cancelling' }]);
  expect(complete).toMatchObject({ ok: false, result: { status: 'cancelled' } });
  expect(world.netbox.requestLog.filter(({ method }) => method !== 'GET')).toEqual([]);
  expect([after.status, after.body]).toEqual([
    404,
    { detail: `No run has the id '${id}'. GET /sync/active lists those that run now.` },
  ]);
});
