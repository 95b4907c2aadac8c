/** What SQLite says when it cannot go on, in our words. Known by its codes: errors are below the database. Pure. */

export interface SqliteFailure {
  readonly code: 'disk_full' | 'database_locked' | 'database_unusable';
  readonly message: string;
}

function saidBy(error: unknown): string {
  const isSqlite = error instanceof Error && error.name === 'SqliteError' && 'code' in error;
  return isSqlite ? String(error.code) : '';
}

/** Another process, or another connection of this one, is writing. */
export function isLocked(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(saidBy(error));
}

/** undefined for what is no such failure: a violated constraint is the caller's, wrong SQL a bug. */
export function sqliteFailure(error: unknown, file = 'the database'): SqliteFailure | undefined {
  const said = saidBy(error);
  if (said.startsWith('SQLITE_FULL')) {
    return {
      code: 'disk_full',
      message: `Nothing was stored: the disk is full (${file}). Make room on it, then repeat the request.`,
    };
  }
  if (isLocked(error)) {
    return {
      code: 'database_locked',
      message: `Another process holds the database locked (${file}). Wait for it or stop it, then repeat the request.`,
    };
  }
  if (!/^SQLITE_(READONLY|IOERR|CANTOPEN|CORRUPT|NOTADB|PERM|PROTOCOL)/.test(said)) return undefined;
  return {
    code: 'database_unusable',
    message: `The database cannot be used (${file}): ${error instanceof Error ? error.message : said}. Check its disk and its permissions.`,
  };
}
