/** Virtual machines and devices as NetBox has them. */
import { expect, it } from 'vitest';
import { aVerbWorld } from './verb-world.js';

it('are all of them, and one by its id', async () => {
  const world = await aVerbWorld();
  const stored = (table: string) => world.netbox.state.objects(table).map(({ id }) => id);

  const machines = await world.ask('GET', '/virtualization/virtual-machines');
  const devices = await world.ask('GET', '/dcim/devices');
  const [first] = machines.body;
  const one = await world.ask('GET', `/virtualization/virtual-machines/${first.id}`);
  const none = await world.ask('GET', '/virtualization/virtual-machines/9999');

  expect(machines.body.map(({ id }: { id: number }) => id)).toEqual(stored('virtualization/virtual-machines'));
  expect(machines.body).toHaveLength(18);
  expect(devices.body.map(({ id }: { id: number }) => id)).toEqual(stored('dcim/devices'));
  expect([one.status, one.body.name, one.body.status]).toEqual([200, first.name, first.status]);
  expect([none.status, none.body]).toEqual([404, { detail: 'NetBox has no virtual machine with the id 9999.' }]);
});

it('are an error when NetBox cannot be read, never an empty list', async () => {
  const world = await aVerbWorld();
  world.netbox.faults.add({ match: { path: /virtual-machines|devices/ }, action: { status: 403, body: {} } });

  for (const path of ['/virtualization/virtual-machines', '/virtualization/virtual-machines/1', '/dcim/devices'])
    expect((await world.ask('GET', path)).status).toBeGreaterThanOrEqual(400);
});
