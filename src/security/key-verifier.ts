/**
 * Finds the row a presented key belongs to. bcrypt runs in the thread pool, at most four at a time, since name look-ups
 * share that pool; a key that was right lately is found in memory, where only an HMAC of it is kept, and the row is
 * read again each time, so that a retired key stops working at once. Wrong keys are never remembered.
 */
import { createHmac, randomBytes } from 'node:crypto';
import bcrypt from 'bcrypt';
import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import type { Clock } from '../config/clock.js';

interface HashedKey {
  readonly id: number;
  readonly keyHash: string;
  readonly isActive: boolean;
}

export interface KeyVerifier {
  verify(presentedKey: string): Promise<number | null>;
  fromCache(presentedKey: string): number | null;
}

export interface KeyVerifierDeps {
  readonly activeRows: () => readonly HashedKey[];
  readonly rowById: (id: number) => HashedKey | undefined;
  readonly clock: Clock;
}

const maximumBytes = 72;
const cacheEntries = 1000;
const cacheTtlMs = 300_000;
const parallelHashes = 4;
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

async function compare(key: string, keyHash: string): Promise<boolean> {
  if (!wellFormedHash.test(keyHash)) return false;
  // The same algorithm under the prefix that this implementation knows.
  return bcrypt.compare(key, keyHash.replace(/^\$2y\$/, '$2b$'));
}

export function createKeyVerifier({ activeRows, rowById, clock }: KeyVerifierDeps): KeyVerifier {
  const processSecret = randomBytes(32);
  const gate = pLimit(parallelHashes);
  const running = new Map<string, Promise<number | null>>();
  const verified = new LRUCache<string, HashedKey>({
    max: cacheEntries,
    ttl: cacheTtlMs,
    ttlResolution: 0,
    perf: { now: () => clock.monotonicMs() },
  });

  const fingerprint = (key: string): string => createHmac('sha256', processSecret).update(key, 'utf8').digest('base64');

  function fromCache(presentedKey: string): number | null {
    if (!isHashableKey(presentedKey)) return null;
    const print = fingerprint(presentedKey);
    const known = verified.get(print);
    if (known === undefined) return null;
    const row = rowById(known.id);
    if (row?.isActive === true && row.keyHash === known.keyHash) return row.id;
    verified.delete(print);
    return null;
  }

  async function search(presentedKey: string): Promise<number | null> {
    for (const row of activeRows()) {
      if (!(await gate(() => compare(presentedKey, row.keyHash)))) continue;
      verified.set(fingerprint(presentedKey), row);
      // Hashing takes a while: the key may have been retired meanwhile.
      return fromCache(presentedKey);
    }
    return null;
  }

  return {
    fromCache,
    async verify(presentedKey) {
      if (!isHashableKey(presentedKey)) return null;
      const cached = fromCache(presentedKey);
      if (cached !== null) return cached;
      const print = fingerprint(presentedKey);
      const joined = running.get(print);
      if (joined !== undefined) return joined;
      const searching = search(presentedKey).finally(() => running.delete(print));
      running.set(print, searching);
      return searching;
    },
  };
}
