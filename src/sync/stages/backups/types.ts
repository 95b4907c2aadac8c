/** What is collected for backups. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { Backup } from '../../../proxmox/parse/backups.js';
import type { ClusterView } from '../../plan/cluster-views.js';
import type { Warning } from '../../types.js';
import type { Roster } from '../../plan/roster.js';
import type { RivalsOf } from './map-shared-places.js';

/** The backups of one cluster, and what they prove. */
export interface ClusterBackups {
  readonly view: ClusterView;
  /** By volume id; of a selection only its own. */
  readonly backups: ReadonlyMap<string, Backup>;
  /**
   * Whether every copy on the storage was read: a shared one by any of its nodes, a local one by all of them. Where it was not, a
   * stored row may be about a copy that nobody sees now.
   */
  readonly isWhole: (storage: string) => boolean;
  /** True when a backup that is not among `backups` does not exist on the storage. */
  readonly provesAbsence: (storage: string, vmid: number | null) => boolean;
  readonly rivalsOf: RivalsOf;
}

export interface CollectedBackups {
  readonly roster: Roster;
  readonly clusters: readonly ClusterBackups[];
  /** Backups in NetBox: all, or those with the VMIDs of the roster. */
  readonly rows: readonly RecordOf<'backup'>[];
  readonly storages: readonly RecordOf<'storage'>[];
  readonly warnings: readonly Warning[];
}
