/**
 * The cache of GET answers, one for all endpoints and branches of the process. Equal reads are joined; a write that
 * happens meanwhile keeps the answer of an older read from being stored or handed to later readers.
 */
import type { BaseLogger } from 'pino';
import type { Clock } from '../config/clock.js';
import { createAnswerStore, type AnswerStore, type CachedAnswer, type StoreLimits } from './answer-store.js';
import { madeUntrueBy, type CacheAddress, type CacheScope, type Write } from './cache-keys.js';
import type { CacheMetrics } from './cache-metrics.js';
import { deepFreeze } from './deep-freeze.js';
import { createSingleFlight } from './single-flight.js';

export interface CacheSettings extends StoreLimits {
  /** 0 switches the cache off. */
  readonly ttlMs: number;
  /** Log hits and misses. */
  readonly debug: boolean;
}

export interface CacheSampleItem {
  /** Opaque number of the endpoint. */
  readonly api_id: number;
  readonly path: string;
  /** JSON with sorted keys, or empty. */
  readonly query: string;
}

export interface CachedRead {
  readonly address: CacheAddress;
  /** The shape of the answer: equal addresses read as a list, one row or a body are different things. */
  readonly shape: 'list' | 'first' | 'body';
  /** See canonicalQuery. */
  readonly query: string;
  readonly load: (signal: AbortSignal) => Promise<{ readonly answer: CachedAnswer; readonly bytes: number }>;
  readonly signal?: AbortSignal | undefined;
  readonly onHit?: () => void;
}

interface Load {
  readonly key: string;
  readonly address: CacheAddress;
  overtaken: boolean;
}

const sampleSize = 20;
/** One answer may not push out most of the others. */
const largestShare = 4;

const round2 = (value: number): number => Math.round(value * 100) / 100;

export interface GetCacheDeps {
  readonly clock: Clock;
  readonly logger: BaseLogger;
  readonly settings: () => CacheSettings;
}

export class GetCache {
  readonly #deps: GetCacheDeps;
  readonly #store: AnswerStore;
  readonly #flights = createSingleFlight<CachedAnswer>();
  readonly #loads = new Set<Load>();
  #hits = 0;
  #misses = 0;
  #invalidations = 0;

  constructor(deps: GetCacheDeps) {
    this.#deps = deps;
    this.#store = createAnswerStore(deps.clock, deps.settings());
  }

  async read(read: CachedRead): Promise<CachedAnswer> {
    const { endpoint, branch, path } = read.address;
    const key = JSON.stringify([endpoint, branch, read.shape, path, read.query]);
    const known = this.#lookUp(key, read);
    if (known === undefined) return this.#flights.run(key, (signal) => this.#load(key, read, signal), read.signal);
    read.onHit?.();
    return known;
  }

  invalidate(write: Write, scope: CacheScope): void {
    const dropped = this.#dropWhere(madeUntrueBy(write, scope));
    this.#invalidations += dropped;
    if (dropped > 0) this.#trace(`Cache INVALIDATE: ${dropped} entries for path=${write.path}`);
  }

  dropEndpoint(endpoint: string): void {
    this.#dropWhere((address) => address.endpoint === endpoint);
  }

  /** Forgets everything; the counters return to 0. */
  clear(): void {
    this.#dropWhere(() => true);
    this.#store.clear();
    this.#hits = 0;
    this.#misses = 0;
    this.#invalidations = 0;
  }

  metrics(): CacheMetrics {
    this.#store.purge();
    const { ttlMs, maxEntries, maxBytes } = this.#deps.settings();
    const { departures, entries, bytes } = this.#store;
    const now = this.#deps.clock.monotonicMs();
    const oldest = [...this.#store.values()].reduce((least, { storedAtMs }) => Math.min(least, storedAtMs), now);
    const reads = this.#hits + this.#misses;
    return {
      hits: this.#hits,
      misses: this.#misses,
      hit_rate: reads === 0 ? 0 : round2((this.#hits / reads) * 100),
      invalidations: this.#invalidations,
      evictions_ttl: departures.expired,
      evictions_size: departures.crowdedOut,
      evictions_bytes: departures.bytesOut,
      current_entries: entries,
      current_bytes: bytes,
      max_entries: maxEntries,
      max_bytes: maxBytes,
      ttl_seconds: ttlMs / 1000,
      oldest_entry_age_seconds: round2((now - oldest) / 1000),
    };
  }

  /** At most 20 entries, for people who look what is cached. */
  sample(): readonly CacheSampleItem[] {
    const numbers = new Map<string, number>();
    return [...this.#store.values()].slice(0, sampleSize).map(({ address, query }) => {
      const number = numbers.get(address.endpoint) ?? numbers.size + 1;
      numbers.set(address.endpoint, number);
      return { api_id: number, path: address.path, query };
    });
  }

  #trace(text: string): void {
    if (this.#deps.settings().debug) this.#deps.logger.debug(text);
  }

  #dropWhere(matches: (address: CacheAddress) => boolean): number {
    for (const load of this.#loads) {
      if (!matches(load.address)) continue;
      load.overtaken = true;
      this.#flights.forget(load.key);
    }
    return this.#store.dropWhere(matches);
  }

  #lookUp(key: string, read: CachedRead): CachedAnswer | undefined {
    const { ttlMs } = this.#deps.settings();
    const text = `path=${read.address.path} query=${read.query}`;
    if (ttlMs <= 0) {
      this.#store.dropWhere(() => true);
      this.#trace(`Cache DISABLED: TTL=0 ${text}`);
      return undefined;
    }
    const { expired } = this.#store.departures;
    const stored = this.#store.get(key);
    if (stored !== undefined) {
      this.#hits += 1;
      this.#trace(`Cache HIT: ${text}`);
      return stored.answer;
    }
    this.#misses += 1;
    this.#trace(`Cache ${this.#store.departures.expired > expired ? 'EXPIRED' : 'MISS'}: ${text}`);
    return undefined;
  }

  async #load(key: string, read: CachedRead, signal: AbortSignal): Promise<CachedAnswer> {
    const own: Load = { key, address: read.address, overtaken: false };
    this.#loads.add(own);
    try {
      const { answer, bytes } = await read.load(signal);
      deepFreeze(answer);
      if (!own.overtaken) this.#keep(key, read, answer, bytes);
      return answer;
    } finally {
      this.#loads.delete(own);
    }
  }

  #keep(key: string, { address, query }: CachedRead, answer: CachedAnswer, bytes: number): void {
    const { ttlMs, maxEntries, maxBytes } = this.#deps.settings();
    this.#store.resize({ maxEntries, maxBytes });
    if (ttlMs <= 0 || bytes > maxBytes / largestShare) return;
    this.#store.set(key, { address, query, answer, bytes, storedAtMs: this.#deps.clock.monotonicMs() }, ttlMs);
  }
}
