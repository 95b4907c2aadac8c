/** The replication jobs of every cluster with the machines they are about, and all rows of the plugin's table. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { ReplicationJob } from '../../../proxmox/parse/replication.js';
import { readReplicationJobs } from '../../../proxmox/reads/cluster.js';
import { proveAbsence } from '../../collect/guest-visibility.js';
import { loadNodeRows, readJobLists, type JobList } from '../../collect/job-lists.js';
import { collectRoster } from '../../collect/roster.js';
import { guestOf } from './diff.js';
import { isSoftDeleted } from '../../plan/soft-delete.js';
import { activeRowsOf } from '../../plan/stale.js';
import type { RunContext } from '../../run-context.js';
import type { CollectedReplications, ReplicationList } from './types.js';
import type { Roster } from '../../plan/roster.js';

export async function collectReplications(run: RunContext): Promise<CollectedReplications> {
  const roster = await collectRoster(run);
  const isSelection = run.options.netboxVmIds !== null;
  // The roster says what is missing where there is no plugin.
  if (!run.capabilities.proxboxPlugin)
    return { lists: [], rows: [], nodes: [], warnings: roster.warnings, marked: new Set(), isSelection };
  const [{ lists, warnings }, rows, nodes] = await Promise.all([
    readJobLists(run, roster.clusters, { what: 'replication jobs', read: 'replication_jobs' }, (session) =>
      readReplicationJobs(session, { signal: run.signal }),
    ),
    // Read anew: what is missing in Proxmox is marked.
    run.collections.load('replication', {}, undefined, { fresh: true }),
    loadNodeRows(run, roster.clusters),
  ]);
  const completed = await Promise.all(lists.map((list) => withGuests(run, list, roster, rows)));
  const marked = roster.virtualMachines.filter((machine) => isSoftDeleted(machine, run.supportIds)).map(({ id }) => id);
  return {
    lists: completed,
    rows,
    nodes,
    warnings: [...roster.warnings, ...warnings],
    marked: new Set(marked),
    isSelection,
  };
}

async function withGuests(
  run: RunContext,
  list: JobList<ReplicationJob>,
  roster: Roster,
  rows: readonly RecordOf<'replication'>[],
): Promise<ReplicationList> {
  const { key } = list.cluster.view;
  const guests = new Map(
    roster.guests.filter(({ cluster }) => cluster.view.key === key).map((guest) => [guest.resource.vmid, guest]),
  );
  const omitted = new Map(
    roster.omitted.filter((guest) => guest.key.startsWith(`${key}/`)).map((guest) => [guest.source.vmid ?? 0, guest]),
  );
  const complete = { ...list, guests, omitted, gone: new Set<number>() };
  const hidden = hiddenGuests(complete, rows);
  const mayTell = hidden.length > 0 && run.options.netboxVmIds === null;
  return mayTell ? { ...complete, gone: (await proveAbsence(run, list.cluster, hidden)).gone } : complete;
}

/** VMIDs of rows whose guests Proxmox does not list: gone, or invisible to the account. The id of a job begins with it. */
function hiddenGuests(
  { pluginEndpointId, jobs, guests, omitted }: Omit<ReplicationList, 'gone'>,
  rows: readonly RecordOf<'replication'>[],
): readonly number[] {
  if (pluginEndpointId === null) return [];
  const listed = new Set(jobs.map(({ id }) => id));
  return activeRowsOf(pluginEndpointId, rows)
    .filter((row) => !listed.has(row.replication_id))
    .map(guestOf)
    .filter((vmid) => !guests.has(vmid) && !omitted.has(vmid));
}
