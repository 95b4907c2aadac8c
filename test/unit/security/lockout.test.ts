import { describe, expect, it, vi } from 'vitest';
import type { Database } from '../../../src/db/open.js';
import { authLockouts } from '../../../src/db/schema.js';
import { createLockout, type Lockout } from '../../../src/security/lockout.js';
import {
  cleanUpDatabases,
  logProbe,
  newDatabase,
  openTestDatabase,
  testClock,
  type TestClock,
} from '../db/database-kit.js';

cleanUpDatabases();

const address = '10.0.0.7';

function setUp(): { readonly clock: TestClock; readonly db: Database; readonly lockout: Lockout } {
  const clock = testClock();
  const db = newDatabase(clock);
  return { clock, db, lockout: createLockout({ db, clock, logger: logProbe().logger }) };
}

function fail(lockout: Lockout, times: number): readonly number[] {
  return Array.from({ length: times }, () => lockout.recordFailure(address).remainingAttempts);
}

describe('wrong keys', () => {
  it('leave 4, 3, 2, 1 and no attempts, then lock for the rest of 300 seconds', () => {
    const { clock, lockout } = setUp();
    expect(lockout.check(address)).toEqual({ isLocked: false, remainingAttempts: 5, retryAfterS: 0 });

    expect(fail(lockout, 1)).toEqual([4]);
    clock.advance(100_500);
    expect(fail(lockout, 4)).toEqual([3, 2, 1, 0]);

    expect(lockout.check(address)).toEqual({ isLocked: true, remainingAttempts: 0, retryAfterS: 200 });
    expect(lockout.check('10.0.0.8').isLocked).toBe(false);
  });

  it('during a lock do not make it longer', () => {
    const { clock, lockout } = setUp();
    fail(lockout, 5);
    clock.advance(299_000);

    fail(lockout, 3);

    expect(lockout.check(address).retryAfterS).toBe(1);
    clock.advance(1000);
    expect(lockout.check(address)).toEqual({ isLocked: false, remainingAttempts: 5, retryAfterS: 0 });
    expect(fail(lockout, 1)).toEqual([4]);
  });

  it('are forgotten 300 seconds after the first one, and by a right key', () => {
    const { clock, lockout } = setUp();
    fail(lockout, 4);
    lockout.clear(address);
    expect(fail(lockout, 4)).toEqual([4, 3, 2, 1]);

    clock.advance(300_000);

    expect(fail(lockout, 1)).toEqual([4]);
  });

  it('keep the lock over a restart', () => {
    const { clock, db, lockout } = setUp();
    fail(lockout, 5);
    lockout.flush();

    const reopened = openTestDatabase(db.path, clock);

    expect(createLockout({ db: reopened, clock, logger: logProbe().logger }).check(address).isLocked).toBe(true);
  });

  it('do not lock for hours when the clock was set back', () => {
    const { db, lockout } = setUp();
    fail(lockout, 5);
    lockout.flush();

    const earlier = testClock('2025-01-01T00:00:00Z');

    expect(createLockout({ db, clock: earlier, logger: logProbe().logger }).check(address).isLocked).toBe(false);
  });

  it('are written in portions, one a second, and none at once', async () => {
    const { clock, db, lockout } = setUp();
    const immediate = vi.spyOn(db, 'unsynced');
    for (let n = 0; n < 1000; n += 1) lockout.recordFailure(`10.1.${n >> 8}.${n & 255}`);
    expect(immediate).not.toHaveBeenCalled();

    for (const rows of [200, 400, 600, 800, 1000, 1000]) {
      clock.advance(1000);
      await Promise.resolve();
      expect(db.orm.select().from(authLockouts).all()).toHaveLength(rows);
    }
    expect(immediate).toHaveBeenCalledTimes(5);
  });

  it('are counted all the same where the database cannot be written', () => {
    const { db, lockout } = setUp();
    db.sqlite.exec("CREATE TRIGGER full BEFORE INSERT ON authlockout BEGIN SELECT RAISE(ABORT, 'disk full'); END");

    expect(fail(lockout, 5)).toEqual([4, 3, 2, 1, 0]);
    lockout.flush();

    expect(lockout.check(address).isLocked).toBe(true);
    db.sqlite.exec('DROP TRIGGER full');
    lockout.flush();
    expect(db.orm.select().from(authLockouts).all()).toMatchObject([{ ipAddress: address, attempts: 5 }]);
  });

  it('leave no rows behind for ever', () => {
    const { clock, db, lockout } = setUp();
    fail(lockout, 2);
    clock.advance(301_000);

    lockout.recordFailure('10.0.0.9');
    lockout.flush();

    expect(
      db.orm
        .select()
        .from(authLockouts)
        .all()
        .map(({ ipAddress }) => ipAddress),
    ).toEqual(['10.0.0.9']);
  });
});
