import type { NetBoxRecord } from '../../netbox/types.js';
import type { Ref } from '../types.js';
import type { ClusterView } from './cluster-views.js';
import type { NamingEndpoint } from './device-names.js';
import type { SyncOptions } from './options.js';
import type { EndpointTarget } from './plugin-endpoint.js';

/** What NetBox has of the clusters and nodes in scope. */
export interface InfrastructureRecords {
  readonly clusterTypes: readonly NetBoxRecord[];
  readonly sites: readonly NetBoxRecord[];
  readonly tenants: readonly NetBoxRecord[];
  readonly clusters: readonly NetBoxRecord[];
  readonly clusterStates: readonly NetBoxRecord[];
  readonly clusterLinks: readonly NetBoxRecord[];
  readonly devices: readonly NetBoxRecord[];
  readonly deviceStates: readonly NetBoxRecord[];
  readonly nodeLinks: readonly NetBoxRecord[];
  /** The plugin's own endpoint rows; empty without the plugin. */
  readonly pluginEndpoints: readonly NetBoxRecord[];
  readonly hasPlugin: boolean;
}

export interface InfrastructureInput {
  readonly views: readonly ClusterView[];
  readonly records: InfrastructureRecords;
  readonly endpoints: ReadonlyMap<number, EndpointTarget & NamingEndpoint>;
  readonly options: SyncOptions;
  /** ISO 8601 with Z. */
  readonly now: string;
  /** `inventory`: the devices stage. `guests`: only what these guests need: nodes per view key. */
  readonly purpose: 'inventory' | { readonly nodesOf: ReadonlyMap<string, ReadonlySet<string>> };
  /** A run of selected machines takes clusters and devices as they are: it makes missing ones, and changes none. */
  readonly asItIs: boolean;
}

/** How the guests of a view refer to its objects. `null` site: the cluster has no site scope we know. */
export interface PlannedCluster {
  readonly view: ClusterView;
  readonly cluster: Ref;
  readonly current: NetBoxRecord | undefined;
  readonly site: Ref | number | null;
  readonly devices: ReadonlyMap<string, PlannedDevice>;
  /** The plugin's row of the owner endpoint; null when it cannot be told. */
  readonly pluginEndpointId: number | null;
}

export interface PlannedDevice {
  readonly device: Ref;
  /** False when NetBox would refuse a guest on it: an operator took the device out of the cluster. */
  readonly inCluster: boolean;
}
