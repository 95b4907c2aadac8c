/**
 * Five wrong keys from one address lock it for 300 s, counted from the first of them. Only presented wrong keys are recorded,
 * and none while the address is locked. Counted in memory, so that neither a flood nor a database that cannot be written makes
 * anybody wait; kept in the database a moment later, many at once, so that a restart does not lift a lock.
 */
import { eq, lte } from 'drizzle-orm';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { Database } from '../db/open.js';
import { authLockouts } from '../db/schema.js';
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
  /** Writes what is not yet in the database; also called by itself, a second after a change. */
  flush(): void;
}

interface Attempts {
  readonly count: number;
  /** Unix seconds. */
  readonly firstS: number;
}

const threshold = 5;
const windowS = 300;
/** The address that was quiet the longest is forgotten first. */
const maximumAddresses = 50_000;
const flushAfterMs = 1_000;
/** Addresses in one transaction: others are served between two of them. */
const portion = 200;

function stateOf(attempts: number, ageS: number): LockoutState {
  const isLocked = attempts >= threshold;
  return {
    isLocked,
    remainingAttempts: Math.max(0, threshold - attempts),
    retryAfterS: isLocked ? Math.min(windowS, Math.max(1, Math.ceil(windowS - ageS))) : 0,
  };
}

/** Which addresses changed since they were written last. */
function createKeeper(db: Database, current: (address: string) => Attempts | undefined, nowS: () => number) {
  const changed = new Set<string>();

  function write(addresses: readonly string[]): void {
    db.orm
      .delete(authLockouts)
      .where(lte(authLockouts.firstAttemptTime, nowS() - windowS))
      .run();
    for (const ipAddress of addresses) {
      db.orm.delete(authLockouts).where(eq(authLockouts.ipAddress, ipAddress)).run();
      const attempts = current(ipAddress);
      if (attempts === undefined) continue;
      db.insert(authLockouts, { ipAddress, attempts: attempts.count, firstAttemptTime: attempts.firstS });
    }
  }

  return {
    note(address: string): void {
      if (changed.size < maximumAddresses) changed.add(address);
    },
    /** True: more are to be written. False also when they cannot be, until something changes. */
    flush(atMost: number): boolean {
      const addresses = [...changed].slice(0, atMost);
      if (addresses.length === 0) return false;
      const isKept = db.attempt(false, 'Wrong API keys are counted in memory only', () => {
        db.unsynced(() => write(addresses));
        return true;
      });
      if (isKept) addresses.forEach((address) => changed.delete(address));
      return isKept && changed.size > 0;
    },
  };
}

export function createLockout({
  db,
  clock,
  logger,
}: {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}): Lockout {
  const nowS = (): number => clock.now().getTime() / 1000;
  const known = new LRUCache<string, Attempts>({ max: maximumAddresses });
  for (const { ipAddress, attempts, firstAttemptTime } of db.orm.select().from(authLockouts).all())
    known.set(ipAddress, { count: attempts, firstS: firstAttemptTime });
  const keeper = createKeeper(db, current, nowS);
  let isFlushing = false;

  function flushSoon(): void {
    if (isFlushing) return;
    isFlushing = true;
    void clock.sleep(flushAfterMs, undefined, { isBackground: true }).then(() => {
      isFlushing = false;
      if (keeper.flush(portion)) flushSoon();
    });
  }

  function change(address: string): void {
    keeper.note(address);
    flushSoon();
  }

  /** Within the current window; a first attempt in the future means that the clock was set back. */
  function current(address: string): Attempts | undefined {
    const attempts = known.get(address);
    const ageS = nowS() - (attempts?.firstS ?? 0);
    return ageS < 0 || ageS >= windowS ? undefined : attempts;
  }

  function check(address: string): LockoutState {
    const attempts = current(address);
    return attempts === undefined ? stateOf(0, 0) : stateOf(attempts.count, nowS() - attempts.firstS);
  }

  return {
    check,
    recordFailure(address) {
      const { count, firstS } = current(address) ?? { count: 0, firstS: nowS() };
      if (count < threshold) {
        known.set(address, { count: count + 1, firstS });
        change(address);
        if (count + 1 === threshold) logSecurityEvent(logger, { event: 'locked_out', address });
      }
      return check(address);
    },
    clear(address) {
      if (known.delete(address)) change(address);
    },
    flush: () => void keeper.flush(maximumAddresses),
  };
}
