import { textOf } from '../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { ClusterView } from '../plan/cluster-views.js';
import { endpointIdOf } from '../plan/device-owner.js';
import type { InfrastructureRecords } from '../plan/infrastructure-types.js';
import { slugify } from '../plan/slug.js';
import type { RunContext } from '../run-context.js';
import { withAliases } from './aliases.js';
import { loadDevices } from './devices.js';
import { loadClustersAndDevices } from './settled.js';

export interface CollectedInfrastructure {
  /** Completed by stored endpoints that lead to the same clusters. */
  readonly views: readonly ClusterView[];
  readonly records: InfrastructureRecords;
}

/** Reads what NetBox has of the clusters, their sites and their nodes: a fixed number of requests, whatever their size. */
export async function collectInfrastructure(
  run: RunContext,
  given: readonly ClusterView[],
): Promise<CollectedInfrastructure> {
  const { collections, capabilities } = run;
  const names = unique(given.map((view) => view.name));
  const nodeNames = unique(given.flatMap((view) => view.nodes.map((node) => node.name)));
  const hasPlugin = capabilities.proxboxPlugin;
  const isSelection = run.options.netboxVmIds !== null;
  const settled = isSelection ? await loadClustersAndDevices(run) : undefined;
  const isComplete = settled?.isComplete === true;
  const clusters = settled?.clusters ?? (await collections.load('cluster', {}, { filter: 'name', of: names }));
  // What is only needed to make or mend clusters is not read where they are taken as they are.
  const unlessSettled = async (load: () => Promise<readonly NetBoxRecord[]>) => (isComplete ? [] : load());
  const plugin = async (load: () => Promise<readonly NetBoxRecord[]>) => (hasPlugin ? load() : []);
  const deviceStates = await unlessSettled(() => plugin(() => collections.load('device-state', {})));
  const nodeLinks = await plugin(() => collections.load('node-link', {}, { filter: 'name', of: nodeNames }));
  const ownership = { endpoints: run.endpoints, records: { nodeLinks, pluginEndpoints: run.pluginEndpoints } };
  const owned = deviceStates.map((row) => ({ ...row, proxmox_endpoint_raw_id: endpointIdOf(row, ownership) }));
  const views = await withAliases(run, given, owned);
  const records: InfrastructureRecords = {
    hasPlugin,
    clusters,
    devices: settled?.isComplete === true ? settled.devices : await loadDevices(run, views, deviceStates),
    clusterTypes: await unlessSettled(() =>
      collections.load('cluster-type', {}, { filter: 'slug', of: ['cluster', 'restricted', 'standalone'] }),
    ),
    sites: await collectPlacements(run, 'site', { views, defaults: !isComplete }),
    tenants: await collectPlacements(run, 'tenant', { views, defaults: false }),
    clusterStates: await unlessSettled(() =>
      plugin(() => collections.load('cluster-state', {}, { filter: 'cluster_id', of: clusters.map(idOf) })),
    ),
    deviceStates,
    clusterLinks: await unlessSettled(() =>
      plugin(() => collections.load('cluster-link', {}, { filter: 'name', of: names })),
    ),
    nodeLinks,
    pluginEndpoints: run.pluginEndpoints,
  };
  return { views, records };
}

/** The configured sites and tenants by id, slug and name, and the default sites of clusters without one. */
async function collectPlacements(
  run: RunContext,
  kind: 'site' | 'tenant',
  { views, defaults: withDefaults }: { readonly views: readonly ClusterView[]; readonly defaults: boolean },
): Promise<readonly NetBoxRecord[]> {
  const placements = views.map((view) => view.owner[kind]);
  const defaults = withDefaults ? views.map((view) => `proxmox-default-site-${slugify(view.name, 'cluster')}`) : [];
  const ids = unique(placements.map((placement) => placement.id).filter((id) => id !== null));
  const slugs = unique(
    [...placements.map((placement) => placement.slug ?? ''), ...defaults].filter((slug) => slug !== ''),
  );
  const names = unique(placements.map((placement) => placement.name ?? '').filter((name) => name !== ''));
  const records = [
    ...(await run.collections.load(kind, {}, { filter: 'id', of: ids })),
    ...(await run.collections.load(kind, {}, { filter: 'slug', of: slugs })),
  ];
  const unnamed = names.filter((name) => !records.some((record) => textOf(record['name']) === name));
  return [...records, ...(await run.collections.load(kind, {}, { filter: 'name', of: unnamed }))];
}

function idOf(record: NetBoxRecord): number {
  return record.id;
}

function unique<T extends string | number>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].sort();
}
