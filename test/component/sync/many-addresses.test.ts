/** A run that wants hundreds of addresses: what NetBox has of them is found by one page where it has few, else by name. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { all, one, sync, syncQuietly } from '../../contract/sync/target.js';
import { budgetGuest, createEstate, type Estate } from '../../simulator/estate/index.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const guests = 160;
const fillers = Array.from({ length: 1001 }, (_, n) => ({ address: `198.18.${n >> 8}.${n & 255}/32` }));

let target: SimulatedTarget;
afterEach(() => target.close());

/** One of the addresses that the agent of a guest tells. */
function someHost({ clusters }: Estate): string {
  const told = [...clusters[0]!.guests.values()].flatMap(({ agent }) => agent.interfaces);
  const addresses = told.flatMap((one) => one['ip-addresses'] ?? []).filter((one) => one['ip-address-type'] === 'ipv4');
  return addresses.map((one) => one['ip-address']).find((host) => !host.startsWith('127.'))!;
}

/** One of the lookups is for the addresses of nodes. */
describe.each([
  { what: 'few', others: [], lookups: 2 },
  { what: 'more than one page of', others: fillers, lookups: 5 },
])('with $what addresses in NetBox', ({ others, lookups }) => {
  it('takes up a free one with its id and mask, and asks no more than that needs', async () => {
    const estate = createEstate({ vms: guests, clusters: 1, nodesPerCluster: 2, seed: 1, guest: budgetGuest });
    const host = someHost(estate);
    target = await openSimulated(estate);
    const { id } = await target.netbox.create(path.ipAddresses, { address: `${host}/32`, description: 'booked' });
    for (const body of others) target.simulator.operator.create('ipam/ip-addresses', body);
    await sync(target);

    const asked = target.simulator.requestLog.filter(
      (sent) =>
        sent.method === 'GET' &&
        /ip-addresses\/\?(?!.*(device_id=|virtual_machine_id=|assigned_object_type=|limit=1$))/.test(sent.target),
    );
    expect(asked).toHaveLength(lookups);
    expect(await one(target, path.ipAddresses, `&address=${host}`)).toMatchObject({
      id,
      address: `${host}/32`,
      description: 'booked',
      assigned_object_type: 'virtualization.vminterface',
    });
    const ofMachines = (await all(target, path.ipAddresses)).filter(
      (row) => row.assigned_object_type === 'virtualization.vminterface',
    );
    expect(ofMachines).toHaveLength(2 * guests);
    await syncQuietly(target);
  });
});
