/** What the rest of the service knows of a connected Proxmox: the session, its reads and the rows they give. */
import type { Account } from './credentials.js';
import type { Parameters } from './encoding.js';

export type GuestType = 'qemu' | 'lxc';
export type SessionMode = 'cluster' | 'standalone' | 'restricted';

export interface ProxmoxVersion {
  readonly version: string;
  /** e.g. `9.1`; decides only the wording of hints. */
  readonly release: string;
  readonly repoid: string;
}

/** A row of `GET cluster/status`, coerced; unknown keys are dropped. */
export interface ClusterStatusNode {
  readonly id: string;
  readonly name: string;
  readonly ip: string;
  readonly nodeid: number;
  readonly online: boolean;
  readonly local: boolean;
  readonly level: string;
}

export interface ClusterStatus {
  /** The `type=cluster` row; null on a standalone node and for a restricted session. */
  readonly cluster: {
    readonly id: string;
    readonly name: string;
    readonly nodes: number;
    readonly quorate: boolean;
    readonly version: number;
  } | null;
  readonly nodes: readonly ClusterStatusNode[];
}

/** What every guest row of `GET cluster/resources` says: that there is one, and where. `raw` has Proxmox's own keys. */
interface GuestSeat {
  readonly id: string;
  readonly type: GuestType;
  readonly vmid: number;
  readonly node: string;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** A guest whose node tells of it. Sizes in bytes. */
export interface GuestResource extends GuestSeat {
  readonly isDescribed: true;
  readonly name: string;
  readonly status: string;
  readonly template: boolean;
  readonly maxcpu: number | null;
  readonly maxmem: number;
  readonly maxdisk: number | null;
}

/**
 * A guest that is listed and of which nothing is known: its node is offline, or its status daemon (`pvestatd`) has not
 * reported for a while or not yet. Proxmox then sends `status: "unknown"` and leaves out name, size and template flag.
 */
export interface UndescribedGuest extends GuestSeat {
  readonly isDescribed: false;
  /** Why, where it is not its node: see `UnfinishedLock`. */
  readonly unfinished?: UnfinishedLock;
}

/**
 * Locks under which the configuration of a guest is a place-holder and not its own: Proxmox keeps it while it makes the guest or
 * puts a backup over it (`create_and_lock_config` of pve-guest-common), and at the end of one that is destroyed.
 */
export type UnfinishedLock = 'create' | 'destroyed';

/** A row of the list of guests: who wants more than the place has to look whether it is described. */
export type ListedResource = GuestResource | UndescribedGuest;

/** Guest configuration under Proxmox's own key names; values as Proxmox sent them (number or text). */
export type GuestConfig = Readonly<Record<string, unknown>>;

export interface ProxmoxCounters {
  requests: number;
  retries: number;
  logins: number;
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** `cluster/resources` only: do not take an answer of the last few seconds. */
  readonly fresh?: boolean;
  readonly query?: Parameters;
  /** Overrides the endpoint's timeout, milliseconds; it only ever widens. */
  readonly timeoutMs?: number;
  /** `get` only: the whole answer, for what stands beside its `data`. */
  readonly isWhole?: boolean;
}

export interface GuestListOptions extends ReadOptions {
  /** Told how many rows of the list name no usable VMID, type or node; they are left out. */
  readonly onUnreadable?: (names: readonly string[]) => void;
}

/**
 * A connected Proxmox endpoint. Reads are retried and gated; they throw ProxboxError (`proxmox_*`, `remote_protocol`,
 * `cancelled`). Lists are complete or throw: an empty answer means that Proxmox said "none".
 */
export interface ProxmoxSession {
  readonly endpointId: number;
  /** Name of the endpoint record. */
  readonly endpointName: string;
  /** Name of the cluster, of the standalone node, or (restricted) of the host: key of most answers. */
  readonly name: string;
  readonly mode: SessionMode;
  readonly version: ProxmoxVersion;
  readonly account: Account;
  /** `domain` when set, else the address; with `port` this makes links to the web interface. */
  readonly host: string;
  readonly port: number;
  /** At most a few seconds old. */
  clusterStatus(options?: ReadOptions): Promise<ClusterStatus>;
  /**
   * The identity of what the endpoint leads to: the UUID of its root certificate, or its fingerprint, in lower case. Equal
   * on all nodes of a cluster, and on clones of one image. Null where it cannot be read; any user may read it.
   */
  rootCertificate(options?: Pick<ReadOptions, 'signal'>): Promise<string | null>;
  /** All rows, every key passed through. */
  resources(
    type?: 'vm' | 'storage' | 'node' | 'sdn',
    options?: ReadOptions,
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** The guest rows of `resources`, de-duplicated by id, rows without a usable vmid or node left out. */
  guests(options?: GuestListOptions): Promise<readonly ListedResource[]>;
  /** As the guest runs: pending changes are not in it. */
  guestConfig(
    guest: { readonly node: string; readonly type: GuestType; readonly vmid: number },
    options?: ReadOptions,
  ): Promise<GuestConfig>;
  /** `GET storage`: configuration rows. */
  storages(options?: ReadOptions): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** `cluster/options` (tag-style and more); `{}` when it cannot be read. */
  clusterOptions(options?: ReadOptions): Promise<Readonly<Record<string, unknown>>>;
  /** Any GET below `/api2/json/`, segments encoded by the caller's template (see path()). */
  get(path: string, options?: ReadOptions): Promise<unknown>;
  counters(): Readonly<ProxmoxCounters>;
}
