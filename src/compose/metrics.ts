/** Joins the numbers of the parts to what Prometheus reads, and serves them on an address of their own where that is wanted. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { Logger } from 'pino';
import type { ListenAddress } from '../config/env.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Looks, Metrics } from '../metrics/registry.js';
import type { NetBoxClients } from '../netbox/clients.js';
import type { Strain } from '../netbox/connection.js';
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { lookerOf, type Look } from '../ledger/types.js';
import type { ProxmoxSessions } from '../proxmox/sessions.js';
import type { SyncService } from '../sync/service.js';

interface Looked {
  readonly netboxClients: Pick<NetBoxClients, 'gate' | 'cacheMetrics' | 'strains'>;
  readonly proxmoxSessions: Pick<ProxmoxSessions, 'gate'>;
  readonly sync: Pick<SyncService, 'activeRuns'>;
  readonly ledger: Pick<Ledger, 'size' | 'newestLooks'>;
  readonly proxmoxEndpoints: { readonly find: (id: number) => Pick<ProxmoxEndpoint, 'name'> | null };
}

/** What stands somewhere already is looked at when somebody asks. */
export function lookAtParts(metrics: Metrics, parts: Looked): void {
  const { netboxClients, proxmoxSessions, sync, ledger } = parts;
  const gates = { netbox: netboxClients.gate, proxmox: proxmoxSessions.gate };
  const ofGates = (field: 'width' | 'active' | 'waiting') => () =>
    Object.entries(gates).map(([side, gate]) => ({ labels: { side }, value: gate[field] }));
  const cache = (field: 'hits' | 'misses' | 'current_entries' | 'current_bytes') => () =>
    netboxClients.cacheMetrics()[field];
  metrics.look({
    active_runs: { help: 'Runs under way.', read: () => sync.activeRuns.list().length },
    gate_width: { help: 'Requests that may be under way at once.', labels: ['side'], read: ofGates('width') },
    gate_active: { help: 'Requests under way.', labels: ['side'], read: ofGates('active') },
    gate_waiting: { help: 'Requests that wait for their turn.', labels: ['side'], read: ofGates('waiting') },
    netbox_cache_hits: { help: 'Reads of NetBox that the cache answered.', read: cache('hits') },
    netbox_cache_misses: { help: 'Reads of NetBox that it did not.', read: cache('misses') },
    netbox_cache_entries: { help: 'Answers of NetBox in the cache.', read: cache('current_entries') },
    netbox_cache_bytes: { help: 'Bytes of them.', read: cache('current_bytes') },
    ledger_runs: { help: 'Runs in the ledger.', read: () => ledger.size().runs },
    ledger_items: { help: 'Objects that runs in the ledger list.', read: () => ledger.size().items },
    ...strainOf(parts),
    ...driftOf(parts),
  });
}

/** How NetBox bears what it is asked. */
function strainOf({ netboxClients }: Pick<Looked, 'netboxClients'>): Looks {
  const ofStrains = (valueOf: (strain: Strain) => number) => () =>
    netboxClients.strains().map((strain) => ({ labels: { endpoint: strain.endpointName }, value: valueOf(strain) }));
  const labels = ['endpoint'];
  return {
    netbox_width: {
      ...{ help: 'Requests at once that NetBox is given now; fewer than configured while it lacks capacity.', labels },
      read: ofStrains(({ width }) => width),
    },
    netbox_pause_seconds: {
      ...{ help: 'How long NetBox is asked nothing from now on, as it has no capacity.', labels },
      read: ofStrains(({ pauseMs }) => pauseMs / 1000),
    },
  };
}

/** A number where nobody looked there is none of. */
function driftOf({ ledger, proxmoxEndpoints }: Pick<Looked, 'ledger' | 'proxmoxEndpoints'>): Looks {
  const ofLooks = (valueOf: (look: Look) => number) => () =>
    ledger.newestLooks().flatMap((look) => {
      const endpoint = proxmoxEndpoints.find(look.endpointId)?.name;
      return endpoint === undefined ? [] : [{ labels: { endpoint, by: lookerOf(look) }, value: valueOf(look) }];
    });
  const labels = ['endpoint', 'by'];
  return {
    drift_changes: {
      ...{ help: 'Changes by which NetBox differed from an endpoint at the last look at all of it.', labels },
      read: ofLooks(({ changes }) => changes),
    },
    drift_timestamp_seconds: {
      ...{ help: 'When that look ended, in Unix seconds.', labels },
      read: ofLooks(({ endedAt }) => Date.parse(endedAt) / 1000),
    },
  };
}

/** `GET /metrics` without a key, on its own address. Rejects when that cannot be listened on. */
export async function serveMetrics(
  { host, port }: ListenAddress,
  {
    metrics,
    logger,
  }: { readonly metrics: Pick<Metrics, 'text' | 'contentType'>; readonly logger: Pick<Logger, 'info'> },
): Promise<Server> {
  const server = createServer((request, response) => {
    const isAsked = request.method === 'GET' && request.url?.split('?')[0] === '/metrics';
    if (!isAsked)
      return void response.writeHead(404, { 'content-type': 'text/plain' }).end('Only GET /metrics is here.\n');
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(port, host);
  await once(server, 'listening');
  logger.info({ host, port }, 'Metrics are served without a key.');
  return server;
}
