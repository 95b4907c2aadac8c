/**
 * Task history is the table that grows for ever, so it is compared and written a span of time at a time, the oldest first:
 * of a hundred thousand tasks only those of one portion are held as rows of NetBox, changes and outcomes.
 */
import { PlanBuilder } from '../../plan/plan-builder.js';
import { planRoster, type Roster } from '../../plan/roster.js';
import type { RunContext } from '../../run-context.js';
import type { Plan } from '../../types.js';
import { planTaskHistory } from './diff.js';
import { inPortions } from './diff-rows.js';
import { loadOutdated, loadStored } from './stored-rows.js';
import type { CollectedTasks, Portion, StoredTask } from './types.js';

export async function* planPortions(collected: CollectedTasks, run: RunContext): AsyncGenerator<Plan> {
  // Told with the first portion.
  let { warnings } = collected;
  let { roster } = collected;
  for (const portion of inPortions(collected.tasks)) {
    yield await planPortion(portion, { ...collected, roster, warnings }, run);
    warnings = [];
    roster = { ...roster, omitted: [], warnings: [] };
  }
}

async function planPortion(
  portion: Portion,
  { roster: all, warnings, unread }: CollectedTasks,
  run: RunContext,
): Promise<Plan> {
  const { tasks } = portion;
  const stored = await loadStored(run, portion);
  const outdated = await loadOutdated(run, tasks, stored);
  const roster = await withOwners(run, all, stored);
  const builder = new PlanBuilder({ known: run.supportIds });
  planRoster(builder, { ...roster, guests: [...new Set(tasks.map(({ guest }) => guest))] });
  return planTaskHistory(builder, { tasks, stored, outdated, roster, warnings, unread, now: run.now });
}

/** A run of selected machines knows only their own sidecars; whose the other rows are must be asked before one is taken. */
async function withOwners(run: RunContext, roster: Roster, stored: ReadonlyMap<string, StoredTask>): Promise<Roster> {
  if (run.options.netboxVmIds === null) return roster;
  const selected = new Set(roster.guests.map(({ virtualMachine }) => virtualMachine.id));
  const owners = [...stored.values()].map(({ virtualMachine }) => virtualMachine).filter((id) => id !== null);
  const of = [...new Set(owners)].filter((id) => !selected.has(id)).sort((a, b) => a - b);
  const states = await run.collections.load('vm-state', {}, { filter: 'virtual_machine_id', of });
  return { ...roster, states: [...roster.states, ...states] };
}
