/**
 * Rows of NetBox whose endpoint id means another endpoint now: ids start again with a new database, and the one that was
 * freed last is given again. Such a row says more with its names than with its number. Pure.
 */
import type { Installation } from './same-cluster.js';

export interface OwnedRow {
  readonly proxmox_endpoint_raw_id: number | null;
  readonly proxmox_cluster_name: string;
  readonly proxmox_node_name: string;
}

type Place = Pick<Installation, 'name' | 'nodes'>;
/** As they are, and as they were. */
type Installations = ReadonlyMap<number, readonly Place[]>;

/** No endpoint has this id. It is not null: a row whose id is unset gets one, and the plugin lets no device change it. */
const nobody = 0;

/** No endpoint has made the row, as far as its id tells. */
export function isNobodys(endpointId: number | null): boolean {
  return endpointId === null || endpointId === nobody;
}

/**
 * The rows, with an id that nobody has where theirs is not that of the endpoint which they were made for.
 *
 * @param installations what endpoints lead to, by their id
 */
export function withoutReusedIds<Row extends OwnedRow>(
  rows: readonly Row[],
  installations: Installations,
): readonly Row[] {
  return rows.map((row) => (hasReusedId(row, installations) ? { ...row, proxmox_endpoint_raw_id: nobody } : row));
}

/** Another cluster and a node that is not there: a renamed cluster has its nodes still, and one that a host joined has it. */
function hasReusedId(row: OwnedRow, installations: Installations): boolean {
  const [cluster, node] = [row.proxmox_cluster_name.toLowerCase(), row.proxmox_node_name.toLowerCase()];
  const places = installations.get(row.proxmox_endpoint_raw_id ?? -1) ?? [];
  if (places.length === 0 || cluster === '' || node === '') return false;
  const isElsewhere = ({ name, nodes }: Place): boolean =>
    name.toLowerCase() !== cluster && nodes.length > 0 && nodes.every((one) => one.name.toLowerCase() !== node);
  return places.every(isElsewhere);
}
