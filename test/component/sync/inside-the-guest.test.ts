/** Interfaces inside a guest that change their names: what the plugin keeps of their addresses says what the guest says. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, sync, syncQuietly } from '../../contract/sync/target.js';
import { setAgent } from '../../simulator/estate/index.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker } from './talkers.js';

describe('the interfaces inside a guest', () => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const links = async () => {
    const addresses = new Map((await all(target, path.ipAddresses)).map(({ id, address }) => [id, address]));
    const rows = await all(target, path.guestAddresses);
    return rows.map((row) => `${row.guest_interface.name} ${addresses.get(row.ip_address.id)}`).sort();
  };

  it.each([
    ['swap their names', { ens18: 'ens19', ens19: 'ens18' }],
    ['get other names', { ens18: 'eth0', ens19: 'eth1' }],
  ] as const)('that %s have each address once, and the other guest keeps its own', async (_what, names) => {
    const lab = aCluster({
      guests: [aTalker(100, ['10.0.0.5', '2001:db8::5'], ['10.0.1.5']), aTalker(101, ['10.0.0.6'])],
    });
    target = await openSimulated(anEstate(lab));
    await sync(target);
    const { interfaces } = lab.guests.get(100)!.agent;
    const before = await links();
    setAgent(lab, 100, {
      interfaces: interfaces.map((one) => ({ ...one, name: names[one.name as keyof typeof names] })),
    });

    await sync(target);

    expect(before).toEqual(['ens18 10.0.0.5/24', 'ens18 10.0.0.6/24', 'ens18 2001:db8::5/64', 'ens19 10.0.1.5/24']);
    const after = [`${names.ens18} 10.0.0.5/24`, `${names.ens18} 2001:db8::5/64`, `${names.ens19} 10.0.1.5/24`];
    expect(await links()).toEqual([...after, 'ens18 10.0.0.6/24'].sort());
    await syncQuietly(target);
  });
});
