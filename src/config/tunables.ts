/**
 * Every runtime tunable in one table: its variable, its field in the plugin's settings, default, bounds and meaning.
 * Resolution (resolve.ts) and docs/configuration.md are both made from it, so they cannot differ.
 */
import { stringFromPlugin } from './readings.js';
import { choice, flag, float, integer, text, type Tunable } from './tunable-kinds.js';
import type { Tunables } from './types.js';

type TunableTable = { readonly [K in keyof Tunables]: Tunable<Tunables[K]> };

export const tunables: TunableTable = {
  netboxTimeoutS: float({
    variable: 'PROXBOX_NETBOX_TIMEOUT',
    field: 'netbox_timeout',
    default: 120,
    min: 1,
    unit: 's',
    description: 'Total time for one NetBox request: connecting, sending and reading the whole answer.',
  }),
  netboxMaxRetries: integer({
    variable: 'PROXBOX_NETBOX_MAX_RETRIES',
    field: 'netbox_max_retries',
    default: 5,
    min: 0,
    description: 'Further attempts after a NetBox request failed in a way that may pass.',
  }),
  netboxRetryDelayS: float({
    variable: 'PROXBOX_NETBOX_RETRY_DELAY',
    field: 'netbox_retry_delay',
    default: 2,
    min: 0,
    unit: 's',
    description: 'First pause between NetBox attempts; it doubles each time, up to 30 seconds.',
  }),
  netboxMaxConcurrent: integer({
    variable: 'PROXBOX_NETBOX_MAX_CONCURRENT',
    field: 'netbox_max_concurrent',
    default: 1,
    min: 1,
    description: 'NetBox requests at the same time. Keep it at 1 or 2 to spare the PostgreSQL connections of NetBox.',
  }),
  vmSyncMaxConcurrency: integer({
    variable: 'PROXBOX_VM_SYNC_MAX_CONCURRENCY',
    field: 'vm_sync_max_concurrency',
    default: 4,
    min: 1,
    description:
      'Batches of virtual machines written at the same time; the total is still limited by PROXBOX_NETBOX_MAX_CONCURRENT. The guests of a run are planned together.',
  }),
  netboxWriteConcurrency: integer<number | null>({
    variable: 'PROXBOX_NETBOX_WRITE_CONCURRENCY',
    field: 'netbox_write_concurrency',
    default: null,
    defaultText: '8 (VMs, disks), 4 (snapshots, task history)',
    min: 1,
    description:
      'Write requests of one kind of object in flight; the total is still limited by PROXBOX_NETBOX_MAX_CONCURRENT.',
  }),
  proxmoxFetchConcurrency: integer<number | null>({
    variable: 'PROXBOX_PROXMOX_FETCH_CONCURRENCY',
    field: 'proxmox_fetch_concurrency',
    default: null,
    defaultText: '8, 4 for task history',
    min: 1,
    description: 'Proxmox reads at the same time in one run, over all endpoints.',
  }),
  fetchMaxConcurrency: integer<number | null>({
    variable: 'PROXBOX_FETCH_MAX_CONCURRENCY',
    field: 'proxbox_fetch_max_concurrency',
    default: null,
    defaultText: '8',
    min: 1,
    description: 'Older name of the read limit; used where PROXBOX_PROXMOX_FETCH_CONCURRENCY is not given.',
  }),
  backupBatchSize: integer({
    variable: 'PROXBOX_BACKUP_BATCH_SIZE',
    field: 'backup_batch_size',
    default: 5,
    min: 1,
    description: 'Backups written to NetBox per request (the smaller of this and PROXBOX_BULK_BATCH_SIZE).',
  }),
  backupBatchDelayMs: integer({
    variable: 'PROXBOX_BACKUP_BATCH_DELAY_MS',
    field: 'backup_batch_delay_ms',
    default: 200,
    min: 0,
    unit: 'ms',
    description: 'Least time between the starts of two batches of backups.',
  }),
  bulkBatchSize: integer({
    variable: 'PROXBOX_BULK_BATCH_SIZE',
    field: 'bulk_batch_size',
    default: 50,
    min: 1,
    description: 'Objects per bulk write.',
  }),
  bulkBatchDelayMs: integer({
    variable: 'PROXBOX_BULK_BATCH_DELAY_MS',
    field: 'bulk_batch_delay_ms',
    default: 500,
    min: 0,
    unit: 'ms',
    description: 'Least time between the starts of two batches of one phase.',
  }),
  interfaceBatchSize: integer({
    variable: 'PROXBOX_INTERFACE_BATCH_SIZE',
    field: 'interface_batch_size',
    default: 5,
    min: 1,
    description: 'VM interfaces per bulk write inside the VM stage.',
  }),
  interfaceBatchDelayMs: integer({
    variable: 'PROXBOX_INTERFACE_BATCH_DELAY_MS',
    field: 'interface_batch_delay_ms',
    default: 100,
    min: 0,
    unit: 'ms',
    description: 'Least time between the starts of two batches of VM interfaces inside the VM stage.',
  }),
  netboxGetCacheTtlS: float({
    variable: 'PROXBOX_NETBOX_GET_CACHE_TTL',
    field: 'netbox_get_cache_ttl',
    default: 60,
    min: 0,
    unit: 's',
    description:
      'How long a list that was read from NetBox serves later calls, as those of one job. 0: each call reads its lists itself, once.',
  }),
  netboxGetCacheMaxEntries: integer({
    variable: 'PROXBOX_NETBOX_GET_CACHE_MAX_ENTRIES',
    field: 'netbox_get_cache_max_entries',
    default: 4096,
    min: 1,
    description: 'Lists kept; the least recently used one goes first.',
  }),
  netboxGetCacheMaxBytes: integer({
    variable: 'PROXBOX_NETBOX_GET_CACHE_MAX_BYTES',
    field: 'netbox_get_cache_max_bytes',
    default: 52_428_800,
    min: 1024,
    unit: 'bytes',
    description:
      'Bytes of JSON kept; the least recently used list goes first. One of more than a quarter of it is not kept, and read again by the next call.',
  }),
  fullReadHours: float({
    variable: 'PROXBOX_FULL_READ_HOURS',
    field: null,
    default: 24,
    min: 0,
    unit: 'h',
    description:
      'How long NetBox is asked only for what changed since (its change log, permission core.view_objectchange), before everything is read again. 0: every run reads everything, and does not ask. Works only with a cache (PROXBOX_NETBOX_GET_CACHE_TTL above 0); a restart, a branch and doubt about the change log read everything too.',
  }),
  debugCache: flag({
    variable: 'PROXBOX_DEBUG_CACHE',
    field: 'debug_cache',
    default: false,
    description: 'One debug line for each hit and miss of the cache.',
  }),
  customFieldsRequestDelayS: float({
    variable: 'PROXBOX_CUSTOM_FIELDS_REQUEST_DELAY',
    field: 'custom_fields_request_delay',
    default: 0.5,
    min: 0,
    unit: 's',
    description: 'Pause before each further write request while custom fields are created.',
  }),
  exposeInternalErrors: flag({
    variable: 'PROXBOX_EXPOSE_INTERNAL_ERRORS',
    field: 'expose_internal_errors',
    default: false,
    description: 'HTTP 500 answers carry the text of the error (secrets are still removed).',
  }),
  ensureNetboxObjects: flag({
    variable: 'PROXBOX_ENSURE_NETBOX_OBJECTS',
    field: 'ensure_netbox_objects',
    default: true,
    description: 'Create the tags, roles and types that the sync needs in NetBox.',
  }),
  deleteOrphans: flag({
    variable: 'PROXBOX_DELETE_ORPHANS',
    field: 'delete_orphans',
    default: false,
    description:
      'VMs whose guest no longer exists in Proxmox are marked for review (or deleted: PROXBOX_ORPHAN_ACTION).',
  }),
  orphanAction: choice<'mark' | 'delete'>({
    variable: 'PROXBOX_ORPHAN_ACTION',
    field: null,
    choices: ['mark', 'delete'],
    default: 'mark',
    description:
      'What becomes of a VM whose guest is gone: mark = status decommissioning and tag proxbox-soft-deleted, for review on the page of the plugin; delete = it is deleted, unless an operator has put something on it.',
  }),
  orphanGraceRuns: integer({
    variable: 'PROXBOX_ORPHAN_GRACE_RUNS',
    field: null,
    default: 1,
    min: 1,
    max: 1000,
    unit: 'runs',
    description: 'So many runs in a row must find a guest gone before its VM is marked or deleted. 1 = at once.',
  }),
  guestAgentTimeoutS: integer({
    variable: 'PROXBOX_GUEST_AGENT_TIMEOUT',
    field: 'guest_agent_timeout',
    default: 15,
    min: 1,
    max: 600,
    unit: 's',
    description: 'Time for one call to a QEMU guest agent.',
  }),
  stampEveryRun: flag({
    variable: 'PROXBOX_STAMP_EVERY_RUN',
    field: null,
    default: false,
    description:
      'Write last_run_id and proxmox_last_updated of every VM in each run (one change-log row per VM and run).',
  }),
  deleteLimitPercent: integer({
    variable: 'PROXBOX_DELETE_LIMIT_PERCENT',
    field: null,
    default: 30,
    min: 0,
    max: 100,
    unit: '%',
    description:
      'More than 10 deletes of one kind and more than this share of its rows: none is deleted. Of VMs whose guest is gone more than one and more than this share: none is marked or deleted. 100 = no limit. Addresses and MAC addresses that a guest proves not to have do not count.',
  }),
  customFieldsEnabled: flag({
    variable: null,
    field: 'custom_fields_enabled',
    default: false,
    description: 'Legacy reflection of Proxmox values into NetBox custom fields.',
  }),
  proxmoxTimeoutS: float({
    variable: null,
    field: 'proxmox_timeout',
    default: 5,
    min: 1,
    max: 3600,
    unit: 's',
    description: 'Time for one Proxmox request, for endpoints without a value of their own.',
  }),
  proxmoxMaxRetries: integer({
    variable: null,
    field: 'proxmox_max_retries',
    default: 0,
    min: 0,
    max: 100,
    description: 'Further attempts after a failed Proxmox request, for endpoints without a value of their own.',
  }),
  proxmoxRetryBackoffS: float({
    variable: null,
    field: 'proxmox_retry_backoff',
    default: 0.5,
    min: 0,
    max: 300,
    unit: 's',
    description: 'First pause between Proxmox attempts, for endpoints without a value of their own.',
  }),
  useGuestAgentInterfaceName: flag({
    variable: null,
    field: 'use_guest_agent_interface_name',
    default: true,
    description: 'Under legacy_rename: name VM interfaces as the guest agent does.',
  }),
  vmInterfaceSyncStrategy: choice({
    variable: null,
    field: 'vm_interface_sync_strategy',
    default: 'guest_os_model',
    choices: ['guest_os_model', 'legacy_rename'],
    description: 'How VM interfaces are modelled: guest_os_model or legacy_rename.',
  }),
  ignoreIpv6LinkLocalAddresses: flag({
    variable: null,
    field: 'ignore_ipv6_link_local_addresses',
    default: true,
    description: 'Leave fe80::/10 addresses out.',
  }),
  primaryIpPreference: choice({
    variable: null,
    field: 'primary_ip_preference',
    default: 'ipv4',
    choices: ['ipv4', 'ipv6'],
    description: 'Family of the primary address when a guest has both.',
  }),
  nodeDeviceNameTemplate: text({
    variable: 'PROXBOX_NODE_DEVICE_NAME_TEMPLATE',
    field: 'node_device_name_template',
    default: '{node}',
    description:
      'Name of the devices of nodes, unless the endpoint has a template of its own: {node}, which is obligatory, {cluster}, {cluster_slug} and {endpoint}, between letters, digits, hyphens and dots.',
  }),
  parseDescriptionMetadata: flag({
    variable: null,
    field: 'parse_description_metadata',
    default: false,
    description:
      'The netbox-metadata block in the notes of guests is read: ids of role, platform and site of the machine.',
  }),
  cloudNetworkLockEnabled: flag({
    variable: 'PROXBOX_CLOUD_NETWORK_LOCK_ENABLED',
    field: 'cloud_network_lock_enabled',
    default: false,
    description:
      'Whether guests of customers are bound to the network below; told by `GET /cloud/network/available-ips`.',
  }),
  cloudCustomerPrefixId: integer<number | null>({
    variable: 'PROXBOX_CLOUD_CUSTOMER_PREFIX_ID',
    field: 'cloud_customer_prefix_id',
    default: null,
    defaultText: 'none',
    min: 1,
    description: 'Id of the prefix in NetBox whose free addresses `GET /cloud/network/available-ips` lists.',
  }),
  cloudCustomerBridge: text({
    variable: 'PROXBOX_CLOUD_CUSTOMER_BRIDGE',
    field: 'cloud_customer_bridge',
    default: '',
    description: 'Bridge in Proxmox of that network.',
  }),
  cloudCustomerVlanTag: integer<number | null>({
    variable: 'PROXBOX_CLOUD_CUSTOMER_VLAN_TAG',
    field: 'cloud_customer_vlan_tag',
    default: null,
    defaultText: 'none',
    min: 1,
    max: 4094,
    description: 'VLAN of that network.',
  }),
  cloudCustomerGateway: text({
    variable: 'PROXBOX_CLOUD_CUSTOMER_GATEWAY',
    field: 'cloud_customer_gateway',
    default: '',
    description: 'Address of the gateway of that network.',
  }),
  backendLogFilePath: {
    ...text({
      variable: 'PROXBOX_LOG_FILE',
      field: 'backend_log_file_path',
      default: '',
      defaultText: 'none',
      description:
        "Log file for warnings and errors, an absolute path. The plugin's own default, `/var/log/proxbox.log`, asks for no file: the variable does.",
    }),
    fromPlugin: (raw) => {
      const reading = stringFromPlugin(raw);
      return reading.kind === 'value' && reading.value === '/var/log/proxbox.log' ? { kind: 'absent' } : reading;
    },
  },
  runHistoryDays: integer({
    variable: 'PROXBOX_RUN_HISTORY_DAYS',
    field: null,
    default: 30,
    min: 1,
    max: 3650,
    unit: 'days',
    description: 'How long what a run did stays in the list of runs (GET /runs).',
  }),
  runHistoryMaxItems: integer({
    variable: 'PROXBOX_RUN_HISTORY_MAX_ITEMS',
    field: null,
    default: 200_000,
    min: 0,
    max: 100_000_000,
    unit: 'items',
    description:
      'Objects that the list of runs names, of all runs together; of the oldest runs they are forgotten first, their numbers stay. Some 300 bytes of the database each.',
  }),
};

function isTunableKey(key: string): key is keyof Tunables {
  return Object.hasOwn(tunables, key);
}

export const tunableKeys: readonly (keyof Tunables)[] = Object.keys(tunables).filter(isTunableKey);
