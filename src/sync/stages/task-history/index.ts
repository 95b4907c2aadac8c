import { PlanBuilder } from '../../plan/plan-builder.js';
import { defineStage } from '../../stage.js';
import { collectTasks } from './collect.js';
import { planTaskHistory } from './diff.js';
import { subjectOf } from './map.js';
import type { CollectedTasks } from './types.js';
import { planRoster } from '../../plan/roster.js';

/** Frames name the first ones only. */
const announced = 20;

/** Finished tasks of machines, from the archives of their nodes. `count` of the result is the number of machines. */
export const taskHistoryStage = defineStage({
  name: 'task-history',
  title: 'Task history',
  kinds: ['task-history'],
  resources: ['vm', 'vm_template'],
  collect: collectTasks,
  plan: (collected, run) => {
    const builder = new PlanBuilder({ known: run.supportIds });
    planRoster(builder, collected.roster);
    return planTaskHistory(builder, { ...collected, now: run.now });
  },
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
