/** Opens a run: reads the settings, connects both sides, and freezes what the run works with. */
import { setMaxListeners } from 'node:events';
import { nameList } from '../values/short-text.js';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { ResolvedSettings, SettingsResolver } from '../config/types.js';
import type { KnownClusterStore } from '../endpoints/known-clusters.js';
import type { NetBoxEndpoint, ProxmoxEndpoint } from '../endpoints/types.js';
import { errorText, ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { branchingMissing } from '../netbox/branch.js';
import { textOf } from '../netbox/kinds/values.js';
import { readPluginSettings } from '../netbox/plugin-settings.js';
import { endsTheRun } from '../netbox/run-ending.js';
import type { CaughtUp, ClientScope, NetBoxClient, NetBoxRecord, RequestCounters } from '../netbox/types.js';
import { restrictedError } from '../proxmox/restricted.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import type { EndpointSource } from '../plugin-endpoints/endpoint-source.js';
import { takeOver, type MirrorPlugin } from '../plugin-endpoints/take-over.js';
import type { BootstrapReport } from './bootstrap-report.js';
import { readingWarnings } from './caught-up.js';
import { settleNumbers } from './collect/endpoint-numbers.js';
import type { CollectionStore } from './collections.js';
import type { EventSink } from './events.js';
import type { GuestReadStore } from './guest-reads.js';
import { openKnownClusters, type KnownClusters } from './known-clusters.js';
import { openMemory, type MachineMemoryPort } from './machine-memory.js';
import { buildClusterViews, type SessionSummary } from './plan/cluster-views.js';
import { recognize, unremembered } from './recognize.js';
import { objectTypesOf, type RequiredFields } from './required-fields.js';
import { openRefusals, type RefusalPort } from './refusals.js';
import type { SyncRequest } from './request.js';
import { resolveOptions } from './resolve-options.js';
import type { LegacyFields, RunContext } from './run-context.js';
import type { Warning } from './types.js';
import { createWaitNews, type OnWait } from './wait-news.js';
import type { ConnectedCluster } from './guests.js';

interface SessionOptions {
  /** Told of every repetition that a request of the session waits for. */
  readonly onWait?: OnWait;
  /** What the endpoint has is read now, though it was a moment ago. */
  readonly fresh?: boolean;
}

/** What a run needs of the rest of the service; the composition root fills it in. */
export interface SyncPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly randomId: () => string;
  readonly settings: SettingsResolver;
  /** The NetBox in use; throws `not_configured` when there is none. No network. */
  readonly netboxEndpoint: () => NetBoxEndpoint;
  readonly netboxClient: (endpoint: NetBoxEndpoint) => Promise<NetBoxClient>;
  /** Every stored row. */
  readonly proxmoxEndpoints: () => readonly ProxmoxEndpoint[];
  /** What the plugin's rows in NetBox say about the endpoints, with the stored secrets. */
  readonly netboxSource: (endpoint: NetBoxEndpoint, signal: AbortSignal) => Promise<EndpointSource>;
  /** What endpoints led to, over the end of the process. */
  readonly knownClusters: Pick<KnownClusterStore, 'all' | 'remember' | 'older'>;
  readonly openSession: (
    endpoint: ProxmoxEndpoint,
    signal: AbortSignal,
    options?: SessionOptions,
  ) => Promise<ProxmoxSession>;
  readonly machineMemory: MachineMemoryPort;
  readonly refusals: RefusalPort;
  /** Takes over what the plugin's own row of an endpoint says about writing and being enabled. */
  readonly mirrorPlugin: MirrorPlugin;
  /** Told at the beginning of every run that writes what became of the tags, roles and types. */
  readonly noteSupport: (report: BootstrapReport) => void;
}

/** An endpoint of the scope that cannot even be connected to. */
export interface UnusableEndpoint {
  readonly name: string;
  readonly cause: ProxboxError;
}

export interface RunScope {
  readonly netbox: NetBoxEndpoint;
  readonly endpoints: readonly ProxmoxEndpoint[];
  readonly unusable: readonly UnusableEndpoint[];
  /** Which calls are of one job. */
  readonly key: string;
}

export interface OpenedRun {
  readonly run: RunContext;
  readonly counters: RequestCounters;
  /** Proxmox requests so far, of every session of the run. */
  readonly proxmoxRequests: () => number;
}

export interface OpenOptions {
  readonly request: SyncRequest;
  readonly scope: RunScope;
  readonly runId: string;
  /** `full-update` or the name of the stage. */
  readonly kind: string;
  readonly signal: AbortSignal;
  readonly events: EventSink;
  /** Forget what earlier calls read from NetBox (devices stage and full update). */
  readonly fresh: boolean;
  /** Forget what earlier calls read from guests (stages of machines and full update). */
  readonly freshGuests: boolean;
  /** What earlier calls read from NetBox is used no longer than this; absent = as long as the settings say. */
  readonly maxAgeMs?: number;
  /** NetBox's change log is asked what is still true of what was read before. */
  readonly catchesUp: boolean;
}

/** What runs share with the runs after them. */
export interface RunStores {
  readonly collections: CollectionStore;
  readonly guestReads: GuestReadStore;
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
  const { branch } = request;
  const news = { events: options.events, clock: ports.clock, phase: options.kind };
  const onWait = createWaitNews(news);
  const { settings, unread } = await readSettings(ports, options, { signal, counters, onWait });
  const ofNetBoxClient = { ...options, settings, counters, onWait };
  const { client, capabilities, caughtUp } = await openNetBox(ports, collections, ofNetBoxClient);
  const { known, sessions, warnings, clusters } = await meetClusters(ports, options, createWaitNews(news));
  const notes: string[] = [...request.notes];
  const ofNetBox = { netboxEndpointId: scope.netbox.id, branch };
  const refusals = openRefusals(ports.refusals, ofNetBox, ports.logger);
  const opened = collections.open({ key: scope.key, netbox: scope.netbox.revision, branch, refusals }, client);
  const [pluginEndpoints, legacyFields] = await Promise.all([
    capabilities.proxboxPlugin ? client.list('/api/plugins/proxbox/endpoints/proxmox/') : [],
    readCustomFields(client, opened.requiredFields),
  ]);
  const mirrorPlugin = request.dryRun ? () => undefined : ports.mirrorPlugin;
  const rows = mirrorRows(mirrorPlugin, scope.endpoints, pluginEndpoints);
  const endpointRow = scope.endpoints.length === 1 ? rows[0] : undefined;
  const run: RunContext = {
    runId,
    now: ports.clock.now().toISOString(),
    client,
    collections: opened,
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
    memory: openMemory(ports.machineMemory, ofNetBox, ports.logger),
    isMachineRun: false,
    showsObjects: request.showsObjects,
    events: options.events,
    signal,
    clock: ports.clock,
    logger: ports.logger.child({ runId }),
  };
  const numbered = { ...run, clusters: await settleNumbers(run) };
  return { run: numbered, counters, proxmoxRequests: requestsFromNowOn(sessions) };
}

/**
 * What a run writes depends on the plugin's settings, so it begins when NetBox has told them, however long that takes.
 * Where NetBox answers and does not tell them, it goes on with the last good ones or the defaults, and says so.
 */
async function readSettings(
  { netboxClient, settings: resolver }: SyncPorts,
  { scope, maxAgeMs = 0 }: OpenOptions,
  ofRun: ClientScope,
): Promise<{ readonly settings: ResolvedSettings; readonly unread: readonly Warning[] }> {
  const client = (await netboxClient(scope.netbox)).scoped(ofRun);
  const { settings, failure } = await resolver.readThrough(() => readPluginSettings(client), maxAgeMs, ofRun.signal);
  if (failure === null) return { settings, unread: [] };
  if (endsTheRun(failure)) throw failure;
  const isWithoutPlugin = failure.upstream?.status === 404 && settings.plugin === null;
  return { settings, unread: isWithoutPlugin ? [] : [settingsUnread(settings, failure)] };
}

function settingsUnread({ plugin }: ResolvedSettings, failure: ProxboxError): Warning {
  const used = plugin === null ? 'the variables and the defaults apply' : 'the last ones that could be read apply';
  const reason = errorText(failure).replace(/\.$/, '');
  return { code: 'settings_unread', message: `The settings of the NetBox plugin cannot be read; ${used}: ${reason}.` };
}

interface NetBoxOptions extends OpenOptions {
  readonly settings: ResolvedSettings;
  readonly counters: RequestCounters;
  readonly onWait: OnWait;
}

/** The client of the run, and what of what was read before it may use. */
async function openNetBox(ports: SyncPorts, collections: CollectionStore, options: NetBoxOptions) {
  const { request, scope, signal, counters, onWait } = options;
  const { branch } = request;
  const connected = await ports.netboxClient(scope.netbox);
  const window = collections.window(scope.key, connected, { beginsJob: options.fresh, maxAgeMs: options.maxAgeMs });
  const ofRun = { signal, branch, counters, window, onWait };
  const client = connected.scoped(request.dryRun ? { ...ofRun, isReadOnly: true } : ofRun);
  const capabilities = await client.capabilities();
  if (branch !== '' && !capabilities.branching) throw branchingMissing(branch, client.endpointId);
  const caughtUp = await catchUp(client, options);
  const isConfirmed = caughtUp.status === 'known';
  return {
    client: isConfirmed ? client.scoped({ window: { ...window, trustsChangeLog: true } }) : client,
    capabilities,
    caughtUp,
  };
}

const hourMs = 3_600_000;

/** Whoever shows NetBox's own objects shows them as they are, with what they are related to. */
async function catchUp(
  client: NetBoxClient,
  { catchesUp, request, settings: { values } }: NetBoxOptions,
): Promise<CaughtUp> {
  if (!catchesUp || request.showsObjects) return { status: 'unknown', doubt: 'off' };
  return client.catchUp(values.fullReadHours * hourMs);
}

function requestsFromNowOn(sessions: readonly Connected[]): () => number {
  const sum = (): number => sessions.reduce((all, { session }) => all + session.counters().requests, 0);
  const before = sum();
  return () => sum() - before;
}

/** Connects the endpoints of the scope, and tells which clusters they lead to. */
async function meetClusters(ports: SyncPorts, { request, scope, signal, maxAgeMs }: OpenOptions, onWait: OnWait) {
  const { dryRun: isDryRun, branch } = request;
  const known = openKnownClusters(ports.knownClusters, { netboxEndpointId: scope.netbox.id, isDryRun, branch });
  const { sessions, warnings } = await connect(ports, {
    scope,
    known,
    signal,
    // A run that says what an endpoint has, has asked it; calls of a batch share what each of them read.
    session: { onWait, fresh: maxAgeMs === undefined },
  });
  return { known, sessions, warnings, clusters: toClusters(sessions, known, warnings) };
}

interface Connected {
  readonly endpoint: ProxmoxEndpoint;
  readonly session: ProxmoxSession;
  readonly summary: SessionSummary;
}

interface ConnectOptions {
  readonly scope: RunScope;
  readonly known: KnownClusters;
  readonly signal: AbortSignal;
  readonly session: SessionOptions;
}

/** Connects all endpoints at once. One that fails is "unknown", never "empty"; when all fail, the first cause is thrown. */
async function connect(
  ports: SyncPorts,
  { scope, known, signal, session: options }: ConnectOptions,
): Promise<{ sessions: readonly Connected[]; warnings: Warning[] }> {
  const warnings: Warning[] = [];
  const sessions: Connected[] = [];
  let first: ProxboxError | undefined;
  const lose = ({ name, cause }: UnusableEndpoint, endpointId?: number): void => {
    first ??= cause;
    warnings.push(unusable(name, cause, endpointId));
    const fields = { endpointId, endpoint: name, code: cause.code };
    ports.logger.warn(fields, `Proxmox endpoint cannot be used: ${errorText(cause)}`);
  };
  for (const endpoint of scope.unusable) lose(endpoint);
  const attempts = scope.endpoints.map(async (endpoint) => {
    try {
      const session = await ports.openSession(endpoint, signal, options);
      if (session.mode === 'restricted') throw restrictedError(session);
      const summary = await summarize(endpoint, session, signal);
      warnings.push(...recognize(summary, known));
      sessions.push({ endpoint, session, summary });
    } catch (error) {
      signal.throwIfAborted();
      lose({ name: endpoint.name, cause: toProxboxError(error) }, endpoint.id);
    }
  });
  await Promise.all(attempts);
  if (sessions.length === 0 && first !== undefined) throw allFailed(first, warnings);
  return { sessions: sessions.sort((a, b) => a.endpoint.id - b.endpoint.id), warnings };
}

/** Asks endpoints outside of the scope who they are, each at most once per run. */
function createInspector(ports: SyncPorts, signal: AbortSignal): RunContext['inspectEndpoint'] {
  const asked = new Map<number, Promise<SessionSummary | undefined>>();
  const ask = async (endpoint: ProxmoxEndpoint): Promise<SessionSummary | undefined> => {
    try {
      const session = await ports.openSession(endpoint, signal);
      if (session.mode === 'restricted') return undefined;
      return await summarize(endpoint, session, signal);
    } catch {
      // Whatever the reason: nobody can tell then whether it is the same cluster, and the caller says so.
      signal.throwIfAborted();
      return undefined;
    }
  };
  return (endpoint) => {
    const known = asked.get(endpoint.id) ?? ask(endpoint);
    asked.set(endpoint.id, known);
    return known;
  };
}

async function summarize(
  endpoint: ProxmoxEndpoint,
  session: ProxmoxSession,
  signal: AbortSignal,
): Promise<SessionSummary> {
  const { nodes } = await session.clusterStatus({ signal });
  return {
    endpointId: endpoint.id,
    endpointName: endpoint.name,
    identity: await session.rootCertificate({ signal }),
    name: session.name,
    mode: session.mode,
    host: session.host,
    port: session.port,
    nodes,
    site: endpoint.site,
    tenant: endpoint.tenant,
  };
}

function toClusters(
  sessions: readonly Connected[],
  known: KnownClusters,
  warnings: Warning[],
): readonly ConnectedCluster[] {
  const summaries = sessions.map(({ summary }) => summary);
  const grouped = buildClusterViews(summaries, known.byEndpoint);
  warnings.push(...grouped.warnings);
  const areKept = summaries.map((summary) => known.meet(summary)).every(Boolean);
  if (!areKept) warnings.push(unremembered);
  return grouped.views.map((view) => ({
    view,
    sessions: sessions.filter(({ endpoint }) => view.endpointIds.includes(endpoint.id)).map(({ session }) => session),
  }));
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
async function readCustomFields(client: NetBoxClient, required: RequiredFields): Promise<LegacyFields> {
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

function unusable(name: string, cause: ProxboxError, endpointId?: number): Warning {
  const code = cause.code === 'proxmox_forbidden' ? 'endpoint_restricted' : 'endpoint_unreachable';
  const reason = errorText(cause).replace(/\.$/, '');
  return {
    code,
    message: `Proxmox endpoint "${name}" could not be used, so nothing of it was changed: ${reason}. GET /proxmox/doctor says what mends it.`,
    ...(endpointId === undefined ? {} : { source: { endpointId, cluster: name } }),
  };
}

function allFailed(first: ProxboxError, warnings: readonly Warning[]): ProxboxError {
  if (warnings.length === 1) return first;
  return new ProxboxError(first.code, 'Could not return Proxmox Sessions', {
    detail: nameList(
      warnings.map(({ message }) => message),
      { separator: '; ' },
    ),
    cause: first,
  });
}
