import type { NetBoxRecord } from '../../../netbox/types.js';
import type { Task } from '../../../proxmox/parse/tasks.js';
import type { Warning } from '../../types.js';
import type { KnownGuest, Roster } from '../../plan/roster.js';

/** A finished task of a guest that has a machine in NetBox. */
export interface GuestTask {
  readonly guest: KnownGuest;
  readonly task: Task;
}

/** As much of a stored row as tells whether it is still true: a task that has finished never changes in Proxmox. */
export interface StoredTask {
  readonly id: number;
  readonly virtualMachine: number | null;
  readonly vmType: string;
  readonly endTime: unknown;
  readonly status: string;
}

export interface TaskArchives {
  readonly tasks: readonly GuestTask[];
  readonly warnings: readonly Warning[];
  /** Archives that could not be read, or not to their end. */
  readonly failures: number;
}

export interface CollectedTasks extends TaskArchives {
  readonly roster: Roster;
  /** Rows of the discovered tasks, by UPID. */
  readonly stored: ReadonlyMap<string, StoredTask>;
  /** The whole rows of those that are no longer true, by id. */
  readonly outdated: ReadonlyMap<number, NetBoxRecord>;
}
