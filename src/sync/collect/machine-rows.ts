import type { ObjectKind } from '../../netbox/records/kinds.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { RunContext } from '../run-context.js';
import type { KnownGuest } from './roster.js';

/** So many machines are asked for by their ids in one request; for more, whole tables are cheaper. */
const askedByIdUpTo = 100;

/**
 * The rows of a table whose rows belong to virtual machines: of a few machines by their ids, of many as a whole (a page
 * per thousand rows, whosever they are). The caller picks its own.
 */
export async function loadOfMachines(
  run: RunContext,
  kind: ObjectKind,
  guests: readonly KnownGuest[],
  options: { readonly fresh?: boolean } = {},
): Promise<readonly NetBoxRecord[]> {
  if (guests.length === 0) return [];
  if (guests.length > askedByIdUpTo) return run.collections.load(kind, {}, undefined, options);
  const of = guests.map(({ virtualMachine }) => virtualMachine.id).sort((a, b) => a - b);
  return run.collections.load(kind, {}, { filter: 'virtual_machine_id', of }, options);
}
