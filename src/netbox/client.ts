/** The NetBoxClient of one endpoint: puts cache, lists, writes and capabilities together under one face. */
import type { BaseLogger } from 'pino';
import type { Clock } from '../config/clock.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { BatchDeps } from './batches.js';
import { branchingMissing, checkBranch } from './branch.js';
import { bulkCreate } from './bulk-create.js';
import { bulkDelete, deleteOne } from './bulk-delete.js';
import { bulkPatch } from './bulk-patch.js';
import type { CatchUp } from './catch-up.js';
import type { ChangeLog } from './change-log.js';
import { createOne, patchOne } from './single-writes.js';
import type { Finder } from './find-again.js';
import type { CachedRead, GetCache } from './get-cache.js';
import { listByValues } from './list-by-values.js';
import { meansNoMatch, readAll, type ListDeps } from './lists.js';
import { excludeConfigContext, isInstallationPath } from './paths.js';
import { bodyOf, type NetBoxResult, type Pipeline } from './pipeline.js';
import type { Pressure } from './pressure.js';
import { offers, type WriteAction } from './actions.js';
import type { StatusReader } from './status.js';
import type {
  BulkCreateOptions,
  BulkOptions,
  CaughtUp,
  ClientScope,
  CreateOutcome,
  DeleteOutcome,
  FindExisting,
  FreshAnswer,
  JsonObject,
  ListOptions,
  NetBoxCapabilities,
  NetBoxClient,
  NetBoxRecord,
  NetBoxStatus,
  PatchItem,
  PatchOutcome,
  Query,
  ReadWindow,
  RequestCounters,
} from './types.js';
import { unlessAborted } from '../config/unless-aborted.js';
import { capabilitiesOf } from './version.js';
import type { WriteDeps } from './write-request.js';

/** What all scopes of one endpoint share. */
export interface ClientCore {
  readonly endpointId: number;
  readonly baseUrl: string;
  readonly fingerprint: string;
  readonly pipeline: Pipeline;
  readonly pressure: Pressure;
  /** How many requests may be in flight now. */
  readonly atOnce: () => number;
  readonly cache: GetCache;
  readonly status: StatusReader;
  readonly changeLog: ChangeLog;
  readonly catchUp: CatchUp;
  readonly clock: Clock;
  readonly logger: BaseLogger;
  readonly totals: RequestCounters;
  readonly withoutCursor: Set<string>;
}

interface Read extends Pick<CachedRead, 'shape' | 'path' | 'query' | 'keep'> {
  readonly cache: ListOptions['cache'];
  readonly load: (query: Query, scope: ClientScope) => ReturnType<CachedRead['load']>;
}

/** Reading everything does not take much longer. */
const changeLogPatienceMs = 30_000;

class ScopedClient implements NetBoxClient {
  readonly endpointId: number;
  readonly baseUrl: string;
  readonly #core: ClientCore;
  readonly #scope: ClientScope;
  /** Reads past the cache whatever is asked: for look-ups that decide what becomes of a write. */
  readonly #fresh: boolean;

  constructor(core: ClientCore, scope: ClientScope, fresh = false) {
    checkBranch(scope.branch ?? '');
    this.endpointId = core.endpointId;
    this.baseUrl = core.baseUrl;
    this.#core = core;
    this.#scope = scope;
    this.#fresh = fresh;
  }

  scoped(scope: ClientScope): NetBoxClient {
    return new ScopedClient(this.#core, { ...this.#scope, ...scope }, this.#fresh);
  }

  atOnce(): number {
    return this.#core.atOnce();
  }

  openWindow(since: number | 'now', maxAgeMs: number): ReadWindow {
    return this.#core.cache.openWindow(since, maxAgeMs);
  }

  async catchUp(fullReadMs: number): Promise<CaughtUp> {
    if ((this.#scope.branch ?? '') !== '') return { status: 'unknown', doubt: 'branch' };
    const asking = this.#core.catchUp(this.scoped({ patienceMs: changeLogPatienceMs }), fullReadMs);
    return unlessAborted(asking, this.#scope.signal);
  }

  async status(): Promise<NetBoxStatus> {
    return this.#core.status(this.#scope);
  }

  async capabilities(): Promise<NetBoxCapabilities> {
    return capabilitiesOf(await this.status());
  }

  async get(path: string, query: Query = {}, options: ListOptions = {}): Promise<unknown> {
    const answer = await this.#read({
      shape: 'body',
      path,
      query,
      cache: options.cache,
      load: async (wanted, scope) => {
        const operation = `get ${path}`;
        const result = await this.#core.pipeline({
          method: 'GET',
          path,
          query: () => wanted,
          kind: 'read',
          operation,
          scope,
        });
        return { answer: { records: [], body: bodyOf(result) }, bytes: result.ok ? result.bytes : 0 };
      },
    });
    return answer.body;
  }

  async list(path: string, query: Query = {}, options: ListOptions = {}): Promise<readonly NetBoxRecord[]> {
    try {
      return await this.#list(path, query, options);
    } catch (error) {
      if (error instanceof ProxboxError && meansNoMatch(error, query)) return [];
      throw error;
    }
  }

  async listByValues(
    path: string,
    filter: string,
    values: readonly (string | number)[],
    ...[query = {}, options = {}]: [query?: Query, options?: ListOptions]
  ): Promise<readonly NetBoxRecord[]> {
    return listByValues({ path, filter, values, query, atOnce: this.atOnce() }, (chunk) =>
      this.#list(path, chunk, options),
    );
  }

  async may(action: WriteAction, path: string): Promise<boolean | undefined> {
    if (action === 'delete') return undefined;
    const result = await this.#asked('OPTIONS', path);
    return result.ok ? offers(result.body, action === 'add' ? 'POST' : 'PUT') : undefined;
  }

  async ask(method: 'GET' | 'OPTIONS', path: string, query: Query = {}): Promise<FreshAnswer> {
    const result = await this.#asked(method, path, query);
    if (!result.ok) throw result.error;
    return { body: result.body, date: result.date };
  }

  #asked(method: 'GET' | 'OPTIONS', path: string, query: Query = {}): Promise<NetBoxResult> {
    const operation = `${method.toLowerCase()} ${path}`;
    return this.#core.pipeline({ method, path, query: () => query, kind: 'read', operation, scope: this.#scope });
  }

  async create(path: string, body: JsonObject, options: { readonly find?: FindExisting } = {}): Promise<NetBoxRecord> {
    await this.#checkBranching();
    return createOne(
      { path, body, scope: this.#scope, finder: this.#finder(options.find) },
      { ...this.#writes(), ...this.#identity() },
    );
  }

  async patch(path: string, id: number, body: JsonObject): Promise<NetBoxRecord> {
    await this.#checkBranching();
    return patchOne({ path, id, body, scope: this.#scope }, { ...this.#writes(), ...this.#identity() });
  }

  async delete(path: string, id: number): Promise<boolean> {
    await this.#checkBranching();
    const result = await deleteOne(path, id, this.#scope, this.#writes());
    if (!result.ok) throw result.error;
    return result.existed;
  }

  async bulkCreate(
    path: string,
    bodies: readonly JsonObject[],
    options: BulkCreateOptions,
  ): Promise<readonly CreateOutcome[]> {
    return bulkCreate(
      { path, bodies, options, scope: this.#scope },
      { ...this.#batches(), finder: this.#finder(options.find) },
    );
  }

  async bulkPatch(path: string, items: readonly PatchItem[], options: BulkOptions): Promise<readonly PatchOutcome[]> {
    return bulkPatch({ path, items, options, scope: this.#scope }, this.#batches());
  }

  async bulkDelete(path: string, ids: readonly number[], options: BulkOptions): Promise<readonly DeleteOutcome[]> {
    return bulkDelete({ path, ids, options, scope: this.#scope }, this.#batches());
  }

  counters(): Readonly<RequestCounters> {
    return { ...this.#core.totals };
  }

  async #list(path: string, query: Query, options: ListOptions): Promise<readonly NetBoxRecord[]> {
    const { maxRecords, keep } = options;
    const load: Read['load'] = async (wanted, scope) => {
      const { records, bytes } = await readAll({ path, query: wanted, scope, maxRecords, keep }, this.#lists());
      return { answer: { records, body: null }, bytes };
    };
    const shape = keep === undefined ? 'list' : 'kept';
    return (await this.#read({ shape, path, query, cache: options.cache, keep, load })).records;
  }

  async #read({ shape, path, query, cache, keep, load }: Read): ReturnType<GetCache['read']> {
    await this.#checkBranching(path);
    const scope = this.#scope;
    const wanted = excludeConfigContext(path, query);
    if (this.#fresh || cache === 'bypass' || isInstallationPath(path)) return (await load(wanted, scope)).answer;
    return this.#core.cache.read({
      scope: { endpoint: this.#core.fingerprint, branch: scope.branch ?? '' },
      path,
      query: wanted,
      shape,
      keep,
      window: scope.window,
      isFresh: cache === 'fresh',
      isReadAgain: scope.readsAgain === true,
      // Others may join this read, so it ends with the last of them and not with our own signal.
      load: (signal) => load(wanted, { ...scope, signal }),
      signal: scope.signal,
      onHit: () => {
        this.#core.totals.cacheHits += 1;
        if (scope.counters !== undefined) scope.counters.cacheHits += 1;
      },
    });
  }

  /** Without the plugin NetBox ignores the branch header and would write to main. Throws `not_configured`. */
  async #checkBranching(path?: string): Promise<void> {
    const { branch } = this.#scope;
    if (branch === undefined || branch === '' || (path !== undefined && isInstallationPath(path))) return;
    const { branching } = await this.capabilities();
    if (!branching) throw branchingMissing(branch, this.endpointId);
  }

  #finder(find: FindExisting | undefined): Finder | undefined {
    if (find === undefined) return undefined;
    const fresh = new ScopedClient(this.#core, this.#scope, true);
    return (bodies) => find(bodies, fresh);
  }

  #writes(): WriteDeps {
    const { pipeline, cache, fingerprint, changeLog } = this.#core;
    return { pipeline, cache, fingerprint, changeLog };
  }

  #identity(): { readonly endpointId: number; readonly clock: Clock } {
    return { endpointId: this.endpointId, clock: this.#core.clock };
  }

  #batches(): WriteDeps & BatchDeps {
    const { pressure, atOnce } = this.#core;
    return { ...this.#writes(), ...this.#identity(), ready: () => this.#checkBranching(), pressure, atOnce };
  }

  #lists(): ListDeps {
    const { endpointId, pipeline, status, withoutCursor } = this.#core;
    return {
      endpointId,
      pipeline,
      withoutCursor,
      supportsCursor: async (scope) => capabilitiesOf(await status(scope)).cursorPaging,
    };
  }
}

export function createNetBoxClient(core: ClientCore): NetBoxClient {
  return new ScopedClient(core, {});
}
