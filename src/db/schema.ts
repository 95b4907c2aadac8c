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

const counted = (name: string) => integer(name).notNull();
const worded = (name: string) => text(name).notNull();

/** Our own, like the two tables below: what every run did (src/ledger). */
export const runs = sqliteTable('runs', {
  /** In the order in which they began. */
  number: integer('number').primaryKey({ autoIncrement: true }),
  id: worded('id').unique(),
  /** The `run_id` of the caller, who may use it for several runs. */
  jobId: text('job_id'),
  kind: worded('kind'),
  begunBy: worded('begun_by'),
  actor: worded('actor'),
  branch: worded('branch'),
  /** JSON, like errors and totals. */
  scope: worded('scope'),
  netboxEndpointId: integer('netbox_endpoint_id'),
  /** `,1,2,`; `,` until they are known. */
  endpointIds: worded('endpoint_ids'),
  status: worded('status'),
  message: text('message'),
  errors: worded('errors'),
  totals: worded('totals'),
  netboxRequests: counted('netbox_requests'),
  netboxWrites: counted('netbox_writes'),
  proxmoxRequests: counted('proxmox_requests'),
  /** Rows of run_items that are here now. */
  items: counted('items'),
  startedAt: worded('started_at'),
  endedAt: text('ended_at'),
  seconds: real('seconds').notNull(),
  version: worded('version'),
  /** JSON, changes by Proxmox endpoint: `{"1":3,"2":0}`; null: this run says nothing about everything. */
  drift: text('drift'),
});

export const runStages = sqliteTable(
  'run_stages',
  {
    runNumber: counted('run_number'),
    position: counted('position'),
    stage: worded('stage'),
    title: worded('title'),
    status: worded('status'),
    message: text('message'),
    /** JSON, like kinds, reasons and warnings. */
    counts: worded('counts'),
    kinds: worded('kinds'),
    reasons: worded('reasons'),
    warnings: worded('warnings'),
    items: counted('items'),
    itemsLeftOut: counted('items_left_out'),
    endedAt: worded('ended_at'),
    seconds: real('seconds').notNull(),
  },
  ({ runNumber, position }) => [primaryKey({ columns: [runNumber, position] })],
);

/** Only what is not unchanged. */
export const runItems = sqliteTable(
  'run_items',
  {
    runNumber: counted('run_number'),
    position: counted('position'),
    stage: worded('stage'),
    kind: worded('kind'),
    key: worded('key'),
    label: worded('label'),
    outcome: worded('outcome'),
    reason: text('reason'),
    message: text('message'),
    netboxId: integer('netbox_id'),
    netboxUrl: text('netbox_url'),
    endpointId: integer('endpoint_id'),
    cluster: text('cluster'),
    node: text('node'),
    vmid: integer('vmid'),
    /** JSON: `[{"field":"memory","from":1024,"to":2048}]` */
    changes: text('changes'),
  },
  ({ runNumber, position }) => [primaryKey({ columns: [runNumber, position] })],
);
