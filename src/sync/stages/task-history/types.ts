/** What is collected for the task history. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { Task } from '../../../proxmox/parse/tasks.js';
import type { Warning } from '../../types.js';
import type { KnownGuest, Roster } from '../../plan/roster.js';

/** A finished task of a guest that has a machine in NetBox. */
export interface GuestTask {
  readonly guest: KnownGuest;
  readonly task: Task;
  /** The node whose archive lists it: not always the one it ran on. */
  readonly listedBy: string;
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
  /** Keys of the nodes (`nodeKey`) whose archive could not be read, or not to its end. */
  readonly unread: ReadonlySet<string>;
  /** Archives that could not be read, or not to their end. */
  readonly failures: number;
}

export interface CollectedTasks extends TaskArchives {
  readonly roster: Roster;
}

/** Tasks that began in a span of time. */
export interface Portion {
  readonly tasks: readonly GuestTask[];
  /** When the first one began; null: nobody knows it of any. */
  readonly from: string | null;
  /** When the first one of the next portion began; null: it is the last one. */
  readonly to: string | null;
}

/** What NetBox has of the tasks of a portion. */
export interface StoredTasks {
  /** By UPID. */
  readonly stored: ReadonlyMap<string, StoredTask>;
  /** The whole rows of those that are no longer true, by id. */
  readonly outdated: ReadonlyMap<number, RecordOf<'task-history'>>;
}
