/**
 * The HTTP application: every plugin and every route in one visible list. It opens nothing and never listens; what it needs
 * comes in as `AppDeps` (made by deps.ts, or by a test with fakes), and what was opened for it is closed with it.
 */
import Fastify, { type FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import type { Clock } from './config/clock.js';
import type { Env } from './config/env.js';
import type { SettingsResolver } from './config/types.js';
import { createCustomFields } from './custom-fields/service.js';
import type { NetBoxEndpointStore } from './endpoints/netbox-endpoints.js';
import type { ProxmoxEndpointStore } from './endpoints/proxmox-endpoints.js';
import type { App } from './http/app-type.js';
import { allowedOrigins } from './http/cors-origins.js';
import { registerAuth } from './http/plugins/auth.js';
import { registerCors } from './http/plugins/cors.js';
import { registerErrors } from './http/plugins/errors.js';
import { registerDocumentationRoutes, registerOpenapi } from './http/plugins/openapi.js';
import { registerRateLimit } from './http/plugins/rate-limit.js';
import { registerRequestLimits } from './http/plugins/request-limits.js';
import { registerRequestLog } from './http/plugins/request-log.js';
import { registerSecurityHeaders } from './http/plugins/security-headers.js';
import { registerShutdown } from './http/plugins/shutdown.js';
import { registerValidation } from './http/plugins/validation.js';
import { registerWebSockets } from './http/plugins/web-sockets.js';
import { createRouteIndex, type RouteIndex } from './http/route-index.js';
import { registerAdminEncryptionRoutes } from './http/routes/admin-encryption.js';
import { registerAdminLogsRoutes } from './http/routes/admin-logs.js';
import { registerAdminPage } from './http/routes/admin-page.js';
import { registerAuthRoutes } from './http/routes/auth.js';
import { registerBootstrapStatusRoute } from './http/routes/bootstrap-status.js';
import { registerCacheRoutes } from './http/routes/cache.js';
import { registerCustomFieldRoutes } from './http/routes/custom-fields.js';
import { registerHaCommandRoutes } from './http/routes/ha-commands.js';
import { registerMetaRoutes } from './http/routes/meta.js';
import { registerNetBoxEndpointRoutes } from './http/routes/netbox-endpoint.js';
import { registerNotImplementedRoutes } from './http/routes/not-implemented.js';
import { registerProxmoxDoctorRoute } from './http/routes/proxmox-doctor.js';
import { registerProxmoxEndpointRoutes } from './http/routes/proxmox-endpoints.js';
import { registerProxmoxApi2Routes } from './http/routes/proxmox-api2.js';
import { registerProxmoxClusterReadRoutes } from './http/routes/proxmox-cluster-read.js';
import { registerProxmoxHaRoutes } from './http/routes/proxmox-ha.js';
import { registerProxmoxNodeReadRoutes } from './http/routes/proxmox-node-read.js';
import { registerProxmoxReadRoutes } from './http/routes/proxmox-read.js';
import { registerProxmoxViewerRoutes } from './http/routes/proxmox-viewer.js';
import { registerSettingsRoutes } from './http/routes/settings.js';
import { registerIndividualRoutes } from './http/routes/sync/individual.js';
import { registerSyncRoutes } from './http/routes/sync/index.js';
import { registerVerbRoutes } from './http/routes/verbs.js';
import { messageCounter, registerSocketRoutes, type SocketRouteDeps } from './http/routes/sync/websocket.js';
import { serverOptions } from './http/server-options.js';
import { createAdmit } from './http/socket-admission.js';
import type { NetBoxClients } from './netbox/clients.js';
import type { NetBoxAccess } from './netbox-access.js';
import type { PluginMirror } from './plugin-endpoints/mirror.js';
import type { NetBoxSource } from './plugin-endpoints/netbox-source.js';
import type { ProxmoxSessions } from './proxmox/sessions.js';
import type { ProxmoxDoctor } from './proxmox-doctor/service.js';
import type { SchemaGenerator } from './proxmox-schema/generator.js';
import type { Schemas } from './proxmox-schema/schemas.js';
import type { ApiKeys } from './security/api-keys.js';
import type { ClientAddress } from './security/client-address.js';
import type { EncryptionKeys } from './security/encryption-keys.js';
import type { Lockout } from './security/lockout.js';
import type { SupportPass } from './support-pass.js';
import type { SyncService } from './sync/service.js';
import type { LogBuffer } from './telemetry/log-buffer.js';
import { redactText } from './telemetry/redact.js';
import type { VerbService } from './verbs/service.js';

/** Every long-lived object of the process. */
export interface AppDeps {
  readonly env: Env;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly logBuffer: LogBuffer;
  readonly settings: SettingsResolver;
  readonly encryptionKeys: EncryptionKeys;
  readonly apiKeys: ApiKeys;
  readonly lockout: Lockout;
  readonly clientAddress: ClientAddress;
  readonly netboxEndpoints: NetBoxEndpointStore;
  readonly proxmoxEndpoints: ProxmoxEndpointStore;
  readonly netboxClients: NetBoxClients;
  readonly netboxAccess: NetBoxAccess;
  readonly netboxSource: NetBoxSource;
  readonly proxmoxSessions: ProxmoxSessions;
  readonly proxmoxDoctor: ProxmoxDoctor;
  readonly proxmoxSchemas: Schemas;
  readonly schemaGenerator: SchemaGenerator;
  readonly sync: SyncService;
  readonly supportPass: SupportPass;
  readonly pluginMirror: PluginMirror;
  readonly verbs: VerbService;
  /** Aborted when the service stops: runs and log streams end. */
  readonly stopping: AbortController;
  /** False once the database was closed. */
  readonly isReady: () => boolean;
  /** Moves the log file to this path; see telemetry/log-file.ts. */
  readonly openLogFile: (filePath: string) => Promise<unknown>;
  /** Closes what was opened, the database last. */
  readonly close: () => Promise<void>;
}

function addressReader({ clientAddress }: AppDeps): (request: FastifyRequest) => string {
  return (request) => clientAddress(request.socket.remoteAddress, request.headers['x-forwarded-for']);
}

/** In the order in which a request meets them. */
async function registerPlugins(app: App, deps: AppDeps, routes: RouteIndex): Promise<void> {
  const { apiKeys, lockout, clock, env, settings } = deps;
  const addressOf = addressReader(deps);
  const isAllowedOrigin = (origin: string): boolean =>
    allowedOrigins(deps.netboxEndpoints.all(), env.corsExtraOrigins).has(origin);

  registerValidation(app);
  registerErrors(app, {
    routes,
    exposeInternalErrors: () => settings.current().values.exposeInternalErrors,
    redact: redactText,
  });
  registerSecurityHeaders(app);
  registerRequestLog(app);
  await registerCors(app, isAllowedOrigin);
  registerRequestLimits(app);
  await registerRateLimit(app, {
    clock,
    addressOf,
    rateLimit: env.rateLimit,
    isVerifiedKey: (key) => apiKeys.isVerifiedCached(key),
  });
  registerAuth(app, { addressOf, apiKeys, lockout, isAllowedOrigin });
}

function registerRoutes(app: App, deps: AppDeps, routes: RouteIndex): void {
  const { clock, settings, netboxEndpoints, proxmoxEndpoints, netboxClients, netboxAccess } = deps;
  const sockets: SocketRouteDeps = {
    ...deps,
    stopping: deps.stopping.signal,
    admit: createAdmit({ ...deps, addressOf: addressReader(deps) }),
  };
  registerDocumentationRoutes(app);
  registerMetaRoutes(app, { ...deps, rootSocket: messageCounter(sockets) });
  registerAuthRoutes(app, deps.apiKeys);
  registerNetBoxEndpointRoutes(app, {
    netboxEndpoints,
    netboxStatus: (id) => netboxAccess.status(id),
  });
  registerProxmoxEndpointRoutes(app, proxmoxEndpoints);
  registerProxmoxReadRoutes(app, deps);
  registerProxmoxClusterReadRoutes(app, deps);
  registerProxmoxNodeReadRoutes(app, deps);
  registerProxmoxHaRoutes(app, deps);
  registerVerbRoutes(app, deps);
  registerHaCommandRoutes(app, deps);
  registerProxmoxDoctorRoute(app, deps.proxmoxDoctor);
  registerProxmoxApi2Routes(app, deps);
  registerProxmoxViewerRoutes(app, deps);
  registerCacheRoutes(app, {
    getCache: netboxClients,
    clearCaches: () => {
      netboxClients.clearCache();
      deps.sync.clearCollections();
      settings.drop();
    },
  });
  registerBootstrapStatusRoute(app, deps.supportPass.status);
  registerCustomFieldRoutes(app, {
    customFields: createCustomFields({ ...deps, stopping: deps.stopping.signal }),
    supportPass: deps.supportPass,
  });
  registerSyncRoutes(app, deps);
  registerIndividualRoutes(app, deps);
  registerSocketRoutes(app, sockets);
  registerSettingsRoutes(app, settings);
  registerAdminLogsRoutes(app, { logBuffer: deps.logBuffer, clock, stopping: deps.stopping.signal });
  registerAdminEncryptionRoutes(app, deps.encryptionKeys);
  registerAdminPage(app, () => netboxEndpoints.list());
  // Last: a stand-in never covers a route that exists.
  registerNotImplementedRoutes(app, { ...deps, routes });
}

/** Ready to answer `inject` and to listen. */
export async function buildApp(deps: AppDeps): Promise<App> {
  const app = Fastify(serverOptions(deps.logger)).withTypeProvider<ZodTypeProvider>();
  const routes = createRouteIndex(app);
  await registerOpenapi(app, deps.version);
  await registerWebSockets(app, deps);
  await registerPlugins(app, deps, routes);
  registerShutdown(app, deps);
  registerRoutes(app, deps, routes);
  await app.ready();
  return app;
}
