/** The finished tasks of the machines in scope. Without a machine nothing more is read. */
import { ProxboxError } from '../../../errors/proxbox-error.js';
import { collectRoster } from '../../collect/roster.js';
import type { Roster } from '../../plan/roster.js';
import type { RunContext } from '../../run-context.js';
import { readArchives } from './archives.js';
import { latestOfEach } from './diff-rows.js';
import type { CollectedTasks } from './types.js';

const nothing = { tasks: [], warnings: [], unread: new Set<string>(), failures: 0 } as const;

export async function collectTasks(run: RunContext): Promise<CollectedTasks> {
  const roster = await collectRoster(run);
  refuseDoubt(run, roster);
  // The roster says what is missing where there is no plugin.
  if (!run.capabilities.proxboxPlugin || roster.guests.length === 0) return { roster, ...nothing };
  const archives = await readArchives(run, roster);
  return { roster, ...archives, tasks: latestOfEach(archives.tasks) };
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
