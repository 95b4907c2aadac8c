/** A guest in the fields of its NetBox virtual machine and of its sidecar. Pure. */
import type { ObjectKind, RecordOf } from '../../../netbox/kinds/index.js';
import { isVolume, parseGuestDisks } from '../../../proxmox/parse/disks.js';
import { configuredCpus, parseGuestConfig } from '../../../proxmox/parse/guest-config.js';
import type { DescriptionMetadata } from '../../../proxmox/parse/description-metadata.js';
import { parseGuestStatus } from '../../../proxmox/parse/guest-status.js';
import { parseTags } from '../../../proxmox/parse/tags.js';
import type { GuestConfig, GuestResource } from '../../../proxmox/types.js';
import type { ClusterView } from '../../plan/cluster-views.js';
import type { PlannedCluster } from '../../plan/infrastructure-types.js';
import { isMark } from '../../plan/guest-tags.js';
import { cut } from '../../plan/names.js';
import type { SyncOptions } from '../../plan/options.js';
import { machineDescription, ownTexts } from '../../plan/own-texts.js';
import { proxboxTag } from '../../plan/support-objects.js';
import { type FieldsOf, type RulesOf, type Ref, type TagRef, ref } from '../../types.js';
import type { RoleDecision } from './map-roles.js';

export interface GuestToMap {
  readonly view: ClusterView;
  readonly resource: GuestResource;
  readonly config: GuestConfig;
  readonly home: PlannedCluster;
  /** As resolved against the other machines of the cluster. */
  readonly name: string;
  readonly role: RoleDecision;
  /** The name of the platform that it is to have; null: none, or what an operator chose. */
  readonly platform: string | null;
  /** What the notes of the guest say, where that can be used. */
  readonly metadata: Pick<DescriptionMetadata, 'platform' | 'site'>;
}

export interface MapOptions {
  readonly options: SyncOptions;
  /** NetBox 4.6 and later. */
  readonly virtualMachineTypes: boolean;
  /** Legacy custom fields that exist for virtual machines. */
  readonly legacyFields: ReadonlySet<string>;
  readonly runId: string;
  readonly now: string;
  /** Writes the run id and time of every guest at every run, one change-log row each; off by default. */
  readonly stampEveryRun: boolean;
}

const types = {
  qemu: { type: 'qemu-virtual-machine', role: 'virtual-machine-qemu' },
  lxc: { type: 'lxc-container', role: 'container-lxc' },
} as const;

/** Before NetBox 4.6 there are no types of machines: a role of its own says what a new guest is. */
export function typeRole({ type }: GuestResource): Ref<'device-role'> {
  return ref('device-role', types[type].role);
}

/** The NetBox virtual machine of a guest. Never among the fields: tenant, comments, primary addresses. */
export function virtualMachineFields(
  guest: GuestToMap,
  { options, virtualMachineTypes, legacyFields }: MapOptions,
): FieldsOf<'virtual-machine'> {
  const { resource, config, home, platform, metadata } = guest;
  const device = home.devices.get(resource.node);
  const disks = parseGuestDisks(config);
  const tags: readonly TagRef[] = options.overwrite.overwrite_vm_proxmox_tags ? guestTags(config) : [];
  return {
    name: guest.name,
    status: parseGuestStatus(resource.status),
    cluster: home.cluster,
    // NetBox refuses every change of a machine whose device is not in its cluster, so such a device is taken off it.
    ...(device === undefined ? {} : { device: device.inCluster ? optional(device.device) : null }),
    ...siteOf(guest),
    ...(virtualMachineTypes ? { virtual_machine_type: optional(ref('vm-type', types[resource.type].type)) } : {}),
    ...(platform === null ? {} : { platform: { ...ref('platform', platform), otherwise: 'platform_unavailable' } }),
    ...(metadata.platform === undefined ? {} : { platform: metadata.platform }),
    ...(guest.role.role === undefined ? {} : { role: optional(guest.role.role) }),
    ...vcpus(resource, config),
    memory: Math.max(0, Math.floor(resource.maxmem / 1_048_576)),
    // What nobody knows is not 0: the stage of disks asks the storages.
    ...(disks.unsized.some(isVolume) ? {} : { disk: disks.totalMb }),
    start_on_boot: parseGuestConfig(config).onboot ? 'on' : 'off',
    description: machineDescription(resource.node),
    tags: [proxboxTag, ...tags],
    ...legacyCustomFields(resource, legacyFields),
  };
}

/** That of the cluster, else that of the device, else the one that the notes name: NetBox wants a machine where they are. */
function siteOf({ home, resource, metadata }: GuestToMap): FieldsOf<'virtual-machine'> {
  const site = siteOfGuest(home, resource);
  if (site !== null) return { site };
  return metadata.site === undefined ? {} : { site: metadata.site };
}

/** Where NetBox wants the machine of a guest; null: anywhere. */
export function siteOfGuest(
  { site, devices }: PlannedCluster,
  { node }: Pick<GuestResource, 'node'>,
): PlannedCluster['site'] {
  const device = devices.get(node);
  return site ?? (device?.inCluster === true ? device.site : null);
}

/** A machine can do without a device, a role and a type. */
function optional<K extends ObjectKind>(value: number | Ref<K>): number | Ref<K> {
  return typeof value === 'number' ? value : { ...value, otherwise: 'dependency_failed' };
}

/**
 * `disk` belongs to NetBox as soon as the machine has virtual disks: it is then the sum of their sizes. The status that came
 * with the mark goes with it, though it is an operator's otherwise: the tag tells who gave it.
 */
export function virtualMachineRules(
  { overwrite }: SyncOptions,
  ...[current, isMarked = false]: [current: RecordOf<'virtual-machine'> | undefined, isMarked?: boolean]
): RulesOf<'virtual-machine'> {
  const hasDisks = (current?.virtual_disk_count ?? 0) > 0;
  return {
    status: isMarked && current?.status === 'decommissioning' ? 'always' : 'unless-operator',
    disk: hasDisks ? 'create-only' : 'always',
    start_on_boot: bootRule(current),
    virtual_machine_type: overwrite.overwrite_vm_type ? 'always' : 'if-unset',
    // Among the fields only where it is to be written: `platformName`.
    platform: 'always',
    description: overwrite.overwrite_vm_description ? { ours: ownTexts['virtual-machine'].description } : 'if-unset',
    tags: overwrite.overwrite_vm_tags ? 'union' : 'union-if-unset',
    custom_fields: overwrite.overwrite_vm_custom_fields ? 'always' : 'create-only',
  };
}

/** Proxmox has no word for `laststate`: that one is an operator's. */
function bootRule(current: RecordOf<'virtual-machine'> | undefined): 'always' | 'create-only' {
  return current?.start_on_boot === 'laststate' ? 'create-only' : 'always';
}

/** The sidecar: who the guest is in Proxmox, and what NetBox has no field for. */
export function stateFields(
  guest: GuestToMap,
  virtualMachine: Ref<'virtual-machine'>,
  { runId, now }: MapOptions,
): FieldsOf<'vm-state'> {
  const { resource, config, view, home } = guest;
  const summary = parseGuestConfig(config);
  return {
    virtual_machine: virtualMachine,
    ...(home.pluginEndpointId === null ? {} : { endpoint: home.pluginEndpointId }),
    proxmox_vm_id: resource.vmid,
    proxmox_vm_type: resource.type,
    proxmox_vm_name: cut(resource.name, 255),
    proxmox_endpoint_raw_id: view.owner.endpointId,
    proxmox_node_name: resource.node,
    proxmox_cluster_name: view.name,
    proxmox_start_at_boot: summary.onboot,
    proxmox_unprivileged_container: summary.unprivileged,
    proxmox_qemu_agent: summary.agent,
    proxmox_search_domain: cut(summary.searchDomain ?? '', 255),
    proxmox_status: resource.status.slice(0, 64),
    proxmox_link: link(view, resource),
    proxmox_last_updated: now,
    last_run_id: runId,
  };
}

/** With `overwrite_vm_custom_fields=false` only what identifies the guest is kept true. */
export function stateRules({ options: { overwrite }, stampEveryRun }: MapOptions): RulesOf<'vm-state'> {
  const stamp = stampEveryRun ? 'always' : 'stamp';
  const extra = overwrite.overwrite_vm_custom_fields ? 'always' : 'create-only';
  return {
    virtual_machine: 'create-only',
    proxmox_start_at_boot: extra,
    proxmox_unprivileged_container: extra,
    proxmox_qemu_agent: extra,
    proxmox_search_domain: extra,
    proxmox_status: extra,
    proxmox_link: extra,
    proxmox_last_updated: stamp,
    last_run_id: stamp,
  };
}

/** Without those that mean something else in NetBox. */
export function guestTagNames(config: GuestConfig): readonly string[] {
  return parseTags(config['tags']).filter((name) => !isMark(name));
}

export function markNames(config: GuestConfig): readonly string[] {
  return parseTags(config['tags']).filter(isMark);
}

function guestTags(config: GuestConfig): readonly TagRef[] {
  return guestTagNames(config).map((name) => ref('tag', name));
}

/** The resource row counts no more than the host has, so it helps only where nothing is configured. NetBox refuses 0. */
function vcpus(resource: GuestResource, config: GuestConfig): FieldsOf<'virtual-machine'> {
  const count = configuredCpus(resource.type, config) ?? resource.maxcpu ?? 0;
  return count > 0 ? { vcpus: Math.round(count * 100) / 100 } : {};
}

function link({ owner }: ClusterView, { type, vmid }: GuestResource): string {
  const host = owner.host.includes(':') && !owner.host.startsWith('[') ? `[${owner.host}]` : owner.host;
  return `https://${host}:${owner.port}/#v1:0:=${type}/${vmid}`;
}

/** The three legacy fields that some pages of the plugin still read: written only where NetBox has them. */
function legacyCustomFields(resource: GuestResource, exists: ReadonlySet<string>): FieldsOf<'virtual-machine'> {
  const values = { proxmox_vm_id: resource.vmid, proxmox_node: resource.node, proxmox_vm_type: resource.type };
  const known = Object.entries(values).filter(([name]) => exists.has(name));
  return known.length === 0 ? {} : { custom_fields: Object.fromEntries(known) };
}

export function storedName(record: RecordOf<'virtual-machine'>): string {
  return record.name;
}
