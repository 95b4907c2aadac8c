/** Which stored interface a network device is. Pure. */
import { hasTag } from '../../netbox/kinds/values.js';
import type { RecordOf } from '../../netbox/kinds/index.js';
import { equalValues } from '../../netbox/kinds/values.js';
import type { GuestNic } from './guest-nics.js';
import type { SyncOptions } from './options.js';

/** A network device and the interface it is in NetBox. */
export interface NicMatch {
  readonly nic: GuestNic;
  /** undefined: it is not in NetBox yet. */
  readonly current: RecordOf<'vm-interface'> | undefined;
  /** What it is to be called: the wanted name, or the stored one where that cannot be told or is taken. */
  readonly name: string;
}

export interface MatchOptions {
  /** The id of the tag that marks what we made. */
  readonly proxboxTag: number | undefined;
  /** Interfaces are called what the guest calls them; where it does not say, a stored name stays. */
  readonly namesFromGuest: boolean;
}

type Finder = (nic: GuestNic, free: readonly RecordOf<'vm-interface'>[]) => RecordOf<'vm-interface'> | undefined;

/**
 * Finds the stored interface of each device: one of ours with its name, with its name in Proxmox (before interfaces were
 * renamed), with its MAC address; at last any with its name, which is adopted. Each step is taken for all devices before
 * the next, so that none takes what another one has a better claim to.
 */
export function matchStored(
  nics: readonly GuestNic[],
  rows: readonly RecordOf<'vm-interface'>[],
  options: MatchOptions,
): readonly NicMatch[] {
  const ours = (row: RecordOf<'vm-interface'>): boolean => hasTag(row, options.proxboxTag);
  const named = (name: string) => (row: RecordOf<'vm-interface'>) => row.name === name;
  const steps: readonly Finder[] = [
    (nic, free) => free.find((row) => ours(row) && named(nic.name)(row)),
    (nic, free) => free.find((row) => ours(row) && (named(nic.device.name)(row) || named(nic.device.key)(row))),
    (nic, free) => free.find((row) => ours(row) && nic.device.mac !== null && hasMac(row, nic.device.mac)),
    (nic, free) => free.find(named(nic.name)),
  ];
  const rowOf = new Map<GuestNic, RecordOf<'vm-interface'>>();
  for (const step of steps) {
    const taken = new Set([...rowOf.values()].map(({ id }) => id));
    for (const nic of nics.filter((one) => !rowOf.has(one))) {
      const row = step(
        nic,
        rows.filter(({ id }) => !taken.has(id)),
      );
      if (row === undefined) continue;
      rowOf.set(nic, row);
      taken.add(row.id);
    }
  }
  return nics.map((nic) => ({ nic, current: rowOf.get(nic), name: nameFor(nic, rowOf, { rows, options }) }));
}

/** A name that an interface outside of the match bears stays with it. */
function nameFor(
  nic: GuestNic,
  rowOf: ReadonlyMap<GuestNic, RecordOf<'vm-interface'>>,
  { rows, options }: { readonly rows: readonly RecordOf<'vm-interface'>[]; readonly options: MatchOptions },
): string {
  const current = rowOf.get(nic);
  if (current === undefined) return nic.name;
  const stored = current.name;
  const matched = new Set([...rowOf.values()].map(({ id }) => id));
  const isTaken = rows.some((row) => row.name === nic.name && !matched.has(row.id));
  const isUntold = options.namesFromGuest && nic.inside.length === 0;
  return isTaken || isUntold ? stored : nic.name;
}

/** Whether an interface gets its first MAC address, or another one than it has. */
export function getsMac({ nic, current }: NicMatch, { modes }: SyncOptions): boolean {
  const { mac } = nic.device;
  if (mac === null || current === undefined) return mac !== null;
  return !hasMac(current, mac) && (modes.mac !== 'bootstrap_only' || current.mac_address === '');
}

export function hasMac(row: { readonly mac_address: string }, mac: string): boolean {
  return equalValues('mac', row.mac_address, mac);
}
