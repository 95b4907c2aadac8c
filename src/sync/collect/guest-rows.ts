/** Rows of the plugin that hang on guests: snapshots and backups. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { RunContext } from '../run-context.js';
import type { Roster } from '../plan/roster.js';

/** A roster of fewer guests, in a NetBox with many more, is asked for by its VMIDs. */
const smallRoster = 100;

/**
 * The stored rows of the roster's guests, and those of other machines with the same VMIDs. `fresh` for what decides a
 * delete. By VMID and not by machine: these tables filter by one machine only, and rows of others can be in the way.
 */
export async function loadGuestRows<K extends 'snapshot' | 'backup'>(
  run: RunContext,
  kind: K,
  { guests, states }: Roster,
  options: { readonly fresh: boolean },
): Promise<readonly RecordOf<K>[]> {
  const isSmall = guests.length < smallRoster && states.length > 2 * guests.length + smallRoster;
  if (run.options.netboxVmIds === null && !isSmall) return run.collections.load(kind, {}, undefined, options);
  const vmids = [...new Set(guests.map(({ resource }) => resource.vmid))].sort((a, b) => a - b);
  return run.collections.load(kind, {}, { filter: 'vmid', of: vmids }, options);
}
