/**
 * Five wrong keys from one address lock it for 300 s, counted from the first of them. Kept in the database, so that a
 * restart does not lift a lock. Only presented wrong keys are recorded, and none while the address is locked. A database that
 * cannot be written counts nothing: that is logged, and no right key is refused for it.
 */
import { eq, lte } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { Database } from '../db/open.js';
import { authLockouts } from '../db/schema.js';
import { errorText } from '../errors/proxbox-error.js';
import { logSecurityEvent } from '../telemetry/security-events.js';

interface LockoutState {
  readonly isLocked: boolean;
  /** Wrong keys that may still be presented, 0..5. */
  readonly remainingAttempts: number;
  /** Whole seconds until the lock ends, 1..300; 0 when not locked. */
  readonly retryAfterS: number;
}

export interface Lockout {
  check(address: string): LockoutState;
  recordFailure(address: string): LockoutState;
  clear(address: string): void;
}

const threshold = 5;
const windowS = 300;

function withoutFailing(logger: Logger, write: () => void): void {
  try {
    write();
  } catch (error) {
    logger.warn({ reason: errorText(error) }, 'Wrong API keys cannot be counted: the database cannot be written.');
  }
}

export function createLockout(deps: {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}): Lockout {
  const { db, clock, logger } = deps;
  const nowS = (): number => clock.now().getTime() / 1000;

  /** Attempts within the current window; a first attempt in the future means that the clock was set back. */
  function current(address: string): { readonly attempts: number; readonly ageS: number } {
    const row = db.orm.select().from(authLockouts).where(eq(authLockouts.ipAddress, address)).get();
    if (row === undefined) return { attempts: 0, ageS: 0 };
    const ageS = nowS() - row.firstAttemptTime;
    return ageS < 0 || ageS >= windowS ? { attempts: 0, ageS: 0 } : { attempts: row.attempts, ageS };
  }

  function stateOf(attempts: number, ageS: number): LockoutState {
    const isLocked = attempts >= threshold;
    return {
      isLocked,
      remainingAttempts: Math.max(0, threshold - attempts),
      retryAfterS: isLocked ? Math.min(windowS, Math.max(1, Math.ceil(windowS - ageS))) : 0,
    };
  }

  function check(address: string): LockoutState {
    const { attempts, ageS } = current(address);
    return stateOf(attempts, ageS);
  }

  function store(address: string, attempts: number): void {
    if (attempts > 1) {
      db.orm.update(authLockouts).set({ attempts }).where(eq(authLockouts.ipAddress, address)).run();
      return;
    }
    db.orm.delete(authLockouts).where(eq(authLockouts.ipAddress, address)).run();
    db.insert(authLockouts, { ipAddress: address, attempts, firstAttemptTime: nowS() });
  }

  function count(address: string): void {
    db.immediate(() => {
      db.orm
        .delete(authLockouts)
        .where(lte(authLockouts.firstAttemptTime, nowS() - windowS))
        .run();
      const { attempts } = current(address);
      if (attempts >= threshold) return;
      store(address, attempts + 1);
      if (attempts + 1 === threshold) logSecurityEvent(logger, { event: 'locked_out', address });
    });
  }

  return {
    check,
    recordFailure(address) {
      withoutFailing(logger, () => count(address));
      return check(address);
    },
    clear(address) {
      const row = db.orm.select().from(authLockouts).where(eq(authLockouts.ipAddress, address)).get();
      if (row === undefined) return;
      withoutFailing(logger, () => void db.orm.delete(authLockouts).where(eq(authLockouts.ipAddress, address)).run());
    },
  };
}
