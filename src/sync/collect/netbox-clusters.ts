/** Reads what tells which NetBox clusters those of a run are. What is remembered costs no request more than their list. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { ClusterView } from '../plan/cluster-views.js';
import { endpointIdOf } from '../plan/device-owner.js';
import type { InfrastructureRecords } from '../plan/infrastructure-types.js';
import {
  asRemembered,
  chooseNetBoxCluster,
  possibleNames,
  rememberedCluster,
  type ClusterCandidates,
  type Namesake,
  type Standing,
} from '../plan/netbox-cluster.js';
import type { RunContext } from '../run-context.js';
import { withAliases } from './aliases.js';
import { loadDevices } from './devices.js';
import { loadIfAllowed } from './machine-rows.js';
import { trustedRows } from './owned-rows.js';

/** By view key; clusters that NetBox does not have, or that cannot be told, are missing. */
export type NetBoxClusters = ReadonlyMap<string, RecordOf<'cluster'>>;

/** The clusters of views in NetBox, as every stage below the devices needs them. */
export async function findNetBoxClusters(run: RunContext, views: readonly ClusterView[]): Promise<NetBoxClusters> {
  const remembered = await loadRemembered(run, views);
  if (remembered !== undefined) return remembered;
  return (await collectClusters(run, views)).netboxClusters;
}

/** The clusters of all these views, where they are remembered and still called so in NetBox. */
export async function loadRemembered(
  run: RunContext,
  views: readonly ClusterView[],
): Promise<NetBoxClusters | undefined> {
  if (views.some((view) => rememberedCluster(view, run.known.byEndpoint) === undefined)) return undefined;
  const clusters = await loadByName(run, possiblyCalled(run, views, namesOf(run)));
  const candidates = { ...noEvidence(run), clusters };
  const isThere = views.every((view) => asRemembered(view, candidates) !== undefined);
  return isThere ? choose(run, views, candidates) : undefined;
}

/** Nothing but what is remembered. */
export function noEvidence(run: RunContext): ClusterCandidates {
  const { endpoints, pluginEndpoints, known } = run;
  const named = namesOf(run);
  const rows = { clusters: [], clusterStates: [], clusterLinks: [], standing: [] };
  return { ...rows, endpoints, pluginEndpoints, known: known.byEndpoint, named };
}

export interface CollectedClusters {
  /** Completed by stored endpoints that lead to the same clusters. */
  readonly views: readonly ClusterView[];
  readonly records: Omit<InfrastructureRecords, 'clusterTypes' | 'sites' | 'tenants' | 'clusterDevices'>;
  readonly netboxClusters: NetBoxClusters;
}

/** Everything in NetBox that tells which clusters these are, and which devices their nodes. */
export async function collectClusters(run: RunContext, given: readonly ClusterView[]): Promise<CollectedClusters> {
  const { collections, capabilities, pluginEndpoints, endpoints } = run;
  const hasPlugin = capabilities.proxboxPlugin;
  const plugin = async <Row>(load: () => Promise<readonly Row[]>) => (hasPlugin ? load() : []);
  const nodeNames = unique(given.flatMap((view) => view.nodes.map((node) => node.name)));
  const names = unique(given.map(({ name }) => name));
  const [states, nodeLinks, clusterLinks] = await Promise.all([
    plugin(() => collections.load('device-state', {})),
    plugin(() => collections.load('node-link', {}, { filter: 'name', of: nodeNames })),
    plugin(() => collections.load('cluster-link', {}, { filter: 'name', of: names })),
  ]);
  const deviceStates = trustedRows(run, states);
  const owned = deviceStates.map((row) => ({
    ...row,
    proxmox_endpoint_raw_id: endpointIdOf(row, { endpoints, records: { nodeLinks, pluginEndpoints } }),
  }));
  const views = await withAliases(run, given, owned);
  const named = namesOf(run);
  const [devices, byName] = await Promise.all([
    loadDevices(run, views, { states: deviceStates, links: nodeLinks }),
    loadByName(run, possiblyCalled(run, views, named)),
  ]);
  const standing = await loadStanding(run, views, { devices, owned, clusters: byName });
  const clusters = await withRenamed(run, views, { byName, standing, clusterLinks });
  const records = {
    hasPlugin,
    clusters,
    devices,
    deviceStates,
    nodeLinks,
    clusterLinks,
    standing,
    named,
    clusterStates: await plugin(() =>
      collections.load('cluster-state', {}, { filter: 'cluster_id', of: clusters.map(({ id }) => id) }),
    ),
    pluginEndpoints,
    known: run.known.byEndpoint,
  };
  return { views, records, netboxClusters: choose(run, views, { ...records, endpoints }) };
}

/** What is found is remembered. */
function choose(run: RunContext, views: readonly ClusterView[], candidates: ClusterCandidates): NetBoxClusters {
  const found = new Map<string, RecordOf<'cluster'>>();
  for (const view of views) {
    const choice = chooseNetBoxCluster(view, view.owner.site.id, candidates);
    if (choice.status !== 'found') continue;
    found.set(view.key, choice.cluster);
    run.known.settle(view, choice.cluster);
  }
  return found;
}

/** What the clusters of endpoints are called: those of the run, and others that were seen. */
function namesOf(run: RunContext): readonly Namesake[] {
  const here = run.clusters.flatMap(({ view }) =>
    view.endpointIds.map((endpointId) => ({ endpointId, name: view.name })),
  );
  const inside = new Set(here.map(({ endpointId }) => endpointId));
  const others = [...run.known.byEndpoint.values()].filter(
    ({ endpointId }) => !inside.has(endpointId) && run.endpoints.has(endpointId),
  );
  return [...here, ...others];
}

/** The names that the clusters of views have, or may have where what is remembered is true no more. */
function possiblyCalled(
  { known }: RunContext,
  views: readonly ClusterView[],
  named: readonly Namesake[],
): readonly string[] {
  const remembered = views.flatMap((view) => rememberedCluster(view, known.byEndpoint)?.name ?? []);
  return [...views.flatMap((view) => possibleNames(view, named)), ...remembered];
}

/** By id only those that an operator has renamed. */
async function withRenamed(
  run: RunContext,
  views: readonly ClusterView[],
  {
    byName: clusters,
    standing,
    clusterLinks,
  }: Pick<ClusterCandidates, 'standing' | 'clusterLinks'> & { readonly byName: readonly RecordOf<'cluster'>[] },
): Promise<readonly RecordOf<'cluster'>[]> {
  const loaded = new Set(clusters.map(({ id }) => id));
  const viewNames = new Set(views.map(({ name }) => name));
  const wanted = [
    ...views.flatMap((view) => rememberedCluster(view, run.known.byEndpoint)?.id ?? []),
    ...standing.filter(({ clusterName }) => viewNames.has(clusterName)).map(({ cluster }) => cluster),
    ...clusterLinks.flatMap((row) => row.netbox_cluster ?? []),
  ].filter((id) => !loaded.has(id));
  return [...clusters, ...(await run.collections.load('cluster', {}, { filter: 'id', of: unique(wanted) }))];
}

function loadByName(run: RunContext, names: readonly string[]): Promise<readonly RecordOf<'cluster'>[]> {
  return run.collections.load('cluster', {}, { filter: 'name', of: unique(names) });
}

/** As many machines of an endpoint tell enough. */
const fewMachines = 50;

/** Where devices stand; machines are asked for only where no device tells anything of a cluster that is not remembered. */
async function loadStanding(
  run: RunContext,
  views: readonly ClusterView[],
  {
    devices,
    owned,
    clusters,
  }: {
    readonly devices: readonly RecordOf<'device'>[];
    readonly owned: readonly RecordOf<'device-state'>[];
    readonly clusters: readonly RecordOf<'cluster'>[];
  },
): Promise<readonly Standing[]> {
  const byDevice = standingOf(
    owned.map((row) => ({ ...row, object: row.device })),
    devices,
  );
  const isTold = (view: ClusterView): boolean =>
    asRemembered(view, { ...noEvidence(run), clusters }) !== undefined ||
    byDevice.some(({ endpointId }) => view.endpointIds.includes(endpointId));
  if (views.every(isTold) || !run.capabilities.proxboxPlugin || run.options.netboxVmIds !== null) return byDevice;
  // Who may not read them is told so by the stages of machines.
  const states = await loadIfAllowed(run, [], { kind: 'vm-state', without: '' }, () =>
    run.collections.load('vm-state', {}),
  );
  const names = new Set(views.map(({ name }) => name));
  const counts = new Map<number, number>();
  const few = trustedRows(run, states ?? []).filter((row) => {
    const endpointId = row.proxmox_endpoint_raw_id;
    if (endpointId === null || row.virtual_machine === null || !names.has(row.proxmox_cluster_name)) return false;
    const count = (counts.get(endpointId) ?? 0) + 1;
    counts.set(endpointId, count);
    return count <= fewMachines;
  });
  const of = unique(few.flatMap((row) => row.virtual_machine ?? []));
  const machines = await run.collections.load('virtual-machine', {}, { filter: 'id', of });
  return [
    ...byDevice,
    ...standingOf(
      few.map((row) => ({ ...row, object: row.virtual_machine })),
      machines,
    ),
  ];
}

interface OwnedRow {
  readonly object: number | null;
  readonly proxmox_endpoint_raw_id: number | null;
  readonly proxmox_cluster_name: string;
}

function standingOf(
  rows: readonly OwnedRow[],
  objects: readonly { readonly id: number; readonly cluster: number | null }[],
): readonly Standing[] {
  const clusters = new Map(objects.map(({ id, cluster }) => [id, cluster]));
  return rows.flatMap(({ object, proxmox_endpoint_raw_id: endpointId, proxmox_cluster_name: clusterName }) => {
    const cluster = object === null ? null : clusters.get(object);
    return endpointId === null || cluster === null || cluster === undefined
      ? []
      : [{ endpointId, clusterName, cluster }];
  });
}

function unique<T extends string | number>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].sort();
}
