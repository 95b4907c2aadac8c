/**
 * Which NetBox cluster a Proxmox cluster is: the remembered one, else the one in which its devices and machines stand, else
 * the one that the plugin's row is linked to, else by name. None that belongs to another cluster. Pure.
 */
import { nameList, quotedList } from '../../values/short-text.js';
import type { KnownCluster, KnownRow } from '../../endpoints/known-clusters.js';
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import { pluginEndpointOf, type EndpointTarget } from '../../plugin-endpoints/plugin-rows.js';
import { withoutPluginId } from '../../values/plugin-id.js';
import type { Reason } from '../types.js';
import { whatTells, type ClusterView } from './cluster-views.js';
import { isNobodys } from './reused-ids.js';

/** What earlier runs have seen, by endpoint id. */
export type KnownByEndpoint = ReadonlyMap<number, KnownCluster>;

/** Another endpoint whose cluster has the same name. */
export interface Namesake {
  readonly endpointId: number;
  readonly name: string;
}

export interface ClusterCandidates {
  readonly clusters: readonly RecordOf<'cluster'>[];
  readonly clusterStates: readonly RecordOf<'cluster-state'>[];
  readonly clusterLinks: readonly RecordOf<'cluster-link'>[];
  readonly pluginEndpoints: readonly NetBoxRecord[];
  readonly known: KnownByEndpoint;
  readonly standing: readonly Standing[];
  /** Every endpoint whose cluster is known by name, those of the run included. */
  readonly named: readonly Namesake[];
  readonly endpoints: ReadonlyMap<number, EndpointTarget>;
}

/** A device or machine that a sidecar gives to an endpoint. */
export interface Standing {
  readonly endpointId: number;
  /** What the Proxmox cluster was called then. */
  readonly clusterName: string;
  /** The id of the NetBox cluster that it stands in. */
  readonly cluster: number;
}

/**
 * `name`: what we call it in NetBox; `title`: what it is to be called there, where an operator may have renamed it; `stated`:
 * what its sidecar says of its name in Proxmox: the one that NetBox shows until that can follow.
 */
export type ClusterChoice =
  | {
      readonly status: 'found';
      readonly cluster: RecordOf<'cluster'>;
      readonly name: string;
      readonly title: string;
      readonly stated: string;
      readonly warning?: Reason;
    }
  | { readonly status: 'new'; readonly name: string; readonly warning?: Reason }
  | { readonly status: 'refused'; readonly reason: Reason };

/** The remembered NetBox cluster, whatever Proxmox calls the cluster now. */
export function rememberedCluster(view: ClusterView, known: KnownByEndpoint): KnownRow | undefined {
  return rememberedEntry(view, known)?.netboxCluster ?? undefined;
}

function rememberedEntry(view: ClusterView, known: KnownByEndpoint): KnownCluster | undefined {
  const entries = [...view.endpointIds].sort((a, b) => a - b).flatMap((id) => known.get(id) ?? []);
  return entries.find((entry) => isOf(view, entry) && entry.netboxCluster !== null);
}

/** Under another name only where the root certificate says so: a name alone is no identity. */
function isOf(view: ClusterView, { name, mode, identity }: Pick<KnownCluster, 'name' | 'mode' | 'identity'>): boolean {
  return view.mode === mode && (view.name === name || (identity !== null && view.identity === identity));
}

/** @param site the configured site of the cluster */
export function chooseNetBoxCluster(
  view: ClusterView,
  site: number | null,
  candidates: ClusterCandidates,
): ClusterChoice {
  const own = asRemembered(view, candidates) ?? standingCluster(view, candidates) ?? linked(view, candidates);
  if (own === 'unverified') return { status: 'refused', reason: scattered(view) };
  if (own !== undefined) return found(view, own, candidates);
  const hidden = hiddenAmong(standingIds(view, candidates), candidates);
  if (hidden !== undefined) return { status: 'refused', reason: unreadable(view, hidden) };
  if (view.unverifiedEndpointIds.length > 0) return { status: 'refused', reason: maybeAnothers(view, candidates) };
  const named = byName(view, site, candidates);
  if (named === 'ambiguous') return { status: 'refused', reason: ambiguous(view) };
  if (named !== undefined) return found(view, named, candidates);
  const links = linksOf(view, candidates).flatMap(({ netbox_cluster: id }) => id ?? []);
  const unlisted = hiddenAmong(links, candidates);
  return unlisted === undefined
    ? newCluster(view, candidates)
    : { status: 'refused', reason: unreadable(view, unlisted) };
}

/** One that an operator has renamed is still ours. */
function found(view: ClusterView, cluster: RecordOf<'cluster'>, candidates: ClusterCandidates): ClusterChoice {
  const name = ourNames(view).slice(1).includes(cluster.name) ? cluster.name : view.name;
  const choice = { status: 'found', cluster, name } as const;
  const before = nameBefore(view, cluster, candidates);
  if (before === undefined) return { ...choice, title: cluster.name, stated: view.name };
  if (candidates.clusters.every((one) => one.name !== view.name)) return { ...choice, title: name, stated: view.name };
  return { ...choice, title: cluster.name, stated: before, warning: nameTaken(view, cluster) };
}

/** What Proxmox called it when it got the name that it bears in NetBox: given by us, and another one than by now. */
function nameBefore(
  view: ClusterView,
  { id, name }: RecordOf<'cluster'>,
  { clusterStates }: ClusterCandidates,
): string | undefined {
  const before = clusterStates.find((row) => row.cluster === id)?.proxmox_cluster_name ?? '';
  if (before === '' || before === view.name) return undefined;
  return ourNames({ ...view, name: before }).includes(name) ? before : undefined;
}

/** What a cluster may be called that no operator has renamed. */
function ourNames(view: ClusterView): readonly string[] {
  return [view.name, withEndpoint(view), withIdOfEndpoint(view)];
}

/** The NetBox cluster that is remembered, where it still is that one and no other endpoint's. */
export function asRemembered(view: ClusterView, candidates: ClusterCandidates): RecordOf<'cluster'> | undefined {
  const entry = rememberedEntry(view, candidates.known);
  const cluster = candidates.clusters.find((one) => isRemembered(entry, one, candidates));
  return cluster === undefined || ownedByLower(view, cluster, candidates) ? undefined : cluster;
}

/** Whether this row is the one that is remembered, whatever it is called now, and not another one that got its id. */
function isRemembered(
  entry: KnownCluster | undefined,
  { id, name, created }: RecordOf<'cluster'>,
  { clusterStates }: ClusterCandidates,
): boolean {
  const row = entry?.netboxCluster;
  if (entry === undefined || row?.id !== id) return false;
  if (row.created !== null && created !== null) return Date.parse(row.created) === Date.parse(created);
  return (
    name === row.name || clusterStates.some((one) => one.cluster === id && one.proxmox_cluster_name === entry.name)
  );
}

function standingCluster(
  view: ClusterView,
  candidates: ClusterCandidates,
): RecordOf<'cluster'> | 'unverified' | undefined {
  const own = candidates.standing.filter(
    ({ endpointId, clusterName }) => view.endpointIds.includes(endpointId) && clusterName === view.name,
  );
  const id = majority(own);
  if (id === undefined || id === 'unverified') return id;
  const cluster = candidates.clusters.find((record) => record.id === id);
  return cluster === undefined || ownedByLower(view, cluster, candidates) ? undefined : cluster;
}

/** Where most of what belongs to it stands, also where what is remembered of it is another name. */
function standingIds(view: ClusterView, { known, standing }: ClusterCandidates): readonly number[] {
  const remembered = rememberedCluster(view, known)?.id;
  const own = standing.filter(
    ({ endpointId, clusterName, cluster }) =>
      view.endpointIds.includes(endpointId) && (clusterName === view.name || cluster === remembered),
  );
  const id = majority(own);
  return typeof id === 'number' ? [id] : [];
}

/** The id of a cluster that visible rows name, though NetBox lists none with it: the token may not view that. */
function hiddenAmong(ids: readonly number[], { clusters }: ClusterCandidates): number | undefined {
  return ids.find((id) => clusters.every((one) => one.id !== id));
}

/** The id of the cluster in which more than half of them stand. */
function majority(standing: readonly Standing[]): number | 'unverified' | undefined {
  if (standing.length === 0) return undefined;
  const ids = new Set(standing.map(({ cluster }) => cluster));
  const isMost = (id: number): boolean => standing.filter(({ cluster }) => cluster === id).length * 2 > standing.length;
  return [...ids].find(isMost) ?? 'unverified';
}

/** The plugin's rows of the cluster under its endpoints. */
function linksOf(view: ClusterView, candidates: ClusterCandidates): readonly RecordOf<'cluster-link'>[] {
  const owners = new Set(view.endpointIds.map((id) => pluginIdOfEndpoint(id, candidates)).filter((id) => id !== null));
  return candidates.clusterLinks.filter(
    (row) => row.name.toLowerCase() === view.name.toLowerCase() && row.endpoint !== null && owners.has(row.endpoint),
  );
}

function linked(view: ClusterView, candidates: ClusterCandidates): RecordOf<'cluster'> | undefined {
  const links = linksOf(view, candidates);
  return candidates.clusters.find(
    (cluster) => links.some((row) => row.netbox_cluster === cluster.id) && !ownedByOther(view, cluster, candidates),
  );
}

function pluginIdOfEndpoint(endpointId: number, { endpoints, pluginEndpoints }: ClusterCandidates): number | null {
  const endpoint = endpoints.get(endpointId);
  return (endpoint === undefined ? undefined : pluginEndpointOf(endpoint, pluginEndpoints))?.id ?? null;
}

/** The clusters with our name, or with our name and that of our endpoint, that are nobody else's. */
function byName(
  view: ClusterView,
  site: number | null,
  candidates: ClusterCandidates,
): RecordOf<'cluster'> | 'ambiguous' | undefined {
  const free = candidates.clusters.filter(
    (cluster) => !ownedByOther(view, cluster, candidates) && !isPlacedElsewhere(view, cluster, { site, candidates }),
  );
  const longName = withEndpoint(view);
  const isFirst = isFirstOfName(view, candidates);
  const suffixed = free.filter(({ name }) => !isFirst && name === longName);
  const plain = free.filter((cluster) => cluster.name === view.name && (isFirst || isInSite(cluster, site)));
  const named = suffixed.length > 0 ? suffixed : plain;
  const stated = new Set(
    candidates.clusterStates.filter((row) => row.proxmox_cluster_name === view.name).map((row) => row.cluster),
  );
  if (named.length === 0) return undefined;
  return (
    chooseCluster(named, site) ??
    chooseCluster(
      named.filter(({ id }) => stated.has(id)),
      site,
    ) ??
    'ambiguous'
  );
}

/** The one cluster of several with the same name: the only one, or the one in the configured site. */
export function chooseCluster(
  named: readonly RecordOf<'cluster'>[],
  site: number | null,
): RecordOf<'cluster'> | undefined {
  if (named.length <= 1) return named[0];
  const placed = named.filter((record) => isInSite(record, site));
  return placed.length === 1 ? placed[0] : undefined;
}

/** The id of the site a cluster is scoped to; null for another kind of scope or none. */
export function siteScope(cluster: RecordOf<'cluster'>): number | null {
  return cluster.scope_type === 'dcim.site' ? cluster.scope_id : null;
}

function isInSite(cluster: RecordOf<'cluster'>, site: number | null): boolean {
  return site !== null && siteScope(cluster) === site;
}

/**
 * A cluster of our name in another site than the configured one, of which only others have said that it is theirs: NetBox
 * keeps names unique per site only.
 */
function isPlacedElsewhere(
  view: ClusterView,
  cluster: RecordOf<'cluster'>,
  { site, candidates }: { readonly site: number | null; readonly candidates: ClusterCandidates },
): boolean {
  const scope = siteScope(cluster);
  if (site === null || scope === null || scope === site) return false;
  if (namesakesOf(view, candidates).length > 0) return true;
  const owner = pluginIdOfEndpoint(view.owner.endpointId, candidates);
  const claims = candidates.clusterLinks.filter((row) => row.netbox_cluster === cluster.id);
  return claims.length > 0 && claims.every((row) => row.endpoint !== owner);
}

/** Stored endpoints of other clusters. */
function othersOf(view: ClusterView, { endpoints }: ClusterCandidates): readonly number[] {
  return [...endpoints.keys()].filter((id) => !view.endpointIds.includes(id));
}

/** Endpoints of other clusters that are gone. */
function goneOthersOf(view: ClusterView, { endpoints, known, standing }: ClusterCandidates): readonly number[] {
  const ids = new Set([...known.keys(), ...standing.map(({ endpointId }) => endpointId)]);
  return [...ids].filter((id) => !isNobodys(id) && !endpoints.has(id) && !view.endpointIds.includes(id));
}

function namesakesOf(view: ClusterView, candidates: ClusterCandidates): readonly Namesake[] {
  const name = view.name.toLowerCase();
  return candidates.named.filter(
    (one) => one.name.toLowerCase() === name && !view.endpointIds.includes(one.endpointId),
  );
}

function isFirstOfName(view: ClusterView, candidates: ClusterCandidates): boolean {
  return namesakesOf(view, candidates).every(({ endpointId }) => view.owner.endpointId < endpointId);
}

/** Two clusters may have stood in one: it stays that of the endpoint with the lowest id. */
function ownedByLower(view: ClusterView, cluster: RecordOf<'cluster'>, candidates: ClusterCandidates): boolean {
  return othersOf(view, candidates).some((id) => id < view.owner.endpointId && isClusterOf(id, cluster, candidates));
}

function ownedByOther(view: ClusterView, cluster: RecordOf<'cluster'>, candidates: ClusterCandidates): boolean {
  const others = [...othersOf(view, candidates), ...goneOthersOf(view, candidates)];
  return others.some((id) => isClusterOf(id, cluster, candidates));
}

function isClusterOf(endpointId: number, cluster: RecordOf<'cluster'>, candidates: ClusterCandidates): boolean {
  if (isRemembered(candidates.known.get(endpointId), cluster, candidates)) return true;
  const { id } = cluster;
  const standing = candidates.standing.filter((one) => one.endpointId === endpointId);
  const most = majority(standing);
  return most === id || (most === 'unverified' && standing.some(({ cluster }) => cluster === id));
}

function newCluster(view: ClusterView, candidates: ClusterCandidates): ClusterChoice {
  const taken = new Set(candidates.clusters.map(({ name }) => name));
  if (isFirstOfName(view, candidates) && !taken.has(view.name)) return { status: 'new', name: view.name };
  const long = withEndpoint(view);
  const name = taken.has(long) ? withIdOfEndpoint(view) : long;
  const message = `Another cluster is called "${view.name}" too; that of the endpoint "${view.owner.endpointName}" is called "${name}" in NetBox. Rename it there as you like: it is found again.`;
  return { status: 'new', name, warning: { code: 'cluster_name_shared', message } };
}

const maxNameLength = 100;

function withEndpoint({ name, owner }: ClusterView, more = ''): string {
  return longClusterName(name, `${withoutPluginId(owner.endpointName)}${more}`);
}

/** The name of a cluster with that of its endpoint behind it: `pve (Office)`. */
export function longClusterName(name: string, endpointName: string): string {
  const suffix = ` (${withoutPluginId(endpointName).slice(0, maxNameLength / 2)})`;
  return name.slice(0, maxNameLength - suffix.length) + suffix;
}

/** Whether a cluster, as its endpoint or as NetBox calls it, has this name. */
export function isCalled(name: string, cluster: string | undefined, endpointName: string): boolean {
  if (cluster === undefined) return false;
  return [cluster, longClusterName(cluster, endpointName)].some((one) => one.toLowerCase() === name.toLowerCase());
}

function withIdOfEndpoint(view: ClusterView): string {
  return withEndpoint(view, ` ${view.owner.endpointId}`);
}

/** The names under which a cluster of NetBox may be waiting for it. */
export function possibleNames(view: ClusterView, named: readonly Namesake[]): readonly string[] {
  const isAlone = named.every(
    ({ name, endpointId }) => view.endpointIds.includes(endpointId) || name.toLowerCase() !== view.name.toLowerCase(),
  );
  return isAlone ? [view.name] : [view.name, withEndpoint(view)];
}

function nameTaken({ name, owner }: ClusterView, cluster: RecordOf<'cluster'>): Reason {
  return {
    code: 'name_adjusted',
    message: `The cluster of endpoint "${owner.endpointName}" is called "${name}" in Proxmox now. In NetBox it stays "${cluster.name}" as long as another cluster there is called "${name}"; it is renamed by the next run that finds the name free.`,
  };
}

function unreadable({ name, owner }: ClusterView, id: number): Reason {
  return {
    code: 'identity_unreadable',
    message: `Cluster "${name}" of endpoint "${owner.endpointName}" is the NetBox cluster ${id}, which the NetBox token cannot read. Grant it the view permission for clusters without conditions.`,
  };
}

function ambiguous({ name, owner }: ClusterView): Reason {
  return {
    code: 'cluster_ambiguous',
    message: `NetBox has several clusters named "${name}". Set the site of the endpoint "${owner.endpointName}", or rename all but one.`,
  };
}

function scattered({ name, owner }: ClusterView): Reason {
  return {
    code: 'cluster_unverified',
    message: `The devices and machines of cluster "${name}" (endpoint "${owner.endpointName}") stand in several NetBox clusters, and in none of them most. Move them into one in NetBox.`,
  };
}

function maybeAnothers(view: ClusterView, { endpoints }: ClusterCandidates): Reason {
  const { name, owner, nodes, unverifiedEndpointIds } = view;
  const numbers = unverifiedEndpointIds.filter((id) => id === owner.endpointId || !endpoints.has(id));
  if (numbers.length > 0) {
    const places = nameList(nodes.map((node) => `"${node.name}" ${node.ip}`));
    return {
      code: 'cluster_unverified',
      message: `NetBox has devices or machines of a cluster "${name}" under the endpoint id ${nameList(numbers.map(String))}, and nothing shows whether they are those of endpoint "${owner.endpointName}", so nothing is changed for it. If they are, give its device the address of the node in NetBox (${places}). If not, give that device its own address, delete the endpoint and register it again: it gets an id that nobody has had.`,
    };
  }
  const others = quotedList(unverifiedEndpointIds.map((id) => endpoints.get(id)?.name ?? String(id)));
  return {
    code: 'cluster_unverified',
    message: `Cluster "${name}" of endpoint "${owner.endpointName}" may be that of ${others}, which cannot be verified now, so nothing of either is changed for it. Bring ${others} up, or delete it if it is gone. What tells them apart: ${whatTells}.`,
  };
}
