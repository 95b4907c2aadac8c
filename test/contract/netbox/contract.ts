/**
 * What our service relies on in NetBox 4.7 and its plugin, stated once and executed on the real ones and on the simulator.
 * Every statement was first observed on the real NetBox; docs/netbox-facts.md tells what surprised.
 */
import { describe } from 'vitest';
import { describeAttached } from './attached.js';
import { describeAuthentication } from './authentication.js';
import { describeChangeLog } from './change-log.js';
import { describeFreeAddresses } from './free-addresses.js';
import { describeInventory } from './inventory.js';
import { describeLists } from './lists.js';
import { describePlugin } from './plugin.js';
import type { NetBoxTarget } from './target.js';
import { describeWrites } from './writes.js';

/** @param getTarget answers an empty NetBox each time it is called: nothing in it but what the plugin's migrations make. */
export function describeNetBoxContract(name: string, getTarget: () => Promise<NetBoxTarget>): void {
  describe(name, () => {
    describeAuthentication(getTarget);
    describeLists(getTarget);
    describeWrites(getTarget);
    describeInventory(getTarget);
    describeFreeAddresses(getTarget);
    describeAttached(getTarget);
    describePlugin(getTarget);
    describeChangeLog(getTarget);
  });
}
