/**
 * One process per database file: two of them would each count wrong keys, take over switches and run syncs of their own. The
 * lock is one of SQLite on a file beside the database, so the operating system lifts it when the process ends, however it ends.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { errorText, ProxboxError } from '../errors/proxbox-error.js';
import { isLocked } from '../errors/sqlite-failure.js';
import { checkNativeModule } from './native-module.js';
import { openDatabase, type Database, type OpenDatabaseOptions } from './open.js';

function refusal(file: string, reason: string, cause: unknown): ProxboxError {
  return new ProxboxError('not_configured', `The database ${file} cannot be used: ${reason}`, {
    where: { path: file },
    cause,
  });
}

/** Held until it is closed; writes nothing. Throws what SQLite and the file system throw. */
function lock(lockFile: string): BetterSqlite3.Database {
  mkdirSync(path.dirname(lockFile), { recursive: true });
  const handle = new BetterSqlite3(lockFile, { timeout: 0 });
  try {
    handle.exec('BEGIN EXCLUSIVE');
    return handle;
  } catch (error) {
    handle.close();
    throw error;
  }
}

function lockedFor(options: OpenDatabaseOptions): BetterSqlite3.Database {
  const file = path.resolve(options.path);
  try {
    return lock(`${file}.lock`);
  } catch (error) {
    if (isLocked(error)) {
      const reason =
        'another proxbox-api is running with it. Stop that one, or set PROXBOX_DATABASE_PATH; a command can ask it with PROXBOX_URL and PROXBOX_API_KEY.';
      throw refusal(file, reason, error);
    }
    // Where the folder is no place for files, this says so better.
    openDatabase(options).close();
    throw refusal(file, `${file}.lock cannot be made (${errorText(error)}). Make its folder writable.`, error);
  }
}

/**
 * Opens the database for this process alone, until it is closed.
 * @throws ProxboxError `not_configured` as openDatabase, and when another process has it
 */
export function openDatabaseAlone(options: OpenDatabaseOptions): Database {
  checkNativeModule();
  const held = lockedFor(options);
  try {
    const db = openDatabase(options);
    return {
      ...db,
      close() {
        db.close();
        if (held.open) held.close();
      },
    };
  } catch (error) {
    held.close();
    throw error;
  }
}
