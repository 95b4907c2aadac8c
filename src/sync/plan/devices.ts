/** Plans the devices of nodes (all, or those that host selected guests) with the plugin's rows about them. Pure. */
import { hasTagNamed } from '../../netbox/kinds/values.js';
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { ClusterStatusNode } from '../../proxmox/types.js';
import { type RulesOf, type FieldsOf, type SourceRef, ref } from '../types.js';
import { chooseDevice, hiddenDevice, isInCluster } from './choose-device.js';
import { nodeKey, type ClusterView } from './cluster-views.js';
import type { InfrastructureInput, PlannedCluster, PlannedDevice } from './infrastructure-types.js';
import { nameDevice, type DeviceName, type NamesInUse } from './name-device.js';
import type { SyncOptions } from './options.js';
import { deviceDescription, ownTexts } from './own-texts.js';
import { sidecarTags } from './ownership.js';
import type { PlanBuilder } from './plan-builder.js';
import { nodeRowOf, pluginEndpointOf } from '../../plugin-endpoints/plugin-rows.js';
import { proxboxTag } from './support-objects.js';

type Home = Omit<PlannedCluster, 'devices' | 'pluginEndpointId'>;
type DevicesInput = InfrastructureInput & NamesInUse;

export function planDevices(builder: PlanBuilder, home: Home, input: DevicesInput): ReadonlyMap<string, PlannedDevice> {
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
  input: DevicesInput,
): PlannedDevice | undefined {
  const key = nodeKey(home.view, node.name);
  const subject = { kind: 'device' as const, key, label: node.name, source: sourceOf(home.view, node) };
  const current = chooseDevice(home, node, input);
  if (input.asItIs && current !== undefined) return referTo(builder, home, key, current);
  if (input.options.modes.node === 'disabled' && (current !== undefined || input.purpose === 'inventory')) {
    builder.skip(subject, {
      code: 'mode_disabled',
      message: `Node "${node.name}" is left alone (sync_mode_node=disabled).`,
    });
    return current === undefined ? undefined : referTo(builder, home, key, current);
  }
  const hidden = current === undefined ? hiddenDevice(home, node, input) : undefined;
  if (hidden !== undefined) {
    const message = `Node "${node.name}" of "${home.view.name}" is the NetBox device ${hidden}, which the NetBox token cannot read. Grant it the view permission for devices without conditions.`;
    builder.refuse(subject, { code: 'identity_unreadable', message });
    return undefined;
  }
  const named = nameDevice(home, { node: node.name, current }, input);
  if ('refused' in named) {
    builder.refuse(subject, named.refused);
    return undefined;
  }
  if (named.warning !== undefined) builder.warn({ ...named.warning, source: subject.source });
  return writeDevice(builder, { home, node, key, current }, { named, input });
}

/** A device that is left as it is. */
function referTo(builder: PlanBuilder, home: Home, key: string, current: RecordOf<'device'>): PlannedDevice {
  builder.know('device', key, current.id);
  return { device: ref('device', key), site: current.site, inCluster: isInCluster(current, home) };
}

function writeDevice(
  builder: PlanBuilder,
  subject: DeviceSubject,
  { named, input }: { readonly named: DeviceName; readonly input: DevicesInput },
): PlannedDevice {
  const { home, node, key, current } = subject;
  const source = sourceOf(home.view, node);
  const movedOut = current !== undefined && wasMovedOut(current, home, input);
  const fields = deviceFields(home, named, current);
  const action = builder.add(
    {
      kind: 'device',
      key,
      label: node.name,
      source,
      fields: movedOut ? withoutPlace(fields) : fields,
      createTags: [ref('tag', 'proxbox-discovered-node')],
      rules: deviceRules(input.options, current, home),
    },
    current,
    { mode: input.options.modes.node },
  );
  if (action !== 'skip') planDeviceRows(builder, subject, input);
  if (movedOut) {
    builder.warn({
      code: 'node_missing',
      message: `Device "${named.name}" was taken out of the cluster "${home.view.name}" in NetBox; its site and cluster are left alone, and guests on it are written without a device.`,
      source,
    });
  }
  return { device: ref('device', key), site: siteAfter(home, current), inCluster: !movedOut };
}

/** A device that has a type and a role already can do without ours. */
function deviceFields(
  { cluster, nodeSite }: Home,
  { name, describedAs }: DeviceName,
  current: RecordOf<'device'> | undefined,
): FieldsOf<'device'> {
  const spare = current === undefined ? {} : { otherwise: 'dependency_failed' as const };
  return {
    name,
    cluster,
    status: 'active',
    description: deviceDescription(describedAs),
    device_type: { ...ref('device-type', 'proxmox-generic-device'), ...spare },
    role: { ...ref('device-role', 'proxmox-node'), ...spare },
    ...(nodeSite === null ? {} : { site: nodeSite }),
    tags: [proxboxTag],
  };
}

function withoutPlace(fields: FieldsOf<'device'>): FieldsOf<'device'> {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => field !== 'cluster' && field !== 'site'));
}

/** NetBox refuses a device outside its cluster's site, so one that comes into a cluster is brought there. */
function followsCluster(home: Home, current: RecordOf<'device'> | undefined): boolean {
  return current !== undefined && home.site !== null && !isInCluster(current, home);
}

function siteAfter(home: Home, current: RecordOf<'device'> | undefined): PlannedDevice['site'] {
  return current === undefined || followsCluster(home, current) ? home.nodeSite : current.site;
}

function deviceRules(
  { overwrite }: SyncOptions,
  current: RecordOf<'device'> | undefined,
  home: Home,
): RulesOf<'device'> {
  return {
    site: followsCluster(home, current) ? 'always' : 'create-only',
    status: overwrite.overwrite_device_status ? 'unless-operator' : 'if-unset',
    description: overwrite.overwrite_device_description ? { ours: ownTexts.device.description } : 'if-unset',
    device_type: overwrite.overwrite_device_type ? 'always' : 'if-unset',
    role: overwrite.overwrite_device_role ? 'always' : 'if-unset',
    tags: overwrite.overwrite_device_tags ? 'union' : 'union-if-unset',
  };
}

/**
 * An operator moved the device to another site, which NetBox allows only outside of the cluster. A device without a
 * sidecar that we did not discover was never ours: then somebody made it for us to adopt.
 */
function wasMovedOut(device: RecordOf<'device'>, home: Home, { records }: InfrastructureInput): boolean {
  const isKnown =
    records.deviceStates.some((row) => row.device === device.id) || hasTagNamed(device, 'proxbox-discovered-node');
  const site = device.site;
  return isKnown && device.cluster === null && typeof home.nodeSite === 'number' && site !== home.nodeSite;
}

interface DeviceSubject {
  readonly home: Home;
  readonly node: ClusterStatusNode;
  readonly key: string;
  readonly current: RecordOf<'device'> | undefined;
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
  const state = current === undefined ? undefined : records.deviceStates.find((row) => row.device === current.id);
  const endpoint = input.endpoints.get(view.owner.endpointId);
  const owner = endpoint === undefined ? undefined : pluginEndpointOf(endpoint, records.pluginEndpoints);
  const row = nodeRowOf(owner?.id ?? null, node.name, records.nodeLinks);
  if (row !== undefined)
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
          ...pluginRows({ endpointId: owner?.id, row, key }, current, state),
        },
        createTags: sidecarTags('device', current, builder.known),
        rules: { device: 'create-only', proxmox_endpoint_raw_id: 'if-unset', proxmox_last_updated: 'stamp' },
        source: sourceOf(view, node),
      },
      state,
    );
  }
}

/**
 * The plugin's rows that the sidecar names. NetBox takes a node only beside its own endpoint and cluster, and only while its row
 * is linked to the device; so one that is linked elsewhere is not named. Where the plugin has no row of the node, a stored one
 * stays with its endpoint.
 */
function pluginRows(
  found: {
    readonly endpointId: number | undefined;
    readonly row: RecordOf<'node-link'> | undefined;
    readonly key: string;
  },
  current: RecordOf<'device'> | undefined,
  state: RecordOf<'device-state'> | undefined,
): FieldsOf<'device-state'> {
  const { endpointId, row, key } = found;
  if (endpointId === undefined) return {};
  if (row === undefined) return (state?.proxmox_node ?? null) === null ? { endpoint: endpointId } : {};
  const isElsewhere = row.netbox_device !== null && row.netbox_device !== current?.id;
  return {
    endpoint: endpointId,
    proxmox_node: isElsewhere ? null : { ...ref('node-link', key), or: [] },
    proxmox_cluster: row.proxmox_cluster,
  };
}
