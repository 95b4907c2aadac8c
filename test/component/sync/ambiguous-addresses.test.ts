/** Texts that one program reads as this address and another one as that: none of them is written. */
import { afterEach, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, sync, syncQuietly } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker } from './talkers.js';

let target: SimulatedTarget;
afterEach(() => target.close());

it('an agent that tells octal, short and hexadecimal forms of IPv4 invents no address', async () => {
  const guest = aTalker(100, ['10.0.0.5', '010.0.0.78', '10.1', '0x0a000009', '167772170']);
  target = await openSimulated(anEstate(aCluster({ nodes: ['pve1'], guests: [guest] })));

  await sync(target);

  const rows = await all(target, path.ipAddresses, '&assigned_object_type=virtualization.vminterface');
  expect(rows.map(({ address }) => address)).toEqual(['10.0.0.5/24']);
  await syncQuietly(target);
});
