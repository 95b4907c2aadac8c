import type { NetBoxRecord } from '../../../netbox/types.js';
import type { GuestResource } from '../../../proxmox/types.js';
import type { ClusterView } from '../../plan/cluster-views.js';
import type { Warning } from '../../types.js';

export interface SweptCluster {
  readonly view: ClusterView;
  /** What the cluster reports right now, read for this purpose. */
  readonly guests: readonly GuestResource[];
}

export interface CollectedOrphans {
  /** Only clusters whose list tells what is gone. */
  readonly clusters: readonly SweptCluster[];
  readonly states: readonly NetBoxRecord[];
  readonly virtualMachines: readonly NetBoxRecord[];
  /** Rows of the plugin that keep NetBox from deleting a machine, by machine. */
  readonly guards: ReadonlyMap<number, readonly NetBoxRecord[]>;
  readonly warnings: readonly Warning[];
}
