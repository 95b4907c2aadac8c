import type { NetBoxRecord } from '../../../netbox/types.js';
import type { ReplicationJob } from '../../../proxmox/parse/replication.js';
import type { JobList } from '../../collect/job-lists.js';
import type { Warning } from '../../types.js';
import type { KnownGuest, OmittedGuest } from '../../plan/roster.js';

export interface ReplicationList extends JobList<ReplicationJob> {
  /** By VMID; Proxmox lists jobs of guests that the account may see, and no others. */
  readonly guests: ReadonlyMap<number, KnownGuest>;
  readonly omitted: ReadonlyMap<number, OmittedGuest>;
  /** Jobs of guests that are not listed would be listed all the same. */
  readonly seesAll: boolean;
}

export interface CollectedReplications {
  readonly lists: readonly ReplicationList[];
  readonly rows: readonly NetBoxRecord[];
  readonly nodes: readonly NetBoxRecord[];
  readonly warnings: readonly Warning[];
  /** Only of these guests; others are not looked at. */
  readonly isSelection: boolean;
}
