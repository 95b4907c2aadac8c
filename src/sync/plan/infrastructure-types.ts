/** What clusters and nodes are planned from, and what guests refer to afterwards. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { Ref } from '../types.js';
import type { ClusterView } from './cluster-views.js';
import type { NamingEndpoint } from './device-names.js';
import type { ClusterCandidates } from './netbox-cluster.js';
import type { SyncOptions } from './options.js';
import type { EndpointTarget } from '../../plugin-endpoints/plugin-rows.js';

/** What NetBox has of the clusters and nodes in scope. */
export interface InfrastructureRecords extends Omit<ClusterCandidates, 'endpoints'> {
  readonly clusterTypes: readonly RecordOf<'cluster-type'>[];
  readonly sites: readonly RecordOf<'site'>[];
  readonly tenants: readonly RecordOf<'tenant'>[];
  readonly devices: readonly RecordOf<'device'>[];
  /** Whatever stands in clusters whose scope may change, nodes or not. */
  readonly clusterDevices: readonly RecordOf<'device'>[];
  readonly deviceStates: readonly RecordOf<'device-state'>[];
  readonly nodeLinks: readonly RecordOf<'node-link'>[];
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

/** How the guests of a view refer to its objects. */
export interface PlannedCluster {
  readonly view: ClusterView;
  readonly cluster: Ref<'cluster'>;
  readonly current: RecordOf<'cluster'> | undefined;
  /** The cluster's scope; null: it is no site. */
  readonly site: Ref<'site'> | number | null;
  /** Where devices that are made for it are put; null where none is made. */
  readonly nodeSite: Ref<'site'> | number | null;
  readonly devices: ReadonlyMap<string, PlannedDevice>;
  /** The plugin's row of the owner endpoint; null when it cannot be told. */
  readonly pluginEndpointId: number | null;
}

export interface PlannedDevice {
  readonly device: Ref<'device'>;
  /** Where it is, or is put. */
  readonly site: Ref<'site'> | number | null;
  /** False when NetBox would refuse a guest on it: an operator took the device out of the cluster. */
  readonly inCluster: boolean;
}
