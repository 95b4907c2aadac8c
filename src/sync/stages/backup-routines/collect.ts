import { relationId, textOf } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import { readBackupJobs } from '../../../proxmox/reads/cluster.js';
import { collectGuestList, type GuestList } from '../../collect/guest-list.js';
import { loadNodeRows, readJobLists } from '../../collect/job-lists.js';
import { chooseCluster } from '../../plan/infrastructure.js';
import type { RunContext } from '../../run-context.js';
import type { CollectedRoutines, CoveredGuest } from './types.js';
import type { ConnectedCluster, ListedGuest } from '../../guests.js';

/**
 * The backup jobs of every cluster, the guests that jobs without a list of VMIDs take, and all rows of the plugin's table. A
 * selection of machines does not concern jobs.
 */
export async function collectRoutines(run: RunContext): Promise<CollectedRoutines> {
  const guests = await collectGuestList({ ...run, options: { ...run.options, netboxVmIds: null } });
  // The list of guests says what is missing where there is no plugin.
  if (!run.capabilities.proxboxPlugin) return { lists: [], rows: [], nodes: [], warnings: guests.warnings };
  const { lists, warnings } = await readJobLists(
    run,
    guests.clusters,
    { what: 'backup jobs', read: 'backup_jobs' },
    (session) => readBackupJobs(session, { signal: run.signal }),
  );
  // Read anew: what is missing in Proxmox is marked.
  const rows = await run.collections.load('backup-routine', {}, undefined, { fresh: true });
  const nodes = await loadNodeRows(run, guests.clusters);
  const storages = await loadStorages(run, guests.clusters);
  const completed = lists.map((list) => ({
    ...list,
    guests: guestsOf(guests, list.cluster),
    storages: storages(list.cluster),
  }));
  return { lists: completed, rows, nodes, warnings: [...guests.warnings, ...warnings] };
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
): Promise<(cluster: ConnectedCluster) => readonly NetBoxRecord[]> {
  const names = [...new Set(clusters.map(({ view }) => view.name))].sort();
  const netboxClusters = await run.collections.load('cluster', {}, { filter: 'name', of: names });
  const storages = await run.collections.load('storage', {});
  return ({ view }) => {
    const named = netboxClusters.filter((record) => textOf(record['name']) === view.name);
    const cluster = chooseCluster(named, view.owner.site.id);
    return cluster === undefined ? [] : storages.filter((row) => relationId(row['cluster']) === cluster.id);
  };
}
