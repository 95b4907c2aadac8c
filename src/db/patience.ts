/**
 * Writes that somebody asked for, to a file that another process may be writing: they are tried again while others are
 * served, for five seconds. What still cannot be stored is one clear error.
 */
import type { Clock } from '../config/clock.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { isLocked, sqliteFailure } from '../errors/sqlite-failure.js';
import type { Database } from './open.js';

/**
 * `work` must do nothing before its write that may not be done again.
 * @throws ProxboxError `disk_full` (507), `database_locked` (503), `database_unusable` (503), and what `work` throws
 */
export type Patiently = <T>(work: () => T | Promise<T>) => Promise<T>;

/** Each attempt waits for the file itself as well (busyTimeout in open.ts): together five seconds. */
const attempts = 40;
const pauseMs = 75;

export function createPatience({ path }: Pick<Database, 'path'>, clock: Pick<Clock, 'sleep'>): Patiently {
  return async (work) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (!isLocked(error) || attempt === attempts) throw toldWithPath(error, path);
      }
      await clock.sleep(pauseMs);
    }
  };
}

function toldWithPath(error: unknown, path: string): unknown {
  const failure = sqliteFailure(error, path);
  return failure === undefined
    ? error
    : new ProxboxError(failure.code, failure.message, { where: { path }, cause: error });
}
