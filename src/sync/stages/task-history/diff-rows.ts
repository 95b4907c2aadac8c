/** Which task belongs to which machine, and whether a stored row still says so. Pure. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { equalValues, toNumber } from '../../../netbox/kinds/values.js';
import { untoldStatus, type Task } from '../../../proxmox/parse/tasks.js';
import { nodeKey } from '../../plan/cluster-views.js';
import type { GuestTask, Portion, StoredTask } from './types.js';

/**
 * The tasks of one machine once each: of several with one UPID that of the node it ran on, else the one that ended last, then the
 * one that began last.
 */
export function latestOfEach(tasks: readonly GuestTask[]): readonly GuestTask[] {
  const byGuest = new Map<string, Map<string, GuestTask>>();
  for (const candidate of tasks) {
    const { guest, task } = candidate;
    const latest = byGuest.get(guest.key) ?? new Map<string, GuestTask>();
    byGuest.set(guest.key, latest);
    const known = latest.get(task.upid);
    if (known === undefined || isBetter(candidate, known)) latest.set(task.upid, candidate);
  }
  return [...byGuest.values()].flatMap((latest) => [...latest.values()]);
}

/** So many tasks are compared with NetBox and written together: their rows fill ten of its pages, with room for borders. */
export const portionSize = 9_900;

/** The tasks by their beginning; one portion where there are none. Whose beginning nobody knows is in the last one. */
export function inPortions(tasks: readonly GuestTask[], size = portionSize): readonly Portion[] {
  const sorted = [...tasks].sort((one, other) => order(one.task.startTime, other.task.startTime));
  const startOf = (index: number): string | null => sorted[index]?.task.startTime ?? null;
  const count = Math.max(1, Math.ceil(sorted.length / size));
  return Array.from({ length: count }, (_, index) => {
    const first = index * size;
    return { tasks: sorted.slice(first, first + size), from: startOf(first), to: startOf(first + size) };
  });
}

function order(one: string | null, other: string | null): number {
  if (one === other) return 0;
  if (one === null || other === null) return one === null ? 1 : -1;
  return one < other ? -1 : 1;
}

function isBetter(one: GuestTask, other: GuestTask): boolean {
  if (isCopy(one) !== isCopy(other)) return isCopy(other);
  return isLater(one.task, other.task);
}

/** True when another node lists the task than the one it ran on. */
function isCopy({ task, listedBy }: GuestTask): boolean {
  return task.node !== listedBy;
}

/** Whether only a copy is seen because the node of the task could not be read: a stored row knows better. */
export function isCopyOfUnread(owned: GuestTask, unread: ReadonlySet<string>): boolean {
  return isCopy(owned) && unread.has(nodeKey(owned.guest.cluster.view, owned.task.node));
}

function isLater(one: Task, other: Task): boolean {
  const moments = (task: Task): string => `${task.endTime ?? ''} ${task.startTime ?? ''}`;
  return moments(one) > moments(other);
}

type TaskState = Pick<RecordOf<'task-history'>, 'id' | 'virtual_machine' | 'vm_type' | 'end_time' | 'status'>;

export function storedTask(row: TaskState): StoredTask {
  return {
    id: row.id,
    virtualMachine: row.virtual_machine,
    vmType: row.vm_type,
    endTime: row.end_time,
    status: row.status,
  };
}

/** False when the row has to be compared field by field. */
export function isUpToDate(stored: StoredTask, { guest, task }: GuestTask): boolean {
  return (
    stored.virtualMachine === guest.virtualMachine.id &&
    stored.vmType === guest.resource.type &&
    (task.endTime === null || equalValues('time', stored.endTime, task.endTime)) &&
    (task.status === untoldStatus || equalValues('text', stored.status, task.status))
  );
}

/**
 * Whether the row of a task hangs on the machine of another guest with the same VMID: NetBox keeps a UPID once, and two
 * clusters with equal node names may, however unlikely, have given the same. Then it stays where it is.
 */
export function belongsToNamesake(
  stored: StoredTask,
  { guest, task }: GuestTask,
  states: readonly RecordOf<'vm-state'>[],
): boolean {
  if (stored.virtualMachine === null || stored.virtualMachine === guest.virtualMachine.id) return false;
  return states.some(
    (state) => state.virtual_machine === stored.virtualMachine && state.proxmox_vm_id === toNumber(task.taskId),
  );
}
