/** What is collected for the sweep of orphans. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { ListedResource } from '../../../proxmox/types.js';
import type { RememberedMachine } from '../../machine-memory.js';
import type { ClusterView } from '../../plan/cluster-views.js';
import type { Warning } from '../../types.js';

export interface SweptCluster {
  readonly view: ClusterView;
  /** What the cluster reports right now, read for this purpose. */
  readonly guests: readonly ListedResource[];
  /** VMIDs whose absence from the cluster was proven one by one: no other machine may be swept. */
  readonly gone: ReadonlySet<number>;
}

/** Why nothing was looked at, in the words of the wire. */
export type SkippedReason =
  'disabled' | 'vm_stage_failed' | 'live_inventory_unavailable' | 'sidecar_unavailable' | 'selection' | 'mode_disabled';

/** Of the machines whose guest is gone: what NetBox deletes along with them. */
export interface Belongings {
  readonly interfaces: readonly RecordOf<'vm-interface'>[];
  readonly addresses: readonly RecordOf<'ip-address'>[];
  readonly macs: readonly RecordOf<'mac-address'>[];
  readonly disks: readonly RecordOf<'virtual-disk'>[];
  readonly snapshots: readonly RecordOf<'snapshot'>[];
  readonly backups: readonly RecordOf<'backup'>[];
  /** Ids of the VLANs of the interfaces that a sync may have put them into. */
  readonly vlans: ReadonlySet<number>;
  /** Machines with more interfaces or disks than the token may view. */
  readonly notSeenWhole: ReadonlySet<number>;
  /** Ids of the addresses that services name. */
  readonly ofServices: ReadonlySet<number>;
  readonly remembered: ReadonlyMap<number, RememberedMachine>;
}

export interface CollectedOrphans {
  readonly clusters: readonly SweptCluster[];
  readonly states: readonly RecordOf<'vm-state'>[];
  /** Those whose guest is gone. */
  readonly virtualMachines: readonly RecordOf<'virtual-machine'>[];
  /** Rows of the plugin that keep NetBox from deleting a machine, by machine. */
  readonly guards: ReadonlyMap<number, readonly RecordOf<'guest-vm-interface-address'>[]>;
  /** Read only where machines are to be deleted; undefined: not all of it can be read. */
  readonly belongings: Belongings | undefined;
  /** Tags that syncs made for tags in Proxmox: they are no operator's. */
  readonly guestTags: ReadonlySet<number>;
  /** How many runs in a row found the guest of a machine gone, this one included. */
  readonly missedRuns: ReadonlyMap<number, number>;
  /** Machines that a sync made when it could not put the discovery tag on them. */
  readonly untagged: ReadonlySet<number>;
  readonly skippedReason: SkippedReason | null;
  readonly warnings: readonly Warning[];
}
