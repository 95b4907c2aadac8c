import BetterSqlite3 from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { createPatience } from '../../../src/db/patience.js';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { cleanUpDatabases, newDatabase } from './database-kit.js';

cleanUpDatabases();
const others: BetterSqlite3.Database[] = [];
afterEach(() => others.splice(0).forEach((other) => other.close()));

function setUp() {
  const db = newDatabase();
  const other = new BetterSqlite3(db.path);
  others.push(other);
  const pauses: number[] = [];
  let afterPause: (count: number) => void = () => undefined;
  const patiently = createPatience(db, {
    sleep: async (ms) => {
      pauses.push(ms);
      afterPause(pauses.length);
    },
  });
  const write = () => patiently(() => db.immediate(() => db.sqlite.exec('CREATE TABLE made (id INTEGER)')));
  return { db, other, pauses, write, patiently, onPause: (act: (count: number) => void) => (afterPause = act) };
}

const problem = (code: string): Error => Object.assign(new Error('it failed'), { name: 'SqliteError', code });

describe('a write to a file that another process has locked', () => {
  it('is tried again, with pauses for others, until the lock is gone', async () => {
    const { other, pauses, write, onPause } = setUp();
    other.exec('BEGIN IMMEDIATE');
    onPause((count) => count === 3 && other.exec('COMMIT'));

    await write();

    expect(pauses).toEqual([75, 75, 75]);
  });

  it('ends as one clear error after five seconds of pauses and attempts', async () => {
    const { db, pauses, patiently } = setUp();
    let attempts = 0;

    const failure = patiently(() => {
      attempts += 1;
      throw problem('SQLITE_BUSY');
    });

    await expect(failure).rejects.toMatchObject({
      code: 'database_locked',
      status: 503,
      message: expect.stringContaining(db.path),
    });
    expect(attempts * 50 + pauses.reduce((sum, ms) => sum + ms, 0)).toBe(4925);
  });
});

describe('a write that cannot be stored', () => {
  it.each([
    ['SQLITE_FULL', 'disk_full', 507, 'the disk is full'],
    ['SQLITE_READONLY', 'database_unusable', 503, 'permissions'],
    ['SQLITE_IOERR_WRITE', 'database_unusable', 503, 'cannot be used'],
  ])('because of %s is %s (%i) and names the file, at once', async (code, expected, status, text) => {
    const { db, pauses, patiently } = setUp();

    const failure = await patiently(() => Promise.reject(problem(code))).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ProxboxError);
    expect(failure).toMatchObject({ code: expected, status, where: { path: db.path } });
    expect((failure as ProxboxError).message).toContain(db.path);
    expect((failure as ProxboxError).message).toContain(text);
    expect(pauses).toEqual([]);
  });

  it('because of anything else is thrown as it is', async () => {
    const { patiently } = setUp();
    const violated = problem('SQLITE_CONSTRAINT_UNIQUE');

    await expect(patiently(() => Promise.reject(violated))).rejects.toBe(violated);
  });
});
