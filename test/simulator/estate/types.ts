/**
 * The simulated Proxmox estate: plain, mutable data that the Proxmox simulator serves. Names of keys inside `config`,
 * `options` and rows are Proxmox's own; everything else is ours. Times are epoch seconds, sizes are bytes unless the
 * name says otherwise.
 */

/** Version dialect a cluster speaks. */
export type PveProfile = '8.4' | '9.1' | '9.2';

export type GuestKind = 'qemu' | 'lxc';

/** As `cluster/resources` spells it; `paused`, `suspended` and `prelaunch` exist for QEMU only. */
export type GuestStatus = 'running' | 'stopped' | 'paused' | 'suspended' | 'prelaunch';

/** A row in Proxmox's own spelling, served as it is. */
export type PveRow = Record<string, unknown>;

export interface Estate {
  /** The moment the seeded data was "taken"; every generated time is at or before it. */
  readonly epochS: number;
  readonly clusters: EstateCluster[];
}

export interface EstateCluster {
  /** Cluster name; for a standalone node the node's name. */
  name: string;
  /** True for a single node without a cluster: `cluster/status` then has no `type=cluster` row. */
  standalone: boolean;
  profile: PveProfile;
  /**
   * The UUID in the subject of the root certificate, made once per installation and shared by all nodes of a cluster;
   * null: no node can read it.
   */
  rootCa: string | null;
  readonly nodes: EstateNode[];
  readonly guests: Map<number, EstateGuest>;
  readonly storages: EstateStorage[];
  /** Rows of `cluster/backup`. */
  readonly backupJobs: PveRow[];
  /** Rows of `cluster/replication`. */
  readonly replicationJobs: PveRow[];
  readonly ha: EstateHa;
  /** By place: `cluster`, `nodes/pve1`, `guests/100`, `vnets/office`; a place that is not there has none yet. */
  firewalls?: Map<string, EstateFirewall>;
  /** Software-defined networks; absent: none. */
  sdn?: EstateSdn;
  /** Rows of `cluster/qemu/custom-cpu-models`; served by PVE 9.2 only. */
  cpuModels?: PveRow[];
  /** `cluster/options`; `tag-style` is text or object. */
  options: PveRow;
}

export interface EstateNode {
  name: string;
  address: string;
  nodeid: number;
  online: boolean;
  /** `pvestatd` of the node hangs, or has not reported since the start: its guests and storages have no figures. */
  isStalled?: boolean;
  cpus: number;
  memoryBytes: number;
  diskBytes: number;
  startedAtS: number;
  /** Rows of `nodes/{node}/network`. */
  readonly network: PveRow[];
  /** `interfaces.new`: changes that are not applied, as `changes` of the answer shows them. Proxmox lists `network` with them. */
  networkChanges?: string;
  /** Rows of `nodes/{node}/services`. */
  services?: readonly PveRow[];
  /** What `nodes/{node}/config` has. */
  config?: PveRow;
  /** Rows of `disks/zfs`, each with what is told of it alone. */
  zfsPools?: readonly { readonly pool: PveRow; readonly detail: PveRow }[];
  /** Newest first, as the task archive lists them. Built on first use. */
  readonly tasks: EstateTask[];
}

export interface EstateTask {
  upid: string;
  node: string;
  pid: number;
  pstart: number;
  starttime: number;
  /** Absent while the task runs. */
  endtime?: number;
  type: string;
  id: string;
  user: string;
  /** `OK`, `WARNINGS: n` or the error text; absent while the task runs. */
  status?: string;
}

export interface EstateGuest {
  readonly vmid: number;
  readonly type: GuestKind;
  /** Empty: the configuration has no name, and lists call the guest after its VMID. */
  name: string;
  node: string;
  status: GuestStatus;
  template: boolean;
  cpus: number;
  memoryMb: number;
  /** `;`-separated, as stored in the configuration; empty = none. */
  tags: string;
  description: string;
  pool: string;
  lock: string;
  startedAtS: number;
  /** Further configuration keys in Proxmox's spelling: disks, network devices, cloud-init, flags. */
  readonly config: Record<string, string | number>;
  /** Changes that wait for a restart: served as done to whoever does not ask for `current`. */
  pending?: { readonly set?: Readonly<Record<string, string | number>>; readonly delete?: readonly string[] };
  agent: GuestAgent;
  /** What `lxc/{vmid}/interfaces` answers for a running container. */
  readonly containerInterfaces: readonly PveRow[];
  /** `unsupported`: the snapshot list answers 501. */
  snapshots: EstateSnapshot[] | 'unsupported';
}

interface GuestAgent {
  /** `off`: not enabled in the configuration. `silent`: enabled, but nothing answers inside the guest. */
  state: 'off' | 'silent' | 'running';
  hostName: string;
  /** Extra time an agent call takes. */
  delayMs: number;
  /** What `network-get-interfaces` answers instead of its list: `{ result: { error: {...} } }`, null. */
  answer?: unknown;
  /** `result[]` of `network-get-interfaces`; built on first use for generated guests. */
  readonly interfaces: readonly AgentInterface[];
}

export interface AgentInterface {
  readonly name: string;
  readonly 'hardware-address'?: string;
  readonly 'ip-addresses'?: readonly AgentAddress[];
}

export interface AgentAddress {
  readonly 'ip-address': string;
  readonly 'ip-address-type': 'ipv4' | 'ipv6';
  readonly prefix?: number;
}

export interface EstateSnapshot {
  name: string;
  description: string;
  snaptime: number;
  parent?: string;
  vmstate?: 0 | 1;
}

export interface EstateStorage {
  name: string;
  type: string;
  /** Comma-separated kinds; null: the key is absent from the answer. */
  content: string | null;
  shared: boolean;
  disabled: boolean;
  /** Configured and enabled, but not to be had: no node has figures of it. */
  isInactive?: boolean;
  /** Node restriction as stored: comma-separated names; empty = all nodes. */
  nodes: string;
  totalBytes: number;
  usedBytes: number;
  /** Further configuration keys (`path`, `server`, `pool`, ...). */
  readonly options: PveRow;
  /** Backups, ISO images and templates; guest images are derived from the guests. Built on first use. */
  readonly volumes: EstateVolume[];
}

export interface EstateVolume {
  volid: string;
  content: 'backup' | 'iso' | 'vztmpl' | 'snippets' | 'import' | 'images';
  format: string;
  size: number;
  ctime: number;
  /** The node that holds it; empty on shared storage. */
  node: string;
  vmid?: number;
  /** `subtype`, `notes`, `protected`, `encrypted`, `verification` and the like. */
  readonly extra: PveRow;
}

export interface EstateHa {
  /** Rows of `cluster/ha/resources`. */
  readonly resources: PveRow[];
  /** Rows of `cluster/ha/groups`; served by PVE 8 only. */
  readonly groups: PveRow[];
  /** Rows of `cluster/ha/rules`; served by PVE 9 only. */
  readonly rules: PveRow[];
  /** The `resource-mode` it was disarmed with; absent or null while armed. PVE 9.2 only. */
  disarmed?: string | null;
}

/**
 * Software-defined networks, as `cluster/sdn/*` shows them with `pending=1`: what runs, and below `pending` what waits for an apply,
 * with `state` (`new`, `changed`, `deleted`; absent: applied).
 */
export interface EstateSdn {
  readonly controllers: PveRow[];
  readonly zones: PveRow[];
  readonly vnets: PveRow[];
  /** Each with its `vnet`. */
  readonly subnets: PveRow[];
  /** What `fabrics/all` answers; 9.0 and later. */
  readonly fabrics?: { readonly fabrics: PveRow[]; readonly nodes: PveRow[] };
  /** Rows of `route-maps/entries`; absent: a 9.2 that does not have them yet. */
  readonly routeMaps?: PveRow[];
  readonly prefixLists?: { readonly id: string; readonly entries: PveRow[] }[];
  /** What nodes say of zones, by `node/zone`: `available` where nothing stands. */
  readonly nodeZones: Map<string, string>;
}

/** The firewall of one place. Rows in Proxmox's spelling, without digests and positions. */
export interface EstateFirewall {
  /** In the order in which they are tried. */
  readonly rules: PveRow[];
  readonly aliases: PveRow[];
  readonly ipsets: EstateIpSet[];
  /** Of the datacenter alone. */
  readonly groups: EstateSecurityGroup[];
  readonly options: PveRow;
}

export interface EstateIpSet {
  readonly name: string;
  /** Empty: none. */
  comment: string;
  readonly entries: PveRow[];
}

export interface EstateSecurityGroup {
  readonly group: string;
  /** Empty: none. */
  comment: string;
  readonly rules: PveRow[];
}
