/** Devices of nodes that their cluster has no more: such a node keeps no address from a living one. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { ClusterStatus } from '../../proxmox/types.js';
import type { ConnectedCluster } from '../guests.js';
import type { RunContext } from '../run-context.js';
import { trustedRows } from './owned-rows.js';
import { readFromCluster } from './proxmox.js';

type Device = RecordOf<'device'>;

/**
 * Of these devices those whose sidecar names a cluster of the run and a node that is not in its `cluster/status`, by id. The
 * answer counts only where the cluster is quorate and names all of its nodes; nodes that are down are named as well. A host
 * without a cluster names only itself, so nothing tells there that a node is gone.
 */
export async function findGoneNodes(
  run: RunContext,
  clusters: readonly ConnectedCluster[],
  ids: readonly number[],
): Promise<ReadonlyMap<number, Device>> {
  if (ids.length === 0 || !run.capabilities.proxboxPlugin) return new Map();
  const wanted = new Set(ids);
  const states = trustedRows(run, await run.collections.load('device-state', {}, undefined, { fresh: true })).filter(
    ({ device }) => wanted.has(device ?? -1),
  );
  const gone = await Promise.all(
    clusters.map(async (cluster) => {
      const own = states.filter((state) => isOf(cluster, state));
      const nodes = own.length === 0 ? undefined : await nodesOf(run, cluster);
      return nodes === undefined ? [] : own.filter((state) => !nodes.has(state.proxmox_node_name.toLowerCase()));
    }),
  );
  const of = gone.flat().flatMap(({ device }) => device ?? []);
  const devices = await run.collections.load(
    'device',
    {},
    { filter: 'id', of: [...new Set(of)].sort() },
    { fresh: true },
  );
  return new Map(devices.map((device) => [device.id, device]));
}

function isOf({ view }: ConnectedCluster, state: RecordOf<'device-state'>): boolean {
  const { proxmox_endpoint_raw_id: id, proxmox_cluster_name: cluster, proxmox_node_name: node } = state;
  const isItsEndpoint = id !== null && view.endpointIds.includes(id);
  return isItsEndpoint && view.mode === 'cluster' && cluster === view.name && node !== '';
}

/** The names of all nodes, in small letters; undefined where that may not be all. */
async function nodesOf(run: RunContext, cluster: ConnectedCluster): Promise<ReadonlySet<string> | undefined> {
  try {
    const status = await readFromCluster(run, cluster, (session) => session.clusterStatus({ signal: run.signal }));
    return isWhole(status) ? new Set(status.nodes.map(({ name }) => name.toLowerCase())) : undefined;
  } catch {
    run.signal.throwIfAborted();
    return undefined;
  }
}

function isWhole({ cluster, nodes }: ClusterStatus): boolean {
  return cluster !== null && cluster.quorate && nodes.length > 0 && nodes.length === cluster.nodes;
}
