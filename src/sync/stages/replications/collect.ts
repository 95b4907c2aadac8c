import { toNumber, textOf } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import type { ReplicationJob } from '../../../proxmox/parse/replication.js';
import { readReplicationJobs } from '../../../proxmox/reads/cluster.js';
import { seesGuests } from '../../collect/guest-visibility.js';
import { loadNodeRows, readJobLists, type JobList } from '../../collect/job-lists.js';
import { collectRoster } from '../../collect/roster.js';
import { activeRowsOf } from '../../plan/stale.js';
import type { RunContext } from '../../run-context.js';
import type { CollectedReplications, ReplicationList } from './types.js';
import type { Roster } from '../../plan/roster.js';

/** The replication jobs of every cluster with the machines they are about, and all rows of the plugin's table. */
export async function collectReplications(run: RunContext): Promise<CollectedReplications> {
  const roster = await collectRoster(run);
  const isSelection = run.options.netboxVmIds !== null;
  // The roster says what is missing where there is no plugin.
  if (!run.capabilities.proxboxPlugin)
    return { lists: [], rows: [], nodes: [], warnings: roster.warnings, isSelection };
  const { lists, warnings } = await readJobLists(
    run,
    roster.clusters,
    { what: 'replication jobs', read: 'replication_jobs' },
    (session) => readReplicationJobs(session, { signal: run.signal }),
  );
  // Read anew: what is missing in Proxmox is marked.
  const rows = await run.collections.load('replication', {}, undefined, { fresh: true });
  const nodes = await loadNodeRows(run, roster.clusters);
  const completed = await Promise.all(lists.map((list) => withGuests(run, list, roster, rows)));
  return { lists: completed, rows, nodes, warnings: [...roster.warnings, ...warnings], isSelection };
}

async function withGuests(
  run: RunContext,
  list: JobList<ReplicationJob>,
  roster: Roster,
  rows: readonly NetBoxRecord[],
): Promise<ReplicationList> {
  const { key } = list.cluster.view;
  const guests = new Map(
    roster.guests.filter(({ cluster }) => cluster.view.key === key).map((guest) => [guest.resource.vmid, guest]),
  );
  const omitted = new Map(
    roster.omitted.filter((guest) => guest.key.startsWith(`${key}/`)).map((guest) => [guest.source.vmid ?? 0, guest]),
  );
  const complete = { ...list, guests, omitted, seesAll: false };
  const hidden = hiddenGuests(complete, rows);
  const mayTell = hidden.length > 0 && run.options.netboxVmIds === null;
  return { ...complete, seesAll: mayTell && (await seesGuests(run, list.cluster, hidden)) };
}

/** VMIDs of rows whose guests Proxmox does not list: gone, or invisible to the account. */
function hiddenGuests(
  { pluginEndpointId, jobs, guests, omitted }: ReplicationList,
  rows: readonly NetBoxRecord[],
): readonly number[] {
  if (pluginEndpointId === null) return [];
  const listed = new Set(jobs.map(({ id }) => id));
  return activeRowsOf(pluginEndpointId, rows)
    .filter((row) => !listed.has(textOf(row['replication_id'])))
    .map((row) => toNumber(row['guest']) ?? 0)
    .filter((vmid) => !guests.has(vmid) && !omitted.has(vmid));
}
