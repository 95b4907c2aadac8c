/**
 * Which endpoint ids in rows of NetBox mean a cluster: those of its endpoints, and those of endpoints that are gone and led to
 * it. An id alone is not enough: a database that was set up anew gives them out again, in another order. Pure.
 */
import type { EndpointTarget } from '../../plugin-endpoints/plugin-rows.js';
import type { ClusterView } from './cluster-views.js';
import type { KnownByEndpoint } from './netbox-cluster.js';
import { mayHaveJoined, sameness, type Installation } from './same-cluster.js';

/** What rows of NetBox with one endpoint id, and the names of a cluster and a node of it, say of where it is. */
export interface NumberedRows {
  readonly endpointId: number;
  /** Addresses of its devices; `host:port` of what its machines link to. */
  readonly places: ReadonlySet<string>;
}

export interface NumberContext {
  readonly known: KnownByEndpoint;
  readonly older: ReadonlySet<number>;
  /** The stored ones. */
  readonly endpoints: ReadonlyMap<number, EndpointTarget>;
}

/** `doubtful`: it may be the cluster's, and may be another's. */
export type NumberOf = 'own' | 'other' | 'doubtful';

/** Ids of endpoints that are gone and led to this cluster, as is remembered. */
export function formerEndpointIds(view: ClusterView, { known, endpoints }: NumberContext): readonly number[] {
  return [...known.values()]
    .filter(({ endpointId, isConfirmed }) => isConfirmed === true && !endpoints.has(endpointId))
    .filter((gone) => isContinued(gone, view))
    .map(({ endpointId }) => endpointId);
}

/** Another endpoint leads to it now, so another root certificate is another installation, also at the same place. */
function isContinued(gone: Installation, view: ClusterView): boolean {
  return sameness(gone, view) === 'same' || mayHaveJoined(gone, view);
}

/** Its endpoints of which nobody knows yet whether rows of NetBox with their ids are theirs. */
export function unconfirmedIds(view: ClusterView, { known, older }: NumberContext): readonly number[] {
  return view.endpointIds.filter((id) => known.get(id)?.isConfirmed !== true && !older.has(id));
}

/** Whether rows with this id have to be looked at: it is nobody's who is stored and confirmed, or whose cluster is known. */
export function isOpenNumber(id: number, view: ClusterView, context: NumberContext): boolean {
  const { known, endpoints } = context;
  const gone = known.get(id);
  if (view.endpointIds.includes(id)) return unconfirmedIds(view, context).includes(id);
  if (endpoints.has(id)) return false;
  return gone?.isConfirmed !== true || !(isContinued(gone, view) || isDifferent(gone, view));
}

function isDifferent(gone: Installation, view: ClusterView): boolean {
  if (gone.name.toLowerCase() !== view.name.toLowerCase()) return true;
  return gone.identity !== null && view.identity !== null && gone.identity !== view.identity;
}

/**
 * Whose the rows with an open number are. Where nothing shows a place, they are the cluster's if nobody else may have them.
 * @param isAlone no other number of NetBox and no other stored endpoint is of a cluster of this name
 */
export function judgeNumber(
  rows: NumberedRows,
  view: ClusterView,
  { isAlone, ...context }: NumberContext & { readonly isAlone: boolean },
): NumberOf {
  const here = placesOf(view, context);
  if ([...rows.places].some((place) => here.has(place))) return 'own';
  const gone = context.known.get(rows.endpointId);
  const isGone = !view.endpointIds.includes(rows.endpointId);
  if (isGone && gone?.isConfirmed === true) return sameness(gone, view) === 'other' ? 'other' : 'doubtful';
  if (rows.places.size === 0) return isAlone ? 'own' : 'doubtful';
  return isGone ? 'other' : 'doubtful';
}

/** Where the cluster is: the addresses of its nodes, and what its endpoints are connected to. */
function placesOf({ nodes, endpointIds }: ClusterView, { endpoints }: NumberContext): ReadonlySet<string> {
  const targets = endpointIds.flatMap((id) => endpoints.get(id) ?? []);
  return new Set([
    ...nodes.map(({ ip }) => ip).filter((ip) => ip !== ''),
    ...targets.flatMap(({ domain, ipAddress, port }) =>
      [domain ?? '', ipAddress].filter((host) => host !== '').map((host) => placeAt(host, port)),
    ),
  ]);
}

/** @param host a name or an address, in brackets or not */
export function placeAt(host: string, port: number | string): string {
  return `${host.toLowerCase().replace(/^\[|\]$/g, '')}:${port}`;
}

/** The view with the ids by which rows of NetBox are its own. None while one of its endpoints' own is doubtful. */
export function withNumbers(
  view: ClusterView,
  { own, doubtful }: { readonly own: readonly number[]; readonly doubtful: readonly number[] },
): ClusterView {
  const isBlocked = doubtful.some((id) => view.endpointIds.includes(id));
  return {
    ...view,
    endpointIds: isBlocked ? [] : [...new Set([...view.endpointIds, ...own])],
    unverifiedEndpointIds: [...view.unverifiedEndpointIds, ...doubtful],
  };
}
