/**
 * Adds the columns that older files lack. Runs at every start, compares with PRAGMA table_info, and never drops,
 * renames or re-encrypts anything: the Python service must be able to open the file again.
 */
import type BetterSqlite3 from 'better-sqlite3';
import { netboxColumns, partsOf, proxmoxColumns } from './endpoint-columns.js';

export interface ColumnRepair {
  readonly table: string;
  readonly column: string;
  /** SQL type with NOT NULL and DEFAULT, as in ALTER TABLE ... ADD COLUMN. */
  readonly spec: string;
}

type Specs = Readonly<Record<string, string>>;

const text = 'VARCHAR';
const flag = (value: 0 | 1): string => `BOOLEAN NOT NULL DEFAULT ${value}`;
const count = (value: number): string => `INTEGER NOT NULL DEFAULT ${value}`;
const words = (value: string): string => `VARCHAR NOT NULL DEFAULT '${value}'`;
const json = (value: '{}' | '[]'): string => `JSON NOT NULL DEFAULT '${value}'`;
const backupServer = (verifySsl: 0 | 1): Specs => ({
  fingerprint: text,
  verify_ssl: flag(verifySsl),
  allow_writes: flag(0),
  enabled: flag(1),
  timeout_seconds: count(30),
  last_seen_at: 'REAL',
});

const expected: Readonly<Record<string, Specs>> = {
  proxmoxendpoint: partsOf(proxmoxColumns, 'repair'),
  netboxendpoint: partsOf(netboxColumns, 'repair'),
  api_key_fingerprint: { key_hash: words('') },
  deletionrequestrecord: {
    endpoint_id: count(0),
    vmid: count(0),
    node: words(''),
    kind: words('qemu'),
    state: words('pending'),
    created_at: 'REAL NOT NULL DEFAULT 0',
    updated_at: 'REAL NOT NULL DEFAULT 0',
  },
  pbsendpoint: backupServer(0),
  pdmendpoint: backupServer(1),
  ceph_operation_run: {
    plan_id: text,
    status: words('pending'),
    actor: text,
    source_branch_schema_id: text,
    provider: words(''),
    request_summary: json('{}'),
    provider_task_refs: json('[]'),
    created_at: 'REAL NOT NULL DEFAULT 0',
    updated_at: 'REAL NOT NULL DEFAULT 0',
    warnings: json('[]'),
    errors: json('[]'),
    result_summary: json('{}'),
  },
  prometheus_source: {
    bearer_token: text,
    credential_ref: text,
    cluster_ref: text,
    verify_ssl: flag(1),
    enabled: flag(1),
    timeout_seconds: count(15),
    scrape_interval_seconds: count(60),
    last_seen_at: 'REAL',
  },
  ceph_dashboard_endpoint: {
    username: text,
    password: text,
    token: text,
    credential_ref: text,
    cluster_ref: text,
    api_version: words('1.0'),
    verify_ssl: flag(1),
    enabled: flag(1),
    timeout_seconds: count(30),
    last_seen_at: 'REAL',
  },
  ceph_external_cluster: {
    cluster_ref: text,
    ceph_version_hint: text,
    dashboard_endpoint_id: 'INTEGER',
    prometheus_source_id: 'INTEGER',
    rgw_admin_url: text,
    rgw_access_key: text,
    rgw_secret_key: text,
    ssh_host: text,
    ssh_user: text,
    ssh_credential_ref: text,
    verify_ssl: flag(1),
    enabled: flag(1),
    last_seen_at: 'REAL',
  },
};

export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
}

/** Empty when the table does not exist. */
export function readColumns(sqlite: BetterSqlite3.Database, table: string): readonly TableColumn[] {
  const rows = sqlite
    .prepare<[string], { name: string; type: string; notnull: number; dflt_value: string | null; pk: number }>(
      'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)',
    )
    .all(table);
  return rows.map((row) => ({
    name: row.name,
    type: row.type.toUpperCase(),
    isRequired: row.notnull === 1 && row.dflt_value === null && row.pk === 0,
  }));
}

/** Adds what is missing to the tables that exist; a missing table is left to the migrations. */
export function repairColumns(sqlite: BetterSqlite3.Database): readonly ColumnRepair[] {
  const done: ColumnRepair[] = [];
  for (const [table, specs] of Object.entries(expected)) {
    const present = new Set(readColumns(sqlite, table).map((column) => column.name));
    if (present.size === 0) continue;
    for (const [column, spec] of Object.entries(specs)) {
      if (present.has(column)) continue;
      sqlite.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${spec}`);
      done.push({ table, column, spec });
    }
  }
  return done;
}

/** Values that repaired or hand-edited rows may lack, and the claim that keeps a used key table from being re-opened. */
export function repairRows(sqlite: BetterSqlite3.Database, nowS: number): void {
  sqlite.exec("UPDATE netboxendpoint SET token_version = 'v1' WHERE token_version IS NULL OR trim(token_version) = ''");
  sqlite.exec('UPDATE netboxendpoint SET verify_ssl = 1 WHERE verify_ssl IS NULL');
  for (const column of ['created_at', 'updated_at']) {
    sqlite.prepare(`UPDATE deletionrequestrecord SET ${column} = ? WHERE ${column} = 0`).run(nowS);
  }
  sqlite
    .prepare(
      'INSERT OR IGNORE INTO api_key_bootstrap_claim (id, initialized_at) SELECT 1, ? WHERE EXISTS (SELECT 1 FROM apikey)',
    )
    .run(nowS);
}
