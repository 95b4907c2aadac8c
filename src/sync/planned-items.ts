/** What a plan is about, for the discovery frame: every object of a kind except what it deletes. Pure. */
import type { ObjectKind } from '../netbox/kinds/index.js';
import type { Item } from './events.js';
import type { Plan } from './types.js';

export function plannedItems(plan: Plan, kind: ObjectKind): readonly Item[] {
  return plan.changes.flatMap((change) => {
    if (change.action === 'delete') return [];
    const subject = 'desired' in change ? change.desired : change;
    if (subject.kind !== kind) return [];
    const { label, source } = subject;
    return [{ name: label, item_type: kind, ...(source === undefined ? {} : { extra: { cluster: source.cluster } }) }];
  });
}
