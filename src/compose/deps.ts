/**
 * Makes every long-lived object of the process, in one place and once: each layer from the layers before it. Tests replace
 * single ones.
 */
import { lookup } from 'node:dns/promises';
import { createCustomFields } from '../custom-fields/service.js';
import { createMachineMemory } from '../db/machine-memory.js';
import { createRefusalStore } from '../db/refusals.js';
import { checkHosts, hostsOf, ssrfHint } from '../endpoints/endpoint-hosts.js';
import { createKnownClusters } from '../endpoints/known-clusters.js';
import { createNetBoxEndpointStore } from '../endpoints/netbox-endpoints.js';
import { createNetBoxInstallations } from '../endpoints/netbox-installations.js';
import { createNetBoxUrls } from '../endpoints/netbox-url.js';
import { createProxmoxEndpointStore } from '../endpoints/proxmox-endpoints.js';
import { createFirewallWrites } from '../firewall/write.js';
import { createInflux } from '../influx/query.js';
import { createLedger } from '../ledger/ledger.js';
import { countBackoff, measuredTransports, type Side } from '../metrics/requests.js';
import { measuredRuns } from '../metrics/runs.js';
import { createNetBoxAccess } from '../netbox/access.js';
import { createNetBoxClients } from '../netbox/clients.js';
import { probeTls } from '../netbox/tls-probe.js';
import { createPluginMirror } from '../plugin-endpoints/mirror.js';
import { readNetBoxSource, type NetBoxSource } from '../plugin-endpoints/netbox-source.js';
import { createWriteSwitch } from '../plugin-endpoints/write-switch.js';
import { createNetBoxDoctor } from '../netbox-doctor/service.js';
import { createProxmoxDoctor } from '../proxmox-doctor/service.js';
import { createSchemaGenerator } from '../proxmox-schema/generator.js';
import { createSchemas } from '../proxmox-schema/schemas.js';
import { createProxmoxSessions } from '../proxmox/sessions.js';
import { createApiKeys } from '../security/api-keys.js';
import { createClientAddress } from '../security/client-address.js';
import { createCredentialVault } from '../security/credential-vault.js';
import { createEncryptionKeys } from '../security/encryption-keys.js';
import { createLockout } from '../security/lockout.js';
import { createOutboundGuard, defaultGuardSettings } from '../security/outbound-guard.js';
import { recurring } from '../config/cron.js';
import { createSchedule, startOutcomes } from '../sync/schedule.js';
import { createSyncService } from '../sync/service.js';
import { createSupportPass, createSupportReports } from '../sync/support-pass.js';
import { createTransport } from '../transport/undici-transport.js';
import { traceHeaders } from '../telemetry/trace-context.js';
import { transportsWithHeaders } from '../transport/with-headers.js';
import { createConsole } from '../console/service.js';
import { createVerbService } from '../verbs/service.js';
import { makeFoundations, type DepsOptions, type Foundations } from './foundations.js';
import { lookAtParts } from './metrics.js';
import { createSyncPorts } from './sync-ports.js';

/** How long running syncs may take to end when the service stops. */
const runsMayTakeMs = 8_000;

/** How long verbs may take to complete their journal entries when the service stops. */
const verbsMayTakeMs = 1_500;

type Stores = ReturnType<typeof makeStores>;

/** What is stored here, and what guards it. */
function makeStores(foundations: Foundations, { bcryptCost }: DepsOptions) {
  const { env, clock, logger, db, settings, version } = foundations;
  const guardSettings = () => settings.current().plugin ?? defaultGuardSettings;
  const encryptionKeys = createEncryptionKeys({ env, db, logger });
  const stored = { db, vault: createCredentialVault(encryptionKeys, logger), guardSettings, logger };
  const netboxEndpoints = createNetBoxEndpointStore(stored);
  const proxmoxEndpoints = createProxmoxEndpointStore(stored);
  const guarded = {
    lookup: async (hostName: string) => (await lookup(hostName, { all: true })).map(({ address }) => address),
    settings: guardSettings,
  };
  const registeredHosts = () => hostsOf([netboxEndpoints.active() ?? [], proxmoxEndpoints.all()].flat());
  return {
    guardSettings,
    encryptionKeys,
    netboxEndpoints,
    proxmoxEndpoints,
    knownClusters: createKnownClusters({ db }),
    netboxInstallations: createNetBoxInstallations({ db }),
    outboundGuard: createOutboundGuard({ ...guarded, registeredHosts }),
    /** For what is no endpoint: that a host is one says nothing of its other ports. */
    strangerGuard: createOutboundGuard({ ...guarded, registeredHosts: () => new Set() }),
    apiKeys: createApiKeys({ db, clock, logger, ...(bcryptCost === undefined ? {} : { bcryptCost }) }),
    machineMemory: createMachineMemory(db),
    refusals: createRefusalStore(db, clock),
    ledger: createLedger({ db, clock, logger, version }),
    lockout: createLockout({ db, clock, logger }),
    clientAddress: createClientAddress(env.trustedProxies),
  };
}

type Clients = ReturnType<typeof makeClients>;

/** Connections to NetBox and Proxmox, and what NetBox says about Proxmox endpoints. */
function makeClients(foundations: Foundations, stores: Stores) {
  const { clock, logger, settings, version, ca, metrics } = foundations;
  const { netboxEndpoints, proxmoxEndpoints, guardSettings } = stores;
  const remote = { clock, logger, settings: () => settings.current().values, random: Math.random, ...ca };
  const counted = (side: Side) => ({
    openPool: measuredTransports(transportsWithHeaders(createTransport, traceHeaders), side, { clock, metrics }),
    onBackoff: countBackoff(metrics, side),
  });
  const stopping = foundations.stopping.signal;
  const netboxClients = createNetBoxClients({
    ...remote,
    ...counted('netbox'),
    stopping,
    userAgent: `proxbox-api/${version}`,
  });
  const baseUrlOf = createNetBoxUrls(probeTls, clock).baseUrl;
  const netboxAccess = createNetBoxAccess({ clock, netboxEndpoints, netboxClients, baseUrlOf });
  const netboxSource: NetBoxSource = async (netboxId, signal) => {
    const client = await netboxAccess.client(netboxId);
    return readNetBoxSource(signal === undefined ? client : client.scoped({ signal }), {
      stored: () => proxmoxEndpoints.all(),
      checkHosts: (endpoint) => checkHosts(endpoint, guardSettings(), { hint: ssrfHint, pathField: null }),
    });
  };
  return {
    netboxClients,
    proxmoxSessions: createProxmoxSessions({ ...remote, ...counted('proxmox') }),
    netboxAccess,
    netboxSource,
  };
}

type Services = ReturnType<typeof makeServices>;

/** What the service does. */
function makeServices(foundations: Foundations, stores: Stores, clients: Clients) {
  const { env, settings, ca } = foundations;
  const { netboxEndpoints, proxmoxEndpoints } = stores;
  const stopping = foundations.stopping.signal;
  const lower = { ...foundations, ...stores, ...clients, ...ca, stopping };
  const supportReports = createSupportReports();
  const endpointName = (id: number): string | undefined => proxmoxEndpoints.find(id)?.name;
  const successes = stores.ledger.successes();
  const ledger = measuredRuns(stores.ledger, successes, { ...foundations, endpointName });
  const ports = createSyncPorts({ ...lower, ledger, supportReports });
  const proxmoxSchemas = createSchemas(env);
  const confirmWrites = createWriteSwitch({
    stored: (id) => proxmoxEndpoints.find(id),
    netboxClient: () => clients.netboxAccess.client(),
    mirrorPlugin: (id, seen) => proxmoxEndpoints.mirrorPlugin(id, seen),
  });
  const verbs = createVerbService({ ...lower, confirmWrites });
  const sync = createSyncService(ports);
  return {
    sync,
    schedule: makeSchedule(foundations, stores, sync),
    supportPass: createSupportPass({ env, netboxEndpoints, ports, reports: supportReports }),
    pluginMirror: createPluginMirror({
      ...lower,
      signal: stopping,
      netboxClient: () => clients.netboxAccess.client(),
      stored: () => proxmoxEndpoints.all(),
      mirrorPlugin: (id, seen) => proxmoxEndpoints.mirrorPlugin(id, seen),
    }),
    confirmWrites,
    verbs,
    console: createConsole({ ...lower, verbs, confirmWrites }),
    firewall: createFirewallWrites({ ...lower, verbs }),
    influx: createInflux({ ...lower, guard: stores.strangerGuard, createTransport }),
    customFields: createCustomFields(lower),
    netboxDoctor: createNetBoxDoctor(lower),
    proxmoxDoctor: createProxmoxDoctor({
      ...lower,
      timeouts: () => {
        const { guestAgentTimeoutS, proxmoxTimeoutS } = settings.current().values;
        return { agentMs: guestAgentTimeoutS * 1000, handshakeMs: proxmoxTimeoutS * 1000 };
      },
    }),
    proxmoxSchemas,
    schemaGenerator: createSchemaGenerator({ ...lower, folder: env.generatedDir, createTransport, proxmoxSchemas }),
  };
}

/** Null where it syncs only when it is asked to. */
function makeSchedule(
  { env, clock, logger, metrics }: Foundations,
  { ledger, proxmoxEndpoints }: Stores,
  sync: ReturnType<typeof createSyncService>,
) {
  if (env.syncSchedule === null) return null;
  for (const outcome of startOutcomes) metrics.scheduledStarts.inc({ outcome }, 0);
  return createSchedule({
    times: recurring(env.syncSchedule),
    clock,
    random: Math.random,
    logger,
    sync,
    runs: (filter) => ledger.runs(filter, { limit: 1000 }).rows,
    enabledEndpoints: () => proxmoxEndpoints.all().flatMap(({ id, enabled }) => (enabled ? [id] : [])),
    count: (outcome) => metrics.scheduledStarts.inc({ outcome }),
  });
}

function forgetNetBox({ knownClusters, machineMemory }: Stores, endpointId: number): void {
  for (const ids of [knownClusters, machineMemory]) ids.forget(endpointId);
}

/** What was read through an endpoint or with a key is forgotten when it changes. */
function tellOfChanges(
  { settings, logger, onPlugin }: Foundations,
  stores: Stores,
  clients: Clients,
  services: Services,
): void {
  const { netboxEndpoints, proxmoxEndpoints, encryptionKeys } = stores;
  const { netboxClients, proxmoxSessions } = clients;
  netboxEndpoints.onChange(({ id, isConnectionChanged, isElsewhere }) => {
    if (!isConnectionChanged) return;
    services.sync.forget();
    if (isElsewhere) forgetNetBox(stores, id);
    netboxClients.drop(id);
    settings.drop();
  });
  onPlugin(({ encryptionKey }) => encryptionKeys.setPluginKey(encryptionKey));
  onPlugin(({ raw: { created } }) => {
    const endpoint = netboxEndpoints.active();
    const former = endpoint === null ? undefined : stores.netboxInstallations.formerAt(endpoint.id, created);
    if (endpoint === null || former === undefined) return;
    logger.warn(
      { endpoint: endpoint.name, former, created },
      'The NetBox endpoint leads to another NetBox than before (the settings of its plugin were made at another time): what was remembered of the former one is forgotten.',
    );
    services.sync.forget();
    forgetNetBox(stores, endpoint.id);
  });
  proxmoxEndpoints.onChange((change) => {
    if (change.isConnectionChanged) proxmoxSessions.drop(change.id);
    services.pluginMirror.noticeChange(change);
  });
  encryptionKeys.onChange(() => {
    const sealed = netboxEndpoints.sealPlain() + proxmoxEndpoints.sealPlain();
    if (sealed > 0) logger.info({ sealed }, 'Secrets that were stored as plain text are encrypted now.');
    // Fresh settings were read with a token that could be read: they stay true.
    if (settings.current().pluginState !== 'fresh') settings.drop();
  });
}

/** How the process ends: runs at once when it stops, the rest when no request is open any more, the database last. */
function makeEnd(
  { clock, stopping, db, logFile }: Foundations,
  { lockout }: Stores,
  clients: Clients,
  services: Services,
) {
  const { sync, verbs } = services;
  const endRuns = () => void sync.activeRuns.abortAll(new Error('The service stops.'), runsMayTakeMs);
  stopping.signal.addEventListener('abort', endRuns);
  let isReady = true;
  return {
    /** False once the database was closed. */
    isReady: () => isReady,
    /** Closes what was opened, the database last. */
    close: async (): Promise<void> => {
      isReady = false;
      // Their clients may be gone, so nothing else has waited for them.
      await Promise.race([verbs.settled(), clock.sleep(verbsMayTakeMs, undefined, { isBackground: true })]);
      await Promise.all([clients.netboxClients.close(), clients.proxmoxSessions.close()]);
      lockout.flush();
      db.close();
      logFile.close();
    },
  };
}

/** Every long-lived object of the process, without what only the making needs. */
export type AppDeps = Omit<Foundations, 'db' | 'ca' | 'logFile' | 'readSettingsThrough' | 'onPlugin'> &
  Omit<Stores, 'guardSettings'> &
  Clients &
  Services &
  ReturnType<typeof makeEnd>;

/**
 * Opens the database and makes everything that lives as long as the process.
 * @throws ProxboxError `not_configured` when the database, a key file or the CA bundle cannot be used
 */
export function createDeps(options: DepsOptions): AppDeps {
  const foundations = makeFoundations(options);
  const stores = makeStores(foundations, options);
  const clients = makeClients(foundations, stores);
  foundations.readSettingsThrough(clients.netboxAccess);
  const services = makeServices(foundations, stores, clients);
  tellOfChanges(foundations, stores, clients, services);
  lookAtParts(foundations.metrics, { ...clients, ...services, ...stores });
  const end = makeEnd(foundations, stores, clients, services);
  return { ...foundations, ...stores, ...clients, ...services, ...end };
}
