import type { NetBoxRecord } from '../../../netbox/types.js';
import type { GuestConfig } from '../../../proxmox/types.js';
import type { Reason } from '../../types.js';
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
  readonly interfaces: readonly NetBoxRecord[];
  /** Addresses of virtual machines, and whatever else has a wanted address. */
  readonly addresses: readonly NetBoxRecord[];
  /** Sentences of addresses that NetBox refused lately. */
  readonly refused: ReadonlySet<string>;
  readonly guestInterfaces: readonly NetBoxRecord[];
  readonly guestAddresses: readonly NetBoxRecord[];
}
