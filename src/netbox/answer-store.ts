/**
 * Cached answers with a real least-recently-used order, bounded by entries and bytes, each with the time-to-live that
 * held when it was written. Counts why entries leave.
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../config/clock.js';
import type { CacheAddress } from './cache-keys.js';
import type { NetBoxRecord } from './types.js';

/** What a GET found: the records of a complete traversal, or the body of a single read. */
export interface CachedAnswer {
  readonly records: readonly NetBoxRecord[];
  readonly body: unknown;
}

interface StoredAnswer {
  readonly address: CacheAddress;
  readonly query: string;
  readonly answer: CachedAnswer;
  readonly bytes: number;
  readonly storedAtMs: number;
}

export interface StoreLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

interface Departures {
  expired: number;
  /** Entries that had to leave because of the entry limit. */
  crowdedOut: number;
  /** Bytes that had to leave because of the byte limit. */
  bytesOut: number;
}

export interface AnswerStore {
  readonly departures: Departures;
  readonly entries: number;
  readonly bytes: number;
  get(key: string): StoredAnswer | undefined;
  set(key: string, stored: StoredAnswer, ttlMs: number): void;
  /** Drops what matches; returns how many. */
  dropWhere(matches: (address: CacheAddress) => boolean): number;
  /** Forgets expired entries that nobody asked for. */
  purge(): void;
  values(): Iterable<StoredAnswer>;
  resize(limits: StoreLimits): void;
  clear(): void;
}

export function createAnswerStore(clock: Clock, initial: StoreLimits): AnswerStore {
  const departures: Departures = { expired: 0, crowdedOut: 0, bytesOut: 0 };
  let limits = initial;
  let full = false;

  const build = (): LRUCache<string, StoredAnswer> =>
    new LRUCache<string, StoredAnswer>({
      max: limits.maxEntries,
      maxSize: limits.maxBytes,
      sizeCalculation: ({ bytes }) => Math.max(1, bytes),
      ttlResolution: 0,
      // lru-cache takes a start of 0 for "never expires".
      perf: { now: () => clock.monotonicMs() + 1 },
      dispose: (stored, _key, reason) => {
        if (reason === 'expire') departures.expired += 1;
        if (reason !== 'evict') return;
        // A full cache first makes room for one entry; whatever leaves beyond that leaves for its bytes.
        if (full) departures.crowdedOut += 1;
        else departures.bytesOut += stored.bytes;
        full = false;
      },
    });
  let cache = build();

  return {
    departures,
    get entries() {
      return cache.size;
    },
    get bytes() {
      return cache.calculatedSize;
    },
    get: (key) => cache.get(key),
    set: (key, stored, ttlMs) => {
      full = cache.size >= limits.maxEntries && !cache.has(key);
      cache.set(key, stored, { ttl: ttlMs });
      full = false;
    },
    dropWhere: (matches) => {
      const keys = [...cache.entries()].filter(([, { address }]) => matches(address)).map(([key]) => key);
      for (const key of keys) cache.delete(key);
      return keys.length;
    },
    purge: () => {
      cache.purgeStale();
    },
    values: () => cache.values(),
    resize: (changed) => {
      if (changed.maxEntries === limits.maxEntries && changed.maxBytes === limits.maxBytes) return;
      limits = changed;
      const kept = cache.dump();
      cache = build();
      cache.load(kept);
    },
    clear: () => {
      cache.clear();
      Object.assign(departures, { expired: 0, crowdedOut: 0, bytesOut: 0 });
    },
  };
}
