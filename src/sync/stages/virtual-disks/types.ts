/** What is collected for virtual disks. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { VolumeSizes } from '../../../proxmox/parse/disks.js';
import type { Warning } from '../../types.js';
import type { LocatedConfig } from '../../guests.js';
import type { KnownGuest, Roster } from '../../plan/roster.js';

export interface DiskMachine extends KnownGuest, LocatedConfig {
  /** What the storages say of disks without a size in the configuration. */
  readonly sizes: VolumeSizes;
  /** Why a storage could not be asked, by its name. */
  readonly unasked: ReadonlyMap<string, string>;
}

export interface CollectedDisks {
  readonly roster: Roster;
  readonly machines: readonly DiskMachine[];
  /** Virtual disks of the machines, maybe of others too. */
  readonly disks: readonly RecordOf<'virtual-disk'>[];
  /** Ids of machines with disks that the token may not view: what is not listed of them may be there. */
  readonly hidden: ReadonlySet<number>;
  /** Sidecars of the disks; undefined where they cannot be written. */
  readonly states: readonly RecordOf<'virtual-disk-state'>[] | undefined;
  /** Storages of the plugin. */
  readonly storages: readonly RecordOf<'storage'>[];
  readonly warnings: readonly Warning[];
}
