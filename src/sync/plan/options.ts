/** The options of a run: their names on the wire, and what one run was asked to do. */

/**
 * The plugin's contract: names and order are compared for equality by its tests. All default to true but that of platforms: what
 * an operator chose stays (netbox-proxbox 0.0.29, `OVERWRITE_DEFAULTS`).
 */
export const overwriteFlags = [
  'overwrite_device_role',
  'overwrite_device_type',
  'overwrite_device_tags',
  'overwrite_device_status',
  'overwrite_device_description',
  'overwrite_device_custom_fields',
  'overwrite_vm_role',
  'overwrite_vm_type',
  'overwrite_vm_platform',
  'overwrite_vm_tags',
  'overwrite_vm_proxmox_tags',
  'overwrite_vm_description',
  'overwrite_vm_custom_fields',
  'overwrite_vm_cloudinit',
  'overwrite_cluster_tags',
  'overwrite_cluster_description',
  'overwrite_cluster_custom_fields',
  'overwrite_node_interface_tags',
  'overwrite_node_interface_custom_fields',
  'overwrite_storage_tags',
  'overwrite_vm_interface_tags',
  'overwrite_vm_interface_custom_fields',
  'overwrite_ip_status',
  'overwrite_ip_tags',
  'overwrite_ip_custom_fields',
  'overwrite_ip_address_dns_name',
] as const;

export type OverwriteFlag = (typeof overwriteFlags)[number];

export const syncResources = [
  'vm',
  'vm_template',
  'vm_interface',
  'mac',
  'cluster',
  'node',
  'storage',
  'ip_address',
  'sdn',
  'sdn_bgp',
] as const;
export type SyncResource = (typeof syncResources)[number];

export const syncModes = ['always', 'bootstrap_only', 'disabled'] as const;
export type SyncMode = (typeof syncModes)[number];

/** What one run was asked to do, after query, endpoint overrides, plugin settings and defaults. Frozen for the run. */
export interface SyncOptions {
  readonly overwrite: Readonly<Record<OverwriteFlag, boolean>>;
  readonly modes: Readonly<Record<SyncResource, SyncMode>>;
  /** NetBox VM ids of a targeted run; null = everything in scope. */
  readonly netboxVmIds: readonly number[] | null;
  readonly runId: string;
  readonly network: NetworkOptions;
  /** The stage of machines goes on with interfaces, addresses and disks of the same machines. */
  readonly syncVmNetwork: boolean;
  /** ... and with their task history. */
  readonly syncTaskHistory: boolean;
  readonly deleteNonexistentBackups: boolean;
  readonly deleteNonexistentSnapshots: boolean;
  readonly deleteLimit: DeleteLimit;
  readonly parseDescriptionMetadata: boolean;
  /** Machines whose guest is gone are marked (or deleted), after a full update and after the stage of machines. */
  readonly deleteOrphans: boolean;
  readonly orphanAction: OrphanAction;
  /** See `SyncRequest.vmStageFailed`. */
  readonly vmStageFailed: boolean;
  /** So many runs in a row must find a guest gone. */
  readonly orphanGraceRuns: number;
  /** What the devices of nodes are called, unless the endpoint has a template of its own. */
  readonly nodeDeviceNameTemplate: string;
  /** Says what the orphan sweep and the syncs of single objects would do; the stages of a full update write all the same. */
  readonly dryRun: boolean;
}

export const orphanActions = ['mark', 'delete'] as const;
/** What becomes of a machine whose guest is gone. */
export type OrphanAction = (typeof orphanActions)[number];

/** At most this share of the stored rows may vanish in one run, unless it is only a handful. */
export interface DeleteLimit {
  /** 0 to 100; 100 = no limit. */
  readonly percent: number;
  /** The caller asked for it by name (`force_deletes=true`). */
  readonly force: boolean;
}

export const interfaceStrategies = ['guest_os_model', 'legacy_rename'] as const;
export type InterfaceStrategy = (typeof interfaceStrategies)[number];
export const addressFamilies = ['ipv4', 'ipv6'] as const;
export type AddressFamily = (typeof addressFamilies)[number];

/** How the network of guests is modelled. */
export interface NetworkOptions {
  readonly strategy: InterfaceStrategy;
  /** Only under `legacy_rename`. */
  readonly useGuestAgentInterfaceName: boolean;
  readonly ignoreIpv6LinkLocal: boolean;
  readonly primaryIpPreference: AddressFamily;
  /** Inside the stage of machines: false leaves addresses out. */
  readonly assignIps: boolean;
  readonly syncMacs: boolean;
}

/** A record with exactly the given keys. */
export function fromNames<K extends string, V>(names: readonly K[], value: (name: K) => V): Readonly<Record<K, V>> {
  const entries: Partial<Record<K, V>> = {};
  for (const name of names) entries[name] = value(name);
  return assertComplete(entries, names);
}

function assertComplete<K extends string, V>(entries: Partial<Record<K, V>>, names: readonly K[]): Record<K, V> {
  if (!isComplete(entries, names)) throw new TypeError('A name is missing.');
  return entries;
}

function isComplete<K extends string, V>(entries: Partial<Record<K, V>>, names: readonly K[]): entries is Record<K, V> {
  return names.every((name) => name in entries);
}
