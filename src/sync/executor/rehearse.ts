/** A plan that is told and not applied. Pure. */
import { objectOf } from '../plan/single-object.js';
import type { Change, Outcome, OutcomeStatus, Plan } from '../types.js';
import type { Applied, ExecutorContext } from './executor.js';

const statusOf: Readonly<Record<Change['action'], OutcomeStatus>> = {
  create: 'created',
  update: 'updated',
  keep: 'unchanged',
  delete: 'deleted',
  skip: 'skipped',
  refuse: 'failed',
};

/**
 * What each change would come to if NetBox took everything. What a later stage needs of an earlier one is not there: its
 * objects say so.
 */
export function rehearsePlan(plan: Plan, { showsObjects }: Pick<ExecutorContext, 'showsObjects'>): Applied {
  return {
    outcomes: plan.changes.map((change) => outcomeOf(change, showsObjects)),
    warnings: [],
    ids: plan.known,
    stopped: undefined,
  };
}

function outcomeOf(change: Change, showsObjects: boolean): Outcome {
  const { kind, key, label, source } = objectOf(change);
  const current = 'current' in change ? change.current : undefined;
  return {
    kind,
    key,
    label,
    status: statusOf[change.action],
    ...(current === undefined ? {} : { id: current.id, ...(showsObjects ? { record: current } : {}) }),
    ...('reason' in change ? { reason: change.reason } : {}),
    ...('why' in change ? { why: change.why } : {}),
    ...(source === undefined ? {} : { source }),
  };
}
