/**
 * The HTTP application: every plugin and every route in one visible list. It opens nothing and never listens; what it needs
 * comes in as `AppDeps` (made by deps.ts, or by a test with fakes), and what was opened for it is closed with it.
 */
import Fastify, { type FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { App } from '../http/app-type.js';
import { allowedOrigins } from '../http/cors-origins.js';
import { registerAuth } from '../http/plugins/auth.js';
import { registerCors } from '../http/plugins/cors.js';
import { registerDryRun } from '../http/plugins/dry-run.js';
import { registerErrors } from '../http/plugins/errors.js';
import { registerDocumentationRoutes, registerOpenapi } from '../http/plugins/openapi.js';
import { registerForwarded } from '../http/plugins/forwarded.js';
import { registerRateLimit } from '../http/plugins/rate-limit.js';
import { registerRequestLimits } from '../http/plugins/request-limits.js';
import { registerRequestLog } from '../http/plugins/request-log.js';
import { registerSecurityHeaders } from '../http/plugins/security-headers.js';
import { registerShutdown } from '../http/plugins/shutdown.js';
import { registerValidation } from '../http/plugins/validation.js';
import { registerWebSockets } from '../http/plugins/web-sockets.js';
import { createRouteIndex, type RouteIndex } from '../http/route-index.js';
import { registerAdminEncryptionRoutes } from '../http/routes/admin-encryption.js';
import { registerAdminLogsRoutes } from '../http/routes/admin-logs.js';
import { registerAuthRoutes } from '../http/routes/auth.js';
import { registerBootstrapStatusRoute } from '../http/routes/bootstrap-status.js';
import { registerCacheRoutes } from '../http/routes/cache.js';
import { registerCloudNetworkRoute } from '../http/routes/cloud-network.js';
import { registerCloudTemplateRoutes } from '../http/routes/cloud-templates.js';
import { registerCustomFieldRoutes } from '../http/routes/custom-fields.js';
import { registerExplainRoutes } from '../http/routes/explain.js';
import { registerFirewallReadRoutes } from '../http/routes/firewall-reads.js';
import { registerFirewallWriteRoutes } from '../http/routes/firewall-writes.js';
import { registerHaCommandRoutes } from '../http/routes/ha-commands.js';
import { registerMetaRoutes } from '../http/routes/meta.js';
import { registerMetricRoutes } from '../http/routes/metrics.js';
import { registerNetBoxEndpointRoutes } from '../http/routes/netbox-endpoint.js';
import { registerNetBoxPressureRoutes } from '../http/routes/netbox-pressure.js';
import { registerNetBoxReadRoutes } from '../http/routes/netbox-reads.js';
import { registerNotImplementedRoutes } from '../http/routes/not-implemented.js';
import { registerPrometheusRoute } from '../http/routes/prometheus.js';
import { registerNetBoxDoctorRoute } from '../http/routes/netbox-doctor.js';
import { registerProxmoxDoctorRoute } from '../http/routes/proxmox-doctor.js';
import { registerProxmoxEndpointRoutes } from '../http/routes/proxmox-endpoints.js';
import { registerProxmoxApi2Routes } from '../http/routes/proxmox-api2.js';
import { registerProxmoxClusterReadRoutes } from '../http/routes/proxmox-cluster-read.js';
import { registerProxmoxSdnRoutes } from '../http/routes/proxmox-sdn.js';
import { registerProxmoxHaRoutes } from '../http/routes/proxmox-ha.js';
import { registerProxmoxNodeReadRoutes } from '../http/routes/proxmox-node-read.js';
import { registerProxmoxPropertyRoutes } from '../http/routes/proxmox-properties.js';
import { registerServiceRoutes } from '../http/routes/proxmox-services.js';
import { registerProxmoxWriteRoutes } from '../http/routes/proxmox-writes.js';
import { registerProxmoxReadRoutes } from '../http/routes/proxmox-read.js';
import { registerProxmoxViewerRoutes } from '../http/routes/proxmox-viewer.js';
import { registerPageRoutes } from '../http/routes/page.js';
import { registerDriftRoutes } from '../http/routes/drift.js';
import { registerPlanRoutes } from '../http/routes/plans.js';
import { registerRunRoutes } from '../http/routes/runs.js';
import { registerSettingsRoutes } from '../http/routes/settings.js';
import { registerIndividualRoutes } from '../http/routes/sync/individual.js';
import { registerScheduleRoute } from '../http/routes/sync/schedule.js';
import { registerSyncRoutes } from '../http/routes/sync/index.js';
import { registerConsoleRoutes } from '../http/routes/console.js';
import { registerVerbRoutes } from '../http/routes/verbs.js';
import { messageCounter, registerSocketRoutes, type SocketRouteDeps } from '../http/routes/sync/websocket.js';
import { cloudNetwork } from '../netbox/cloud-network.js';
import { createMachineSearch } from '../netbox/machine-search.js';
import { createOwnerFinder } from '../netbox/owner-of.js';
import { serverOptions } from '../http/server-options.js';
import { answerPlainHttp } from '../http/tls-server.js';
import { createAdmit } from '../http/socket-admission.js';
import { redactText } from '../telemetry/redact.js';
import type { AppDeps } from './deps.js';
import { readiness } from './readiness.js';

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
  registerForwarded(app, { addressOf, peerOf: ({ socket }) => deps.clientAddress(socket.remoteAddress, undefined) });
  await registerRateLimit(app, {
    clock,
    addressOf,
    rateLimit: env.rateLimit,
    isKnownKey: (key) => apiKeys.isVerifiedCached(key) || apiKeys.hasWorked(key),
  });
  registerAuth(app, { addressOf, apiKeys, lockout, isAllowedOrigin });
  registerDryRun(app);
}

/** What runs, what ran, and what would. */
function registerRunningRoutes(app: App, deps: AppDeps): void {
  registerSyncRoutes(app, deps);
  registerScheduleRoute(app, deps);
  registerIndividualRoutes(app, deps);
  registerRunRoutes(app, deps);
  registerPlanRoutes(app, deps);
  registerDriftRoutes(app, deps);
  registerExplainRoutes(app, {
    ...deps,
    ownerOf: createOwnerFinder(deps.netboxAccess),
    machineSearch: createMachineSearch(deps.netboxAccess),
  });
}

function registerRoutes(app: App, deps: AppDeps, routes: RouteIndex): void {
  const { settings, netboxClients, netboxAccess } = deps;
  const sockets: SocketRouteDeps = {
    ...deps,
    stopping: deps.stopping.signal,
    admit: createAdmit({ ...deps, addressOf: addressReader(deps) }),
  };
  registerDocumentationRoutes(app);
  registerMetaRoutes(app, { ...deps, rootSocket: messageCounter(sockets), checks: () => readiness(deps) });
  registerPrometheusRoute(app, deps);
  registerAuthRoutes(app, deps);
  registerNetBoxEndpointRoutes(app, {
    ...deps,
    netboxStatus: (id) => netboxAccess.status(id),
    netboxOpenapi: (id) => netboxAccess.openapi(id),
  });
  registerNetBoxPressureRoutes(app, deps);
  registerNetBoxReadRoutes(app, netboxAccess);
  registerProxmoxEndpointRoutes(app, deps);
  registerProxmoxReadRoutes(app, deps);
  registerProxmoxClusterReadRoutes(app, deps);
  registerProxmoxSdnRoutes(app, deps);
  registerProxmoxNodeReadRoutes(app, deps);
  registerProxmoxPropertyRoutes(app, deps);
  registerProxmoxHaRoutes(app, deps);
  registerCloudTemplateRoutes(app, deps);
  registerCloudNetworkRoute(app, { cloudNetwork: (limit) => cloudNetwork(limit, deps) });
  registerFirewallReadRoutes(app, deps);
  registerFirewallWriteRoutes(app, deps);
  registerProxmoxWriteRoutes(app, deps);
  registerServiceRoutes(app, deps);
  registerMetricRoutes(app, deps);
  registerVerbRoutes(app, deps);
  registerConsoleRoutes(app, deps);
  registerHaCommandRoutes(app, deps);
  registerProxmoxDoctorRoute(app, deps.proxmoxDoctor);
  registerNetBoxDoctorRoute(app, deps.netboxDoctor);
  registerProxmoxApi2Routes(app, deps);
  registerProxmoxViewerRoutes(app, deps);
  registerCacheRoutes(app, {
    getCache: netboxClients,
    clearCaches: () => {
      netboxClients.clearCache();
      deps.sync.forget();
      settings.drop();
    },
  });
  registerBootstrapStatusRoute(app, deps.supportPass.status);
  registerCustomFieldRoutes(app, deps);
  registerRunningRoutes(app, deps);
  registerSocketRoutes(app, sockets);
  registerSettingsRoutes(app, settings);
  registerAdminLogsRoutes(app, { ...deps, stopping: deps.stopping.signal });
  registerAdminEncryptionRoutes(app, deps.encryptionKeys);
  registerPageRoutes(app);
  // Last: a stand-in never covers a route that exists.
  registerNotImplementedRoutes(app, { ...deps, routes });
}

/** Ready to answer `inject` and to listen. */
export async function buildApp(deps: AppDeps): Promise<App> {
  const { certificate, logger } = deps;
  const app = Fastify(serverOptions(logger, certificate?.pem)).withTypeProvider<ZodTypeProvider>();
  if (certificate !== null) answerPlainHttp(app.server, deps.stopping.signal);
  const routes = createRouteIndex(app);
  await registerOpenapi(app, deps.version);
  await registerWebSockets(app, deps);
  await registerPlugins(app, deps, routes);
  registerShutdown(app, deps);
  registerRoutes(app, deps, routes);
  await app.ready();
  return app;
}
