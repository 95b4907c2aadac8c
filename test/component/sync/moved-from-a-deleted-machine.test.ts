/** An address of a guest that is gone, which another guest has now, where machines of gone guests are deleted. */
import { afterEach, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { one, sync } from '../../contract/sync/target.js';
import { removeGuest } from '../../simulator/estate/index.js';
import { stages } from './plugin-calls.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker, say } from './talkers.js';

let target: SimulatedTarget;
afterEach(() => target.close());

it.each([
  ['a full update', ['/full-update/stream']],
  ['the job of the plugin', stages(1)],
])('moves with its id in %s', async (_calls, calls) => {
  const guests = [100, 101, 102, 103].map((vmid) => aTalker(vmid, [`10.0.0.${vmid}`]));
  const lab = aCluster({ guests });
  const variables = { PROXBOX_DELETE_ORPHANS: 'true', PROXBOX_ORPHAN_ACTION: 'delete' };
  target = await openSimulated(anEstate(lab), { variables });
  await sync(target);
  const { id } = await one(target, path.ipAddresses, 'address=10.0.0.103');
  removeGuest(lab, 103);
  say(lab, 102, ['10.0.0.102', '10.0.0.103']);

  for (const call of calls) await sync(target, call);

  expect((await one(target, path.ipAddresses, 'address=10.0.0.103')).id).toBe(id);
});
