/** What the NetBox client takes and gives: objects, queries, scopes, outcomes, and the client itself. */
import type { ProxboxError } from '../errors/proxbox-error.js';
import type { Wait } from '../transport/retry.js';
import type { WriteAction } from './actions.js';

/** A NetBox object as its REST API renders it. Relations are objects with an id, choices are `{value, label}`. */
export type NetBoxRecord = Readonly<Record<string, unknown>> & { readonly id: number };
export type JsonObject = Readonly<Record<string, unknown>>;

export type QueryValue = string | number | boolean | null | undefined;
/** Arrays become repeated keys, booleans `true`/`false`; null and undefined are dropped. */
export type Query = Readonly<Record<string, QueryValue | readonly QueryValue[]>>;

export interface NetBoxVersion {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

export interface NetBoxStatus {
  readonly version: NetBoxVersion;
  /** Plugin package name to version, e.g. `netbox_proxbox: "0.0.24"`. */
  readonly plugins: ReadonlyMap<string, string>;
}

export interface NetBoxCapabilities {
  /** `start=` paging, NetBox 4.6 and later. */
  readonly cursorPaging: boolean;
  /** `virtual-machine-types` and the VM field `virtual_machine_type`, NetBox 4.6 and later. */
  readonly virtualMachineTypes: boolean;
  /** `add_tags` and `remove_tags` in place of all tags, NetBox 4.6 and later. */
  readonly tagChanges: boolean;
  /** `mac_address` of interfaces can be written, NetBox 4.7 and later; before, MAC address objects are made and linked. */
  readonly writableInterfaceMac: boolean;
  readonly branching: boolean;
  readonly proxboxPlugin: boolean;
}

export interface RequestCounters {
  requests: number;
  /** POST, PATCH, PUT and DELETE that were sent, each attempt counted. */
  writes: number;
  retries: number;
  overwhelmed: number;
  cacheHits: number;
}

/** Which answers of the cache a reader may be given; opened once by a run, for all that it reads. */
export interface ReadWindow {
  /** A place in the order of all reads. What was read after it is the run's own, and is used as long as the run lasts. */
  readonly opened: number;
  /** What was read before this place is too old. */
  readonly since: number;
  /** Of what was read by others; the settings may allow less. */
  readonly maxAgeMs: number;
  /** What the change log confirmed counts as read then; see `catchUp`. */
  readonly trustsChangeLog?: true;
}

/** Why what was read before cannot be known to be still true. */
export type Doubt =
  | 'first'
  | 'due'
  | 'off'
  | 'branch'
  | 'forbidden'
  | 'unreadable'
  | 'pruned'
  | 'much'
  | 'incomplete'
  | 'own writes'
  | 'fields';

/** What NetBox's change log told of what was read before. */
export type CaughtUp =
  | { readonly status: 'unknown'; readonly doubt: Doubt }
  | {
      readonly status: 'known';
      /** Objects that were created, changed or deleted. */
      readonly changed: number;
      /** When it was asked before. */
      readonly since: Date;
    };

export interface ClientScope {
  /** Aborts waiting, reading and back-off. Writes already sent are waited for. */
  readonly signal?: AbortSignal;
  /** netbox-branching schema id; empty or absent = main. */
  readonly branch?: string;
  /** No attempt may take longer, and none is started later than this after the first, milliseconds. */
  readonly patienceMs?: number;
  /** A dry run: a request that is no GET is refused before it is sent. Scopes made from this one inherit it. */
  readonly isReadOnly?: true;
  /** Told of every repetition and pause that a request of this scope waits for. */
  readonly onWait?: (wait: Wait) => void;
  /** Counted into as well as the client's own totals. */
  readonly counters?: RequestCounters;
  /** Absent = every answer of the cache that is young enough for the settings. */
  readonly window?: ReadWindow;
  /** What only the change log confirmed is read again: for whoever is about to write. */
  readonly readsAgain?: true;
}

/** What is kept of a record that NetBox rendered. */
export type Keep = (rendered: NetBoxRecord) => NetBoxRecord;

export interface ListOptions {
  /** `use` (default) reads and fills the GET cache, `fresh` takes only what was read in the same window; `bypass` does neither. */
  readonly cache?: 'use' | 'fresh' | 'bypass';
  readonly maxRecords?: number;
  /** What of each record is answered and cached, with its id: most of what NetBox nests nobody looks at. The same for equal queries. */
  readonly keep?: Keep | undefined;
}

/**
 * Finds objects of a batch again in NetBox: after an answer was lost, or after NetBox refused one as a duplicate. The
 * answer is aligned with the bodies; undefined = not there. It must verify the rows it returns (NetBox ignores unknown
 * filters and then returns everything).
 */
export type FindExisting = (
  bodies: readonly JsonObject[],
  client: NetBoxReader,
) => Promise<readonly (NetBoxRecord | undefined)[]>;

/** What is known of the reasons for which NetBox refuses bodies, and that can be taken out of them. */
export interface Mending {
  /** Learns from a refusal what has to be left out. */
  readonly learn: (error: ProxboxError) => Promise<void>;
  /** The body without what NetBox refuses; the same object where nothing is to be left out. */
  readonly without: (body: JsonObject) => JsonObject;
}

export interface BulkOptions {
  /** Objects per request, >= 1. */
  readonly batchSize: number;
  /** Least time between the starts of two batches of this call, milliseconds. */
  readonly delayMs: number;
  /** Batches of this call in flight, as far as NetBox is asked by so many requests at once; default 1. */
  readonly atOnce?: number;
  readonly onBatch?: (progress: { readonly done: number; readonly total: number }) => void;
  /** What is kept of an object that was written, until the call ends; absent = all of it, with what it is related to. */
  readonly keep?: Keep;
  /** A refused batch is sent again without what can be taken out of it, as long as that is something. */
  readonly mending?: Mending;
}

export interface BulkCreateOptions extends BulkOptions {
  /** Without it a POST whose answer was lost is not repeated. */
  readonly find?: FindExisting;
  /** Equal keys within one call are sent once; the later ones fail as duplicates before anything is sent. */
  readonly keyOf?: (body: JsonObject) => string;
}

/**
 * One outcome per item, in the order of the items, also when the run cannot go on (see NetBoxClient). `exists`: refused as
 * a duplicate and found; the caller decides. `failed`: the error says what NetBox refused about this object.
 */
export type CreateOutcome =
  | { readonly status: 'created' | 'exists'; readonly record: NetBoxRecord }
  | { readonly status: 'failed'; readonly error: ProxboxError };

/**
 * `gone`: the id no longer exists. NetBox 4.7 refuses it by name, before it was ignored silently. `unchanged`: without what NetBox
 * refused (`Mending`) nothing was left to write.
 */
export type PatchOutcome =
  | { readonly status: 'updated'; readonly record: NetBoxRecord }
  | { readonly status: 'gone' }
  | { readonly status: 'unchanged' }
  | { readonly status: 'failed'; readonly error: ProxboxError };

/** `gone`: it did not exist any more. Up to NetBox 4.6 a list of ids does not tell, and such an id counts as `deleted`. */
export type DeleteOutcome =
  { readonly status: 'deleted' | 'gone' } | { readonly status: 'failed'; readonly error: ProxboxError };

export interface PatchItem {
  readonly id: number;
  readonly body: JsonObject;
}

/** What NetBox is asked. Whoever has only this cannot change anything there. */
export interface NetBoxReader {
  readonly endpointId: number;
  readonly baseUrl: string;
  /** Requests that may be in flight now: as many as are configured, fewer while NetBox has no capacity; at least 1. */
  atOnce(): number;
  /** The same client, cache and gate with another abort signal, branch or counters. */
  scoped(scope: ClientScope): NetBoxReader;
  /** @param since the `opened` of the window before which everything is too old; `now` = of this one */
  openWindow(since: number | 'now', maxAgeMs: number): ReadWindow;
  /**
   * Asks the change log what others and we changed since it was asked last. What that leaves true is confirmed: windows that
   * were opened before may be told to trust it. One request at most, but for very many changes.
   * @param fullReadMs so long nothing is confirmed any more that was read before; 0 = never, and nothing is asked
   * @throws ProxboxError `cancelled`
   */
  catchUp(fullReadMs: number): Promise<CaughtUp>;
  /** `GET /api/status/`, cached per client for an hour; failures are not cached. */
  status(): Promise<NetBoxStatus>;
  capabilities(): Promise<NetBoxCapabilities>;
  get(path: string, query?: Query, options?: ListOptions): Promise<unknown>;
  list(path: string, query?: Query, options?: ListOptions): Promise<readonly NetBoxRecord[]>;
  /** A multi-value filter in chunks that fit a request line (3,500 bytes, 100 values), merged and de-duplicated by id. */
  listByValues(
    path: string,
    filter: string,
    values: readonly (string | number)[],
    query?: Query,
    options?: ListOptions,
  ): Promise<readonly NetBoxRecord[]>;
  /** Whether the token may do this to objects there, as NetBox tells it without an attempt; undefined: it does not tell, as of deletions. */
  may(action: WriteAction, path: string): Promise<boolean | undefined>;
  counters(): Readonly<RequestCounters>;
}

/** What a run works with: everything is written in bulk, to NetBox or, in a preview, to nobody (netbox/overlay). */
export interface NetBoxBulkClient extends NetBoxReader {
  scoped(scope: ClientScope): NetBoxBulkClient;
  bulkCreate(
    path: string,
    bodies: readonly JsonObject[],
    options: BulkCreateOptions,
  ): Promise<readonly CreateOutcome[]>;
  bulkPatch(path: string, items: readonly PatchItem[], options: BulkOptions): Promise<readonly PatchOutcome[]>;
  bulkDelete(path: string, ids: readonly number[], options: BulkOptions): Promise<readonly DeleteOutcome[]>;
}

/**
 * One stored NetBox endpoint. Paths begin with `/api/` and end with `/`. Every call passes the gate, is retried by the
 * policy of transport/retry, and throws ProxboxError (`netbox_*`, `remote_protocol`, `cancelled`). Bulk calls throw only
 * what is a mistake of ours (`internal`): they return one outcome per object, so that nothing that was done is forgotten.
 * What ends the run (unreachable, overwhelmed, token refused, abort; see `endsTheRun` in run-ending.ts) is the error of the
 * objects of that batch and of all that were not sent after it.
 */
/** What NetBox answered just now. */
export interface FreshAnswer {
  readonly body: unknown;
  /** Its clock: the header `Date`; undefined where it has none that can be read. */
  readonly date: Date | undefined;
}

export interface NetBoxClient extends NetBoxBulkClient {
  scoped(scope: ClientScope): NetBoxClient;
  /** Past every cache. @throws ProxboxError `netbox_*`, as `get` */
  ask(method: 'GET' | 'OPTIONS', path: string, query?: Query): Promise<FreshAnswer>;
  create(path: string, body: JsonObject, options?: { readonly find?: FindExisting }): Promise<NetBoxRecord>;
  patch(path: string, id: number, body: JsonObject): Promise<NetBoxRecord>;
  /** True when it was there; 404 is success. */
  delete(path: string, id: number): Promise<boolean>;
}
