/** What is collected for software-defined networks. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { SdnController, SdnNodeZone, SdnSubnet, SdnVnet, SdnZone } from '../../../proxmox/parse/sdn.js';
import type { SdnFabric, SdnPrefixListEntry, SdnRouteMapEntry } from '../../../proxmox/parse/sdn-routing.js';
import type { ConnectedCluster } from '../../guests.js';
import type { KnownGuest, Roster } from '../../plan/roster.js';
import type { SdnKind } from '../../plan/stale.js';
import type { Note, Warning } from '../../types.js';

/** Everything of one kind that Proxmox lists; null: it could not be read, or the release does not have it. Then nothing is known to be gone. */
export type Listed<T> = readonly T[] | null;

/** What a cluster lists, each list for itself. */
export interface SdnLists {
  readonly controllers: Listed<SdnController>;
  readonly zones: Listed<SdnZone>;
  readonly vnets: Listed<SdnVnet>;
  readonly fabrics: Listed<SdnFabric>;
  readonly routeMaps: Listed<SdnRouteMapEntry>;
  readonly prefixLists: Listed<SdnPrefixListEntry>;
  /** Of the VNets that are listed. */
  readonly subnets: readonly SdnSubnet[];
  /** VNets whose subnets could be read. */
  readonly vnetsRead: ReadonlySet<string>;
  /** By node: what it says of zones; only of those that could be asked. */
  readonly nodeZones: ReadonlyMap<string, readonly SdnNodeZone[]>;
}

/** A network device of a guest that is plugged into a VNet which is an L2VPN. */
export interface VnetNic {
  readonly guest: KnownGuest;
  /** That it runs on. */
  readonly node: string;
  /** `net0`. */
  readonly device: string;
  readonly vnet: SdnVnet;
  /** undefined: it is not in NetBox yet. */
  readonly current: RecordOf<'vm-interface'> | undefined;
}

export interface SdnGuests {
  readonly nics: readonly VnetNic[];
  /** VMIDs of guests whose configuration was read. */
  readonly read: ReadonlySet<number>;
  /** VMIDs of guests that are not listed and proven to be gone. */
  readonly gone: ReadonlySet<number>;
}

export interface SdnCluster {
  readonly cluster: ConnectedCluster;
  /** Id of the plugin's row of the owner; null when the plugin has none that is surely it. */
  readonly pluginEndpointId: number | null;
  /** How the plugin calls the endpoint. */
  readonly endpointName: string;
  readonly lists: SdnLists;
  readonly guests: SdnGuests;
  /** ACL paths of rows that are not listed on which the account would see them: there an absence is known. */
  readonly shown: ReadonlySet<string>;
}

/** Rows of the plugin, by kind. */
export type StoredSdn = { readonly [K in SdnKind]: readonly RecordOf<K>[] };

/** NetBox's own objects that stand for networks. */
export interface StoredCore {
  readonly l2vpns: readonly RecordOf<'l2vpn'>[];
  readonly targets: readonly RecordOf<'route-target'>[];
  readonly prefixes: readonly RecordOf<'prefix'>[];
  /** By the id of their VM interface. */
  readonly terminations: ReadonlyMap<number, RecordOf<'l2vpn-termination'>>;
}

export interface CollectedSdn {
  readonly clusters: readonly SdnCluster[];
  readonly stored: StoredSdn;
  readonly core: StoredCore;
  /** undefined: no VNet is an L2VPN, so that no guest matters. */
  readonly roster: Roster | undefined;
  readonly warnings: readonly Warning[];
  /** Guests whose network is not known. */
  readonly notes: readonly Note[];
}
