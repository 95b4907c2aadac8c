import type { ClusterView, SessionSummary } from '../../../src/sync/plan/cluster-views.js';
import type { NamingEndpoint } from '../../../src/sync/plan/device-names.js';
import type { InfrastructureRecords } from '../../../src/sync/plan/infrastructure-types.js';
import {
  fromNames,
  overwriteFlags,
  syncResources,
  type OverwriteFlag,
  type SyncMode,
  type SyncOptions,
  type SyncResource,
} from '../../../src/sync/plan/options.js';
import type { EndpointTarget } from '../../../src/plugin-endpoints/plugin-rows.js';
import type { Change, Desired, Plan } from '../../../src/sync/types.js';
import { aNode } from './proxmox.js';

export const now = '2026-01-01T12:00:00.000Z';

const nowhere = { id: null, slug: null, name: null };

export function aSession(changes: Partial<SessionSummary> = {}): SessionSummary {
  return {
    endpointId: 1,
    endpointName: 'lab (nb:1)',
    identity: null,
    name: 'lab',
    mode: 'cluster',
    host: '10.0.0.10',
    port: 8006,
    nodes: [aNode('pve1'), aNode('pve2')],
    isQuorate: true,
    site: nowhere,
    tenant: nowhere,
    ...changes,
  };
}

/** Cluster `lab` with the nodes pve1 and pve2, reached through endpoint 1. */
export function aClusterView(changes: Partial<SessionSummary> = {}): ClusterView {
  const owner = aSession(changes);
  return {
    key: `${owner.endpointId}`,
    name: owner.name,
    mode: owner.mode,
    identity: owner.identity,
    owner,
    endpointIds: [owner.endpointId],
    unverifiedEndpointIds: [],
    nodes: owner.nodes,
    isQuorate: owner.isQuorate,
    warnings: [],
  };
}

type Endpoint = EndpointTarget & NamingEndpoint;

export function anEndpointTarget(changes: Partial<Endpoint> = {}): Endpoint {
  const here = { domain: null, ipAddress: '10.0.0.10', port: 8006 };
  return { name: 'lab (nb:1)', nodeDeviceNameTemplate: '', ...here, ...changes };
}

export function noRecords(changes: Partial<InfrastructureRecords> = {}): InfrastructureRecords {
  return {
    clusterTypes: [],
    sites: [],
    tenants: [],
    clusters: [],
    clusterStates: [],
    clusterLinks: [],
    devices: [],
    deviceStates: [],
    nodeLinks: [],
    pluginEndpoints: [],
    known: new Map(),
    standing: [],
    clusterDevices: [],
    named: [],
    hasPlugin: true,
    ...changes,
  };
}

export interface OptionChanges {
  readonly overwrite?: Partial<Record<OverwriteFlag, boolean>>;
  readonly modes?: Partial<Record<SyncResource, SyncMode>>;
  readonly netboxVmIds?: readonly number[] | null;
  readonly more?: Partial<SyncOptions>;
}

/** Everything is overwritten and synced, as when nobody changed a setting. */
export function syncOptions({
  overwrite = {},
  modes = {},
  netboxVmIds = null,
  more = {},
}: OptionChanges = {}): SyncOptions {
  return {
    overwrite: { ...fromNames(overwriteFlags, () => true), ...overwrite },
    modes: { ...fromNames(syncResources, () => 'always'), sdn: 'disabled', sdn_bgp: 'disabled', ...modes },
    netboxVmIds,
    runId: 'R1',
    network: {
      strategy: 'guest_os_model',
      useGuestAgentInterfaceName: true,
      ignoreIpv6LinkLocal: true,
      primaryIpPreference: 'ipv4',
      assignIps: true,
      syncMacs: true,
    },
    syncVmNetwork: true,
    syncTaskHistory: true,
    deleteNonexistentBackups: false,
    deleteNonexistentSnapshots: false,
    deleteLimit: { percent: 30, force: false },
    nodeDeviceNameTemplate: '{node}',
    parseDescriptionMetadata: false,
    deleteOrphans: false,
    orphanAction: 'mark',
    vmStageFailed: false,
    orphanGraceRuns: 1,
    dryRun: false,
    ...more,
  };
}

export function aDesired(changes: Partial<Desired> = {}): Desired {
  return { kind: 'virtual-machine', key: 'web01', label: 'web01', fields: {}, rules: {}, ...changes };
}

export function aPlan(changes: readonly Change[], more: Partial<Plan> = {}): Plan {
  return {
    stage: 'virtual-machines',
    changes,
    known: new Map(),
    discovered: new Map(),
    warnings: [],
    notes: [],
    nameResolutions: [],
    ...more,
  };
}
