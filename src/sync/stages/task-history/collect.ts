import { ProxboxError } from '../../../errors/proxbox-error.js';
import { collectRoster } from '../../collect/roster.js';
import type { RunContext } from '../../run-context.js';
import { readArchives } from './archives.js';
import { latestOfEach } from './diff-rows.js';
import { loadOutdated, loadStored } from './stored-rows.js';
import type { CollectedTasks } from './types.js';
import type { Roster } from '../../plan/roster.js';

const nothing = { tasks: [], stored: new Map(), outdated: new Map(), warnings: [], failures: 0 } as const;

/** The finished tasks of the machines in scope, and what NetBox has of them. Without a machine nothing more is read. */
export async function collectTasks(run: RunContext): Promise<CollectedTasks> {
  const roster = await collectRoster(run);
  refuseDoubt(run, roster);
  // The roster says what is missing where there is no plugin.
  if (!run.capabilities.proxboxPlugin || roster.guests.length === 0) return { roster, ...nothing };
  const archives = await readArchives(run, roster);
  const tasks = latestOfEach(archives.tasks);
  const stored = await loadStored(run, tasks);
  const outdated = await loadOutdated(run, tasks, stored);
  return { roster: await withOwners(run, roster, stored), ...archives, tasks, stored, outdated };
}

/** A run of selected machines knows only their own sidecars; whose the other rows are must be asked before one is taken. */
async function withOwners(run: RunContext, roster: Roster, stored: CollectedTasks['stored']): Promise<Roster> {
  if (run.options.netboxVmIds === null) return roster;
  const selected = new Set(roster.guests.map(({ virtualMachine }) => virtualMachine.id));
  const owners = [...stored.values()].map(({ virtualMachine }) => virtualMachine).filter((id) => id !== null);
  const of = [...new Set(owners)].filter((id) => !selected.has(id)).sort((a, b) => a - b);
  const states = await run.collections.load('vm-state', {}, { filter: 'virtual_machine_id', of });
  return { ...roster, states: [...roster.states, ...states] };
}

/** Tasks must not be written under the wrong machine; a selection is done as a whole or not at all. */
function refuseDoubt(run: RunContext, { omitted, warnings }: Roster): void {
  const unreadable = warnings.find(({ code }) => code === 'identity_unreadable');
  const refused = run.options.netboxVmIds === null ? undefined : omitted.find(({ outcome }) => outcome === 'refuse');
  const detail = unreadable?.message ?? refused?.reason.message;
  if (detail === undefined) return;
  throw new ProxboxError('stage_failed', 'Unable to verify VM identity for task-history sync', {
    detail,
    retryable: false,
  });
}
