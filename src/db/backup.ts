/** A copy of the database file, made while others use it. */
import { closeSync, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { errorText, ProxboxError } from '../errors/proxbox-error.js';

function refuse(reason: string, cause?: unknown): ProxboxError {
  return new ProxboxError('not_configured', reason, cause === undefined ? {} : { cause });
}

/**
 * Complete or not there: the copy has its name only when SQLite has found it whole.
 * @returns its size in bytes
 * @throws ProxboxError `not_configured` when there is no database, the target exists or cannot be written
 */
export async function backUp(databasePath: string, target: string): Promise<number> {
  if (!existsSync(databasePath)) throw refuse(`There is no database ${databasePath}. Set PROXBOX_DATABASE_PATH.`);
  const file = path.resolve(target);
  if (existsSync(file)) throw refuse(`${file} exists and was left as it is. Name another file.`);
  const made = `${file}.new`;
  try {
    // It holds credentials: readable for the owner only.
    rmSync(made, { force: true });
    closeSync(openSync(made, 'wx', 0o600));
    const source = new BetterSqlite3(databasePath, { fileMustExist: true });
    try {
      await source.backup(made);
    } finally {
      source.close();
    }
    check(made);
    renameSync(made, file);
    return statSync(file).size;
  } catch (error) {
    rmSync(made, { force: true });
    throw refuse(`The database could not be saved in ${file}: ${errorText(error)}.`, error);
  }
}

function check(file: string): void {
  const handle = new BetterSqlite3(file, { fileMustExist: true });
  try {
    // One file, whoever copies it: no log beside it.
    handle.pragma('journal_mode = DELETE');
    const found: unknown = handle.pragma('quick_check(1)', { simple: true });
    if (found !== 'ok') throw new Error(`the copy is damaged (${String(found)})`);
  } finally {
    handle.close();
  }
}
