import type { ClusterStatusNode, SessionMode } from '../../proxmox/types.js';
import type { Warning } from '../types.js';

export interface PlacementRef {
  readonly id: number | null;
  readonly slug: string | null;
  readonly name: string | null;
}

/** What planning needs to know of a connected Proxmox endpoint. */
export interface SessionSummary {
  readonly endpointId: number;
  readonly endpointName: string;
  readonly name: string;
  readonly mode: SessionMode;
  readonly host: string;
  readonly port: number;
  readonly nodes: readonly ClusterStatusNode[];
  readonly site: PlacementRef;
  readonly tenant: PlacementRef;
}

/**
 * One Proxmox cluster (or standalone node), however many endpoints lead to it. The owner is the member with the lowest
 * endpoint id, so that the answer does not depend on the order of a list; the others are aliases of the same identity.
 */
export interface ClusterView {
  /** Unique in the run. */
  readonly key: string;
  readonly name: string;
  readonly mode: SessionMode;
  readonly owner: SessionSummary;
  readonly endpointIds: readonly number[];
  /** Endpoints that claim the same cluster name and cannot be asked whether they are the same cluster. */
  readonly unverifiedEndpointIds: readonly number[];
  readonly nodes: readonly ClusterStatusNode[];
}

/** The key of a node's device in plans. */
export function nodeKey(view: { readonly key: string }, node: string): string {
  return `${view.key}/${node}`;
}

/** Groups sessions into clusters: same name and at least one common node (or an unreadable node list) is one cluster. */
export function buildClusterViews(sessions: readonly SessionSummary[]): {
  views: readonly ClusterView[];
  warnings: readonly Warning[];
} {
  const ordered = [...sessions].sort((a, b) => a.endpointId - b.endpointId);
  const groups: SessionSummary[][] = [];
  const warnings: Warning[] = [];
  for (const session of ordered) {
    const namesakes = groups.filter((group) => group[0]?.name === session.name);
    const home = namesakes.find((group) => group.some((member) => sameCluster(member, session)));
    if (home !== undefined) {
      home.push(session);
      continue;
    }
    if (namesakes.length > 0) warnings.push(sharedName(session, namesakes));
    groups.push([session]);
  }
  return { views: groups.flatMap(toView), warnings };
}

function sameCluster(a: SessionSummary, b: SessionSummary): boolean {
  if (a.mode === 'restricted' || b.mode === 'restricted') return true;
  const nodes = new Set(a.nodes.map((node) => node.name));
  return b.nodes.some((node) => nodes.has(node.name)) && a.mode === b.mode;
}

function toView(group: readonly SessionSummary[]): readonly ClusterView[] {
  const owner = group[0];
  if (owner === undefined) return [];
  const readable = group.find((session) => session.mode !== 'restricted') ?? owner;
  return [
    {
      key: `${owner.endpointId}`,
      name: owner.name,
      mode: readable.mode,
      owner,
      endpointIds: group.map((session) => session.endpointId),
      unverifiedEndpointIds: [],
      nodes: readable.nodes,
    },
  ];
}

/** What another stored endpoint turned out to be. */
export interface Alias {
  readonly summary: SessionSummary;
  readonly relation: 'member' | 'other' | 'unknown';
}

/** The view with the endpoints outside of the run that lead to the same cluster: identity and owner include them. */
export function withMembers(view: ClusterView, aliases: readonly Alias[]): ClusterView {
  const members = aliases.filter(({ relation }) => relation === 'member').map(({ summary }) => summary);
  const unverified = aliases.filter(({ relation }) => relation === 'unknown').map(({ summary }) => summary.endpointId);
  const owner = [view.owner, ...members].reduce((low, one) => (one.endpointId < low.endpointId ? one : low));
  const endpointIds = [...view.endpointIds, ...members.map(({ endpointId }) => endpointId)];
  return { ...view, owner, endpointIds, unverifiedEndpointIds: unverified };
}

function sharedName(session: SessionSummary, namesakes: readonly (readonly SessionSummary[])[]): Warning {
  const others = namesakes.flat().map((other) => `"${other.endpointName}"`);
  return {
    code: 'cluster_name_shared',
    message: `Endpoint "${session.endpointName}" and ${others.join(', ')} report different nodes under the cluster name "${session.name}". Give the clusters different names, or different sites on their endpoints.`,
    source: { endpointId: session.endpointId, cluster: session.name },
  };
}
