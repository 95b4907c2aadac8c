/**
 * Finds the row a presented key belongs to. A key that was right lately is found in memory, where only its fingerprint is kept,
 * and the row is read again each time, so that a retired key stops working at once; one with a stored fingerprint costs one
 * bcrypt, and a wrong one costs none where every key has a fingerprint. Wrong keys are never remembered.
 */
import bcrypt from 'bcrypt';
import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import type { Clock } from '../config/clock.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { KeyFingerprints, KeyRow } from './key-fingerprints.js';

export interface KeyVerifier {
  /**
   * The id of the active key, or null.
   * @throws ProxboxError `rate_limited` when too many unknown keys are being checked already
   */
  verify(presentedKey: string): Promise<number | null>;
  /** The same from memory only. What is used stays there. */
  fromCache(presentedKey: string): number | null;
  /** It has let somebody in before, says the database. */
  hasWorked(presentedKey: string): boolean;
}

export interface KeyVerifierDeps {
  readonly fingerprints: KeyFingerprints;
  readonly rowById: (id: number) => KeyRow | undefined;
  readonly clock: Clock;
}

const maximumBytes = 72;
const cacheEntries = 1000;
const cacheTtlMs = 300_000;
/** Of each lane: bcrypt runs in the thread pool of four, which name look-ups and files share. */
const parallelHashes = 2;
/** Keys that wait to be hashed against rows without a fingerprint. */
const maximumWaiting = 16;
const wellFormedHash = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/;

/** bcrypt reads 72 bytes and silently ignores the rest, so a longer key must never reach it. */
export function isHashableKey(key: string): boolean {
  const bytes = Buffer.byteLength(key, 'utf8');
  return bytes >= 1 && bytes <= maximumBytes;
}

/** @param cost each step up doubles the work of hashing and of finding out that a key is wrong */
export function hashKey(rawKey: string, cost: number): Promise<string> {
  return bcrypt.hash(rawKey, cost);
}

async function compare(key: string, { keyHash }: KeyRow): Promise<boolean> {
  if (!wellFormedHash.test(keyHash)) return false;
  // The same algorithm under the prefix that this implementation knows.
  return bcrypt.compare(key, keyHash.replace(/^\$2y\$/, '$2b$'));
}

const tooBusy = (): ProxboxError =>
  new ProxboxError('rate_limited', 'Too many API keys are being checked. Please try again later.', { retryAfterS: 2 });

/** Keys that were right lately, by fingerprint. */
function createVerifiedKeys({ rowById, clock }: Pick<KeyVerifierDeps, 'rowById' | 'clock'>) {
  const verified = new LRUCache<string, KeyRow>({
    max: cacheEntries,
    ttl: cacheTtlMs,
    ttlResolution: 0,
    updateAgeOnGet: true,
    perf: { now: () => clock.monotonicMs() },
  });

  function find(print: string): number | null {
    const known = verified.get(print);
    if (known === undefined) return null;
    const row = rowById(known.id);
    if (row?.isActive === true && row.keyHash === known.keyHash) return row.id;
    verified.delete(print);
    return null;
  }

  return {
    find,
    /** Hashing takes a while: the key may have been retired meanwhile. */
    accept(row: KeyRow, print: string): number | null {
      verified.set(print, row);
      return find(print);
    },
  };
}

export function createKeyVerifier({ fingerprints, ...deps }: KeyVerifierDeps): KeyVerifier {
  // Two lanes, so that keys which are almost surely right never wait for those that are almost surely wrong.
  const knownLane = pLimit(parallelHashes);
  const unknownLane = pLimit(parallelHashes);
  let waiting = 0;
  const running = new Map<string, Promise<number | null>>();
  const verified = createVerifiedKeys(deps);

  async function findByHash(key: string, print: string): Promise<number | null> {
    const rows = fingerprints.rowsWithout();
    if (rows.length === 0) return null;
    if (waiting >= maximumWaiting) throw tooBusy();
    waiting += 1;
    try {
      for (const row of rows) {
        if (!(await unknownLane(() => compare(key, row)))) continue;
        fingerprints.write(row, print, true);
        return verified.accept(row, print);
      }
      return null;
    } finally {
      waiting -= 1;
    }
  }

  async function search(key: string, print: string): Promise<number | null> {
    const found = fingerprints.find(print);
    if (found === undefined) return findByHash(key, print);
    const { row, hasBeenUsed } = found;
    if (!(await knownLane(() => compare(key, row)))) return null;
    if (!hasBeenUsed) fingerprints.write(row, print, true);
    return verified.accept(row, print);
  }

  return {
    fromCache: (presentedKey) => (isHashableKey(presentedKey) ? verified.find(fingerprints.of(presentedKey)) : null),
    hasWorked: (presentedKey) =>
      isHashableKey(presentedKey) && fingerprints.find(fingerprints.of(presentedKey))?.hasBeenUsed === true,
    async verify(presentedKey) {
      if (!isHashableKey(presentedKey)) return null;
      const print = fingerprints.of(presentedKey);
      const cached = verified.find(print);
      if (cached !== null) return cached;
      const joined = running.get(print);
      if (joined !== undefined) return joined;
      const searching = search(presentedKey, print).finally(() => running.delete(print));
      running.set(print, searching);
      return searching;
    },
  };
}
