import { toProxboxError, type ProxboxError } from '../../../errors/proxbox-error.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import type { NodeInterface } from '../../../proxmox/parse/node-interfaces.js';
import { readNodeNetwork } from '../../../proxmox/reads/nodes.js';
import type { ClusterStatusNode } from '../../../proxmox/types.js';
import { collectInfrastructure } from '../../collect/infrastructure.js';
import { readFailure, readFromCluster } from '../../collect/proxmox.js';
import { hostOf } from '../../plan/address-ownership.js';
import { nodeKey, type ClusterView } from '../../plan/cluster-views.js';
import { findNodeDevices, type NodeDevice } from '../../plan/node-devices.js';
import type { RunContext } from '../../run-context.js';
import type { ReasonCode } from '../../reasons.js';
import type { Reason, SourceRef } from '../../types.js';
import { usableAddresses, wantedVlan } from './map.js';
import type { ConnectedCluster } from '../../guests.js';

/** What Proxmox says about the network of a node, or why that is not known: it is offline, or could not be read. */
export type NetworkRead =
  | { readonly status: 'read'; readonly interfaces: readonly NodeInterface[] }
  | { readonly status: 'unread'; readonly reason: Reason };

export interface NodeNetwork {
  /** The key of the node's device in plans. */
  readonly key: string;
  readonly name: string;
  readonly source: SourceRef;
  readonly device: NodeDevice;
  readonly network: NetworkRead;
}

export interface CollectedInterfaces {
  readonly nodes: readonly NodeNetwork[];
  /** Of NetBox: the interfaces of these devices, the VLANs with the wanted numbers, the rows with the wanted hosts. */
  readonly interfaces: readonly NetBoxRecord[];
  readonly vlans: readonly NetBoxRecord[];
  readonly addresses: readonly NetBoxRecord[];
  /** Addresses that NetBox refused lately, by the sentence that said why. */
  readonly refused: ReadonlySet<string>;
}

interface Attempt {
  readonly network: NetworkRead;
  /** Set when the read failed. */
  readonly cause?: ProxboxError;
}

/** One Proxmox read per node that is online. Throws the first cause when not one of them could be read. */
export async function collectInterfaces(run: RunContext): Promise<CollectedInterfaces> {
  const { views, records } = await collectInfrastructure(
    run,
    run.clusters.map(({ view }) => view),
  );
  const { endpoints, options, now } = run;
  const devices = findNodeDevices({ views, records, endpoints, options, now });
  const clusters = run.clusters.map((cluster, index) => ({ ...cluster, view: views[index] ?? cluster.view }));
  const attempts = await Promise.all(
    clusters.flatMap((cluster) =>
      cluster.view.nodes.map(async (node) => ({ cluster, node, ...(await readNetwork(run, cluster, node)) })),
    ),
  );
  const first = attempts.find(({ cause }) => cause !== undefined)?.cause;
  if (first !== undefined && attempts.every(({ network }) => network.status === 'unread')) throw first;
  const nodes = attempts.flatMap(({ cluster: { view }, node, network }) => {
    const key = nodeKey(view, node.name);
    const device = devices.get(key);
    return device === undefined ? [] : [{ key, name: node.name, source: sourceOf(view, node), device, network }];
  });
  return { nodes, ...(await loadStored(run, nodes)) };
}

async function readNetwork(run: RunContext, cluster: ConnectedCluster, node: ClusterStatusNode): Promise<Attempt> {
  const name = `node "${node.name}" of "${cluster.view.name}"`;
  const unread = (code: ReasonCode, message: string): NetworkRead => ({ status: 'unread', reason: { code, message } });
  if (!node.online)
    return { network: unread('node_offline', `The ${name} is offline; its interfaces are left as they are.`) };
  try {
    const interfaces = await readFromCluster(run, cluster, (session) =>
      readNodeNetwork(session, node.name, { signal: run.signal }),
    );
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

/** Three list requests, whatever the number of nodes; none for what no node has. */
async function loadStored(
  { collections, options }: RunContext,
  nodes: readonly NodeNetwork[],
): Promise<Omit<CollectedInterfaces, 'nodes'>> {
  const deviceIds = nodes.flatMap(({ device }) => ('device' in device ? [device.device.id] : []));
  const all = nodes.flatMap(({ network }) => (network.status === 'read' ? network.interfaces : []));
  const numbers = all.map(wantedVlan).filter((vid) => vid !== null);
  const hosts =
    options.modes.ip_address === 'disabled'
      ? []
      : all.flatMap((one) => usableAddresses(one, options.network).map(hostOf));
  return {
    interfaces: await collections.load('node-interface', {}, { filter: 'device_id', of: ascending(deviceIds) }),
    vlans: await collections.load('vlan', {}, { filter: 'vid', of: ascending(numbers) }),
    refused: collections.refusals(),
    addresses: await collections.load('ip-address', {}, { filter: 'address', of: [...new Set(hosts)].sort() }),
  };
}

function ascending(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}
