/** What is collected for the addresses of guests. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { GuestConfig } from '../../../proxmox/types.js';
import type { NodeInterface } from '../../../proxmox/parse/node-interfaces.js';
import type { Abandoned } from '../../collect/abandoned-addresses.js';
import type { NodeNetwork } from '../../plan/node-addresses.js';
import type { Reason } from '../../types.js';
import type { AddressMarks } from '../../plan/unclaimed-addresses.js';
import type { WantedAddress, WantedNic } from '../../plan/guest-addresses.js';
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
}

export interface CollectedAddresses {
  readonly roster: Roster;
  readonly guests: readonly AddressedGuest[];
  /** Guests whose configuration could not be read, with the reason. */
  readonly unread: readonly { readonly guest: KnownGuest; readonly reason: Reason }[];
  readonly interfaces: readonly RecordOf<'vm-interface'>[];
  /** Addresses of virtual machines, and whatever else has a wanted address. */
  readonly addresses: readonly RecordOf<'ip-address'>[];
  /** Wanted addresses that the guest has in NetBox though the token may not view them; named by `hostOn`. */
  readonly hidden: ReadonlySet<string>;
  /** By row: the machine of a guest beyond the run that has it no more, or is gone itself. */
  readonly abandoned: ReadonlyMap<number, Abandoned>;
  readonly ofNodes: AddressesOfNodes;
  /** What is known of rows that guests have let go. */
  readonly marks: AddressMarks;
  /** Sentences of addresses that NetBox refused lately. */
  readonly refused: Pick<ReadonlySet<string>, 'has'>;
  readonly guestInterfaces: readonly RecordOf<'guest-vm-interface'>[];
  readonly guestAddresses: readonly RecordOf<'guest-vm-interface-address'>[];
}

/** Addresses that pass between guests and nodes. */
export interface AddressesOfNodes {
  /** The devices, by row, of nodes that have an address no more. */
  readonly letGo: ReadonlyMap<number, RecordOf<'device'>>;
  /** By host: the interface in NetBox of the node that has it now. */
  readonly wanted: ReadonlyMap<string, NodePort>;
  /** Nodes whose primary address this run may take away or bring. */
  readonly concerned: readonly ConcernedNode[];
}

/** An interface of a node in NetBox. */
export interface NodePort {
  readonly id: number;
  /** For sentences: `"vmbr0" of "pve1"`. */
  readonly label: string;
  /** Key of the node. */
  readonly node: string;
  /** Of the node, by id. */
  readonly device: number;
}

export interface ConcernedNode {
  readonly node: NodeNetwork;
  readonly device: RecordOf<'device'>;
  /** What Proxmox says of its interfaces, with the id of each in NetBox. */
  readonly ports: readonly { readonly one: NodeInterface; readonly id: number }[];
  /** Rows in NetBox with addresses that may become the primary one. */
  readonly rows: readonly RecordOf<'ip-address'>[];
}
