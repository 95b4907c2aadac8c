/** Addresses in NetBox that nodes have no more: what proves it is asked only where there are such rows. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { ConnectedCluster } from '../guests.js';
import {
  deviceOfRow,
  letGoByNodes,
  unlistedPorts,
  type LetGoOfNode,
  type NodeNetwork,
  type StoredOfNodes,
} from '../plan/node-addresses.js';
import type { RunContext } from '../run-context.js';
import { findShown } from './bridge-visibility.js';
import { findGoneNodes } from './gone-nodes.js';
import type { NodeNetworks } from './node-networks.js';

/** By id of the row. */
export async function collectLetGo(
  run: RunContext,
  { clusters, nodes, clusterOf }: NodeNetworks,
  { interfaces, addresses }: Omit<StoredOfNodes, 'nodes'>,
): Promise<ReadonlyMap<number, LetGoOfNode>> {
  const stored = { nodes, interfaces, addresses };
  const [shown, gone] = await Promise.all([
    showUnlisted(run, unlistedPorts(stored, run.supportIds), clusterOf),
    findGoneNodes(run, clusters, devicesBeyond(stored)),
  ]);
  return letGoByNodes(stored, { supportIds: run.supportIds, shown, gone });
}

/** By key of the node. A name is asked once for all nodes of a cluster: the permission is one for all of them. */
async function showUnlisted(
  run: RunContext,
  unlisted: ReadonlyMap<NodeNetwork, readonly string[]>,
  clusterOf: NodeNetworks['clusterOf'],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const byCluster = new Map<ConnectedCluster, NodeNetwork[]>();
  for (const node of unlisted.keys()) {
    const cluster = clusterOf.get(node.key);
    if (cluster !== undefined) byCluster.set(cluster, [...(byCluster.get(cluster) ?? []), node]);
  }
  const shown = await Promise.all(
    [...byCluster].map(async ([cluster, nodes]) => {
      const found = await findShown(
        run,
        cluster,
        nodes.flatMap((node) => unlisted.get(node) ?? []),
      );
      return nodes.map((node) => [node.key, found] as const);
    }),
  );
  return new Map(shown.flat());
}

/** Ids of the devices that have one of the addresses and are no node's. */
function devicesBeyond({ nodes, addresses }: StoredOfNodes): readonly number[] {
  const known = new Set(nodes.flatMap(({ device }) => ('device' in device ? [device.device.id] : [])));
  const ids = addresses.flatMap((row: RecordOf<'ip-address'>) => deviceOfRow(row) ?? []);
  return [...new Set(ids)].filter((id) => !known.has(id)).sort((a, b) => a - b);
}
