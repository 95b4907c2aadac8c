import { relationId, tagIds, textOf } from '../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { ClusterStatusNode } from '../../proxmox/types.js';
import type { FieldRules, Fields, SourceRef } from '../types.js';
import type { ClusterView } from './cluster-views.js';
import { endpointIdOf } from './device-owner.js';
import type {
  InfrastructureInput,
  InfrastructureRecords,
  PlannedCluster,
  PlannedDevice,
} from './infrastructure-types.js';
import type { SyncOptions } from './options.js';
import type { PlanBuilder } from './plan-builder.js';
import { pluginEndpointOf } from './plugin-endpoint.js';
import { proxboxTag, ref } from './support-objects.js';

type Home = Omit<PlannedCluster, 'devices' | 'pluginEndpointId'>;

/** What tells which device a node is. */
export type DeviceHome = Pick<Home, 'view' | 'current' | 'site'>;
export interface DeviceCandidates extends Pick<InfrastructureInput, 'views' | 'endpoints'> {
  readonly records: Pick<InfrastructureRecords, 'devices' | 'deviceStates' | 'nodeLinks' | 'pluginEndpoints'>;
}

/** Plans the device of every node (or of the nodes that host selected guests), its sidecar and the plugin's link to it. */
export function planDevices(
  builder: PlanBuilder,
  home: Home,
  input: InfrastructureInput,
): ReadonlyMap<string, PlannedDevice> {
  const { view } = home;
  const wanted = input.purpose === 'inventory' ? undefined : input.purpose.nodesOf.get(view.key);
  const nodes = view.nodes.filter((node) => wanted === undefined || wanted.has(node.name));
  if (input.purpose === 'inventory') builder.discovered('device', nodes.length);
  const devices = new Map<string, PlannedDevice>();
  for (const node of nodes) {
    const planned = planDevice(builder, home, node, input);
    if (planned !== undefined) devices.set(node.name, planned);
  }
  return devices;
}

function sourceOf(view: ClusterView, node: ClusterStatusNode): SourceRef {
  return { endpointId: view.owner.endpointId, cluster: view.name, node: node.name };
}

function planDevice(
  builder: PlanBuilder,
  home: Home,
  node: ClusterStatusNode,
  input: InfrastructureInput,
): PlannedDevice | undefined {
  const { view } = home;
  const { options } = input;
  const key = `${view.key}/${node.name}`;
  const subject = { kind: 'device' as const, key, label: node.name, source: sourceOf(view, node) };
  const current = chooseDevice(home, node, input);
  if (input.asItIs && current !== undefined) {
    builder.know('device', key, current.id);
    return { device: ref('device', key), inCluster: isInCluster(current, home) };
  }
  if (options.modes.node === 'disabled' && (current !== undefined || input.purpose === 'inventory')) {
    if (current !== undefined) builder.know('device', key, current.id);
    builder.skip(subject, {
      code: 'mode_disabled',
      message: `Node "${node.name}" is left alone (sync_mode_node=disabled).`,
    });
    return current === undefined ? undefined : { device: ref('device', key), inCluster: isInCluster(current, home) };
  }
  const movedOut = current !== undefined && wasMovedOut(current, home, input);
  const action = builder.add(
    {
      ...subject,
      fields: movedOut ? withoutPlace(deviceFields(home, node)) : deviceFields(home, node),
      createTags: [ref('tag', 'proxbox-discovered-node')],
      rules: deviceRules(options, current, home),
    },
    current,
    { mode: options.modes.node },
  );
  if (action !== 'skip') planDeviceRows(builder, { home, node, key, current }, input);
  if (movedOut) {
    builder.warn({
      code: 'node_missing',
      message: `Device "${node.name}" was taken out of the cluster "${view.name}" in NetBox; its site and cluster are left alone, and guests on it are written without a device.`,
      source: sourceOf(view, node),
    });
  }
  return { device: ref('device', key), inCluster: !movedOut };
}

function deviceFields({ cluster, site }: Home, node: ClusterStatusNode): Fields {
  return {
    name: node.name,
    cluster,
    status: 'active',
    description: `Proxmox Node ${node.name}`,
    device_type: ref('device-type', 'proxmox-generic-device'),
    role: ref('device-role', 'proxmox-node'),
    ...(site === null ? {} : { site }),
    tags: [proxboxTag],
  };
}

function withoutPlace(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => field !== 'cluster' && field !== 'site'));
}

/** The site follows only together with the cluster: NetBox refuses a device outside its cluster's site. */
function deviceRules({ overwrite }: SyncOptions, current: NetBoxRecord | undefined, home: Home): FieldRules {
  const changesCluster = current !== undefined && !isInCluster(current, home);
  return {
    name: 'create-only',
    site: changesCluster ? 'always' : 'create-only',
    status: overwrite.overwrite_device_status ? 'unless-operator' : 'if-unset',
    description: overwrite.overwrite_device_description ? { ours: /^Proxmox Node \S+$/ } : 'if-unset',
    device_type: overwrite.overwrite_device_type ? 'always' : 'if-unset',
    role: overwrite.overwrite_device_role ? 'always' : 'if-unset',
    tags: overwrite.overwrite_device_tags ? 'union' : 'union-if-unset',
  };
}

function isInCluster(device: NetBoxRecord, home: DeviceHome): boolean {
  return home.current !== undefined && relationId(device['cluster']) === home.current.id;
}

/**
 * An operator moved the device to another site, which NetBox allows only outside of the cluster. A device without a
 * sidecar that we did not discover was never ours: then somebody made it for us to adopt.
 */
function wasMovedOut(device: NetBoxRecord, home: Home, { records }: InfrastructureInput): boolean {
  const isKnown =
    records.deviceStates.some((row) => relationId(row['device']) === device.id) ||
    hasTag(device, 'proxbox-discovered-node');
  const site = relationId(device['site']);
  return isKnown && relationId(device['cluster']) === null && typeof home.site === 'number' && site !== home.site;
}

/**
 * The stored device of a node: in the cluster's site, else in the cluster, else the one whose sidecar names an endpoint of
 * the cluster, else a device with the Proxbox tag anywhere (the operator's opt-in). A device that belongs to a node of another cluster is never taken.
 */
export function chooseDevice(
  home: DeviceHome,
  node: Pick<ClusterStatusNode, 'name'>,
  input: DeviceCandidates,
): NetBoxRecord | undefined {
  const { records } = input;
  const name = node.name.toLowerCase();
  const proxbox = new Set(taggedProxbox(records));
  const candidates = records.devices
    .filter((device) => textOf(device['name']).toLowerCase() === name && !belongsElsewhere(device, home, input))
    .sort((a, b) => Number(proxbox.has(b.id)) - Number(proxbox.has(a.id)));
  return (
    candidates.find((device) => typeof home.site === 'number' && relationId(device['site']) === home.site) ??
    candidates.find((device) => isInCluster(device, home)) ??
    candidates.find((device) => isOurs(device, home, input)) ??
    candidates.find((device) => proxbox.has(device.id))
  );
}

function taggedProxbox(records: DeviceCandidates['records']): readonly number[] {
  return records.devices.filter((device) => hasTag(device, 'proxbox')).map((device) => device.id);
}

function hasTag(record: NetBoxRecord, slug: string): boolean {
  const tags = record['tags'];
  return (
    tagIds(tags).length > 0 &&
    Array.isArray(tags) &&
    tags.some((tag: unknown) => typeof tag === 'object' && tag !== null && 'slug' in tag && tag.slug === slug)
  );
}

/**
 * The device's sidecar names another endpoint, or another cluster: one of this run, or any when its endpoint is no longer
 * stored (registered again under another id) and so cannot tell.
 */
function belongsElsewhere(device: NetBoxRecord, home: DeviceHome, input: DeviceCandidates): boolean {
  const state = stateOf(device, input);
  if (state === undefined) return false;
  const endpointId = endpointIdOf(state, input);
  if (endpointId !== null && input.endpoints.has(endpointId)) return !home.view.endpointIds.includes(endpointId);
  const cluster = textOf(state['proxmox_cluster_name']);
  if (cluster === '' || cluster === home.view.name) return false;
  return endpointId !== null || input.views.some((view) => view.name === cluster) || mayBeAnothers(device, home, input);
}

/** Nothing tells the endpoint, other endpoints are stored, and the device is in another cluster: better one too many than theirs. */
function mayBeAnothers(device: NetBoxRecord, home: DeviceHome, { endpoints }: DeviceCandidates): boolean {
  const isAlone = [...endpoints.keys()].every((id) => home.view.endpointIds.includes(id));
  return !isAlone && relationId(device['cluster']) !== null && !isInCluster(device, home);
}

function isOurs(device: NetBoxRecord, home: DeviceHome, input: DeviceCandidates): boolean {
  const state = stateOf(device, input);
  const endpointId = state === undefined ? null : endpointIdOf(state, input);
  return endpointId !== null && home.view.endpointIds.includes(endpointId);
}

function stateOf(device: NetBoxRecord, { records }: DeviceCandidates): NetBoxRecord | undefined {
  return records.deviceStates.find((row) => relationId(row['device']) === device.id);
}

interface DeviceSubject {
  readonly home: Home;
  readonly node: ClusterStatusNode;
  readonly key: string;
  readonly current: NetBoxRecord | undefined;
}

/** The plugin's rows about a node: our sidecar, and the link from its ProxmoxNode row to the device. */
function planDeviceRows(
  builder: PlanBuilder,
  { home, node, key, current }: DeviceSubject,
  input: InfrastructureInput,
): void {
  const { records, options, now } = input;
  const { view } = home;
  if (!records.hasPlugin) return;
  const device = ref('device', key);
  const state =
    current === undefined ? undefined : records.deviceStates.find((row) => relationId(row['device']) === current.id);
  if (state === undefined || options.overwrite.overwrite_device_custom_fields) {
    builder.add(
      {
        kind: 'device-state',
        key,
        label: node.name,
        fields: {
          device,
          proxmox_node_name: node.name,
          proxmox_cluster_name: view.name,
          proxmox_endpoint_raw_id: view.owner.endpointId,
          proxmox_last_updated: now,
        },
        rules: { device: 'create-only', proxmox_endpoint_raw_id: 'if-unset', proxmox_last_updated: 'stamp' },
        source: sourceOf(view, node),
      },
      state,
    );
  }
  const endpoint = input.endpoints.get(view.owner.endpointId);
  const owner = endpoint === undefined ? undefined : pluginEndpointOf(endpoint, records.pluginEndpoints);
  const row = records.nodeLinks.find(
    (link) => textOf(link['name']) === node.name && owner !== undefined && relationId(link['endpoint']) === owner.id,
  );
  if (row === undefined) return;
  builder.add(
    {
      kind: 'node-link',
      key,
      label: node.name,
      fields: { netbox_device: device },
      rules: { netbox_device: 'if-unset' },
      source: sourceOf(view, node),
    },
    row,
  );
}
