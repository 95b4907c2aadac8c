/** What is collected for VM interfaces. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { StoredVlans } from '../../plan/vlans.js';
import type { Warning } from '../../types.js';
import type { NicMatch } from '../../plan/match-nics.js';
import type { KnownGuest, Roster } from '../../plan/roster.js';
import type { GuestNetwork, LocatedConfig } from '../../guests.js';

export interface CollectedGuest extends KnownGuest, LocatedConfig {
  /** undefined: the agent was not asked, because nothing depends on its answer. */
  readonly network: GuestNetwork | undefined;
  /** Of its machine in NetBox, with and without a device. */
  readonly interfaces: readonly RecordOf<'vm-interface'>[];
  /** Its network devices beside the interfaces they are in NetBox; none when the configuration is not known. */
  readonly matches: readonly NicMatch[];
}

export interface CollectedInterfaces {
  readonly roster: Roster;
  readonly guests: readonly CollectedGuest[];
  /** Ids of machines with interfaces that the token may not view: what is not listed of them may be there. */
  readonly hidden: ReadonlySet<number>;
  /** undefined: they cannot be read, so no interface gets one or loses one. */
  readonly vlans: StoredVlans | undefined;
  /** undefined: bridges are not recorded in this run. */
  readonly bridges: CollectedBridges | undefined;
  /** By machine. undefined: what runs inside is not recorded in this run. */
  readonly guestRows: ReadonlyMap<number, readonly RecordOf<'guest-vm-interface'>[]> | undefined;
  /** MAC address objects with a wanted value, wherever they are, and those that this run replaces; read for this decision. */
  readonly macs: readonly RecordOf<'mac-address'>[];
  /** Where not, an interface keeps the one that it has. */
  readonly maySeeMacs: boolean;
  /** By row: the interface that has it no more, of a machine whose guest is gone or beyond the run. */
  readonly abandonedMacs: ReadonlyMap<number, RecordOf<'vm-interface'>>;
  /** By key of the cluster: guests that were not read and may have what others let go of, in words. */
  readonly unread: ReadonlyMap<string, string>;
  readonly warnings: readonly Warning[];
}

export interface CollectedBridges {
  /** The device of a node, by `<cluster view key>/<node>`. */
  readonly devices: ReadonlyMap<string, RecordOf<'device'>>;
  readonly interfaces: readonly RecordOf<'node-interface'>[];
  /** The sidecars, by interface. */
  readonly states: ReadonlyMap<number, RecordOf<'vm-interface-state'>>;
}
