/** The plugin's storage rows, which disks, snapshots and backups refer to. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { ClusterView } from './cluster-views.js';

/**
 * The id of the row of a storage; null when NetBox has none (yet). A storage of the same name in another cluster is another
 * storage.
 * @param name null: it lies on none
 * @param current the reference that is stored
 */
export type FindStorage = (view: ClusterView, name: string | null, current: number | null | undefined) => number | null;

type Rows = readonly RecordOf<'storage'>[];

/**
 * What is to become of a reference to a storage whose row was not found. One to a row that was not read stays: NetBox has no
 * references to rows that are gone, so the token may not see it. So does any one where the cluster itself was not found.
 */
function keptReference(rows: Rows): (current: number | null | undefined, cluster?: number) => number | null {
  const seen = new Set(rows.map(({ id }) => id));
  return (current = null, cluster) => (current !== null && cluster !== undefined && seen.has(current) ? null : current);
}

/** Looks rows up as the storage stage writes them: by NetBox cluster and name. */
export function storageFinder(
  rows: Rows,
  netboxClusters: ReadonlyMap<string, Pick<RecordOf<'cluster'>, 'id'>>,
): FindStorage {
  const ids = new Map<string, number>();
  for (const row of rows) ids.set(`${row.cluster ?? ''}/${row.name}`, row.id);
  const kept = keptReference(rows);
  return (view, name, current) => {
    if (name === null) return null;
    const cluster = netboxClusters.get(view.key)?.id;
    return ids.get(`${cluster ?? '?'}/${name}`) ?? kept(current, cluster);
  };
}
