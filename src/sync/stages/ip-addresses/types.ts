/** What is collected for the addresses of guests. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { GuestConfig } from '../../../proxmox/types.js';
import type { Reason, Warning } from '../../types.js';
import type { WantedAddress, WantedNic } from './map.js';
import type { GuestNetwork, HostName } from '../../guests.js';
import type { KnownGuest, Roster } from '../../plan/roster.js';

/** A guest with what it says of its network. */
export interface AddressedGuest {
  readonly guest: KnownGuest;
  readonly config: GuestConfig;
  readonly network: GuestNetwork;
  readonly nics: readonly WantedNic[];
  /** Asked only where an address of the guest has no name yet. */
  readonly hostName: HostName;
  /** Names that its addresses may have got from earlier runs. */
  readonly formerNames: readonly string[];
}

/** An interface of a guest in NetBox, with the device behind it; undefined for one whose device is gone. */
export interface Port {
  readonly row: RecordOf<'vm-interface'>;
  readonly nic: WantedNic | undefined;
}

export interface GuestPorts<Guest extends Pick<AddressedGuest, 'guest' | 'network' | 'nics'> = AddressedGuest> {
  readonly one: Guest;
  /** Those without a device first, then in the order of the devices. */
  readonly ports: readonly Port[];
}

/** An address of this run that is in NetBox, or will be. */
export interface PlacedAddress extends WantedAddress {
  /** Of the plan. */
  readonly key: string;
  /** NetBox may refuse it because of another one: nothing that needs it is planned along with it. */
  readonly isContested: boolean;
}

export interface CollectedAddresses {
  readonly roster: Roster;
  readonly guests: readonly AddressedGuest[];
  /** Guests whose configuration could not be read, with the reason. */
  readonly unread: readonly { readonly guest: KnownGuest; readonly reason: Reason }[];
  readonly interfaces: readonly RecordOf<'vm-interface'>[];
  /** Addresses of virtual machines, and whatever else has a wanted address. */
  readonly addresses: readonly RecordOf<'ip-address'>[];
  /** The machines, by row, of guests beyond the run that have an address no more, or are gone themselves. */
  readonly abandoned: ReadonlyMap<number, RecordOf<'virtual-machine'>>;
  readonly ofNodes: AddressesOfNodes;
  /** What is known of rows that guests have let go. */
  readonly marks: AddressMarks;
  /** Sentences of addresses that NetBox refused lately. */
  readonly refused: ReadonlySet<string>;
  readonly guestInterfaces: readonly RecordOf<'guest-vm-interface'>[];
  readonly guestAddresses: readonly RecordOf<'guest-vm-interface-address'>[];
}

/** Addresses that pass between guests and nodes. */
export interface AddressesOfNodes {
  /** The devices, by row, of nodes that have an address no more. */
  readonly letGo: ReadonlyMap<number, RecordOf<'device'>>;
  /** By host: the interface in NetBox of the node that has it now. */
  readonly wanted: ReadonlyMap<string, { readonly id: number; readonly label: string }>;
}

/** What tells, besides a row itself, what may become of it. */
export interface AddressMarks {
  /** Ids of rows that services name; undefined: that cannot be read, so nobody knows. */
  readonly ofServices: ReadonlySet<number> | undefined;
  /** Ids of rows without our tag that a sync has put on their interface. */
  readonly taken: ReadonlySet<number>;
  /** What of this cannot be read. */
  readonly warnings: readonly Warning[];
}
