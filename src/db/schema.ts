/**
 * The tables that this service reads and writes, as drizzle sees them. The file is shared with the Python service of
 * the same name: no column has an SQL default, booleans are 0/1, times are Unix seconds as floating point.
 */
import { integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { netboxColumns, partsOf, proxmoxColumns } from './endpoint-columns.js';

const id = integer().primaryKey();

export const netboxEndpoints = sqliteTable('netboxendpoint', { id, ...partsOf(netboxColumns, 'stored') });
export const proxmoxEndpoints = sqliteTable('proxmoxendpoint', { id, ...partsOf(proxmoxColumns, 'stored') });

export const apiKeys = sqliteTable('apikey', {
  id: integer('id').primaryKey(),
  label: text('label').notNull(),
  keyHash: text('key_hash').notNull(),
  isActive: integer('is_active', { mode: 'boolean' }).notNull(),
  createdAt: real('created_at').notNull(),
});

/**
 * Our own: by what a presented key is found without hashing it against every row (key-fingerprints.ts). A table of its own, so
 * that the Python service finds its table of keys as it was.
 */
export const apiKeyFingerprints = sqliteTable('api_key_fingerprint', {
  apiKeyId: integer('api_key_id').primaryKey(),
  fingerprint: text('fingerprint').notNull().unique(),
  /** As the row of the key had it: of a row that has another by now, the fingerprint says nothing. */
  keyHash: text('key_hash').notNull(),
  hasBeenUsed: integer('has_been_used', { mode: 'boolean' }).notNull(),
});

/** Our own: random values that must outlive the process, by name. */
export const serviceSecrets = sqliteTable('service_secret', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
});

export const bootstrapClaims = sqliteTable('api_key_bootstrap_claim', {
  id: integer('id').primaryKey(),
  initializedAt: real('initialized_at').notNull(),
});

export const authLockouts = sqliteTable('authlockout', {
  ipAddress: text('ip_address').primaryKey(),
  attempts: integer('attempts').notNull(),
  firstAttemptTime: real('first_attempt_time').notNull(),
});

/** Our own: what each Proxmox endpoint led to last, and which cluster that is in each NetBox. */
export const knownClusters = sqliteTable(
  'known_cluster',
  {
    proxmoxEndpointId: integer('proxmox_endpoint_id').notNull(),
    netboxEndpointId: integer('netbox_endpoint_id').notNull(),
    identity: text('identity'),
    mode: text('mode', { enum: ['cluster', 'standalone'] }).notNull(),
    name: text('name').notNull(),
    /** JSON: `[{"name":"pve1","ip":"10.0.0.1"}]` */
    nodes: text('nodes').notNull(),
    netboxClusterId: integer('netbox_cluster_id'),
    netboxClusterName: text('netbox_cluster_name'),
    /** When NetBox made it. */
    netboxClusterCreated: text('netbox_cluster_created'),
    /** Rows of NetBox with the endpoint's id are this cluster's. */
    isConfirmed: integer('is_confirmed', { mode: 'boolean' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.proxmoxEndpointId, table.netboxEndpointId] })],
);

/** Our own: every id that an endpoint has had, written by triggers, whichever service writes the endpoint. */
export const endpointIds = sqliteTable(
  'endpoint_id',
  {
    kind: text('kind', { enum: ['proxmox', 'netbox'] }).notNull(),
    id: integer('id').notNull(),
    /** Of the endpoint that had it last. */
    name: text('name').notNull(),
    /** It was there before ids were kept. */
    isOlder: integer('is_older', { mode: 'boolean' }).notNull(),
  },
  ({ kind, id: number }) => [primaryKey({ columns: [kind, number] })],
);

/** Our own: what a NetBox refused because of another object there (refusals.ts). */
export const refusals = sqliteTable(
  'refusal',
  {
    netboxEndpointId: integer('netbox_endpoint_id').notNull(),
    branch: text('branch').notNull(),
    sentence: text('sentence').notNull(),
    refusedAt: text('refused_at').notNull(),
  },
  ({ netboxEndpointId, branch, sentence }) => [primaryKey({ columns: [netboxEndpointId, branch, sentence] })],
);

/** Our own: which NetBox an endpoint led to last (netbox-installations.ts). */
export const netboxInstallations = sqliteTable('netbox_installation', {
  netboxEndpointId: integer('netbox_endpoint_id').primaryKey(),
  settingsCreated: text('settings_created').notNull(),
});

/** Our own: what a run should know of machines from the runs before it (machine-memory.ts). */
export const machineMemory = sqliteTable(
  'machine_memory',
  {
    netboxEndpointId: integer('netbox_endpoint_id').notNull(),
    branch: text('branch').notNull(),
    virtualMachineId: integer('virtual_machine_id').notNull(),
    smbiosUuid: text('smbios_uuid').notNull(),
    createdAt: text('created_at').notNull(),
    missedRuns: integer('missed_runs').notNull(),
    guestName: text('guest_name'),
    /** One a line. */
    hostNames: text('host_names'),
    lacksDiscoveryTag: integer('lacks_discovery_tag', { mode: 'boolean' }),
  },
  ({ netboxEndpointId, branch, virtualMachineId }) => [
    primaryKey({ columns: [netboxEndpointId, branch, virtualMachineId] }),
  ],
);
