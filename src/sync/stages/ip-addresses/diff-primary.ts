import { relationId } from '../../../netbox/records/compare.js';
import type { SyncMode } from '../../plan/options.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { ref } from '../../plan/support-objects.js';
import type { Ref } from '../../types.js';
import type { PlacedAddress } from './types.js';
import { machineName, type KnownGuest } from '../../plan/roster.js';

const families = [
  { field: 'primary_ip4', family: 4 },
  { field: 'primary_ip6', family: 6 },
] as const;

/**
 * A machine without a primary address of a family gets its first one. One that it has stays, whoever chose it, unless this
 * run deletes it.
 */
export function planPrimaryAddresses(
  builder: PlanBuilder,
  guest: KnownGuest,
  placed: readonly PlacedAddress[],
  { gone, mode }: { readonly gone: ReadonlySet<number>; readonly mode: SyncMode },
): void {
  const fields: Record<string, Ref> = {};
  for (const { field, family } of families) {
    const stored = relationId(guest.virtualMachine[field]);
    const first = placed.find((one) => one.family === family);
    if ((stored === null || gone.has(stored)) && first !== undefined) fields[field] = ref('ip-address', first.key);
  }
  if (Object.keys(fields).length === 0) return;
  builder.add(
    {
      kind: 'primary-address',
      key: guest.key,
      label: machineName(guest),
      fields,
      rules: {},
      source: guest.source,
    },
    guest.virtualMachine,
    { mode },
  );
}
