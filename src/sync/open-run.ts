/** Opens a run: reads the settings, connects both sides, and freezes what the run works with. */
import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import type { ResolvedSettings } from '../config/types.js';
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { textOf } from '../netbox/kinds/values.js';
import type { NetBoxReader, NetBoxRecord, RequestCounters } from '../netbox/types.js';
import { pluginEndpointsPath } from '../plugin-endpoints/netbox-source.js';
import { takeOver, type MirrorPlugin } from '../plugin-endpoints/take-over.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import { ChangeBook } from './change-book.js';
import { readingWarnings } from './caught-up.js';
import { settleNumbers } from './collect/endpoint-numbers.js';
import type { CollectionScope, CollectionStore } from './collections.js';
import type { GuestReadStore } from './guest-reads.js';
import { openMemory } from './machine-memory.js';
import { createInspector, meetClusters } from './meet-clusters.js';
import { openNetBox, readSettings } from './open-netbox.js';
import { previewCollections, previewMemory } from './preview.js';
import { openRefusals } from './refusals.js';
import type { SyncRequest } from './request.js';
import { objectTypesOf, type RequiredFields } from './required-fields.js';
import { resolveOptions } from './resolve-options.js';
import type { LegacyFields, RunContext } from './run-context.js';
import type { RunFacts } from '../ledger/types.js';
import type { OpenOptions, RunScope, SyncPorts } from './run-ports.js';
import type { Warning } from './types.js';
import { createWaitNews } from './wait-news.js';

export interface OpenedRun {
  readonly run: RunContext;
  readonly counters: RequestCounters;
  /** Proxmox requests so far, of every session of the run. */
  readonly proxmoxRequests: () => number;
}

/** What runs share with the runs after them. */
export interface RunStores {
  readonly collections: CollectionStore;
  readonly guestReads: GuestReadStore;
}

function collectionsOf({ scope, request, kind }: OpenOptions): Omit<CollectionScope, 'refusals'> {
  const showsObjects = request.showsObjects || kind === 'individual';
  return { key: scope.key, netbox: scope.netbox.revision, branch: request.branch, showsObjects };
}

/** Reads settings, connects both sides and freezes what the run works with. Throws when nothing of the scope can be used. */
export async function openRun(
  ports: SyncPorts,
  { collections, guestReads }: RunStores,
  options: OpenOptions,
): Promise<OpenedRun> {
  const { request, scope, signal, runId } = options;
  // Every read that waits for its turn listens to it.
  setMaxListeners(0, signal);
  const counters: RequestCounters = { requests: 0, writes: 0, retries: 0, overwhelmed: 0, cacheHits: 0 };
  const proxmox = { requests: (): number => 0 };
  options.record.about(factsOf(scope, counters, proxmox));
  const onWait = newsOf(ports, options);
  const { settings, unread } = await readSettings(ports, options, { signal, counters, onWait });
  const ofClient = { ...options, settings, counters, onWait };
  const { client, capabilities, caughtUp } = await openNetBox(ports, collections, ofClient);
  const { known, sessions, warnings, clusters } = await meetClusters(ports, options, newsOf(ports, options));
  proxmox.requests = requestsFromNowOn(sessions);
  const notes = [...request.notes];
  const opened = openKnown(ports, collections, { ...options, client });
  const [pluginEndpoints, legacyFields] = await Promise.all([
    capabilities.proxboxPlugin ? client.list(pluginEndpointsPath) : [],
    readCustomFields(client, opened.collections.requiredFields),
  ]);
  const rows = mirrorRows(request.dryRun ? () => undefined : ports.mirrorPlugin, scope.endpoints, pluginEndpoints);
  const endpointRow = scope.endpoints.length === 1 ? rows[0] : undefined;
  const run: RunContext = {
    runId,
    now: ports.clock.now().toISOString(),
    client,
    ...opened,
    caughtUp,
    capabilities,
    clusters,
    endpoints: new Map([...ports.proxmoxEndpoints(), ...scope.endpoints].map((endpoint) => [endpoint.id, endpoint])),
    inspectEndpoint: createInspector(ports, signal),
    known,
    settings,
    options: resolveOptions({ request, settings, endpointRow, runId, kind: options.kind }, notes),
    supportIds: new Map(),
    unmade: new Map(),
    pluginEndpoints,
    legacyFields,
    warnings: [...unread, ...warnings, ...readingWarnings(caughtUp), ...notes.map(optionUnknown)],
    told: new Set(),
    guestReads: guestReads.open({ fresh: options.freshGuests }),
    proxmoxReads: pLimit(readConcurrency(settings, request, options.kind)),
    isMachineRun: false,
    showsObjects: request.showsObjects,
    ...toldBy(options),
    ...(options.watch === undefined ? {} : { watch: options.watch }),
    events: options.events,
    record: options.record,
    signal,
    clock: ports.clock,
    logger: ports.logger.child({ runId }),
  };
  return { run: { ...run, clusters: await settleNumbers(run) }, counters, proxmoxRequests: proxmox.requests };
}

function newsOf({ clock }: SyncPorts, { events, kind }: OpenOptions) {
  return createWaitNews({ events, clock, phase: kind });
}

type Known = Pick<RunContext, 'collections' | 'memory'>;

/** What runs know from one another; a preview adds nothing to it. */
function openKnown(
  ports: SyncPorts,
  store: CollectionStore,
  { client, ...options }: OpenOptions & Pick<RunContext, 'client'>,
): Known {
  const { scope, request } = options;
  const ofNetBox = { netboxEndpointId: scope.netbox.id, branch: request.branch };
  const refusals = openRefusals(ports.refusals, ofNetBox, ports.logger);
  const collections = store.open({ ...collectionsOf(options), refusals }, client);
  const memory = openMemory(ports.machineMemory, ofNetBox, ports.logger);
  if (!request.dryRun) return { collections, memory };
  return {
    collections: previewCollections(collections),
    memory: previewMemory(memory),
  };
}

/** What is told and compared change by change. */
function toldBy({ request, approved, runId }: OpenOptions): Pick<RunContext, 'approved' | 'book'> {
  if (approved !== undefined) return { approved, book: new ChangeBook(runId) };
  return request.dryRun ? { book: new ChangeBook(runId) } : {};
}

/** What a run that has just begun is about, and what it costs as it goes on. */
function factsOf(
  { netbox, endpoints }: RunScope,
  counters: RequestCounters,
  proxmox: { readonly requests: () => number },
): RunFacts {
  return {
    netboxEndpointId: netbox.id,
    endpointIds: endpoints.map(({ id }) => id),
    traffic: () => ({
      netboxRequests: counters.requests,
      netboxWrites: counters.writes,
      proxmoxRequests: proxmox.requests(),
    }),
  };
}

function requestsFromNowOn(sessions: readonly { readonly session: ProxmoxSession }[]): () => number {
  const sum = (): number => sessions.reduce((all, { session }) => all + session.counters().requests, 0);
  const before = sum();
  return () => sum() - before;
}

/** The plugin's rows of the endpoints in scope; its switches for writing and for being enabled are taken over. */
function mirrorRows(
  mirrorPlugin: MirrorPlugin,
  endpoints: readonly ProxmoxEndpoint[],
  pluginRows: readonly NetBoxRecord[],
): readonly (NetBoxRecord | undefined)[] {
  return endpoints.map((endpoint) => takeOver(endpoint, pluginRows, mirrorPlugin));
}

/** The legacy custom fields that NetBox still has: they are kept true, never created. In the same list those that NetBox required. */
async function readCustomFields(client: NetBoxReader, required: RequiredFields): Promise<LegacyFields> {
  const names = ['proxmox_vm_id', 'proxmox_node', 'proxmox_vm_type'];
  const all = [...names, ...required.names()];
  const rows = await client.listByValues('/api/extras/custom-fields/', 'name', all, {
    fields: 'id,name,object_types,required,default',
  });
  required.review(rows);
  const fields = new Map<string, Set<string>>();
  for (const row of rows.filter(({ name }) => names.includes(textOf(name))))
    for (const type of objectTypesOf(row)) fields.set(type, (fields.get(type) ?? new Set()).add(textOf(row['name'])));
  return fields;
}

/**
 * A variable beats the query, which only transports a setting; then the setting, then 8, and 4 for the task history, whose
 * every read walks through the archive of a node.
 */
function readConcurrency({ values, provenance }: ResolvedSettings, request: SyncRequest, kind: string): number {
  for (const key of ['proxmoxFetchConcurrency', 'fetchMaxConcurrency'] as const) {
    const value = values[key];
    if (provenance[key].source === 'env' && value !== null) return value;
  }
  return (
    request.fetchMaxConcurrency ??
    values.proxmoxFetchConcurrency ??
    values.fetchMaxConcurrency ??
    (kind === 'task-history' ? 4 : 8)
  );
}

function optionUnknown(message: string): Warning {
  return { code: 'option_unknown', message };
}
