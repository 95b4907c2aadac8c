/** Which task belongs to which machine, and whether a stored row still says so. Pure. */
import { equalValues, relationId, textOf, toNumber } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import type { Task } from '../../../proxmox/parse/tasks.js';
import type { GuestTask, StoredTask } from './types.js';

/** The tasks of one machine once each: of several with one UPID the one that ended last, then the one that began last. */
export function latestOfEach(tasks: readonly GuestTask[]): readonly GuestTask[] {
  const latest = new Map<string, GuestTask>();
  for (const candidate of tasks) {
    const key = `${candidate.guest.key} ${candidate.task.upid}`;
    const known = latest.get(key);
    if (known === undefined || isLater(candidate.task, known.task)) latest.set(key, candidate);
  }
  return [...latest.values()];
}

function isLater(one: Task, other: Task): boolean {
  const moments = (task: Task): string => `${task.endTime ?? ''} ${task.startTime ?? ''}`;
  return moments(one) > moments(other);
}

export function storedTask(row: NetBoxRecord): StoredTask {
  return {
    id: row.id,
    virtualMachine: relationId(row['virtual_machine']),
    vmType: textOf(row['vm_type']),
    endTime: row['end_time'],
    status: textOf(row['status']),
  };
}

/** False when the row has to be compared field by field. */
export function isUpToDate(stored: StoredTask, { guest, task }: GuestTask): boolean {
  return (
    stored.virtualMachine === guest.virtualMachine.id &&
    stored.vmType === guest.resource.type &&
    equalValues('time', stored.endTime, task.endTime) &&
    equalValues('text', stored.status, task.status)
  );
}

/**
 * Whether the row of a task hangs on the machine of another guest with the same VMID: NetBox keeps a UPID once, and two
 * clusters with equal node names may, however unlikely, have given the same. Then it stays where it is.
 */
export function belongsToNamesake(
  stored: StoredTask,
  { guest, task }: GuestTask,
  states: readonly NetBoxRecord[],
): boolean {
  if (stored.virtualMachine === null || stored.virtualMachine === guest.virtualMachine.id) return false;
  return states.some(
    (state) =>
      relationId(state['virtual_machine']) === stored.virtualMachine &&
      toNumber(state['proxmox_vm_id']) === toNumber(task.taskId),
  );
}
