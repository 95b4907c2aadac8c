/** Plans clusters, their types and sites, and the devices of their nodes. Pure. */
import { nameList } from '../../values/short-text.js';
import type { RecordOf } from '../../netbox/kinds/index.js';
import { objectKey, type FieldsOf, type RulesOf, type Ref, type SourceRef, ref } from '../types.js';
import { nodeKey, type ClusterView } from './cluster-views.js';
import type { InfrastructureInput, PlannedCluster } from './infrastructure-types.js';
import { planDevices } from './devices.js';
import type { SyncOptions } from './options.js';
import { clusterDescription, ownTexts } from './own-texts.js';
import { sidecarTags } from './ownership.js';
import type { PlanBuilder } from './plan-builder.js';
import { pluginEndpointOf } from '../../plugin-endpoints/plugin-rows.js';
import { placeOfCluster, type ClusterPlace } from './cluster-place.js';
import { chooseNetBoxCluster, siteScope } from './netbox-cluster.js';
import { slugify } from './slug.js';
import { findNamed, proxboxTag } from './support-objects.js';

/**
 * A view whose cluster cannot be told or placed is refused with everything in it; the others go on. Returns what guests
 * refer to, by view key.
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
    for (const warning of view.warnings) builder.warn(warning);
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

interface ClusterOnly extends Omit<PlannedCluster, 'devices' | 'pluginEndpointId'> {
  /** What its sidecar says of its name in Proxmox; absent: the one that it has. */
  readonly stated?: string;
}

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
  const { site: configured, tenant, current, name, title, stated } = placed;
  const cluster = ref('cluster', view.key);
  const isOff = options.modes.cluster === 'disabled' && (current !== undefined || input.purpose === 'inventory');
  if (isOff && !input.asItIs)
    builder.skip(subject, {
      code: 'mode_disabled',
      message: `Cluster "${view.name}" is left alone (sync_mode_cluster=disabled).`,
    });
  const devices = [...input.records.devices, ...input.records.clusterDevices];
  const own = (): Ref<'site'> | number => planDefaultSite(builder, name, input);
  const place = placeOfCluster({ name: view.name, configured, current, devices, own });
  if (isOff || (input.asItIs && current !== undefined)) return untouchedCluster(builder, { view, current, place });
  if (place.warning !== undefined) builder.warn({ ...place.warning, source: subject.source });
  planClusterType(builder, view, input);
  builder.add(
    {
      ...subject,
      fields: { ...clusterFields(view, place, { tenant, current }), name: title },
      createTags: [ref('tag', 'proxbox-discovered-cluster')],
      rules: clusterRules(options, place),
    },
    current,
    { mode: options.modes.cluster },
  );
  return { view, cluster, current, site: place.scope, nodeSite: place.nodeSite, stated };
}

interface Placed {
  readonly site: number | null;
  readonly tenant: number | null;
  readonly current: RecordOf<'cluster'> | undefined;
  /** As we call it in NetBox. */
  readonly name: string;
  /** As it is to be called there: an operator may have renamed it. */
  readonly title: string;
  /** What its sidecar says of its name in Proxmox. */
  readonly stated: string;
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
  const choice = chooseNetBoxCluster(view, site, { ...input.records, endpoints: input.endpoints });
  if (choice.status === 'refused') {
    builder.refuse(subject, choice.reason);
    return undefined;
  }
  if (choice.warning !== undefined) builder.warn({ ...choice.warning, source: sourceOf(view) });
  const { name } = choice;
  if (choice.status === 'new') return { site, tenant, current: undefined, name, title: name, stated: view.name };
  return { site, tenant, current: choice.cluster, name, title: choice.title, stated: choice.stated };
}

/** A cluster that is only referred to. */
function untouchedCluster(
  builder: PlanBuilder,
  { view, current, place }: Pick<ClusterOnly, 'view' | 'current'> & { readonly place: ClusterPlace },
): ClusterOnly | undefined {
  if (current === undefined) return undefined;
  builder.know('cluster', view.key, current.id);
  const site = siteScope(current);
  return { view, cluster: ref('cluster', view.key), current, site, nodeSite: site ?? place.nodeSite };
}

/** A cluster that has a type already can do without ours. */
function clusterFields(
  view: ClusterView,
  { scope }: ClusterPlace,
  { tenant, current }: Pick<Placed, 'tenant' | 'current'>,
): FieldsOf<'cluster'> {
  const spare = current === undefined ? {} : { otherwise: 'dependency_failed' as const };
  return {
    type: { ...ref('cluster-type', view.mode), ...spare },
    ...(scope === null ? {} : { scope_type: 'dcim.site', scope_id: scope }),
    ...(tenant === null ? {} : { tenant }),
    description: clusterDescription(view.mode),
    tags: [proxboxTag],
  };
}

function clusterRules(options: SyncOptions, { isConfigured }: ClusterPlace): RulesOf<'cluster'> {
  const { overwrite } = options;
  return {
    scope_type: isConfigured ? 'always' : 'if-unset',
    scope_id: isConfigured ? 'always' : 'if-unset',
    description: overwrite.overwrite_cluster_description ? { ours: ownTexts.cluster.description } : 'if-unset',
    tags: overwrite.overwrite_cluster_tags ? 'union' : 'union-if-unset',
  };
}

/** One type of clusters per mode. */
export const clusterTypeSlugs: readonly ClusterView['mode'][] = ['cluster', 'restricted', 'standalone'];

export function clusterTypeName(mode: ClusterView['mode']): string {
  return mode.charAt(0).toUpperCase() + mode.slice(1);
}

function planClusterType(builder: PlanBuilder, view: ClusterView, { records }: InfrastructureInput): void {
  const name = clusterTypeName(view.mode);
  if (builder.has('cluster-type', view.mode)) return;
  builder.offer(
    {
      kind: 'cluster-type',
      key: view.mode,
      label: name,
      fields: { name, slug: view.mode, description: `Proxmox ${view.mode} mode`, tags: [proxboxTag] },
      rules: { name: 'create-only', slug: 'create-only', description: 'create-only', tags: 'union' },
    },
    findNamed(records.clusterTypes, { slug: view.mode, title: name }),
  );
}

/**
 * The site that is made for a cluster which is configured to be in none.
 * @param cluster its name in NetBox
 */
export function defaultSite(cluster: string): { readonly slug: string; readonly title: string } {
  const title = `Proxmox Default Site - ${cluster}`.slice(0, 100);
  return { slug: `proxmox-default-site-${slugify(cluster, 'cluster')}`, title };
}

/** Of a cluster whose site is neither configured nor stored: one of its own, created once. */
function planDefaultSite(
  builder: PlanBuilder,
  cluster: string,
  { records }: InfrastructureInput,
): Ref<'site'> | number {
  const { slug, title } = defaultSite(cluster);
  if (!builder.has('site', slug)) {
    builder.offer(
      {
        kind: 'site',
        key: slug,
        label: title,
        fields: { name: title, slug, status: 'active', tags: [proxboxTag] },
        rules: { name: 'create-only', slug: 'create-only', status: 'create-only', tags: 'union' },
      },
      findNamed(records.sites, { slug, title }),
    );
  }
  return builder.known.get(`site:${slug}`) ?? ref('site', slug);
}

/** The plugin's rows about a cluster: our sidecar, and the link from its ProxmoxCluster row. */
function planClusterRows(
  builder: PlanBuilder,
  { view, cluster, current, stated = view.name }: ClusterOnly,
  input: InfrastructureInput,
): void {
  const { records, options, now } = input;
  if (!records.hasPlugin || options.modes.cluster === 'disabled') return;
  if (input.asItIs && current !== undefined) return;
  planClusterLink(builder, { view, cluster, current }, input);
  const state = current === undefined ? undefined : records.clusterStates.find((row) => row.cluster === current.id);
  if (state === undefined || options.overwrite.overwrite_cluster_custom_fields) {
    // By the name that it had, a cluster is known whose new one NetBox has not taken yet.
    const isRenamed = state !== undefined && state.proxmox_cluster_name !== stated;
    builder.add(
      {
        kind: 'cluster-state',
        key: view.key,
        label: view.name,
        fields: {
          cluster,
          ...clusterRow({ view, current }, input),
          proxmox_cluster_name: stated,
          proxmox_last_updated: now,
        },
        createTags: sidecarTags('cluster', current, builder.known),
        rules: { cluster: 'create-only', proxmox_last_updated: 'stamp' },
        source: sourceOf(view),
        ...(isRenamed ? { after: objectKey('cluster', view.key) } : {}),
      },
      state,
    );
  }
}

/** The plugin's row of the cluster, which the sidecar may name only while it is linked to the same NetBox cluster. */
function clusterRow(
  { view, current }: Pick<ClusterOnly, 'view' | 'current'>,
  input: InfrastructureInput,
): FieldsOf<'cluster-state'> {
  const { ours, foreign } = clusterRows({ view, current }, input);
  const isElsewhere = ours !== undefined && ours.netbox_cluster !== null && ours.netbox_cluster !== current?.id;
  if (ours === undefined || isElsewhere) return {};
  const isLinked = ours.netbox_cluster !== null;
  return isLinked || foreign.length === 0 ? { proxmox_cluster: { ...ref('cluster-link', view.key), or: [] } } : {};
}

/** The plugin's rows of this name: that of the owner's endpoint, and those of others about the same NetBox cluster. */
function clusterRows(
  { view, current }: Pick<ClusterOnly, 'view' | 'current'>,
  input: InfrastructureInput,
): {
  readonly ours: RecordOf<'cluster-link'> | undefined;
  readonly foreign: readonly RecordOf<'cluster-link'>[];
} {
  const ownerId = pluginEndpointId(view, input);
  if (ownerId === null) return { ours: undefined, foreign: [] };
  const namesakes = input.records.clusterLinks.filter((row) => row.name.toLowerCase() === view.name.toLowerCase());
  const ours = namesakes.find((row) => row.endpoint === ownerId);
  const foreign = namesakes.filter((row) => row !== ours && current !== undefined && row.netbox_cluster === current.id);
  return { ours, foreign };
}

function planClusterLink(
  builder: PlanBuilder,
  { view, cluster, current }: Pick<ClusterOnly, 'view' | 'cluster' | 'current'>,
  input: InfrastructureInput,
): void {
  const { ours, foreign } = clusterRows({ view, current }, input);
  if (foreign.length > 0 && ours !== undefined) {
    builder.warn({
      code: 'cluster_link_ambiguous',
      message: `Proxmox cluster rows ${nameList([ours, ...foreign].map(({ id }) => String(id)))} of the plugin are about the NetBox cluster "${view.name}". Only one row may be linked to it; unlink the others in NetBox.`,
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

function resolvePlacement(
  placement: ClusterView['owner']['site'],
  records: readonly RecordOf<'site' | 'tenant'>[],
): number | 'not-found' | null {
  const { id, slug, name } = placement;
  if (id === null && (slug ?? '') === '' && (name ?? '') === '') return null;
  const isNamed = (record: RecordOf<'site' | 'tenant'>): boolean =>
    (slug === null && name === null) || record.slug === slug || record.name === name;
  const found =
    // In another NetBox the id is another one's.
    records.find((record) => record.id === id && isNamed(record)) ??
    records.find((record) => slug !== null && record.slug === slug) ??
    records.find((record) => name !== null && record.name === name) ??
    records.find((record) => record.id === id);
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
