/**
 * Cached answers with a real least-recently-used order, bounded by entries and bytes. Counts why entries leave.
 */
import { LRUCache } from 'lru-cache';
import type { CacheAddress } from './cache-keys.js';
import type { Keep, NetBoxRecord, Query } from './types.js';

export interface StoredAnswer {
  readonly address: CacheAddress;
  readonly query: Query;
  /** Of a list, by id; see `inOrder`. */
  readonly rows: Map<number, NetBoxRecord> | undefined;
  /** How the rows were made of what NetBox rendered; absent: they are that. */
  readonly keep?: Keep | undefined;
  /** Of a single read. */
  readonly body: unknown;
  readonly bytes: number;
  readonly readAtMs: number;
  /** In the order of all reads, from 1. */
  readonly number: number;
  /** When NetBox's change log last told that it is as true as if it were read then. */
  readonly confirmed?: { readonly number: number; readonly atMs: number };
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
  size(): { readonly entries: number; readonly bytes: number };
  get(key: string): StoredAnswer | undefined;
  set(key: string, stored: StoredAnswer): void;
  /** It is too old. */
  expire(key: string): void;
  /** Puts what `change` makes of it in the place of each answer that matches; undefined drops it. Returns how many. */
  revise(
    matches: (address: CacheAddress) => boolean,
    change?: (stored: StoredAnswer) => StoredAnswer | undefined,
  ): number;
  values(): Iterable<StoredAnswer>;
  resize(limits: StoreLimits): void;
  clear(): void;
}

/** One answer may not push out most of the others. */
const largestShare = 4;

/** Holds next to nothing until it is given limits. */
export function createAnswerStore(): AnswerStore {
  const departures: Departures = { expired: 0, crowdedOut: 0, bytesOut: 0 };
  let limits: StoreLimits = { maxEntries: 1, maxBytes: 1 };
  let full = false;

  const build = (): LRUCache<string, StoredAnswer> =>
    new LRUCache<string, StoredAnswer>({
      max: limits.maxEntries,
      maxSize: limits.maxBytes,
      sizeCalculation: ({ bytes }) => Math.max(1, bytes),
      dispose: (stored, _key, reason) => {
        if (reason !== 'evict') return;
        // A full cache first makes room for one entry; whatever leaves beyond that leaves for its bytes.
        if (full) departures.crowdedOut += 1;
        else departures.bytesOut += stored.bytes;
        full = false;
      },
    });
  let cache = build();

  const set = (key: string, stored: StoredAnswer): void => {
    if (stored.bytes > limits.maxBytes / largestShare) {
      cache.delete(key);
      return;
    }
    full = cache.size >= limits.maxEntries && !cache.has(key);
    cache.set(key, stored);
    full = false;
  };

  return {
    departures,
    size: () => ({ entries: cache.size, bytes: cache.calculatedSize }),
    get: (key) => cache.get(key),
    set,
    expire: (key) => {
      if (cache.delete(key)) departures.expired += 1;
    },
    revise: (matches, change) => {
      // The least recently used one first: the order stays.
      const concerned = [...cache.entries()].filter(([, { address }]) => matches(address)).reverse();
      let dropped = 0;
      for (const [key, stored] of concerned) {
        const revised = change?.(stored);
        if (revised !== undefined) set(key, revised);
        else if (cache.delete(key)) dropped += 1;
      }
      return dropped;
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
