/** Guest agents that never answer: their guests lack addresses, everybody else's are complete, and nobody waits for ever. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEstate } from '../simulator/estate/index.js';
import { apiKey, openFaultWorld, type FaultWorld } from './support/world.js';
import { rounds } from './support/rounds.js';
import { expectNoDeletes, expectQuiet } from './support/expectations.js';

const guests = 100 * rounds;
const silent = [100, 101, 102, 103, 104];

describe(`five agents of ${guests} that never answer`, () => {
  let world: FaultWorld;
  const addresses = (): number => world.netbox.state.objects('ipam/ip-addresses').length;
  const asked = () => world.proxmox.flatMap(({ requestLog }) => requestLog).filter(({ path }) => isSilent.test(path));
  const isSilent = new RegExp(`/qemu/(${silent.join('|')})/agent/`);

  beforeAll(async () => {
    world = await openFaultWorld({
      estate: createEstate({
        vms: guests,
        clusters: 1,
        seed: 3,
        guest: { disks: 1, networkDevices: 1, addresses: 1, snapshots: 0, backups: 0, tasks: 0, lxcShare: 0 },
      }),
      variables: { PROXBOX_GUEST_AGENT_TIMEOUT: '10', PROXBOX_BULK_BATCH_SIZE: '100' },
    });
    await fetch(`${world.url}/proxmox/endpoints/1`, {
      method: 'PUT',
      headers: { 'x-proxbox-api-key': apiKey, 'content-type': 'application/json' },
      body: JSON.stringify({ timeout: 10 }),
    });
  });
  afterAll(() => world.close());

  it('cost a bounded number of time-outs, and only their own addresses', async () => {
    for (const { faults } of world.proxmox) faults.add({ match: { path: isSilent }, action: 'hang' });

    const { complete } = await world.fullUpdate();

    expect(complete.ok).toBe(true);
    const without = addresses();
    // Every other machine has one, and so has every node.
    const machines = world.netbox.state.objects('virtualization/virtual-machines');
    const lacking = machines.filter(({ primary_ip4: primary }) => primary === null || primary === undefined);
    expect(machines).toHaveLength(guests);
    expect(lacking.length).toBeGreaterThanOrEqual(silent.length);
    // One question for each, not one for each stage, so that five time-outs of four or more at once are all that it takes.
    expect(asked().length).toBeLessThanOrEqual(2 * silent.length);
    expectNoDeletes(world.netbox);

    for (const { faults } of world.proxmox) faults.clear();
    expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
    expect(addresses()).toBe(without + silent.length);
    await expectQuiet(world);
  });
});
