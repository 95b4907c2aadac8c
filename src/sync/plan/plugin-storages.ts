/** The plugin's storage rows, which snapshots and backups refer to. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { ClusterView } from './cluster-views.js';

/** The id of the row of a storage; null when NetBox has none (yet). */
export type FindStorage = (view: ClusterView, name: string) => number | null;

/** Looks rows up as the storage stage writes them: by NetBox cluster and name. */
export function storageFinder(
  rows: readonly RecordOf<'storage'>[],
  netboxClusters: ReadonlyMap<string, Pick<RecordOf<'cluster'>, 'id'>>,
): FindStorage {
  const ids = new Map<string, number>();
  for (const row of rows) ids.set(`${row.cluster ?? ''}/${row.name}`, row.id);
  return (view, name) => {
    const cluster = netboxClusters.get(view.key);
    return cluster === undefined ? null : (ids.get(`${cluster.id}/${name}`) ?? null);
  };
}
