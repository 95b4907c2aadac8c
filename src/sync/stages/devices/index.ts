/** Clusters and nodes: NetBox clusters, devices, their sites and types, and the plugin's rows about them. */
import { collectInfrastructure } from '../../collect/infrastructure.js';
import { defineStage } from '../../stage.js';
import { planDevicesStage } from './diff.js';

export const devicesStage = defineStage({
  name: 'devices',
  title: 'devices',
  kinds: ['device', 'cluster'],
  resources: ['node', 'cluster'],
  collect: (run) =>
    collectInfrastructure(
      run,
      run.clusters.map(({ view }) => view),
      { asItIs: false },
    ),
  plan: ({ views, records }, run) =>
    planDevicesStage(
      {
        views,
        records,
        endpoints: run.endpoints,
        options: run.options,
        now: run.now,
        purpose: 'inventory',
        asItIs: false,
      },
      run.supportIds,
    ),
  discovered: ({ views }) => ({
    noun: 'device',
    items: views.flatMap((view) =>
      view.nodes.map((node) => ({
        name: node.name,
        item_type: 'node',
        extra: { cluster: view.name, cluster_mode: view.mode },
      })),
    ),
  }),
});
