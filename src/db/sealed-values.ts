/** Every encrypted value in the file, also in the tables of parts that only the Python service has. */
import { netboxColumns, partsOf, proxmoxColumns } from './endpoint-columns.js';
import type { Database } from './open.js';

export interface SealedValue {
  readonly table: string;
  readonly column: string;
  /** Name of the row. */
  readonly name: string;
  readonly value: string;
}

const columns = [
  ...Object.keys(partsOf(netboxColumns, 'isSealed')).map((column) => ['netboxendpoint', column] as const),
  ...Object.keys(partsOf(proxmoxColumns, 'isSealed')).map((column) => ['proxmoxendpoint', column] as const),
  ['pbsendpoint', 'token_secret'],
  ['pdmendpoint', 'token_secret'],
  ['prometheus_source', 'bearer_token'],
  ['ceph_dashboard_endpoint', 'password'],
  ['ceph_dashboard_endpoint', 'token'],
  ['ceph_external_cluster', 'rgw_access_key'],
  ['ceph_external_cluster', 'rgw_secret_key'],
] as const;

export function listSealedValues(db: Pick<Database, 'sqlite'>): readonly SealedValue[] {
  return columns.flatMap(([table, column]) =>
    db.sqlite
      .prepare<[], { name: string; value: string }>(
        `SELECT name, ${column} AS value FROM ${table} WHERE ${column} LIKE 'enc:%' ORDER BY id`,
      )
      .all()
      .map((row) => ({ table, column, ...row })),
  );
}
