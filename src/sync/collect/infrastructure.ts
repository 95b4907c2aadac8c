/** Reads what NetBox has of clusters, their sites and nodes: a fixed number of requests, whatever their size. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { ClusterView } from '../plan/cluster-views.js';
import { clusterTypeName, clusterTypeSlugs, defaultSite } from '../plan/infrastructure.js';
import type { InfrastructureRecords } from '../plan/infrastructure-types.js';
import { possibleNames, siteScope } from '../plan/netbox-cluster.js';
import type { RunContext } from '../run-context.js';
import { withAliases } from './aliases.js';
import { loadNamed } from './named.js';
import { collectClusters, noEvidence, type CollectedClusters } from './netbox-clusters.js';
import { loadClustersAndDevices, type SettledRecords } from './settled.js';

export interface CollectedInfrastructure {
  /** Completed by stored endpoints that lead to the same clusters. */
  readonly views: readonly ClusterView[];
  readonly records: InfrastructureRecords;
}

/** `asItIs`: the plan refers to clusters and devices and changes none, so that what would only mend them need not be read. */
export async function collectInfrastructure(
  run: RunContext,
  given: readonly ClusterView[],
  { asItIs }: { readonly asItIs: boolean },
): Promise<CollectedInfrastructure> {
  const settled = asItIs ? await loadClustersAndDevices(run) : undefined;
  if (settled?.isComplete === true) return collectSettled(run, given, settled);
  const collected = await collectClusters(run, given);
  const { views, records } = collected;
  const types = views.map(({ mode }) => ({ slug: mode, title: clusterTypeName(mode) }));
  const [clusterTypes, placed, siteSupport, tenants] = await Promise.all([
    loadNamed(run, 'cluster-type', types, clusterTypeSlugs),
    collectPlacements(run, 'site', views),
    loadNamed(run, 'site', siteless(collected).map(defaultSite)),
    collectPlacements(run, 'tenant', views),
  ]);
  const clusterDevices = await loadStanding(run, collected, placed);
  return { views, records: { ...records, clusterTypes, sites: [...placed, ...siteSupport], tenants, clusterDevices } };
}

/** What is only needed to make or mend clusters is not read where they are taken as they are. */
async function collectSettled(
  run: RunContext,
  given: readonly ClusterView[],
  { clusters, devices }: SettledRecords,
): Promise<CollectedInfrastructure> {
  const nodes = unique(given.flatMap((view) => view.nodes.map(({ name }) => name)));
  const hasPlugin = run.capabilities.proxboxPlugin;
  const views = await withAliases(run, given, []);
  const [nodeLinks, sites, tenants] = await Promise.all([
    hasPlugin ? run.collections.load('node-link', {}, { filter: 'name', of: nodes }) : [],
    collectPlacements(run, 'site', views),
    collectPlacements(run, 'tenant', views),
  ]);
  const records = {
    ...noEvidence(run),
    hasPlugin,
    clusters,
    devices,
    deviceStates: [],
    nodeLinks,
    clusterTypes: [],
    clusterDevices: [],
    sites,
    tenants,
  };
  return { views, records };
}

/**
 * The devices of clusters that are in no site, or in another one than is configured: NetBox takes a cluster at a site only
 * while all of its devices are there, also those that are no nodes of Proxmox, or none any more.
 */
async function loadStanding(
  run: RunContext,
  { views, netboxClusters }: CollectedClusters,
  placed: readonly RecordOf<'site'>[],
): Promise<readonly RecordOf<'device'>[]> {
  const of = views.flatMap((view) => {
    const cluster = netboxClusters.get(view.key);
    return cluster === undefined || isAsConfigured(view, siteScope(cluster), placed) ? [] : [cluster.id];
  });
  return run.collections.load('device', {}, { filter: 'cluster_id', of: unique(of) });
}

function isAsConfigured(view: ClusterView, scope: number | null, placed: readonly RecordOf<'site'>[]): boolean {
  if (!isConfigured(view)) return scope !== null;
  const { id, slug, name } = view.owner.site;
  return placed.some((site) => site.id === scope && (site.id === id || site.slug === slug || site.name === name));
}

function isConfigured({ owner: { site } }: ClusterView): boolean {
  return [site.id, site.slug, site.name].some((value) => (value ?? '') !== '');
}

/** Names of clusters that are configured to be in no site, and are in none so far: a region or location is no site. */
function siteless({ views, records, netboxClusters }: CollectedClusters): readonly string[] {
  const isPlaced = ({ key }: ClusterView): boolean => {
    const cluster = netboxClusters.get(key);
    return cluster !== undefined && siteScope(cluster) !== null;
  };
  return views
    .filter((view) => !isConfigured(view) && !isPlaced(view))
    .flatMap((view) => possibleNames(view, records.named));
}

/** The configured sites and tenants by id, slug and name. */
async function collectPlacements<K extends 'site' | 'tenant'>(
  run: RunContext,
  kind: K,
  views: readonly ClusterView[],
): Promise<readonly RecordOf<K>[]> {
  const placements = views.map((view) => view.owner[kind]);
  const given = (values: readonly (string | null)[]) =>
    values.map((value) => value ?? '').filter((value) => value !== '');
  const ids = unique(placements.map((placement) => placement.id).filter((id) => id !== null));
  const slugs = unique(given(placements.map(({ slug }) => slug)));
  const names = unique(given(placements.map(({ name }) => name)));
  const [byId, bySlug] = await Promise.all([
    run.collections.load(kind, {}, { filter: 'id', of: ids }),
    run.collections.load(kind, {}, { filter: 'slug', of: slugs }),
  ]);
  const records = [...byId, ...bySlug];
  const known = new Set(records.map((record: RecordOf<'site' | 'tenant'>) => record.name));
  const unnamed = names.filter((name) => !known.has(name));
  return [...records, ...(await run.collections.load(kind, {}, { filter: 'name', of: unnamed }))];
}

function unique<T extends string | number>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].sort();
}
