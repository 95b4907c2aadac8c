/** Plans of portions as one plan. Pure. */
import type { ObjectKind } from '../../netbox/kinds/index.js';
import type { Plan, StageName } from '../types.js';

export function joinPlans(stage: StageName, plans: readonly Plan[]): Plan {
  const discovered = new Map<ObjectKind, number>();
  for (const [kind, count] of plans.flatMap((plan) => [...plan.discovered]))
    discovered.set(kind, (discovered.get(kind) ?? 0) + count);
  return {
    stage,
    changes: plans.flatMap(({ changes }) => changes),
    known: new Map(plans.flatMap(({ known }) => [...known])),
    discovered,
    warnings: plans.flatMap(({ warnings }) => warnings),
    notes: plans.flatMap(({ notes }) => notes),
    nameResolutions: plans.flatMap(({ nameResolutions }) => nameResolutions),
  };
}
