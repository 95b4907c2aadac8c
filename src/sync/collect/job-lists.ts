/** Lists of jobs that a whole cluster has, with the plugin's endpoint under which their rows are kept. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { ProxmoxSession } from '../../proxmox/types.js';
import { pluginEndpointOfCluster } from '../../plugin-endpoints/plugin-rows.js';
import type { RunContext } from '../run-context.js';
import type { Warning } from '../types.js';
import { readFromEachCluster, type ListedRead } from './proxmox.js';
import type { ConnectedCluster } from '../guests.js';

export interface JobList<Job> {
  readonly cluster: ConnectedCluster;
  /** Id of the plugin's row of the owner; null when the plugin has none that is surely it. */
  readonly pluginEndpointId: number | null;
  readonly jobs: readonly Job[];
}

export interface JobLists<Job> {
  /** Of the clusters whose list was read: only there is an absence known. */
  readonly lists: readonly JobList<Job>[];
  readonly warnings: readonly Warning[];
}

/** Throws when no list can be read. `clusters` are those of the run with every endpoint that leads to them. */
export async function readJobLists<Job>(
  run: RunContext,
  clusters: readonly ConnectedCluster[],
  list: ListedRead,
  read: (session: ProxmoxSession) => Promise<readonly Job[]>,
): Promise<JobLists<Job>> {
  const { answers, warnings } = await readFromEachCluster({ ...run, clusters }, list, read);
  const lists = answers.map(({ cluster, answer }) => ({
    cluster,
    pluginEndpointId: pluginEndpointOfCluster(cluster.view, run.endpoints, run.pluginEndpoints)?.id ?? null,
    jobs: answer,
  }));
  return { lists, warnings };
}

/** The plugin's rows of the nodes of these clusters, as the devices stage reads them. */
export function loadNodeRows(
  run: RunContext,
  clusters: readonly ConnectedCluster[],
): Promise<readonly RecordOf<'node-link'>[]> {
  const names = new Set(clusters.flatMap(({ view }) => view.nodes.map(({ name }) => name)));
  return run.collections.load('node-link', {}, { filter: 'name', of: [...names].sort() });
}
