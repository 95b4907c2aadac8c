/**
 * One INSERT that names every NOT NULL column. Newer releases of the Python service have columns in these tables that
 * this service does not know, required and without an SQL default; they get a neutral value, so that a row written
 * here can be read there.
 */
import type BetterSqlite3 from 'better-sqlite3';
import { getTableColumns, getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { readColumns, type TableColumn } from './repairs.js';

const knownNeutral: ReadonlyMap<string, string | number> = new Map([['ssh_port', 22]]);

function neutralValue(column: TableColumn): string | number {
  const known = knownNeutral.get(column.name);
  if (known !== undefined) return known;
  return /INT|BOOL|FLOAT|REAL|NUM|DOUBLE/.test(column.type) ? 0 : '';
}

function toSql(value: unknown): string | number | null {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

/**
 * @param values by property of the drizzle table; the id is given by SQLite unless it is named
 * @returns the id of the new row
 */
export function insertRow<T extends SQLiteTable>(
  sqlite: BetterSqlite3.Database,
  table: T,
  values: T['$inferInsert'],
): number {
  const name = getTableName(table);
  const sent = new Map<string, unknown>(Object.entries(values));
  const row = new Map<string, string | number | null>();
  for (const [property, column] of Object.entries(getTableColumns(table))) {
    if (sent.has(property)) row.set(column.name, toSql(sent.get(property)));
  }
  for (const column of readColumns(sqlite, name)) {
    if (column.isRequired && !row.has(column.name)) row.set(column.name, neutralValue(column));
  }
  const columns = [...row.keys()];
  const marks = columns.map(() => '?').join(', ');
  const statement = sqlite.prepare(`INSERT INTO ${name} (${columns.join(', ')}) VALUES (${marks})`);
  return Number(statement.run(...row.values()).lastInsertRowid);
}
