/** Which stored device a node is. Pure. */
import { relationId, tagIds, textOf } from '../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { ClusterStatusNode } from '../../proxmox/types.js';
import { deviceNames, type DeviceNaming } from './device-names.js';
import { endpointIdOf } from './device-owner.js';
import type { InfrastructureInput, InfrastructureRecords, PlannedCluster } from './infrastructure-types.js';

/** What tells which device a node is. */
export type DeviceHome = Pick<PlannedCluster, 'view' | 'current' | 'site'>;
export interface DeviceCandidates
  extends Pick<InfrastructureInput, 'views' | 'endpoints'>, Pick<DeviceNaming, 'options'> {
  readonly records: Pick<InfrastructureRecords, 'devices' | 'deviceStates' | 'nodeLinks' | 'pluginEndpoints'>;
}

/**
 * The stored device of a node: the one whose sidecar says so, whatever it is called, else the best one with the name that
 * the node's device is to have, else with another name that it may have. A device that belongs to another node is never taken.
 */
export function chooseDevice(
  home: DeviceHome,
  node: Pick<ClusterStatusNode, 'name'>,
  input: DeviceCandidates,
): NetBoxRecord | undefined {
  const { devices, deviceStates } = input.records;
  const states = new Map(
    deviceStates.filter((state) => isSameNode(state, node)).map((state) => [relationId(state['device']), state]),
  );
  const identified = devices.filter((device) => isIdentified(device, states.get(device.id), { home, input }));
  if (identified.length > 0) return best(identified, home, input) ?? identified[0];
  const { wanted, known } = deviceNames(home.view, node.name, input);
  const free = devices.filter((device) => known.has(lowerName(device)) && !isSomebodyElses(device, home, input));
  const named = free.filter((device) => lowerName(device) === wanted.toLowerCase());
  return best(named, home, input) ?? best(free, home, input);
}

/**
 * Of several devices the one in the cluster's site, else in the cluster, else the one whose sidecar names an endpoint of the
 * cluster, else one with the Proxbox tag anywhere (the operator's opt-in). Tagged ones come first.
 */
function best(devices: readonly NetBoxRecord[], home: DeviceHome, input: DeviceCandidates): NetBoxRecord | undefined {
  const isTagged = (device: NetBoxRecord): boolean => hasTag(device, 'proxbox');
  const candidates = [...devices].sort((a, b) => Number(isTagged(b)) - Number(isTagged(a)));
  return (
    candidates.find((device) => typeof home.site === 'number' && relationId(device['site']) === home.site) ??
    candidates.find((device) => isInCluster(device, home)) ??
    candidates.find((device) => isOfEndpoint(stateOf(device, input), home, input)) ??
    candidates.find(isTagged)
  );
}

export function isInCluster(device: NetBoxRecord, home: DeviceHome): boolean {
  return home.current !== undefined && relationId(device['cluster']) === home.current.id;
}

export function hasTag(record: NetBoxRecord, slug: string): boolean {
  const tags = record['tags'];
  return (
    tagIds(tags).length > 0 &&
    Array.isArray(tags) &&
    tags.some((tag: unknown) => typeof tag === 'object' && tag !== null && 'slug' in tag && tag.slug === slug)
  );
}

/**
 * The sidecar with the node's name names an endpoint of the cluster, too. The name of the cluster does where that endpoint is
 * no longer stored (registered again under another id), if the device is in the cluster as well.
 */
function isIdentified(
  device: NetBoxRecord,
  state: NetBoxRecord | undefined,
  { home, input }: { readonly home: DeviceHome; readonly input: DeviceCandidates },
): boolean {
  if (state === undefined) return false;
  if (isOfEndpoint(state, home, input)) return true;
  const isOrphaned = !input.endpoints.has(endpointIdOf(state, input) ?? 0);
  return isOrphaned && textOf(state['proxmox_cluster_name']) === home.view.name && isInCluster(device, home);
}

/** Its sidecar names another cluster, or another node that this cluster has. */
function isSomebodyElses(device: NetBoxRecord, home: DeviceHome, input: DeviceCandidates): boolean {
  const state = stateOf(device, input);
  if (state === undefined) return false;
  return (
    isOfOtherCluster({ device, state }, home, input) ||
    (isOfEndpoint(state, home, input) && home.view.nodes.some((node) => isSameNode(state, node)))
  );
}

/**
 * The sidecar names another endpoint, or another cluster: one of this run, or any when its endpoint is no longer stored
 * and so cannot tell.
 */
function isOfOtherCluster(
  { device, state }: { readonly device: NetBoxRecord; readonly state: NetBoxRecord },
  home: DeviceHome,
  input: DeviceCandidates,
): boolean {
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

function isOfEndpoint(state: NetBoxRecord | undefined, { view }: DeviceHome, input: DeviceCandidates): boolean {
  const endpointId = state === undefined ? null : endpointIdOf(state, input);
  return endpointId !== null && view.endpointIds.includes(endpointId);
}

function isSameNode(state: NetBoxRecord, node: Pick<ClusterStatusNode, 'name'>): boolean {
  return textOf(state['proxmox_node_name']).toLowerCase() === node.name.toLowerCase();
}

function stateOf(device: NetBoxRecord, { records }: DeviceCandidates): NetBoxRecord | undefined {
  return records.deviceStates.find((row) => relationId(row['device']) === device.id);
}

function lowerName(device: NetBoxRecord): string {
  return textOf(device['name']).toLowerCase();
}
