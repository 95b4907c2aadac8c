import { textOf } from '../../../netbox/records/compare.js';
import { parseStorage } from '../../../proxmox/parse/storages.js';
import { readFromEachCluster } from '../../collect/proxmox.js';
import { chooseCluster } from '../../plan/infrastructure.js';
import type { RunContext } from '../../run-context.js';
import { defineStage } from '../../stage.js';
import { planStorages, type ClusterStorages } from './map.js';

/** Storages: one row per cluster and storage name in the plugin's table. */
export const storageStage = defineStage({
  name: 'storage',
  title: 'storage',
  kinds: ['storage'],
  resources: ['storage'],
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
  const names = [...new Set(views.map((view) => view.name))].sort();
  const netboxClusters = await run.collections.load('cluster', {}, { filter: 'name', of: names });
  const { answers, warnings } = await readFromEachCluster(run, { what: 'storages', read: 'storages' }, (session) =>
    session.storages({ signal: run.signal }),
  );
  const clusters = answers.map(({ cluster: { view }, answer }): ClusterStorages => {
    const storages = answer.map(parseStorage).filter((storage) => storage !== null);
    const candidates = netboxClusters.filter((record) => textOf(record['name']) === view.name);
    return {
      cluster: view.name,
      endpointId: view.owner.endpointId,
      netboxCluster: chooseCluster(candidates, view.owner.site.id),
      storages,
    };
  });
  // Unfiltered: the plugin's `cluster` filter takes one value, and silently uses the last of several.
  return { clusters, warnings, rows: run.capabilities.proxboxPlugin ? await run.collections.load('storage', {}) : [] };
}
