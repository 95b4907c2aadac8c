/** What is collected for snapshots. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { Snapshot } from '../../../proxmox/parse/snapshots.js';
import type { Reason } from '../../types.js';
import type { KnownGuest, Roster } from '../../plan/roster.js';

/** The snapshots of a guest, all of them, or why they are not known. */
export type SnapshotListing =
  | {
      readonly status: 'read';
      readonly snapshots: readonly Snapshot[];
      /** Of the boot disk; null = on none; undefined = the configuration could not be read. */
      readonly storage: string | null | undefined;
    }
  | { readonly status: 'unread'; readonly reason: Reason };

export interface SnapshotGuest extends KnownGuest {
  readonly listing: SnapshotListing;
}

export interface CollectedSnapshots {
  readonly roster: Roster;
  readonly guests: readonly SnapshotGuest[];
  /** Snapshots in NetBox: of these guests and of every machine with one of their VMIDs. */
  readonly rows: readonly RecordOf<'snapshot'>[];
  readonly storages: readonly RecordOf<'storage'>[];
}
