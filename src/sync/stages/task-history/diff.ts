/** Every finished task of a known machine as a row; rows are never deleted, as Proxmox forgets old tasks. Pure. */
import type { PlanBuilder } from '../../plan/plan-builder.js';
import type { Plan } from '../../types.js';
import { subjectOf, taskHistoryRow } from './map.js';
import { belongsToNamesake, isCopyOfUnread, isUpToDate } from './diff-rows.js';
import type { CollectedTasks, GuestTask, StoredTasks } from './types.js';

/** Of a portion, each task once. */
export interface TaskHistoryInput extends Omit<CollectedTasks, 'failures'>, StoredTasks {
  readonly now: string;
}

/** The builder knows the machines of the tasks. */
export function planTaskHistory(builder: PlanBuilder, input: TaskHistoryInput): Plan {
  for (const warning of input.warnings) builder.warn(warning);
  const { tasks } = input;
  builder.discovered('task-history', tasks.length);
  const owners = ownersOf(tasks, input);
  for (const task of tasks) planTask(builder, task, owners, input);
  return builder.build('task-history');
}

/** Of several machines with one UPID the one whose row is stored, then the first. */
function ownersOf(
  tasks: readonly GuestTask[],
  { stored }: Pick<TaskHistoryInput, 'stored'>,
): ReadonlyMap<string, GuestTask> {
  const owners = new Map<string, GuestTask>();
  for (const task of tasks) {
    const { upid } = task.task;
    const holdsRow = stored.get(upid)?.virtualMachine === task.guest.virtualMachine.id;
    if (!owners.has(upid) || holdsRow) owners.set(upid, task);
  }
  return owners;
}

function planTask(
  builder: PlanBuilder,
  task: GuestTask,
  owners: ReadonlyMap<string, GuestTask>,
  { stored, outdated, unread, roster, now }: TaskHistoryInput,
): void {
  const row = stored.get(task.task.upid);
  const isElsewhere =
    owners.get(task.task.upid) !== task || (row !== undefined && belongsToNamesake(row, task, roster.states));
  if (isElsewhere) {
    skipNamesake(builder, task);
    return;
  }
  if (row !== undefined && (isUpToDate(row, task) || isCopyOfUnread(task, unread))) {
    // Of a hundred thousand rows only the ids are kept.
    builder.keep(subjectOf(task), row.id);
    return;
  }
  // A row that was deleted between the two readings is made again.
  builder.add(taskHistoryRow(task, now), row === undefined ? undefined : outdated.get(row.id));
}

function skipNamesake(builder: PlanBuilder, task: GuestTask): void {
  const subject = subjectOf(task);
  builder.skip(
    { ...subject, key: `${task.guest.key} ${subject.key}` },
    {
      code: 'duplicate',
      message: `Task "${subject.label}" of node "${task.task.node}" of "${task.guest.source.cluster}" is left out: NetBox keeps a UPID once, and another machine with VMID ${task.guest.resource.vmid} has the row of ${task.task.upid}.`,
    },
  );
}
