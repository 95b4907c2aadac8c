/** What the NetBox GET cache holds and how well it works, and emptying all caches. */
import { z } from 'zod';
import type { NetBoxClients } from '../../netbox/clients.js';
import type { App } from '../app-type.js';
import { answers } from '../route-document.js';

export interface CacheDeps {
  readonly getCache: Pick<NetBoxClients, 'cacheMetrics' | 'cacheSample' | 'cachePrometheus'>;
  /** Forgets everything that was read from NetBox, the settings included. */
  readonly clearCaches: () => void;
}

/** One reconciliation engine means that two engines never disagree; the key stays for those who read it. */
const reconciliation = { proxbox_reconcile_mismatch_total: 0 };

const Counters = z.record(z.string(), z.number());
const State = z.object({
  proxbox_cache: z.object({}),
  netbox_get_cache_metrics: Counters,
  reconciliation_metrics: Counters,
  netbox_get_cache_sample: z.array(z.looseObject({})),
});

const tags = ['cache'];

export function registerCacheRoutes(app: App, { getCache, clearCaches }: CacheDeps): void {
  app.get(
    '/cache',
    { config: answers(State), schema: { tags, summary: 'State of the NetBox GET cache' } },
    async () => ({
      proxbox_cache: {},
      netbox_get_cache_metrics: getCache.cacheMetrics(),
      reconciliation_metrics: reconciliation,
      netbox_get_cache_sample: getCache.cacheSample(),
    }),
  );
  app.get(
    '/cache/metrics',
    { config: answers(Counters), schema: { tags, summary: 'Counters of the NetBox GET cache' } },
    async () => ({
      ...getCache.cacheMetrics(),
      ...reconciliation,
    }),
  );
  app.get(
    '/cache/metrics/prometheus',
    { config: answers(z.string(), 'text/plain'), schema: { tags, summary: 'The same for Prometheus' } },
    async (_request, reply) =>
      reply
        .type('text/plain; charset=utf-8')
        .send(getCache.cachePrometheus(reconciliation.proxbox_reconcile_mismatch_total)),
  );
  app.route({
    method: ['GET', 'POST'],
    url: '/clear-cache',
    config: { writes: true },
    schema: { tags, summary: 'Empty all caches', response: { 200: z.object({ message: z.string() }) } },
    handler: async () => {
      clearCaches();
      return { message: 'All caches cleared' };
    },
  });
}
