/** All NetBox clients of the process: one per stored endpoint, behind one gate and one GET cache. */
import type { BaseLogger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { Tunables } from '../config/types.js';
import type { NetBoxCredentials, NetBoxEndpoint } from '../endpoints/types.js';
import { createGate } from '../transport/gate.js';
import { prometheusText, type CacheMetrics } from './cache-metrics.js';
import { connectEndpoint, type Connection } from './connection.js';
import { GetCache, type CacheSampleItem, type CacheSettings } from './get-cache.js';
import { fetchPluginSettings } from './plugin-settings.js';
import { createSession } from './session.js';
import type { JsonObject, NetBoxClient } from './types.js';

export interface NetBoxClientsOptions {
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
}

export interface NetBoxClients {
  /** The client of the endpoint; a changed endpoint or token gets a new one, and the old one is closed. Throws `not_configured`. */
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
  /** Closes the client of an endpoint and forgets what it cached. */
  drop(endpointId: number): void;
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
  const gate = createGate(settings().netboxMaxConcurrent);
  const cache = new GetCache({ clock, logger, settings: () => cacheSettings(settings()) });
  const connected = new Map<number, Connection>();
  const deps = { ...options, userAgent, caBundle: options.caBundle, gate, cache };
  const closing = new Set<Promise<void>>();

  const drop = (endpointId: number): void => {
    const old = connected.get(endpointId);
    if (old === undefined) return;
    connected.delete(endpointId);
    cache.dropEndpoint(old.session.fingerprint);
    const closed = old.transport
      .close()
      .catch((error: unknown) => logger.warn({ error }, 'A connection pool could not be closed cleanly'));
    closing.add(closed);
    void closed.finally(() => closing.delete(closed));
  };

  const connectedTo = (endpoint: NetBoxEndpoint, credentials: NetBoxCredentials, baseUrl: string): Connection => {
    const session = createSession(endpoint, credentials, baseUrl);
    const known = connected.get(endpoint.id);
    if (known?.session.fingerprint === session.fingerprint) return known;
    drop(endpoint.id);
    const fresh = connectEndpoint(endpoint, session, baseUrl, deps);
    connected.set(endpoint.id, fresh);
    return fresh;
  };

  return {
    forEndpoint: (endpoint, credentials, baseUrl) => {
      gate.setWidth(settings().netboxMaxConcurrent);
      return connectedTo(endpoint, credentials, baseUrl).client;
    },
    fetchPluginSettings: async (endpoint, credentials, baseUrl, budgetMs) => {
      const { session, transport } = connectedTo(endpoint, credentials, baseUrl);
      return fetchPluginSettings(budgetMs, { endpointId: endpoint.id, transport, session, userAgent, clock, logger });
    },
    cacheMetrics: () => cache.metrics(),
    cacheSample: () => cache.sample(),
    clearCache: () => cache.clear(),
    cachePrometheus: (reconcileMismatches = 0) => prometheusText(cache.metrics(), reconcileMismatches),
    drop,
    close: async () => {
      for (const endpointId of [...connected.keys()]) drop(endpointId);
      await Promise.all(closing);
    },
  };
}
