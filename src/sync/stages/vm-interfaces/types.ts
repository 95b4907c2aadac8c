import type { NetBoxRecord } from '../../../netbox/types.js';
import type { Warning } from '../../types.js';
import type { NicMatch } from './map-match.js';
import type { KnownGuest, Roster } from '../../plan/roster.js';
import type { GuestNetwork, LocatedConfig } from '../../guests.js';

export interface CollectedGuest extends KnownGuest, LocatedConfig {
  /** undefined: the agent was not asked, because nothing depends on its answer. */
  readonly network: GuestNetwork | undefined;
  /** Its network devices beside the interfaces they are in NetBox; none when the configuration is not known. */
  readonly matches: readonly NicMatch[];
}

export interface CollectedInterfaces {
  readonly roster: Roster;
  readonly guests: readonly CollectedGuest[];
  /** undefined: they cannot be read, so no interface gets one or loses one. */
  readonly vlans: readonly NetBoxRecord[] | undefined;
  /** undefined: bridges are not recorded in this run. */
  readonly bridges: CollectedBridges | undefined;
  /** By machine. undefined: what runs inside is not recorded in this run. */
  readonly guestRows: ReadonlyMap<number, readonly NetBoxRecord[]> | undefined;
  /** MAC address objects that this run replaces, read for this decision. */
  readonly replacedMacs: readonly NetBoxRecord[];
  /** MAC address objects of ours that belong to no interface: what a run that was cut off left behind. */
  readonly freeMacs: readonly NetBoxRecord[];
  readonly warnings: readonly Warning[];
}

export interface CollectedBridges {
  /** The device of a node, by `<cluster view key>/<node>`. */
  readonly devices: ReadonlyMap<string, NetBoxRecord>;
  readonly interfaces: readonly NetBoxRecord[];
  /** The sidecars, by interface. */
  readonly states: ReadonlyMap<number, NetBoxRecord>;
}
