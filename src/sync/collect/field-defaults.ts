/** What NetBox gives custom fields by itself: read once in a run, and only where it decides whether a row may go. */
import type { RunContext } from '../run-context.js';
import type { Plan, Warning } from '../types.js';
import { loadIfAllowed } from './machine-rows.js';

/** The plan itself, or the one that is made with what it asks for. */
export async function withFieldDefaults(
  plan: Plan,
  run: RunContext,
  planAgain: (run: RunContext) => Promise<Plan>,
): Promise<Plan> {
  if (plan.asksFieldDefaults !== true) return plan;
  const warnings: Warning[] = [];
  const without = 'Rows with a value in a custom field are not deleted.';
  const fields = await loadIfAllowed(run, warnings, { kind: 'custom-field', without }, () =>
    run.collections.load('custom-field', {}),
  );
  const again = await planAgain({
    ...run,
    customFieldDefaults: new Map((fields ?? []).map((field) => [field.name, field.default])),
  });
  return { ...again, warnings: [...again.warnings, ...warnings] };
}
