import { relationId, textOf } from '../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { Fields, FieldRules, Ref, SourceRef } from '../types.js';
import { nodeKey, type ClusterView } from './cluster-views.js';
import type { InfrastructureInput, PlannedCluster } from './infrastructure-types.js';
import { planDevices } from './devices.js';
import type { SyncOptions } from './options.js';
import type { PlanBuilder } from './plan-builder.js';
import { pluginEndpointOf } from './plugin-endpoint.js';
import { slugify } from './slug.js';
import { proxboxTag, ref } from './support-objects.js';

/**
 * Plans clusters, their types and sites, and the devices of their nodes. A view whose cluster cannot be told or placed
 * is refused with everything in it; the others go on. Returns what guests refer to, by view key.
 */
export function planInfrastructure(
  builder: PlanBuilder,
  input: InfrastructureInput,
): ReadonlyMap<string, PlannedCluster> {
  const planned = new Map<string, PlannedCluster>();
  const views = input.views.filter((view) => input.purpose === 'inventory' || input.purpose.nodesOf.has(view.key));
  if (input.purpose === 'inventory') builder.discovered('cluster', views.length);
  const plannedNames = new Set<string>();
  for (const view of views) {
    const cluster = planCluster(builder, view, input);
    if (cluster === undefined) {
      refuseNodes(builder, view, input);
      continue;
    }
    planClusterRows(builder, cluster, input);
    const devices = planDevices(builder, cluster, { ...input, plannedNames });
    planned.set(view.key, { ...cluster, devices, pluginEndpointId: pluginEndpointId(view, input) });
  }
  return planned;
}

type ClusterOnly = Omit<PlannedCluster, 'devices' | 'pluginEndpointId'>;

function pluginEndpointId(view: ClusterView, { endpoints, records }: InfrastructureInput): number | null {
  const endpoint = endpoints.get(view.owner.endpointId);
  return (endpoint === undefined ? undefined : pluginEndpointOf(endpoint, records.pluginEndpoints))?.id ?? null;
}

function sourceOf(view: ClusterView): SourceRef {
  return { endpointId: view.owner.endpointId, cluster: view.name };
}

function planCluster(builder: PlanBuilder, view: ClusterView, input: InfrastructureInput): ClusterOnly | undefined {
  const { options } = input;
  const subject = { kind: 'cluster' as const, key: view.key, label: view.name, source: sourceOf(view) };
  const placed = placeCluster(builder, view, { subject, input });
  if (placed === undefined) return undefined;
  const { site, tenant, found } = placed;
  const scopeSite = found === undefined ? null : siteScope(found);
  const cluster = ref('cluster', view.key);
  const isOff = options.modes.cluster === 'disabled' && (found !== undefined || input.purpose === 'inventory');
  if (isOff && !input.asItIs)
    builder.skip(subject, {
      code: 'mode_disabled',
      message: `Cluster "${view.name}" is left alone (sync_mode_cluster=disabled).`,
    });
  if (isOff || (input.asItIs && found !== undefined)) return untouchedCluster(builder, view, found);
  const placedSite = planSite(builder, view, input, site ?? scopeSite);
  planClusterType(builder, view, input);
  builder.add(
    {
      ...subject,
      fields: clusterFields(view, placedSite, tenant),
      createTags: [ref('tag', 'proxbox-discovered-cluster')],
      rules: clusterRules(options, site !== null),
    },
    found,
    { mode: options.modes.cluster },
  );
  return { view, cluster, current: found, site: placedSite };
}

interface Placed {
  readonly site: number | null;
  readonly tenant: number | null;
  readonly found: NetBoxRecord | undefined;
}

/** Where the cluster belongs and which NetBox object it is; refused when either cannot be told. */
function placeCluster(
  builder: PlanBuilder,
  view: ClusterView,
  { subject, input }: { readonly subject: Parameters<PlanBuilder['refuse']>[0]; readonly input: InfrastructureInput },
): Placed | undefined {
  const site = resolvePlacement(view.owner.site, input.records.sites);
  const tenant = resolvePlacement(view.owner.tenant, input.records.tenants);
  if (site === 'not-found' || tenant === 'not-found') {
    builder.refuse(subject, placementMissing(view, site === 'not-found' ? 'site' : 'tenant'));
    return undefined;
  }
  const found = findCluster(view, input, site);
  if (found !== 'ambiguous') return { site, tenant, found };
  builder.refuse(subject, {
    code: 'cluster_ambiguous',
    message: `NetBox has several clusters named "${view.name}". Set the site of the endpoint "${view.owner.endpointName}", or rename all but one.`,
  });
  return undefined;
}

/** A cluster that is only referred to. */
function untouchedCluster(
  builder: PlanBuilder,
  view: ClusterView,
  found: NetBoxRecord | undefined,
): ClusterOnly | undefined {
  if (found === undefined) return undefined;
  builder.know('cluster', view.key, found.id);
  return { view, cluster: ref('cluster', view.key), current: found, site: siteScope(found) };
}

function clusterFields(view: ClusterView, site: Ref | number, tenant: number | null): Fields {
  return {
    name: view.name,
    type: ref('cluster-type', view.mode),
    scope_type: 'dcim.site',
    scope_id: site,
    ...(tenant === null ? {} : { tenant }),
    description: `Proxmox ${view.mode} cluster.`,
    tags: [proxboxTag],
  };
}

function clusterRules(options: SyncOptions, placed: boolean): FieldRules {
  const { overwrite } = options;
  return {
    scope_type: placed ? 'always' : 'if-unset',
    scope_id: placed ? 'always' : 'if-unset',
    description: overwrite.overwrite_cluster_description ? { ours: /^Proxmox \w+ cluster\.$/ } : 'if-unset',
    tags: overwrite.overwrite_cluster_tags ? 'union' : 'union-if-unset',
  };
}

function planClusterType(builder: PlanBuilder, view: ClusterView, { records }: InfrastructureInput): void {
  const name = view.mode.charAt(0).toUpperCase() + view.mode.slice(1);
  if (builder.has('cluster-type', view.mode)) return;
  builder.add(
    {
      kind: 'cluster-type',
      key: view.mode,
      label: name,
      fields: { name, slug: view.mode, description: `Proxmox ${view.mode} mode`, tags: [proxboxTag] },
      rules: { name: 'create-only', slug: 'create-only', description: 'create-only', tags: 'union' },
    },
    records.clusterTypes.find((record) => textOf(record['slug']) === view.mode),
  );
}

/** The site of the cluster: the configured or stored one, else a default site that is created once. */
function planSite(
  builder: PlanBuilder,
  view: ClusterView,
  { records }: InfrastructureInput,
  site: number | null,
): Ref | number {
  if (site !== null) return site;
  const slug = `proxmox-default-site-${slugify(view.name, 'cluster')}`;
  if (!builder.has('site', slug)) {
    const name = `Proxmox Default Site - ${view.name}`;
    builder.add(
      {
        kind: 'site',
        key: slug,
        label: name,
        fields: { name: name.slice(0, 100), slug, status: 'active', tags: [proxboxTag] },
        rules: { name: 'create-only', slug: 'create-only', status: 'create-only', tags: 'union' },
      },
      records.sites.find((record) => textOf(record['slug']) === slug),
    );
  }
  return builder.known.get(`site:${slug}`) ?? ref('site', slug);
}

/** The plugin's rows about a cluster: our sidecar, and the link from its ProxmoxCluster row. */
function planClusterRows(
  builder: PlanBuilder,
  { view, cluster, current }: ClusterOnly,
  input: InfrastructureInput,
): void {
  const { records, options, now } = input;
  if (!records.hasPlugin || options.modes.cluster === 'disabled') return;
  if (input.asItIs && current !== undefined) return;
  const state =
    current === undefined ? undefined : records.clusterStates.find((row) => relationId(row['cluster']) === current.id);
  if (state === undefined || options.overwrite.overwrite_cluster_custom_fields) {
    builder.add(
      {
        kind: 'cluster-state',
        key: view.key,
        label: view.name,
        fields: { cluster, proxmox_cluster_name: view.name, proxmox_last_updated: now },
        rules: { cluster: 'create-only', proxmox_last_updated: 'stamp' },
        source: sourceOf(view),
      },
      state,
    );
  }
  planClusterLink(builder, { view, cluster, current }, input);
}

function planClusterLink(
  builder: PlanBuilder,
  { view, cluster, current }: Pick<ClusterOnly, 'view' | 'cluster' | 'current'>,
  input: InfrastructureInput,
): void {
  const ownerId = pluginEndpointId(view, input);
  if (ownerId === null) return;
  const namesakes = input.records.clusterLinks.filter(
    (row) => textOf(row['name']).toLowerCase() === view.name.toLowerCase(),
  );
  const ours = namesakes.find((row) => relationId(row['endpoint']) === ownerId);
  const foreign = namesakes.filter(
    (row) => row !== ours && current !== undefined && relationId(row['netbox_cluster']) === current.id,
  );
  if (foreign.length > 0 && ours !== undefined) {
    builder.warn({
      code: 'cluster_link_ambiguous',
      message: `Proxmox cluster rows ${[ours.id, ...foreign.map((row) => row.id)].join(', ')} of the plugin are about the NetBox cluster "${view.name}". Only one row may be linked to it; unlink the others in NetBox.`,
      source: sourceOf(view),
    });
    return;
  }
  if (ours === undefined) return;
  builder.add(
    {
      kind: 'cluster-link',
      key: view.key,
      label: view.name,
      fields: { netbox_cluster: cluster },
      rules: { netbox_cluster: 'if-unset' },
      source: sourceOf(view),
    },
    ours,
  );
}

function findCluster(
  view: ClusterView,
  input: InfrastructureInput,
  site: number | null,
): NetBoxRecord | 'ambiguous' | undefined {
  const { records } = input;
  const named = records.clusters.filter(
    (record) => textOf(record['name']) === view.name && !belongsElsewhere(record, view, input, site),
  );
  const ownedIds = new Set(
    records.clusterStates
      .filter((row) => textOf(row['proxmox_cluster_name']) === view.name)
      .map((row) => relationId(row['cluster'])),
  );
  const owned = named.filter((record) => ownedIds.has(record.id));
  return named.length === 0 ? undefined : (chooseCluster(named, site) ?? chooseCluster(owned, site) ?? 'ambiguous');
}

/**
 * A cluster of our name in another site than the configured one, of which another endpoint has said that it is its own:
 * NetBox keeps names unique per site only, so two Proxmox clusters may share one.
 */
function belongsElsewhere(
  record: NetBoxRecord,
  view: ClusterView,
  { views, records, endpoints }: InfrastructureInput,
  site: number | null,
): boolean {
  const scope = siteScope(record);
  if (site === null || scope === null || scope === site) return false;
  if (views.some((other) => other.key !== view.key && other.name === view.name)) return true;
  const endpoint = endpoints.get(view.owner.endpointId);
  const owner = endpoint === undefined ? undefined : pluginEndpointOf(endpoint, records.pluginEndpoints);
  const claims = records.clusterLinks.filter((row) => relationId(row['netbox_cluster']) === record.id);
  return claims.length > 0 && claims.every((row) => relationId(row['endpoint']) !== owner?.id);
}

/** The one cluster of several with the same name: the only one, or the one in the configured site. */
export function chooseCluster(named: readonly NetBoxRecord[], site: number | null): NetBoxRecord | undefined {
  if (named.length <= 1) return named[0];
  const placed = named.filter((record) => site !== null && siteScope(record) === site);
  return placed.length === 1 ? placed[0] : undefined;
}

/** The id of the site a cluster is scoped to; null for another kind of scope or none. */
export function siteScope(cluster: NetBoxRecord): number | null {
  return textOf(cluster['scope_type']) === 'dcim.site' ? relationId(cluster['scope_id']) : null;
}

function resolvePlacement(
  placement: ClusterView['owner']['site'],
  records: readonly NetBoxRecord[],
): number | 'not-found' | null {
  const { id, slug, name } = placement;
  if (id === null && (slug ?? '') === '' && (name ?? '') === '') return null;
  const found =
    records.find((record) => id !== null && record.id === id) ??
    records.find((record) => slug !== null && textOf(record['slug']) === slug) ??
    records.find((record) => name !== null && textOf(record['name']) === name);
  return found?.id ?? 'not-found';
}

function placementMissing(view: ClusterView, what: 'site' | 'tenant') {
  const { id, slug, name } = view.owner[what];
  return {
    code: 'placement_not_found' as const,
    message: `Configured NetBox ${what} was not found. Could not resolve ${what} for Proxmox endpoint placement (id=${id ?? ''}, slug=${slug ?? ''}, name=${name ?? ''}) of "${view.owner.endpointName}".`,
  };
}

function refuseNodes(builder: PlanBuilder, view: ClusterView, input: InfrastructureInput): void {
  if (input.purpose !== 'inventory') return;
  builder.discovered('device', view.nodes.length);
  for (const node of view.nodes) {
    builder.refuse(
      {
        kind: 'device',
        key: nodeKey(view, node.name),
        label: node.name,
        source: { ...sourceOf(view), node: node.name },
      },
      {
        code: 'dependency_failed',
        message: `Node "${node.name}" needs the cluster "${view.name}", which cannot be written.`,
      },
    );
  }
}
