/** Which stored device a node is. Pure. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { hasTagNamed } from '../../netbox/kinds/values.js';
import type { ClusterStatusNode } from '../../proxmox/types.js';
import { nodeRowOf, pluginEndpointOf } from '../../plugin-endpoints/plugin-rows.js';
import { deviceNames, type DeviceNaming } from './device-names.js';
import { endpointIdOf } from './device-owner.js';
import { isNobodys } from './reused-ids.js';
import type { InfrastructureInput, InfrastructureRecords, PlannedCluster } from './infrastructure-types.js';

/** What tells which device a node is. */
export type DeviceHome = Pick<PlannedCluster, 'view' | 'current' | 'site'>;
export interface DeviceCandidates
  extends Pick<InfrastructureInput, 'views' | 'endpoints'>, Pick<DeviceNaming, 'options'> {
  readonly records: Pick<
    InfrastructureRecords,
    'hasPlugin' | 'devices' | 'deviceStates' | 'nodeLinks' | 'pluginEndpoints'
  >;
}

/**
 * The stored device of a node: the one whose sidecar (where there is none to see: the plugin's row of
 * the node) says so, whatever it is called, else the best one with the name that
 * the node's device is to have, else with another name that it may have. A device that belongs to another node is never taken.
 */
export function chooseDevice(
  home: DeviceHome,
  node: Pick<ClusterStatusNode, 'name'>,
  input: DeviceCandidates,
): RecordOf<'device'> | undefined {
  const { devices, deviceStates } = input.records;
  const states = new Map(
    deviceStates.filter((state) => isSameNode(state, node, home)).map((state) => [state.device, state]),
  );
  const identified = devices.filter((device) => isIdentified(device, states.get(device.id), { home, input }));
  if (identified.length > 0) return best(identified, home, input) ?? identified[0];
  const other = linkedDevice(home, node, input) ?? renamedHost(home, input);
  if (other !== undefined) return other;
  const { wanted, known } = deviceNames(home.view, node.name, input);
  const free = devices.filter((device) => known.has(lowerName(device)) && !isSomebodyElses(device, home, input));
  const named = free.filter((device) => lowerName(device) === wanted.toLowerCase());
  return best(named, home, input) ?? best(free, home, input);
}

/**
 * The id of the device that visible rows name for a node, though NetBox lists none with it: the token may not view that. Another
 * one is not made.
 */
export function hiddenDevice(
  home: DeviceHome,
  node: Pick<ClusterStatusNode, 'name'>,
  input: DeviceCandidates,
): number | undefined {
  const { devices, deviceStates } = input.records;
  const visible = new Set(devices.map(({ id }) => id));
  const isOne = home.view.mode === 'standalone';
  const stated = deviceStates.filter(
    (state) => (isOne || isSameNode(state, node, home)) && isOfEndpoint(state, home, input),
  );
  const named = [...stated.map(({ device }) => device), linkedId(home, node, input)];
  return named.filter((id) => id !== null).find((id) => !visible.has(id));
}

/** The device that the plugin's row of the node is linked to, where no sidecar says whose it is. */
function linkedDevice(
  home: DeviceHome,
  node: Pick<ClusterStatusNode, 'name'>,
  input: DeviceCandidates,
): RecordOf<'device'> | undefined {
  const id = linkedId(home, node, input);
  return input.records.devices.find((device) => device.id === id && stateOf(device, input) === undefined);
}

function linkedId({ view }: DeviceHome, node: Pick<ClusterStatusNode, 'name'>, input: DeviceCandidates): number | null {
  const { nodeLinks, pluginEndpoints } = input.records;
  const endpoint = input.endpoints.get(view.owner.endpointId);
  const owner = endpoint === undefined ? undefined : pluginEndpointOf(endpoint, pluginEndpoints);
  return owner === undefined ? null : (nodeRowOf(owner.id, node.name, nodeLinks)?.netbox_device ?? null);
}

/**
 * A host without a cluster is the one device of its endpoint in its own cluster, whatever it was called then; where it has none
 * there, the one that an operator took out of it.
 */
function renamedHost(home: DeviceHome, input: DeviceCandidates): RecordOf<'device'> | undefined {
  if (home.view.mode !== 'standalone') return undefined;
  const own = input.records.devices.filter((device) => isOfEndpoint(stateOf(device, input), home, input));
  const inside = own.filter((device) => isInCluster(device, home));
  const candidates = inside.length > 0 ? inside : own.filter(({ cluster }) => cluster === null);
  return candidates.length === 1 ? candidates[0] : undefined;
}

/**
 * Of several devices the one in the cluster's site, else in the cluster, else the one whose sidecar names an endpoint of the
 * cluster, else one with the Proxbox tag anywhere (the operator's opt-in). Tagged ones come first.
 */
function best(
  devices: readonly RecordOf<'device'>[],
  home: DeviceHome,
  input: DeviceCandidates,
): RecordOf<'device'> | undefined {
  const isTagged = (device: RecordOf<'device'>): boolean => hasTagNamed(device, 'proxbox');
  const candidates = [...devices].sort((a, b) => Number(isTagged(b)) - Number(isTagged(a)));
  return (
    candidates.find((device) => typeof home.site === 'number' && device.site === home.site) ??
    candidates.find((device) => isInCluster(device, home)) ??
    candidates.find((device) => isOfEndpoint(stateOf(device, input), home, input)) ??
    candidates.find(isTagged)
  );
}

export function isInCluster(device: RecordOf<'device'>, home: DeviceHome): boolean {
  return home.current !== undefined && device.cluster === home.current.id;
}

/**
 * The sidecar with the node's name names an endpoint of the cluster, too. The name of the cluster does where it names none, if
 * the device is in the cluster as well.
 */
function isIdentified(
  device: RecordOf<'device'>,
  state: RecordOf<'device-state'> | undefined,
  { home, input }: { readonly home: DeviceHome; readonly input: DeviceCandidates },
): boolean {
  if (state === undefined) return false;
  if (isOfEndpoint(state, home, input)) return true;
  return (
    isNobodys(endpointIdOf(state, input)) && state.proxmox_cluster_name === home.view.name && isInCluster(device, home)
  );
}

/**
 * Its sidecar names another cluster, or another node that this cluster has. One that a sync has made and that has no sidecar
 * yet belongs to the cluster that it stands in: where there are sidecars, another service may have made it a moment ago, for an
 * endpoint that is not stored here.
 */
function isSomebodyElses(device: RecordOf<'device'>, home: DeviceHome, input: DeviceCandidates): boolean {
  const state = stateOf(device, input);
  if (state === undefined) {
    const isMade = hasTagNamed(device, 'proxbox-discovered-node') && isInOtherCluster(device, home);
    return isMade && (input.records.hasPlugin || mayBeAnothers(device, home, input));
  }
  return (
    isOfOtherCluster({ device, state }, home, input) ||
    (isOfEndpoint(state, home, input) && home.view.nodes.some((node) => isSameNode(state, node, home)))
  );
}

/** The sidecar names another endpoint, or none and another cluster. */
function isOfOtherCluster(
  { device, state }: { readonly device: RecordOf<'device'>; readonly state: RecordOf<'device-state'> },
  home: DeviceHome,
  input: DeviceCandidates,
): boolean {
  const endpointId = endpointIdOf(state, input);
  if (endpointId !== null && !isNobodys(endpointId)) return !home.view.endpointIds.includes(endpointId);
  const cluster = state.proxmox_cluster_name;
  if (cluster === home.view.name) return endpointId === null && mayBeAnothers(device, home, input);
  if (cluster === '') return false;
  return endpointId !== null || input.views.some((view) => view.name === cluster) || mayBeAnothers(device, home, input);
}

/** Nothing tells the endpoint, other endpoints are stored, and the device is in another cluster: better one too many than theirs. */
function mayBeAnothers(device: RecordOf<'device'>, home: DeviceHome, { endpoints }: DeviceCandidates): boolean {
  const isAlone = [...endpoints.keys()].every((id) => home.view.endpointIds.includes(id));
  return !isAlone && isInOtherCluster(device, home);
}

function isInOtherCluster(device: RecordOf<'device'>, home: DeviceHome): boolean {
  return device.cluster !== null && !isInCluster(device, home);
}

function isOfEndpoint(
  state: RecordOf<'device-state'> | undefined,
  { view }: DeviceHome,
  input: DeviceCandidates,
): boolean {
  const endpointId = state === undefined ? null : endpointIdOf(state, input);
  return endpointId !== null && view.endpointIds.includes(endpointId);
}

/** Whatever the case, unless the cluster has another node of that very name. */
function isSameNode(
  { proxmox_node_name: name }: RecordOf<'device-state'>,
  node: Pick<ClusterStatusNode, 'name'>,
  { view }: DeviceHome,
): boolean {
  if (name.toLowerCase() !== node.name.toLowerCase()) return false;
  return name === node.name || view.nodes.every((other) => other.name !== name);
}

function stateOf(device: RecordOf<'device'>, { records }: DeviceCandidates): RecordOf<'device-state'> | undefined {
  return records.deviceStates.find((row) => row.device === device.id);
}

function lowerName(device: RecordOf<'device'>): string {
  return device.name.toLowerCase();
}
