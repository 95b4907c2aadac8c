/** Backup jobs. `count` of the result is what was created or updated, `stale` the rows whose job is gone. */
import { countStale, countWritten } from '../../plan/stale.js';
import { plannedItems } from '../../planned-items.js';
import { defineStage } from '../../stage.js';
import { collectRoutines } from './collect.js';
import { planRoutines } from './diff.js';

export const backupRoutinesStage = defineStage({
  name: 'backup-routines',
  title: 'Backup routines',
  kinds: ['backup-routine'],
  resources: [],
  collect: collectRoutines,
  plan: (collected, { supportIds, options: { deleteLimit } }) =>
    planRoutines({ ...collected, supportIds, deleteLimit }),
  discovered: (_collected, plan) => ({ noun: 'backup routine', items: plannedItems(plan, 'backup-routine') }),
  countOf: countWritten,
  extra: (outcomes) => ({ stale: countStale(outcomes) }),
});
