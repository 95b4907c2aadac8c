/** Storages: one row per cluster and storage name in the plugin's table. */
import { readStorages } from '../../../proxmox/reads/storage.js';
import { findNetBoxClusters } from '../../collect/netbox-clusters.js';
import { readFromEachCluster } from '../../collect/proxmox.js';
import type { RunContext } from '../../run-context.js';
import { defineStage } from '../../stage.js';
import { planStorages, type ClusterStorages } from './diff.js';

export const storageStage = defineStage({
  name: 'storage',
  title: 'storage',
  kinds: ['storage'],
  resources: ['storage'],
  needs: ['devices'],
  collect,
  plan: ({ clusters, rows, warnings }, run) => {
    const plan = planStorages({
      clusters,
      rows,
      options: run.options,
      supportIds: run.supportIds,
      hasPlugin: run.capabilities.proxboxPlugin,
    });
    return { ...plan, warnings: [...warnings, ...plan.warnings] };
  },
  discovered: ({ clusters }) => ({
    noun: 'storage item',
    items: clusters.flatMap(({ cluster, storages }) =>
      storages.map((storage) => ({ name: storage.name, item_type: 'storage', extra: { cluster } })),
    ),
  }),
});

async function collect(run: RunContext) {
  const views = run.clusters.map(({ view }) => view);
  const [{ answers, warnings }, netboxClusters, rows] = await Promise.all([
    readFromEachCluster(run, { what: 'storages', read: 'storages' }, (session) =>
      readStorages(session, { signal: run.signal }),
    ),
    findNetBoxClusters(run, views),
    // Unfiltered: the plugin's `cluster` filter takes one value, and silently uses the last of several.
    run.capabilities.proxboxPlugin ? run.collections.load('storage', {}) : [],
  ]);
  const clusters = answers.map(({ cluster: { view }, answer: storages }): ClusterStorages => {
    return {
      cluster: view.name,
      endpointId: view.owner.endpointId,
      netboxCluster: netboxClusters.get(view.key),
      storages,
    };
  });
  return { clusters, warnings, rows };
}
