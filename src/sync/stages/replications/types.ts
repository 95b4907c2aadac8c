/** What is collected for replications. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { ReplicationJob } from '../../../proxmox/parse/replication.js';
import type { JobList } from '../../collect/job-lists.js';
import type { Warning } from '../../types.js';
import type { KnownGuest, OmittedGuest } from '../../plan/roster.js';

export interface ReplicationList extends JobList<ReplicationJob> {
  /** By VMID; Proxmox lists jobs of guests that the account may see, and no others. */
  readonly guests: ReadonlyMap<number, KnownGuest>;
  readonly omitted: ReadonlyMap<number, OmittedGuest>;
  /** VMIDs of guests that are not listed and proven to be gone, and with them their jobs. */
  readonly gone: ReadonlySet<number>;
}

export interface CollectedReplications {
  readonly lists: readonly ReplicationList[];
  readonly rows: readonly RecordOf<'replication'>[];
  readonly nodes: readonly RecordOf<'node-link'>[];
  readonly warnings: readonly Warning[];
  /** Ids of machines that are marked as gone: what hangs on them stays as it is. */
  readonly marked: ReadonlySet<number>;
  /** Only of these guests; others are not looked at. */
  readonly isSelection: boolean;
}
