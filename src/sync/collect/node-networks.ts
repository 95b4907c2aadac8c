/** The network of every node that is online, with the device of the node: for the stages that write addresses. */
import { toProxboxError, type ProxboxError } from '../../errors/proxbox-error.js';
import { readNodeNetwork } from '../../proxmox/reads/nodes.js';
import type { ClusterStatusNode } from '../../proxmox/types.js';
import type { ConnectedCluster } from '../guests.js';
import { nodeKey, type ClusterView } from '../plan/cluster-views.js';
import type { NetworkRead, NodeNetwork } from '../plan/node-addresses.js';
import { findNodeDevices } from '../plan/node-devices.js';
import type { ReasonCode } from '../reasons.js';
import type { RunContext } from '../run-context.js';
import type { SourceRef } from '../types.js';
import { collectInfrastructure } from './infrastructure.js';
import { requireOneRead } from './nothing-read.js';
import { readFailure, readFromCluster } from './proxmox.js';

/** A node with what Proxmox says of its network. */
export interface Attempt {
  readonly cluster: ConnectedCluster;
  readonly node: ClusterStatusNode;
  readonly network: NetworkRead;
  /** Set when the read failed. */
  readonly cause?: ProxboxError;
}

export interface NodeNetworks {
  readonly clusters: readonly ConnectedCluster[];
  readonly attempts: readonly Attempt[];
  readonly nodes: readonly NodeNetwork[];
  /** By key of the node. */
  readonly clusterOf: ReadonlyMap<string, ConnectedCluster>;
}

/** One Proxmox read per node that is online. Throws when not one of them could be read. */
export async function collectNodeNetworks(run: RunContext): Promise<NodeNetworks> {
  const { views, records } = await collectInfrastructure(
    run,
    run.clusters.map(({ view }) => view),
    { asItIs: run.options.netboxVmIds !== null },
  );
  const { endpoints, options, now } = run;
  const devices = findNodeDevices({ views, records, endpoints, options, now });
  const clusters = run.clusters.map((cluster, index) => ({ ...cluster, view: views[index] ?? cluster.view }));
  const attempts: readonly Attempt[] = await Promise.all(
    clusters.flatMap((cluster) =>
      cluster.view.nodes.map(async (node) => ({ cluster, node, ...(await readNetwork(run, cluster, node)) })),
    ),
  );
  requireOneRead(
    'node',
    attempts.map(({ network, cause }) => (network.status === 'unread' ? { reason: network.reason, cause } : undefined)),
  );
  const nodes = attempts.flatMap(({ cluster: { view }, node, network }): readonly NodeNetwork[] => {
    const key = nodeKey(view, node.name);
    const device = devices.get(key);
    return device === undefined ? [] : [{ key, name: node.name, source: sourceOf(view, node), device, network }];
  });
  const clusterOf = new Map(attempts.map(({ cluster, node }) => [nodeKey(cluster.view, node.name), cluster]));
  return { clusters, attempts, nodes, clusterOf };
}

async function readNetwork(
  run: RunContext,
  cluster: ConnectedCluster,
  node: ClusterStatusNode,
): Promise<Pick<Attempt, 'network' | 'cause'>> {
  const name = `node "${node.name}" of "${cluster.view.name}"`;
  const unread = (code: ReasonCode, message: string): NetworkRead => ({ status: 'unread', reason: { code, message } });
  if (!node.online)
    return { network: unread('node_offline', `The ${name} is offline; its interfaces are left as they are.`) };
  try {
    const { interfaces, isPending } = await readFromCluster(run, cluster, (session) =>
      readNodeNetwork(session, node.name, { signal: run.signal }),
    );
    if (isPending)
      return {
        network: unread(
          'network_pending',
          `The network configuration of ${name} has changes that are not applied, and Proxmox lists it with them; its interfaces and addresses are left as they are. Apply or revert them on the page Network of the node.`,
        ),
      };
    return { network: { status: 'read', interfaces } };
  } catch (error) {
    run.signal.throwIfAborted();
    const cause = toProxboxError(error);
    const text = `The network of ${name} cannot be read; its interfaces are left as they are`;
    const reason = readFailure(cluster, { read: 'node_network', cause, text, otherwise: 'read_incomplete' });
    return { network: { status: 'unread', reason }, cause };
  }
}

function sourceOf(view: ClusterView, node: ClusterStatusNode): SourceRef {
  return { endpointId: view.owner.endpointId, cluster: view.name, node: node.name };
}
