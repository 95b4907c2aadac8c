/** Makes every long-lived object of the process, in one place and once. Tests replace single ones. */
import { lookup } from 'node:dns/promises';
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { AppDeps } from './app.js';
import { systemClock, type Clock } from './config/clock.js';
import type { Env } from './config/env.js';
import { createSettingsResolver } from './config/settings-resolver.js';
import { openDatabase, type Database, type OpenDatabaseOptions } from './db/open.js';
import { checkHosts, hostsOf, ssrfHint } from './endpoints/endpoint-hosts.js';
import { createNetBoxEndpointStore } from './endpoints/netbox-endpoints.js';
import { createNetBoxUrls } from './endpoints/netbox-url.js';
import { createProxmoxEndpointStore } from './endpoints/proxmox-endpoints.js';
import { errorText, ProxboxError } from './errors/proxbox-error.js';
import { createNetBoxClients } from './netbox/clients.js';
import { probeTls } from './netbox/tls-probe.js';
import { createNetBoxAccess } from './netbox-access.js';
import { readNetBoxSource, type NetBoxSource } from './plugin-endpoints/netbox-source.js';
import { createPluginMirror } from './plugin-endpoints/mirror.js';
import { createProxmoxSessions } from './proxmox/sessions.js';
import { createProxmoxDoctor } from './proxmox-doctor/service.js';
import { createSchemaGenerator } from './proxmox-schema/generator.js';
import { createSchemas } from './proxmox-schema/schemas.js';
import { createApiKeys } from './security/api-keys.js';
import { createClientAddress } from './security/client-address.js';
import { createCredentialVault } from './security/credential-vault.js';
import { createEncryptionKeys } from './security/encryption-keys.js';
import { createLockout } from './security/lockout.js';
import { createOutboundGuard, defaultGuardSettings } from './security/outbound-guard.js';
import { createLogBuffer } from './telemetry/log-buffer.js';
import { createLogFile } from './telemetry/log-file.js';
import { createLogger, type LogSink } from './telemetry/logger.js';
import { createSupportPass } from './support-pass.js';
import { createSyncPorts } from './sync-ports.js';
import { createSyncService } from './sync/service.js';
import { createTransport } from './transport/undici-transport.js';
import { createVerbService } from './verbs/service.js';

export interface DepsOptions {
  readonly env: Env;
  readonly clock?: Clock;
  /** Default openDatabase. */
  readonly openDatabase?: (options: OpenDatabaseOptions) => Database;
  /** Where the console lines go instead of standard output. */
  readonly console?: LogSink;
  /** Of new API keys; see security/api-keys.ts for the default. */
  readonly bcryptCost?: number;
}

/** The folder that holds package.json is one above both src and dist. */
function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

function readCaBundle(file: string | null): { readonly caBundle: string } | Record<string, never> {
  if (file === null) return {};
  try {
    return { caBundle: readFileSync(file, 'utf8') };
  } catch (error) {
    throw new ProxboxError('not_configured', `The file of PROXBOX_CA_BUNDLE cannot be read: ${errorText(error)}.`, {
      cause: error,
    });
  }
}

/** How long running syncs may take to end when the service stops. */
const runsMayTakeMs = 8_000;

/** How long verbs may take to complete their journal entries when the service stops. */
const verbsMayTakeMs = 1_500;

function makeTelemetry({ env, console }: DepsOptions) {
  const logBuffer = createLogBuffer();
  const logFile = createLogFile();
  const destinations = [{ level: 'WARNING', sink: logFile }] as const;
  const logger = createLogger({
    level: env.logLevel,
    destinations,
    buffer: logBuffer,
    ...(console === undefined ? {} : { console }),
  });
  return { logBuffer, logFile, logger };
}

type Telemetry = ReturnType<typeof makeTelemetry>;
type Base = Pick<AppDeps, 'env' | 'clock' | 'version'> & Telemetry & { readonly db: Database };

/** Stores and clients need the settings, and the settings are read through them. */
function makeServices(base: Base) {
  const { env, clock, logger, db, version } = base;
  const settings = createSettingsResolver({
    env,
    clock,
    logger,
    fetchPluginSettings: async (budgetMs) => {
      // The first look at the settings comes from a constructor below, before the access exists.
      await Promise.resolve();
      return netboxAccess.fetchPluginSettings(budgetMs);
    },
  });
  const encryptionKeys = createEncryptionKeys({ env, db, logger });
  const guardSettings = () => settings.current().plugin ?? defaultGuardSettings;
  const stores = { db, vault: createCredentialVault(encryptionKeys, logger), guardSettings, logger };
  const netboxEndpoints = createNetBoxEndpointStore(stores);
  const proxmoxEndpoints = createProxmoxEndpointStore(stores);
  const tunables = () => settings.current().values;
  const remote = { clock, logger, settings: tunables, random: Math.random, ...readCaBundle(env.caBundle) };
  const netboxClients = createNetBoxClients({ ...remote, userAgent: `proxbox-api/${version}` });
  const proxmoxSessions = createProxmoxSessions(remote);
  const netboxAccess = createNetBoxAccess({
    clock,
    netboxEndpoints,
    netboxClients,
    baseUrlOf: createNetBoxUrls(probeTls, clock).baseUrl,
  });
  const netboxSource: NetBoxSource = async (netboxId, signal) => {
    const client = await netboxAccess.client(netboxId);
    return readNetBoxSource(signal === undefined ? client : client.scoped({ signal }), {
      stored: () => proxmoxEndpoints.all(),
      checkHosts: (endpoint) => checkHosts(endpoint, guardSettings(), ssrfHint),
    });
  };
  const outboundGuard = createOutboundGuard({
    lookup: async (hostName) => (await lookup(hostName, { all: true })).map(({ address }) => address),
    settings: guardSettings,
    registeredHosts: () => hostsOf([netboxEndpoints.active() ?? [], proxmoxEndpoints.all()].flat()),
  });
  const proxmoxDoctor = createProxmoxDoctor({
    ...remote,
    proxmoxEndpoints,
    proxmoxSessions,
    netboxSource,
    timeouts: () => ({ agentMs: tunables().guestAgentTimeoutS * 1000, handshakeMs: tunables().proxmoxTimeoutS * 1000 }),
  });
  const stored = { netboxEndpoints, proxmoxEndpoints, proxmoxDoctor, outboundGuard };
  return { settings, encryptionKeys, ...stored, netboxClients, proxmoxSessions, netboxAccess, netboxSource };
}

type Services = ReturnType<typeof makeServices>;

/** The schemas of Proxmox releases, and what makes further ones. */
function makeSchemas({ env, clock, logger }: Base, services: Services, stopping: AbortSignal) {
  const proxmoxSchemas = createSchemas(env);
  const schemaGenerator = createSchemaGenerator({
    clock,
    logger,
    folder: env.generatedDir,
    ...readCaBundle(env.caBundle),
    createTransport,
    ...services,
    proxmoxSchemas,
    stopping,
  });
  return { proxmoxSchemas, schemaGenerator };
}

/** What was read through an endpoint or with a key is forgotten when it changes. */
function forgetOnChange(services: Services): void {
  const { settings, encryptionKeys, netboxEndpoints, proxmoxEndpoints, netboxClients, proxmoxSessions } = services;
  netboxEndpoints.onChange(({ id, isConnectionChanged }) => {
    if (!isConnectionChanged) return;
    netboxClients.drop(id);
    settings.drop();
  });
  proxmoxEndpoints.onChange(({ id, isConnectionChanged }) => {
    if (isConnectionChanged) void proxmoxSessions.drop(id);
  });
  encryptionKeys.onChange(() => {
    netboxEndpoints.all().forEach(({ id }) => netboxClients.drop(id));
    // Fresh settings were read with a token that could be read: they stay true.
    if (settings.current().pluginState !== 'fresh') settings.drop();
  });
}

/**
 * Opens the database and makes everything that lives as long as the process.
 * @throws ProxboxError `not_configured` when the database, a key file or the CA bundle cannot be used
 */
export function createDeps(options: DepsOptions): AppDeps {
  const { env, clock = systemClock, bcryptCost } = options;
  const telemetry = makeTelemetry(options);
  const { logger, logFile } = telemetry;
  const db = (options.openDatabase ?? openDatabase)({ path: env.databasePath, clock, logger });
  const version = packageVersion();
  const base = { env, clock, version, db, ...telemetry };
  const services = makeServices(base);
  const { settings, netboxEndpoints, netboxClients, proxmoxSessions } = services;
  forgetOnChange(services);
  const ports = createSyncPorts({ clock, logger, ...services });
  const sync = createSyncService(ports);
  const supportPass = createSupportPass({ env, settings, netboxEndpoints, ports });
  netboxEndpoints.onChange(() => sync.clearCollections());
  const stopping = new AbortController();
  // Every open stream and WebSocket listens for the end.
  setMaxListeners(0, stopping.signal);
  const pluginMirror = createPluginMirror({
    clock,
    logger,
    signal: stopping.signal,
    netboxClient: () => services.netboxAccess.client(),
    stored: () => services.proxmoxEndpoints.all(),
    mirrorPlugin: (id, seen) => services.proxmoxEndpoints.mirrorPlugin(id, seen),
  });
  const verbs = createVerbService({ clock, logger, ...services, stopping: stopping.signal });
  services.proxmoxEndpoints.onChange((change) => pluginMirror.noticeChange(change));
  stopping.signal.addEventListener(
    'abort',
    () => void sync.activeRuns.abortAll(new Error('The service stops.'), runsMayTakeMs),
  );
  let isReady = true;
  return {
    env,
    version,
    clock,
    ...telemetry,
    ...services,
    ...makeSchemas(base, services, stopping.signal),
    apiKeys: createApiKeys({ db, clock, logger, ...(bcryptCost === undefined ? {} : { bcryptCost }) }),
    lockout: createLockout({ db, clock, logger }),
    clientAddress: createClientAddress(env.trustedProxies),
    stopping,
    isReady: () => isReady,
    sync,
    supportPass,
    pluginMirror,
    verbs,
    openLogFile: (filePath) => logFile.open(filePath, logger),
    close: async () => {
      isReady = false;
      // Their clients may be gone, so nothing else has waited for them.
      await Promise.race([verbs.settled(), clock.sleep(verbsMayTakeMs, undefined, { isBackground: true })]);
      await Promise.all([netboxClients.close(), proxmoxSessions.close()]);
      db.close();
      await logFile.close();
    },
  };
}
