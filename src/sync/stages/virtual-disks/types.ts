import type { NetBoxRecord } from '../../../netbox/types.js';
import type { Warning } from '../../types.js';
import type { LocatedConfig } from '../../guests.js';
import type { KnownGuest, Roster } from '../../plan/roster.js';

export type DiskMachine = KnownGuest & LocatedConfig;

export interface CollectedDisks {
  readonly roster: Roster;
  readonly machines: readonly DiskMachine[];
  /** Virtual disks of the machines, maybe of others too. */
  readonly disks: readonly NetBoxRecord[];
  /** Sidecars of the disks; undefined where they cannot be written. */
  readonly states: readonly NetBoxRecord[] | undefined;
  /** Storages of the plugin. */
  readonly storages: readonly NetBoxRecord[];
  readonly warnings: readonly Warning[];
}
