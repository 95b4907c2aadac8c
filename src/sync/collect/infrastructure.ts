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

export async function collectInfrastructure(
  run: RunContext,
  given: readonly ClusterView[],
): Promise<CollectedInfrastructure> {
  const settled = run.options.netboxVmIds === null ? undefined : await loadClustersAndDevices(run);
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
  return { views, records: { ...records, clusterTypes, sites: [...placed, ...siteSupport], tenants } };
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
    sites,
    tenants,
  };
  return { views, records };
}

/** Names of clusters that are configured to be in no site, and are in none so far: a region or location is no site. */
function siteless({ views, records, netboxClusters }: CollectedClusters): readonly string[] {
  const isConfigured = ({ owner: { site } }: ClusterView): boolean =>
    [site.id, site.slug, site.name].some((value) => (value ?? '') !== '');
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
