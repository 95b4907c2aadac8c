/** A machine without a primary address of a family gets its first one. Pure. */
import type { SyncMode } from '../../plan/options.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { objectKey, type Ref, ref } from '../../types.js';
import type { PlacedAddress } from './types.js';
import { machineName, type KnownGuest } from '../../plan/roster.js';

const families = [
  { field: 'primary_ip4', family: 4 },
  { field: 'primary_ip6', family: 6 },
] as const;

/**
 * One that it has stays, whoever chose it, unless this run takes it away. The families know nothing of each other; of each
 * the first address counts that NetBox has taken.
 */
export function planPrimaryAddresses(
  builder: PlanBuilder,
  guest: KnownGuest,
  placed: readonly PlacedAddress[],
  { gone, mode }: { readonly gone: ReadonlySet<number>; readonly mode: SyncMode },
): void {
  const fields: Record<string, Ref<'ip-address'>> = {};
  for (const { field, family } of families) {
    const stored = guest.virtualMachine[field];
    const [first, ...others] = placed.filter((one) => one.family === family);
    if ((stored !== null && !gone.has(stored)) || first === undefined) continue;
    fields[field] = { ...ref('ip-address', first.key), or: others.map(({ key }) => objectKey('ip-address', key)) };
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
