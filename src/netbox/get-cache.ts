/**
 * What NetBox answered, for all connections and branches of the process: the lists that runs load, shared by the calls of
 * one job and kept true by our own writes. A run keeps whatever it has read until it ends: its picture of NetBox does not
 * depend on how much the shared store may hold, nor for how long. Equal reads are joined; a write that happens meanwhile
 * keeps the answer of an older read from being stored or handed to later readers.
 */
import type { BaseLogger } from 'pino';
import type { Clock } from '../config/clock.js';
import { createSingleFlight } from '../transport/single-flight.js';
import { createAnswerStore, type StoredAnswer, type StoreLimits } from './answer-store.js';
import { madeUntrueBy, type CacheAddress, type CacheScope, type Write } from './cache-keys.js';
import { isWrittenUnsaid } from './change-effects.js';
import { applyWrite, inOrder, type OwnWrite } from './cached-list.js';
import type { CacheMetrics } from './cache-metrics.js';
import { deepFreeze } from './deep-freeze.js';
import { splitPath } from './paths.js';
import { canonicalQuery } from './query-string.js';
import type { Keep, NetBoxRecord, Query, ReadWindow } from './types.js';

export interface CacheSettings extends StoreLimits {
  /** 0 = nothing is shared between calls. */
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

/** What a GET found: the records of a complete traversal, or the body of a single read. */
export interface CachedAnswer {
  readonly records: readonly NetBoxRecord[];
  readonly body: unknown;
}

export interface CachedRead {
  readonly scope: CacheScope;
  readonly path: string;
  readonly query: Query;
  /** Equal addresses read as a list, as a list of which something is kept, or as a body are different things. */
  readonly shape: 'list' | 'kept' | 'body';
  readonly keep?: Keep | undefined;
  readonly window?: ReadWindow | undefined;
  /** Only what was read since the window was opened will do. */
  readonly isFresh: boolean;
  /** What the change log confirmed will not do. */
  readonly isReadAgain?: boolean;
  readonly load: (signal: AbortSignal) => Promise<{ readonly answer: CachedAnswer; readonly bytes: number }>;
  readonly signal?: AbortSignal | undefined;
  readonly onHit?: () => void;
}

interface Load {
  readonly key: string;
  readonly address: CacheAddress;
  /** See StoredAnswer. */
  readonly number: number;
  overtaken: boolean;
}

/** What one run has read, by key. */
type Picture = Map<string, StoredAnswer>;

type Revision = (stored: StoredAnswer) => StoredAnswer | undefined;

const sampleSize = 20;
const round2 = (value: number): number => Math.round(value * 100) / 100;

export interface GetCacheDeps {
  readonly clock: Clock;
  readonly logger: BaseLogger;
  readonly settings: () => CacheSettings;
}

function addressOf({ scope, path, query: { fields } }: CachedRead): CacheAddress {
  const address = { endpoint: scope.endpoint, branch: scope.branch, path };
  return typeof fields === 'string' ? { ...address, fields: new Set(fields.split(',')) } : address;
}

export class GetCache {
  readonly #deps: GetCacheDeps;
  /** Its limits are set before each look: asking for settings here would be a request that nobody made. */
  readonly #store = createAnswerStore();
  readonly #pictures = new WeakMap<ReadWindow, Picture>();
  readonly #flights = createSingleFlight<{ readonly stored: StoredAnswer; readonly load: Load }>();
  readonly #loads = new Set<Load>();
  #last = 0;
  #hits = 0;
  #misses = 0;
  #invalidations = 0;

  constructor(deps: GetCacheDeps) {
    this.#deps = deps;
  }

  /** @param since the `opened` of the window before which everything is too old; `now` = of this one */
  openWindow(since: number | 'now', maxAgeMs: number): ReadWindow {
    this.#last += 1;
    const opened = this.#last;
    return { opened, since: since === 'now' ? opened : since, maxAgeMs };
  }

  async read(read: CachedRead): Promise<CachedAnswer> {
    const text = canonicalQuery(read.query);
    const key = this.#keyOf(read, text);
    const picture = this.#pictureOf(read.window);
    const known = this.#lookUp(key, read, `path=${read.path} query=${text}`);
    if (known !== undefined) {
      read.onHit?.();
      picture?.set(key, known);
      return answerOf(known);
    }
    const since = sinceOf(read);
    this.#overtake((load) => load.key === key && load.number <= since);
    const { stored, load } = await this.#flights.run(key, (signal) => this.#load(key, read, signal), read.signal);
    if (!load.overtaken) picture?.set(key, stored);
    return answerOf(stored);
  }

  /** Called after a write that was sent; `own` is what is known to have come of it. */
  written(write: Write, scope: CacheScope & { readonly window?: ReadWindow | undefined }, own?: OwnWrite): void {
    const isUntrue = madeUntrueBy(write, scope);
    const { collection } = splitPath(write.path);
    const revised: Revision = (stored) => {
      const { address, rows, query, keep } = stored;
      if (own === undefined || rows === undefined || address.path !== collection) return undefined;
      const grown = applyWrite({ rows, query, keep }, own);
      return grown === undefined ? undefined : { ...stored, bytes: stored.bytes + grown };
    };
    this.#overtake(({ address }) => isUntrue(address));
    const dropped = this.#store.revise(isUntrue, revised);
    // What shows in other objects is not looked at again by the run that wrote it.
    const isSettled = (stored: StoredAnswer): boolean =>
      own !== undefined && write.method !== 'DELETE' && stored.rows !== undefined;
    revise(this.#pictureOf(scope.window), isUntrue, (stored) =>
      stored.address.path !== collection && isSettled(stored) ? stored : revised(stored),
    );
    this.#invalidations += dropped;
    if (dropped > 0) this.#trace(`Cache INVALIDATE: ${dropped} entries for path=${write.path}`);
  }

  /** A place in the order of all reads: what was read before it is not confirmed any more. */
  mark(): number {
    this.#last += 1;
    return this.#last;
  }

  /**
   * The change log was asked: what it tells untrue is forgotten, and the rest is as true as if it were read now.
   * @param floor a `mark`
   */
  confirm({ endpoint, branch }: CacheScope, isUntrue: (address: CacheAddress) => boolean, floor: number): void {
    const isOfScope = (address: CacheAddress): boolean => address.endpoint === endpoint && address.branch === branch;
    const isUntrueHere = (address: CacheAddress): boolean => isOfScope(address) && isUntrue(address);
    this.#overtake(({ address }) => isUntrueHere(address));
    this.#invalidations += this.#store.revise(isUntrueHere);
    const confirmed = { number: this.mark(), atMs: this.#deps.clock.monotonicMs() };
    this.#store.revise(isOfScope, (stored) =>
      stored.number <= floor || isWrittenUnsaid(stored.address) ? stored : { ...stored, confirmed },
    );
  }

  /** Whether answers are kept at all. */
  isShared(): boolean {
    return this.#deps.settings().ttlMs > 0;
  }

  dropEndpoint(endpoint: string): void {
    this.#forget((address) => address.endpoint === endpoint);
  }

  /** Forgets everything; the counters return to 0. */
  clear(): void {
    this.#forget(() => true);
    this.#store.clear();
    this.#hits = 0;
    this.#misses = 0;
    this.#invalidations = 0;
  }

  metrics(): CacheMetrics {
    const { ttlMs, maxEntries, maxBytes } = this.#deps.settings();
    const { departures } = this.#store;
    const { entries, bytes } = this.#store.size();
    const now = this.#deps.clock.monotonicMs();
    const oldest = [...this.#store.values()].reduce((least, { readAtMs }) => Math.min(least, readAtMs), now);
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
      return { api_id: number, path: address.path, query: canonicalQuery(query) };
    });
  }

  #trace(text: string): void {
    if (this.#deps.settings().debug) this.#deps.logger.debug(text);
  }

  #overtake(matches: (load: Load) => boolean): void {
    for (const load of this.#loads) {
      if (load.overtaken || !matches(load)) continue;
      load.overtaken = true;
      this.#flights.forget(load.key);
    }
  }

  #forget(matches: (address: CacheAddress) => boolean): void {
    this.#overtake(({ address }) => matches(address));
    this.#store.revise(matches);
  }

  #pictureOf(window: ReadWindow | undefined): Picture | undefined {
    if (window === undefined) return undefined;
    const picture = this.#pictures.get(window) ?? new Map<string, StoredAnswer>();
    this.#pictures.set(window, picture);
    return picture;
  }

  /** With a time-to-live of 0 not even reads that are under way are shared. */
  #keyOf({ scope: { endpoint, branch }, shape, path, window }: CachedRead, text: string): string {
    const reader = this.isShared() ? '' : (window?.opened ?? '');
    return JSON.stringify([endpoint, branch, shape, path, text, reader]);
  }

  #lookUp(key: string, read: CachedRead, text: string): StoredAnswer | undefined {
    const own = this.#ownAnswer(key, read);
    if (!this.isShared()) {
      this.#store.revise(() => true);
      this.#trace(`Cache DISABLED: TTL=0 ${text}`);
      return own;
    }
    this.#store.resize(this.#deps.settings());
    const stored = own ?? this.#store.get(key);
    const verdict = own === undefined ? this.#judge(stored, read) : 'HIT';
    if (verdict === 'EXPIRED') this.#store.expire(key);
    if (verdict === 'HIT') this.#hits += 1;
    else this.#misses += 1;
    this.#trace(`Cache ${verdict}: ${text}`);
    return verdict === 'HIT' ? stored : undefined;
  }

  /** What the run has read itself; taken over from an earlier one only where that will do. */
  #ownAnswer(key: string, read: CachedRead): StoredAnswer | undefined {
    const seen = this.#pictureOf(read.window)?.get(key);
    if (seen === undefined) return undefined;
    // What an earlier call read may be confirmed only, and be hours old.
    const since = read.isFresh || read.isReadAgain === true ? (read.window?.opened ?? 0) : 0;
    return readingOf(seen, read).number <= since ? undefined : seen;
  }

  #judge(stored: StoredAnswer | undefined, read: CachedRead): 'HIT' | 'MISS' | 'EXPIRED' {
    if (stored === undefined) return 'MISS';
    const { window, isFresh } = read;
    const { number, atMs } = readingOf(stored, read);
    // Confirmed for this very window: as long as the run lasts.
    if (number !== stored.number && window !== undefined && number > window.opened) return 'HIT';
    const ageMs = this.#deps.clock.monotonicMs() - atMs;
    if (ageMs > this.#deps.settings().ttlMs) return 'EXPIRED';
    if (window === undefined || number > window.opened) return 'HIT';
    return !isFresh && number > window.since && ageMs <= window.maxAgeMs ? 'HIT' : 'MISS';
  }

  async #load(key: string, read: CachedRead, signal: AbortSignal) {
    this.#last += 1;
    const load: Load = { key, address: addressOf(read), number: this.#last, overtaken: false };
    const readAtMs = this.#deps.clock.monotonicMs();
    this.#loads.add(load);
    try {
      const { answer, bytes } = await read.load(signal);
      deepFreeze(answer);
      const { address, number } = load;
      const rows = read.shape === 'body' ? undefined : new Map(answer.records.map((record) => [record.id, record]));
      const { query, keep } = read;
      const stored: StoredAnswer = { address, query, rows, keep, body: answer.body, bytes, readAtMs, number };
      if (!load.overtaken && this.isShared()) this.#store.set(key, stored);
      return { stored, load };
    } finally {
      this.#loads.delete(load);
    }
  }
}

/** The number of the read before which everything is too old for a reader. */
function sinceOf({ window, isFresh }: CachedRead): number {
  return (isFresh ? window?.opened : window?.since) ?? 0;
}

/** When an answer was read, or confirmed, for a reader to whom that is the same. */
function readingOf({ number, readAtMs, confirmed }: StoredAnswer, { window, isReadAgain }: CachedRead) {
  const isTrusted = window?.trustsChangeLog === true && isReadAgain !== true;
  return isTrusted && confirmed !== undefined ? confirmed : { number, atMs: readAtMs };
}

function answerOf({ rows, body }: StoredAnswer): CachedAnswer {
  return { records: rows === undefined ? [] : inOrder(rows), body };
}

function revise(picture: Picture | undefined, matches: (address: CacheAddress) => boolean, change: Revision): void {
  for (const [key, stored] of picture ?? []) {
    if (!matches(stored.address)) continue;
    const revised = change(stored);
    if (revised === undefined) picture?.delete(key);
    else picture?.set(key, revised);
  }
}
