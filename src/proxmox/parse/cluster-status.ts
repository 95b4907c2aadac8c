/** Rows of `GET cluster/status`: one per node and, in a cluster, one of `type=cluster`. Pure. */
import type { ClusterStatus, ClusterStatusNode, SessionMode } from '../types.js';
import { type Row, toBool, toInt, toText } from './coerce.js';

/** What a session may not read. */
export const unknownClusterStatus: ClusterStatus = { cluster: null, nodes: [] };

/** Proxmox lists nodes in any order: here it is that of their numbers, then names. */
export function parseClusterStatus(rows: readonly Row[]): ClusterStatus {
  const nodes = rows
    .filter((row) => row.type === 'node')
    .flatMap((row) => parseNode(row) ?? [])
    .sort((one, other) => rankOf(one) - rankOf(other) || (one.name < other.name ? -1 : 1));
  const row = rows.find((candidate) => candidate.type === 'cluster' && toText(candidate.name) !== null);
  if (row === undefined) return { cluster: null, nodes };
  const cluster = {
    id: toText(row.id) ?? 'cluster',
    name: toText(row.name) ?? '',
    nodes: toInt(row.nodes) ?? nodes.length,
    quorate: toBool(row.quorate) ?? nodes.length > 0,
    version: toInt(row.version) ?? 0,
  };
  return { cluster, nodes };
}

/** A node without a number comes last. */
function rankOf({ nodeid }: ClusterStatusNode): number {
  return nodeid > 0 ? nodeid : Number.MAX_SAFE_INTEGER;
}

function parseNode(row: Row): ClusterStatusNode | null {
  const name = toText(row.name);
  if (name === null) return null;
  return {
    id: toText(row.id) ?? `node/${name}`,
    name,
    ip: toText(row.ip) ?? '',
    nodeid: toInt(row.nodeid) ?? 0,
    online: toBool(row.online) ?? false,
    local: toBool(row.local) ?? false,
    level: toText(row.level) ?? '',
  };
}

export interface SessionIdentity {
  readonly mode: SessionMode;
  readonly name: string;
}

/**
 * The name most answers are keyed by. A `type=cluster` row decides for a cluster; a single node names itself; anything
 * else keeps the name of the endpoint.
 */
export function identifySession(status: ClusterStatus, endpointName: string): SessionIdentity {
  if (status.cluster !== null) return { mode: 'cluster', name: status.cluster.name };
  const [node, ...others] = status.nodes;
  if (node !== undefined && others.length === 0) return { mode: 'standalone', name: node.name };
  return { mode: 'cluster', name: endpointName };
}
