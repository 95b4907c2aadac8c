/** All NetBox clients of the process: one per stored endpoint, behind one gate and one GET cache. */
import type { BaseLogger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { Tunables } from '../config/types.js';
import type { NetBoxCredentials, NetBoxEndpoint } from '../endpoints/types.js';
import { createGate, type Gate } from '../transport/gate.js';
import { createLastingTransports, type OpenPool } from '../transport/lasting-transports.js';
import type { OnBackoff } from '../transport/retry.js';
import { prometheusText, type CacheMetrics } from './cache-metrics.js';
import { connectEndpoint, connectTimeoutMs, type Connection, type Strain } from './connection.js';
import { GetCache, type CacheSampleItem, type CacheSettings } from './get-cache.js';
import { fetchPluginSettings } from './plugin-settings.js';
import { createSession } from './session.js';
import type { JsonObject, NetBoxClient } from './types.js';

export interface NetBoxClientsOptions {
  /** Aborted when the service stops. */
  readonly stopping?: AbortSignal;
  readonly clock: Clock;
  readonly logger: BaseLogger;
  /** Read again for every request; the width of the gate when a client is asked for. */
  readonly settings: () => Tunables;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** PEM text of an additional CA bundle. */
  readonly caBundle?: string;
  /** e.g. `proxbox-api/1.2.3`. */
  readonly userAgent?: string;
  /** How pools of connections are opened; undici's, unless a wrapped one is given. */
  readonly openPool?: OpenPool;
  readonly onBackoff?: OnBackoff;
}

export interface NetBoxClients {
  /**
   * The client of the endpoint; a new one when what it was made from has changed. Whoever has the old one goes on with it.
   * Throws `not_configured`.
   */
  forEndpoint(endpoint: NetBoxEndpoint, credentials: NetBoxCredentials, baseUrl: string): NetBoxClient;
  /** The plugin's settings object; no retries, no gate. Throws `netbox_*` or `remote_protocol`. */
  fetchPluginSettings(
    endpoint: NetBoxEndpoint,
    credentials: NetBoxCredentials,
    baseUrl: string,
    budgetMs: number,
  ): Promise<JsonObject>;
  cacheMetrics(): CacheMetrics;
  cacheSample(): readonly CacheSampleItem[];
  clearCache(): void;
  /** @param reconcileMismatches the counter that is shown beside the cache's own numbers */
  cachePrometheus(reconcileMismatches?: number): string;
  /** Nobody new gets the client of the endpoint, and what it cached is forgotten. Whoever has it goes on. */
  drop(endpointId: number): void;
  /** Requests under way and waiting for their turn, of all endpoints. */
  readonly gate: Pick<Gate, 'width' | 'active' | 'waiting'>;
  /** Of each endpoint that was asked since the start, or since it was changed. */
  strains(): readonly Strain[];
  /** Resolves when running requests have ended. */
  close(): Promise<void>;
}

function cacheSettings(tunables: Tunables): CacheSettings {
  return {
    ttlMs: tunables.netboxGetCacheTtlS * 1000,
    maxEntries: tunables.netboxGetCacheMaxEntries,
    maxBytes: tunables.netboxGetCacheMaxBytes,
    debug: tunables.debugCache,
  };
}

export function createNetBoxClients(options: NetBoxClientsOptions): NetBoxClients {
  const { clock, logger, settings, userAgent = 'proxbox-api' } = options;
  // Settings are asked for once somebody wants a client: to have them at the start would be a request of its own.
  const gate = createGate(1);
  const cache = new GetCache({ clock, logger, settings: () => cacheSettings(settings()) });
  const transports = createLastingTransports(options.openPool);
  const connected = new Map<number, { readonly connection: Connection; readonly madeFrom: string }>();
  const deps = { ...options, userAgent, caBundle: options.caBundle, transports, gate, cache };

  const drop = (endpointId: number): void => {
    const old = connected.get(endpointId)?.connection;
    if (old === undefined) return;
    connected.delete(endpointId);
    cache.dropEndpoint(old.session.fingerprint);
    old.transport.retire();
  };

  const connectedTo = (endpoint: NetBoxEndpoint, credentials: NetBoxCredentials, baseUrl: string): Connection => {
    const session = createSession(endpoint, credentials, baseUrl);
    const madeFrom = `${session.fingerprint} ${connectTimeoutMs(settings())}`;
    const known = connected.get(endpoint.id);
    if (known?.madeFrom === madeFrom) return known.connection;
    drop(endpoint.id);
    const connection = connectEndpoint(endpoint, session, baseUrl, deps);
    connected.set(endpoint.id, { connection, madeFrom });
    return connection;
  };

  return {
    forEndpoint: (endpoint, credentials, baseUrl) => {
      gate.setWidth(settings().netboxMaxConcurrent);
      return connectedTo(endpoint, credentials, baseUrl).client;
    },
    fetchPluginSettings: async (endpoint, credentials, baseUrl, budgetMs) => {
      const { session, transport } = connectedTo(endpoint, credentials, baseUrl);
      return fetchPluginSettings(budgetMs, {
        endpointId: endpoint.id,
        transport,
        session,
        userAgent,
        clock,
        logger,
        signal: options.stopping,
      });
    },
    cacheMetrics: () => cache.metrics(),
    cacheSample: () => cache.sample(),
    clearCache: () => cache.clear(),
    cachePrometheus: (reconcileMismatches = 0) => prometheusText(cache.metrics(), reconcileMismatches),
    drop,
    gate,
    strains: () => [...connected.values()].map(({ connection }) => connection.strain()),
    close: () => transports.close(),
  };
}
