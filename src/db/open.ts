/**
 * Opens the SQLite file: creates it, or adopts one of the Python service, repairs and migrates it. Whatever is wrong
 * with the file or its folder is one clear error; nothing is ever created over a file that cannot be read.
 */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import BetterSqlite3 from 'better-sqlite3';
import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Clock } from '../config/clock.js';
import { errorText, ProxboxError } from '../errors/proxbox-error.js';
import { insertStatement } from './insert.js';
import { checkNativeModule } from './native-module.js';
import { repairColumns, repairRows } from './repairs.js';
import * as schema from './schema.js';

export interface Database {
  readonly path: string;
  readonly orm: BetterSQLite3Database<typeof schema>;
  readonly sqlite: BetterSqlite3.Database;
  /** Also what newer releases of the Python service require in the table. The id is given by SQLite unless it is named. */
  insert<T extends SQLiteTable>(table: T, values: T['$inferInsert']): number;
  /** Runs `work` in BEGIN IMMEDIATE: other writers, also other processes, wait. Rolls back when it throws. */
  immediate<T>(work: () => T): T;
  /**
   * The same without waiting for the disk, while which nobody would be served: what was written last may be missing after a loss
   * of power, and only then, as in a write-ahead log the file stays whole (https://sqlite.org/pragma.html#pragma_synchronous).
   * For what a run learns and tells of itself.
   */
  unsynced<T>(work: () => T): T;
  /**
   * For what may be lost, such as hints and counts: a file that cannot be read or written now is a line in the log, which
   * says what for, and answers `otherwise`.
   */
  attempt<T>(otherwise: T, what: string, work: () => T): T;
  /** Writes the WAL back into the file, where its disk has room for that. */
  close(): void;
}

export interface OpenDatabaseOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Two levels above both src/db and dist/db. */
const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url));
const Journal = z.object({ entries: z.array(z.object({ when: z.number(), tag: z.string() })) });

function refuse(file: string, reason: string, cause?: unknown): ProxboxError {
  return new ProxboxError('not_configured', `The database ${file} cannot be used: ${reason}`, {
    where: { path: file },
    ...(cause === undefined ? {} : { cause }),
  });
}

function createFile(file: string): void {
  const folder = path.dirname(file);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw refuse(file, `its folder cannot be created (${errorText(error)}). Set PROXBOX_DATABASE_PATH.`, error);
  }
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
    throw refuse(file, 'it is a folder. Set PROXBOX_DATABASE_PATH to a file in it.');
  if (existsSync(file)) return;
  try {
    // Complete before it has its name: a file without content was a database once.
    const made = `${file}.new`;
    rmSync(made, { force: true });
    // It will hold credentials: readable for the owner only. SQLite gives -wal and -shm the same mode.
    closeSync(openSync(made, 'wx', 0o600));
    const handle = new BetterSqlite3(made);
    handle.pragma('auto_vacuum = INCREMENTAL');
    handle.exec('VACUUM');
    handle.close();
    renameSync(made, file);
  } catch (error) {
    throw refuse(
      file,
      `it cannot be created (${errorText(error)}). Make ${folder} writable or set PROXBOX_DATABASE_PATH.`,
      error,
    );
  }
}

function checkIntegrity(sqlite: BetterSqlite3.Database, file: string): void {
  const findings = sqlite.pragma('quick_check(1)', { simple: true });
  if (findings !== 'ok') {
    throw refuse(file, `it is damaged (${String(findings)}). Restore a backup, or move the file away to start empty.`);
  }
}

/** In milliseconds. The event loop stands still for so long when another process is writing; patience.ts asks again. */
const busyTimeout = { atStart: 5000, afterwards: 50 } as const;

/** @returns whether the file has a write-ahead log */
function applyPragmas(sqlite: BetterSqlite3.Database, logger: Logger): boolean {
  sqlite.pragma(`busy_timeout = ${busyTimeout.atStart}`);
  const mode = sqlite.pragma('journal_mode = WAL', { simple: true });
  if (mode !== 'wal' && mode !== 'memory') {
    logger.warn({ mode }, 'The file system of the database does not support write-ahead logging.');
  }
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  return mode === 'wal';
}

/**
 * What is deleted makes the file smaller only where free pages are kept apart, for which an older file is written anew, once
 * (https://sqlite.org/pragma.html#pragma_auto_vacuum). Where that cannot be now, the file keeps its size.
 */
function keepFreePagesApart(sqlite: BetterSqlite3.Database, logger: Logger): void {
  const incremental = 2;
  if (sqlite.memory || sqlite.pragma('auto_vacuum', { simple: true }) === incremental) return;
  try {
    sqlite.pragma('auto_vacuum = INCREMENTAL');
    sqlite.exec('VACUUM');
  } catch (error) {
    logger.warn(`The database keeps its size when rows are deleted: ${errorText(error)}`);
  }
}

function refuseNewerFile(sqlite: BetterSqlite3.Database, file: string): void {
  const { entries } = Journal.parse(
    JSON.parse(readFileSync(path.join(migrationsFolder, 'meta/_journal.json'), 'utf8')),
  );
  const known = Math.max(...entries.map((entry) => entry.when));
  const table = sqlite.prepare("SELECT 1 FROM sqlite_master WHERE name = '__drizzle_migrations'").get();
  if (table === undefined) return;
  const newest = sqlite.prepare('SELECT max(created_at) FROM __drizzle_migrations').pluck().get();
  if (Number(newest) > known) {
    throw refuse(
      file,
      'a newer release of proxbox-api has changed it. Start that release, or restore an older backup.',
    );
  }
}

/** Columns are repaired before the migrations, whose indexes need them, and again for the tables those have created. */
function prepare(sqlite: BetterSqlite3.Database, orm: Database['orm'], options: OpenDatabaseOptions): void {
  const { clock, logger } = options;
  const before = sqlite.transaction(() => repairColumns(sqlite)).immediate();
  if (before.length > 0) {
    logger.info(
      { columns: before.map(({ table, column }) => `${table}.${column}`) },
      'Columns were added to an older database file.',
    );
  }
  migrate(orm, { migrationsFolder });
  sqlite
    .transaction(() => {
      repairColumns(sqlite);
      repairRows(sqlite, clock.now().getTime() / 1000);
    })
    .immediate();
}

function reasonOf(error: unknown): string {
  const text = errorText(error);
  const code = error instanceof BetterSqlite3.SqliteError ? error.code : '';
  if (code.startsWith('SQLITE_NOTADB')) return 'it is not an SQLite file. Set PROXBOX_DATABASE_PATH to the right file.';
  if (code.startsWith('SQLITE_CORRUPT'))
    return 'it is damaged. Restore a backup, or move the file away to start empty.';
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN')) {
    return `it is not writable (${text}). Give this process write access to the file and its folder.`;
  }
  if (code.startsWith('SQLITE_FULL')) return 'its disk is full. Make room on it.';
  if (code.startsWith('SQLITE_BUSY')) return 'another process holds it locked. Stop that process first.';
  return `${text}.`;
}

/** The bytes of the file and of what is still in its write-ahead log. Nothing is written, not even beside the file. */
function readBytes(file: string): Buffer {
  if (!existsSync(file)) {
    throw refuse(file, 'there is none. Start the service once, or set PROXBOX_DATABASE_PATH to the right file.');
  }
  // Without a log the file is all there is; opening it would make a log that belongs to whoever runs this.
  if (!existsSync(`${file}-wal`)) return readFileSync(file);
  const handle = new BetterSqlite3(file, { readonly: true, fileMustExist: true });
  try {
    return handle.serialize();
  } finally {
    handle.close();
  }
}

/** Bytes 18 and 19 of the header ask for a write-ahead log, which memory does not have (https://sqlite.org/fileformat.html). */
function withoutLogMode(bytes: Buffer): Buffer {
  if (bytes.length > 19) bytes.fill(1, 18, 20);
  return bytes;
}

/**
 * The content of the file in memory, repaired and migrated there: for looking at it. The file stays as it is, and what is
 * written is lost. Throws as openDatabase does, and when there is no file.
 */
export function openDatabaseCopy(options: OpenDatabaseOptions): Database {
  checkNativeModule();
  const file = path.resolve(options.path);
  try {
    return ready(new BetterSqlite3(withoutLogMode(readBytes(file))), file, options);
  } catch (error) {
    throw error instanceof ProxboxError ? error : refuse(file, reasonOf(error), error);
  }
}

/** A new file is never without content (createFile): its content was lost. */
function refuseEmptyFile(file: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.size !== 0 || existsSync(`${file}-wal`)) return;
  throw refuse(file, 'it is empty. Restore a backup, or remove the file to start with an empty database.');
}

/** Checked, repaired and migrated. */
function ready(handle: BetterSqlite3.Database, file: string, options: OpenDatabaseOptions): Database {
  const hasLog = applyPragmas(handle, options.logger);
  checkIntegrity(handle, file);
  refuseNewerFile(handle, file);
  const orm = drizzle(handle, { schema });
  prepare(handle, orm, options);
  keepFreePagesApart(handle, options.logger);
  handle.pragma(`busy_timeout = ${busyTimeout.afterwards}`);
  options.logger.info({ path: file }, 'Database opened.');
  const immediate = <T>(work: () => T): T => handle.transaction(work).immediate();
  return {
    path: file,
    orm,
    sqlite: handle,
    insert: (table, values) => orm.get<{ readonly id: number }>(insertStatement(handle, table, values)).id,
    immediate,
    unsynced(work) {
      // It is no transaction of its own within another one, nor may the setting change there.
      if (!hasLog || handle.inTransaction) return immediate(work);
      handle.pragma('synchronous = NORMAL');
      try {
        return immediate(work);
      } finally {
        handle.pragma('synchronous = FULL');
      }
    },
    attempt(otherwise, what, work) {
      if (!handle.open) return otherwise;
      try {
        return work();
      } catch (error) {
        options.logger.warn({ path: file }, `${what}: ${errorText(error)}`);
        return otherwise;
      }
    },
    close() {
      if (!handle.open) return;
      try {
        handle.pragma('wal_checkpoint(TRUNCATE)');
      } catch (error) {
        const reason = errorText(error);
        options.logger.warn(
          { path: file, reason },
          'What was written last stays in the write-ahead log of the database.',
        );
      }
      handle.close();
    },
  };
}

/** @throws ProxboxError `not_configured` naming the path and the reason; the process must then not start. */
export function openDatabase(options: OpenDatabaseOptions): Database {
  checkNativeModule();
  const file = path.resolve(options.path);
  createFile(file);
  refuseEmptyFile(file);
  let sqlite: BetterSqlite3.Database | undefined;
  try {
    sqlite = new BetterSqlite3(file);
    return ready(sqlite, file, options);
  } catch (error) {
    sqlite?.close();
    throw error instanceof ProxboxError ? error : refuse(file, reasonOf(error), error);
  }
}
