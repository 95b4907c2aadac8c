/** Finished tasks of machines, from the archives of their nodes. `count` of the result is the number of machines. */
import { definePortionedStage } from '../../stage.js';
import { collectTasks } from './collect.js';
import { subjectOf } from './map.js';
import { planPortions } from './portions.js';
import type { CollectedTasks } from './types.js';

/** Frames name the first ones only. */
const announced = 20;

export const taskHistoryStage = definePortionedStage({
  name: 'task-history',
  title: 'Task history',
  kinds: ['task-history'],
  resources: ['vm', 'vm_template'],
  needs: ['virtual-machines'],
  collect: collectTasks,
  portions: planPortions,
  discovered: (collected) => ({
    noun: 'task',
    items: collected.tasks.slice(0, announced).map((task) => {
      const { label, source } = subjectOf(task);
      return { name: label, item_type: 'task-history', extra: { cluster: source.cluster, node: task.task.node } };
    }),
    total: collected.tasks.length,
    count: collected.roster.guests.length,
    extra: degradation(collected),
  }),
});

/** Machines of doubtful identity and archives that could not be read: the stage did the rest. */
function degradation({ failures, roster }: CollectedTasks): Readonly<Record<string, unknown>> {
  const errors = failures + roster.omitted.filter(({ outcome }) => outcome === 'refuse').length;
  return errors === 0 ? {} : { degraded: true, read_errors: errors };
}
