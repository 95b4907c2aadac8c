import { equalValues, tagIds, textOf } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import type { GuestNic } from '../../plan/guest-nics.js';

/** A network device and the interface it is in NetBox. */
export interface NicMatch {
  readonly nic: GuestNic;
  /** undefined: it is not in NetBox yet. */
  readonly current: NetBoxRecord | undefined;
  /** What it is to be called: the wanted name, or the stored one where that cannot be told or is taken. */
  readonly name: string;
}

export interface MatchOptions {
  /** The id of the tag that marks what we made. */
  readonly proxboxTag: number | undefined;
  /** Interfaces are called what the guest calls them; where it does not say, a stored name stays. */
  readonly namesFromGuest: boolean;
}

type Finder = (nic: GuestNic, free: readonly NetBoxRecord[]) => NetBoxRecord | undefined;

/**
 * Finds the stored interface of each device: one of ours with its name, with its name in Proxmox (before interfaces were
 * renamed), with its MAC address; at last any with its name, which is adopted. Each step is taken for all devices before
 * the next, so that none takes what another one has a better claim to.
 */
export function matchStored(
  nics: readonly GuestNic[],
  rows: readonly NetBoxRecord[],
  options: MatchOptions,
): readonly NicMatch[] {
  const ours = (row: NetBoxRecord): boolean => isOurs(row, options.proxboxTag);
  const named = (name: string) => (row: NetBoxRecord) => textOf(row['name']) === name;
  const steps: readonly Finder[] = [
    (nic, free) => free.find((row) => ours(row) && named(nic.name)(row)),
    (nic, free) => free.find((row) => ours(row) && (named(nic.device.name)(row) || named(nic.device.key)(row))),
    (nic, free) => free.find((row) => ours(row) && nic.device.mac !== null && hasMac(row, nic.device.mac)),
    (nic, free) => free.find(named(nic.name)),
  ];
  const found = new Map<GuestNic, NetBoxRecord>();
  for (const step of steps) {
    const taken = new Set([...found.values()].map(({ id }) => id));
    for (const nic of nics.filter((one) => !found.has(one))) {
      const row = step(
        nic,
        rows.filter(({ id }) => !taken.has(id)),
      );
      if (row === undefined) continue;
      found.set(nic, row);
      taken.add(row.id);
    }
  }
  return nics.map((nic) => ({ nic, current: found.get(nic), name: nameFor(nic, found, { rows, options }) }));
}

/** A name that an interface outside of the match bears stays with it. */
function nameFor(
  nic: GuestNic,
  found: ReadonlyMap<GuestNic, NetBoxRecord>,
  { rows, options }: { readonly rows: readonly NetBoxRecord[]; readonly options: MatchOptions },
): string {
  const current = found.get(nic);
  if (current === undefined) return nic.name;
  const stored = textOf(current['name']);
  const matched = new Set([...found.values()].map(({ id }) => id));
  const isTaken = rows.some((row) => textOf(row['name']) === nic.name && !matched.has(row.id));
  const isUntold = options.namesFromGuest && nic.inside.length === 0;
  return isTaken || isUntold ? stored : nic.name;
}

export function isOurs(row: NetBoxRecord, proxboxTag: number | undefined): boolean {
  return proxboxTag !== undefined && tagIds(row['tags']).includes(proxboxTag);
}

export function hasMac(row: NetBoxRecord, mac: string): boolean {
  return equalValues('mac', row['mac_address'], mac);
}
