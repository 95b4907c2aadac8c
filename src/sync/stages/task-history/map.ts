/** Finished tasks in the fields of the plugin's rows. Pure. */
import { taskDescription, untoldStatus } from '../../../proxmox/parse/tasks.js';
import { proxboxTag } from '../../plan/support-objects.js';
import { type Desired, type RulesOf, type SourceRef, ref } from '../../types.js';
import type { GuestTask } from './types.js';

/** What a task was does not change; whose it is and how it ended may have to be corrected. */
const rules: RulesOf<'task-history'> = {
  upid: 'create-only',
  node: 'create-only',
  pid: 'create-only',
  pstart: 'create-only',
  task_id: 'create-only',
  task_type: 'create-only',
  username: 'create-only',
  start_time: 'create-only',
  description: 'create-only',
  tags: 'union',
};

export function subjectOf({ guest, task }: GuestTask) {
  const { vmid, type } = guest.resource;
  const source: SourceRef = { ...guest.source, node: task.node };
  return {
    kind: 'task-history' as const,
    key: task.upid,
    label: taskDescription(task.taskType, String(vmid), type),
    source,
  };
}

/** `now` stands for a start that neither the row nor the UPID tells: NetBox wants one. */
export function taskHistoryRow(owned: GuestTask, now: string): Desired<'task-history'> {
  const { guest, task } = owned;
  const subject = subjectOf(owned);
  return {
    ...subject,
    fields: {
      virtual_machine: ref('virtual-machine', guest.key),
      vm_type: guest.resource.type,
      upid: task.upid,
      node: task.node,
      pid: task.pid,
      pstart: task.pstart,
      task_id: task.taskId,
      task_type: task.taskType,
      username: task.username,
      start_time: task.startTime ?? now,
      end_time: task.endTime,
      description: subject.label,
      status: task.status,
      // The archive lists what has ended.
      task_state: 'stopped',
      exitstatus: task.status,
      tags: [proxboxTag],
    },
    rules: { ...rules, ...untold(task) },
  };
}

/** A row of the archive that does not tell how the task ended takes nothing away that was known of it. */
function untold({ endTime, status }: GuestTask['task']): RulesOf<'task-history'> {
  return {
    ...(endTime === null ? { end_time: 'create-only' } : {}),
    ...(status === untoldStatus ? { status: 'create-only', exitstatus: 'create-only' } : {}),
  };
}
