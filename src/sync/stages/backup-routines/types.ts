/** What is collected for backup routines. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { BackupJob } from '../../../proxmox/parse/backup-jobs.js';
import type { JobList } from '../../collect/job-lists.js';
import type { Warning } from '../../types.js';

/** As much of a guest as tells whether a job takes it. */
export interface CoveredGuest {
  readonly vmid: number;
  readonly node: string;
  /** Empty when it is in none, or the account may not see pools. */
  readonly pool: string;
}

export interface RoutineList extends JobList<BackupJob> {
  /** `unknown`: the guests of the cluster could not be listed. */
  readonly guests: readonly CoveredGuest[] | 'unknown';
  /** Rows of the plugin's storages of the NetBox cluster. */
  readonly storages: readonly RecordOf<'storage'>[];
}

export interface CollectedRoutines {
  readonly lists: readonly RoutineList[];
  readonly rows: readonly RecordOf<'backup-routine'>[];
  readonly nodes: readonly RecordOf<'node-link'>[];
  readonly warnings: readonly Warning[];
}
