import type { Backup } from '../../../proxmox/parse/backups.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import type { ClusterView } from '../../plan/cluster-views.js';
import type { Warning } from '../../types.js';
import type { Roster } from '../../plan/roster.js';

/** The backups of one cluster, and what their absence proves. */
export interface ClusterBackups {
  readonly view: ClusterView;
  /** By volume id; of a selection only its own. */
  readonly backups: ReadonlyMap<string, Backup>;
  /** True when a backup that is not among `backups` does not exist on the storage. */
  readonly provesAbsence: (storage: string) => boolean;
}

export interface CollectedBackups {
  readonly roster: Roster;
  readonly clusters: readonly ClusterBackups[];
  /** Backups in NetBox: all, or those with the VMIDs of the roster. */
  readonly rows: readonly NetBoxRecord[];
  readonly storages: readonly NetBoxRecord[];
  readonly warnings: readonly Warning[];
}
