/** The plugin's storage rows, which snapshots and backups refer to. */
import { relationId, textOf } from '../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { ClusterView } from './cluster-views.js';
import { chooseCluster } from './infrastructure.js';

/** The id of the row of a storage; null when NetBox has none (yet). */
export type FindStorage = (view: ClusterView, name: string) => number | null;

/** Looks rows up as the storage stage writes them: by NetBox cluster and name. */
export function storageFinder(rows: readonly NetBoxRecord[], netboxClusters: readonly NetBoxRecord[]): FindStorage {
  const ids = new Map<string, number>();
  for (const row of rows) ids.set(`${relationId(row['cluster']) ?? ''}/${textOf(row['name'])}`, row.id);
  const clusters = new Map<string, NetBoxRecord | undefined>();
  return (view, name) => {
    if (!clusters.has(view.key)) {
      const named = netboxClusters.filter((record) => textOf(record['name']) === view.name);
      clusters.set(view.key, chooseCluster(named, view.owner.site.id));
    }
    const cluster = clusters.get(view.key);
    return cluster === undefined ? null : (ids.get(`${cluster.id}/${name}`) ?? null);
  };
}
