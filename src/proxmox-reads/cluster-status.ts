/** Clusters and their nodes as the plugin stores them: complete or not at all, and every node with an address. */
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { rowsOf } from '../proxmox/parse/coerce.js';
import { parseNodeInterface } from '../proxmox/parse/node-interfaces.js';
import { path } from '../proxmox/host.js';
import { restrictedError } from '../proxmox/restricted.js';
import type { ClusterStatus, ClusterStatusNode, ProxmoxSession } from '../proxmox/types.js';
import type { ReadOne } from './read-endpoints.js';

/** Wire shape of one element of `/proxmox/cluster/status`. */
export interface ClusterStatusAnswer {
  readonly id: string;
  readonly name: string;
  readonly type: 'cluster';
  readonly nodes: number;
  readonly quorate: boolean;
  readonly version: number;
  readonly mode: string;
  readonly node_list: readonly (ClusterStatusNode & { readonly type: 'node' })[];
}

/** The address of the bridge that carries the node, else of any interface with a gateway. */
async function addressFromNetwork(session: ProxmoxSession, node: string): Promise<string | undefined> {
  const rows = rowsOf(await session.get(path`nodes/${node}/network`));
  const interfaces = rows.map(parseNodeInterface).filter((item) => item !== null);
  const carrier =
    interfaces.find(({ name, addresses }) => name === 'vmbr0' && addresses.length > 0) ??
    interfaces.find(({ gateway, addresses }) => gateway !== null && addresses.length > 0);
  return carrier?.addresses[0]?.replace(/\/\d+$/, '');
}

function placementOf({ site, tenant }: ProxmoxEndpoint) {
  return {
    site_id: site.id,
    site_slug: site.slug,
    site_name: site.name,
    tenant_id: tenant.id,
    tenant_slug: tenant.slug,
    tenant_name: tenant.name,
  };
}

function summaryOf(status: ClusterStatus, session: ProxmoxSession): Omit<ClusterStatusAnswer, 'node_list'> {
  const { name, mode } = session;
  const { cluster, nodes } = status;
  if (cluster !== null) return { ...cluster, type: 'cluster', mode };
  return {
    id: `cluster/${name}`,
    name,
    type: 'cluster',
    nodes: nodes.length,
    quorate: nodes.length > 0,
    version: 0,
    mode,
  };
}

/**
 * Remembers the last address of each node: the plugin cannot store a node without one, and one such node would cost all
 * nodes of the endpoint. Reads fail as `proxmox_forbidden` for credentials that see no nodes, because the plugin deletes
 * the nodes that are missing from an answer.
 */
export function createClusterStatusReader(): ReadOne<ClusterStatusAnswer> {
  const known = new Map<string, string>();

  async function addressOf(
    node: ClusterStatusNode,
    session: ProxmoxSession,
    endpoint: ProxmoxEndpoint,
  ): Promise<string> {
    const key = `${endpoint.id} ${node.name}`;
    const told = node.ip.replace(/\/\d+$/, '');
    const read =
      told === '' && node.online ? await addressFromNetwork(session, node.name).catch(() => undefined) : undefined;
    const address = told === '' ? (read ?? known.get(key)) : told;
    if (address !== undefined) known.set(key, address);
    return address ?? endpoint.ipAddress.replace(/\/\d+$/, '');
  }

  return async (session, endpoint) => {
    if (session.mode === 'restricted') throw restrictedError(session);
    const status = await session.clusterStatus();
    const nodes = await Promise.all(
      status.nodes.map(async (node) => ({
        ...node,
        type: 'node' as const,
        ip: await addressOf(node, session, endpoint),
      })),
    );
    return { ...summaryOf(status, session), ...placementOf(endpoint), node_list: nodes };
  };
}
