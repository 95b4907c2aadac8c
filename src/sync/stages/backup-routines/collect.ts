/**
 * The backup jobs of every cluster, the guests that jobs without a list of VMIDs take, and all rows of the plugin's
 * table. A selection of machines does not concern jobs.
 */
import { textOf } from '../../../netbox/kinds/values.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { readBackupJobs } from '../../../proxmox/reads/cluster.js';
import { nameList, quotedList } from '../../../values/short-text.js';
import { collectGuestList, type GuestList } from '../../collect/guest-list.js';
import { warnOfHidden } from '../../collect/optional-privileges.js';
import { loadNodeRows, readJobLists } from '../../collect/job-lists.js';
import { findNetBoxClusters } from '../../collect/netbox-clusters.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';
import type { CollectedRoutines, CoveredGuest, RoutineList } from './types.js';
import type { ConnectedCluster, ListedGuest } from '../../guests.js';

export async function collectRoutines(run: RunContext): Promise<CollectedRoutines> {
  const guests = await collectGuestList({ ...run, options: { ...run.options, netboxVmIds: null } });
  // The list of guests says what is missing where there is no plugin.
  if (!run.capabilities.proxboxPlugin) return { lists: [], rows: [], nodes: [], warnings: guests.warnings };
  const [{ lists, warnings }, rows, nodes, storages] = await Promise.all([
    readJobLists(run, guests.clusters, { what: 'backup jobs', read: 'backup_jobs' }, (session) =>
      readBackupJobs(session, { signal: run.signal }),
    ),
    // Read anew: what is missing in Proxmox is marked.
    run.collections.load('backup-routine', {}, undefined, { fresh: true }),
    loadNodeRows(run, guests.clusters),
    loadStorages(run, guests.clusters),
  ]);
  const completed = lists.map((list) => ({
    ...list,
    guests: guestsOf(guests, list.cluster),
    storages: storages(list.cluster),
  }));
  const hidden = await Promise.all(completed.map((list) => warnOfPools(run, list)));
  return { lists: completed, rows, nodes, warnings: [...guests.warnings, ...warnings, ...hidden.flat()] };
}

/** A pool that a job takes and that no listed guest is in: empty, or hidden. */
async function warnOfPools(
  run: RunContext,
  { cluster, jobs, guests }: Pick<RoutineList, 'cluster' | 'jobs' | 'guests'>,
): Promise<readonly Warning[]> {
  if (guests === 'unknown') return [];
  const seen = new Set(guests.map(({ pool }) => pool));
  const unseen = jobs.flatMap(({ pool, jobId }) => (pool === null || seen.has(pool) ? [] : [{ pool, jobId }]));
  if (unseen.length === 0) return [];
  const ids = nameList(unseen.map(({ jobId }) => jobId));
  const pools = [...new Set(unseen.map(({ pool }) => pool))].sort();
  return warnOfHidden(run, cluster, {
    read: 'pools',
    aclPaths: pools.map((pool) => `/pool/${pool}`),
    text: `Which guests are in ${quotedList(pools)} of "${cluster.view.name}", and so what the backup job(s) ${ids} take, is not known: Proxmox tells of pools only with Pool.Audit. Stored routines keep their guests`,
  });
}

function guestsOf(
  { guests, listedClusters }: GuestList,
  { view }: ConnectedCluster,
): readonly CoveredGuest[] | 'unknown' {
  if (!listedClusters.has(view.key)) return 'unknown';
  return guests.filter(({ cluster }) => cluster.view.key === view.key).map(coveredGuest);
}

function coveredGuest({ resource: { vmid, node, raw } }: ListedGuest): CoveredGuest {
  return { vmid, node, pool: textOf(raw['pool']) };
}

/** The storages of a cluster, as the storage stage keeps them. */
async function loadStorages(
  run: RunContext,
  clusters: readonly ConnectedCluster[],
): Promise<(cluster: ConnectedCluster) => readonly RecordOf<'storage'>[]> {
  const [netboxClusters, storages] = await Promise.all([
    findNetBoxClusters(
      run,
      clusters.map(({ view }) => view),
    ),
    run.collections.load('storage', {}),
  ]);
  return ({ view }) => {
    const cluster = netboxClusters.get(view.key);
    return cluster === undefined ? [] : storages.filter((row) => row.cluster === cluster.id);
  };
}
