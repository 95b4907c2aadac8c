/** Replication jobs. `count` of the result is what was created or updated, `stale` the rows whose job is gone. */
import { countStale, countWritten } from '../../plan/stale.js';
import { plannedItems } from '../../planned-items.js';
import { defineStage } from '../../stage.js';
import { collectReplications } from './collect.js';
import { planReplications } from './diff.js';

export const replicationsStage = defineStage({
  name: 'replications',
  title: 'Replications',
  kinds: ['replication'],
  resources: ['vm', 'vm_template'],
  needs: ['virtual-machines'],
  collect: collectReplications,
  plan: (collected, { supportIds, options: { deleteLimit } }) =>
    planReplications({ ...collected, supportIds, deleteLimit }),
  discovered: (_collected, plan) => ({ noun: 'replication job', items: plannedItems(plan, 'replication') }),
  countOf: countWritten,
  extra: (outcomes) => ({ stale: countStale(outcomes) }),
});
