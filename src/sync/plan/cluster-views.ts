/** Which endpoints lead to the same Proxmox cluster, and which of them stands for it. Pure. */
import { quotedList } from '../../values/short-text.js';
import type { ClusterStatusNode } from '../../proxmox/types.js';
import type { Warning } from '../types.js';
import { sameness, sharesNode, type Installation, type Sameness } from './same-cluster.js';

export interface PlacementRef {
  readonly id: number | null;
  readonly slug: string | null;
  readonly name: string | null;
}

/** What planning needs to know of a connected Proxmox endpoint. */
export interface SessionSummary extends Installation {
  readonly endpointId: number;
  readonly endpointName: string;
  readonly host: string;
  readonly port: number;
  readonly nodes: readonly ClusterStatusNode[];
  /** False: the configuration of the cluster that is answered may be an old one. */
  readonly isQuorate: boolean;
  readonly site: PlacementRef;
  readonly tenant: PlacementRef;
}

/**
 * One Proxmox cluster (or standalone node), however many endpoints lead to it. The owner is the member with the lowest
 * endpoint id, so that the answer does not depend on the order of a list; the others are aliases of the same identity.
 */
export interface ClusterView extends Installation {
  /** Unique in the run. */
  readonly key: string;
  readonly owner: SessionSummary;
  /** By which rows of NetBox are its own: see endpoint-numbers.ts. */
  readonly endpointIds: readonly number[];
  /** Endpoints that may lead to the same cluster, and cannot be asked whether they do. */
  readonly unverifiedEndpointIds: readonly number[];
  readonly nodes: readonly ClusterStatusNode[];
  /** Whether what lists of the whole cluster (jobs, storages, networks) leave out is gone: nodes without quorum hear of nothing new. */
  readonly isQuorate: boolean;
  /** What an operator should know of its identity. */
  readonly warnings: readonly Warning[];
}

/** The key of a node's device in plans. */
export function nodeKey(view: { readonly key: string }, node: string): string {
  return `${view.key}/${node}`;
}

/** What endpoints led to when they were seen last, by endpoint id. */
export type KnownInstallations = ReadonlyMap<number, Installation>;

/** Groups sessions into clusters, whatever they are called: see same-cluster.ts. */
export function buildClusterViews(
  sessions: readonly SessionSummary[],
  known: KnownInstallations,
): { views: readonly ClusterView[]; warnings: readonly Warning[] } {
  const ordered = [...sessions].sort((a, b) => a.endpointId - b.endpointId);
  let groups: (readonly SessionSummary[])[] = [];
  for (const session of ordered) {
    const isHome = (group: readonly SessionSummary[]): boolean =>
      group.some((member) => relate(member, session, known) === 'same');
    groups = [...groups.filter((group) => !isHome(group)), [...groups.filter(isHome).flat(), session]];
  }
  const views = groups
    .map((group) =>
      toView(
        [...group].sort((a, b) => a.endpointId - b.endpointId),
        groups,
        known,
      ),
    )
    .flatMap((view) => view ?? [])
    .sort((a, b) => a.owner.endpointId - b.owner.endpointId);
  return { views, warnings: views.flatMap((view) => sharedNames(view, groups, known)) };
}

/** Two endpoints of a run. One that was asked a while ago may not have heard yet of a new root certificate. */
function relate(a: SessionSummary, b: SessionSummary, known: KnownInstallations): Sameness {
  const [before, other] = [known.get(a.endpointId), known.get(b.endpointId)];
  const wereOne = before !== undefined && other !== undefined && sameness(before, other) === 'same';
  return wereOne && sharesNode(a, b) ? 'same' : sameness(a, b);
}

type Groups = readonly (readonly SessionSummary[])[];

function toView(group: readonly SessionSummary[], groups: Groups, known: KnownInstallations): ClusterView | undefined {
  const [owner] = group;
  if (owner === undefined) return undefined;
  const doubtful = groups
    .filter((others) => !others.includes(owner))
    .flat()
    .filter((other) => other.endpointId < owner.endpointId)
    .filter((other) => group.some((member) => relate(member, other, known) === 'unknown'));
  return {
    key: `${owner.endpointId}`,
    name: owner.name,
    mode: owner.mode,
    identity: owner.identity,
    owner,
    endpointIds: group.map((session) => session.endpointId),
    unverifiedEndpointIds: doubtful.map(({ endpointId }) => endpointId),
    nodes: owner.nodes,
    isQuorate: group.every((session) => session.isQuorate),
    warnings: [],
  };
}

/** What another stored endpoint turned out to be. */
export interface Alias {
  readonly summary: SessionSummary;
  readonly relation: 'member' | Exclude<Sameness, 'same'>;
}

/** The view with the endpoints outside of the run that lead to the same cluster: identity and owner include them. */
export function withMembers(view: ClusterView, aliases: readonly Alias[]): ClusterView {
  const members = aliases.filter(({ relation }) => relation === 'member').map(({ summary }) => summary);
  const unknown = aliases.filter(({ relation }) => relation === 'unknown').map(({ summary }) => summary.endpointId);
  const unverified = aliases.filter(({ relation }) => relation === 'unverified').map(({ summary }) => summary);
  const owner = [view.owner, ...members].reduce((low, one) => (one.endpointId < low.endpointId ? one : low));
  const endpointIds = [...view.endpointIds, ...members.map(({ endpointId }) => endpointId)];
  return {
    ...view,
    owner,
    endpointIds,
    unverifiedEndpointIds: [...view.unverifiedEndpointIds, ...unknown],
    warnings: unverified.length === 0 ? [] : [namesakeWarning(view.owner, unverified, false)],
  };
}

/** Told of the later of two that are called alike: which they are, and what would tell them apart. */
function sharedNames(view: ClusterView, groups: Groups, known: KnownInstallations): readonly Warning[] {
  const { owner, name } = view;
  const namesakes = groups
    .filter((group) => !group.includes(owner))
    .flat()
    .filter((other) => other.name.toLowerCase() === name.toLowerCase() && other.endpointId < owner.endpointId);
  const [first] = namesakes;
  if (first === undefined) return [];
  const isSure = namesakes.every((other) => relate(owner, other, known) === 'other');
  return [namesakeWarning(owner, namesakes, isSure)];
}

/** @param isSure that they are two */
export function namesakeWarning(
  one: Pick<SessionSummary, 'endpointId' | 'endpointName' | 'name'>,
  others: readonly Pick<SessionSummary, 'endpointName'>[],
  isSure: boolean,
): Warning {
  const names = quotedList(others.map(({ endpointName }) => endpointName));
  const source = { endpointId: one.endpointId, cluster: one.name };
  if (isSure)
    return {
      code: 'cluster_name_shared',
      message: `Endpoint "${one.endpointName}" and ${names} lead to different clusters that are called "${one.name}". They are kept apart; the one whose endpoint has the higher id has the name of its endpoint behind its own in NetBox.`,
      source,
    };
  return {
    code: 'cluster_unverified',
    message: `Whether endpoint "${one.endpointName}" and ${names} lead to one cluster "${one.name}" cannot be verified. They are taken for two, and nothing of the one is changed for the other. What tells them apart: ${whatTells}.`,
    source,
  };
}

/** What would tell clusters apart, and how to get it. */
export const whatTells =
  'the UUID of pve-root-ca.pem in nodes/{node}/certificates/info, which every user may read, and a node with the same name and address. On a clone of an image make a new one: rm /etc/pve/pve-root-ca.pem /etc/pve/priv/pve-root-ca.key; pvecm updatecerts --force';
