/**
 * One INSERT that names every NOT NULL column. Newer releases of the Python service have columns in these tables that
 * this service does not know, required and without an SQL default; they get a neutral value, so that a row written
 * here can be read there.
 */
import type BetterSqlite3 from 'better-sqlite3';
import { getTableColumns, getTableName, sql, type SQLWrapper } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { readColumns, type TableColumn } from './repairs.js';

const knownNeutral: ReadonlyMap<string, string | number> = new Map([['ssh_port', 22]]);

function neutralValue(column: TableColumn): string | number {
  const known = knownNeutral.get(column.name);
  if (known !== undefined) return known;
  return /INT|BOOL|FLOAT|REAL|NUM|DOUBLE/.test(column.type) ? 0 : '';
}

/**
 * Answers the id of the new row, as `id`.
 * @param values by property of the drizzle table; what is not named is null, or neutral where the file refuses null
 */
export function insertStatement<T extends SQLiteTable>(
  sqlite: BetterSqlite3.Database,
  table: T,
  values: T['$inferInsert'],
): SQLWrapper {
  const sent = new Map<string, unknown>(Object.entries(values));
  const row = new Map<string, SQLWrapper>();
  for (const [property, column] of Object.entries(getTableColumns(table))) {
    if (sent.has(property)) row.set(column.name, sql.param(sent.get(property), column));
  }
  for (const column of readColumns(sqlite, getTableName(table))) {
    if (column.isRequired && !row.has(column.name)) row.set(column.name, sql`${neutralValue(column)}`);
  }
  const names = [...row.keys()].map((name) => sql.identifier(name));
  const comma = sql`, `;
  const cells = [...row.values()];
  return sql`INSERT INTO ${table} (${sql.join(names, comma)}) VALUES (${sql.join(cells, comma)}) RETURNING rowid AS id`;
}
