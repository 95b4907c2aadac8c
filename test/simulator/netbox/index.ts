import { randomUUID } from 'node:crypto';

import { answerFailure } from './api/answers.js';
import { fixedRoute, type InstalledPlugins } from './api/fixed-routes.js';
import { answerKind, kindRoute } from './api/kind-routes.js';
import { createChangeLog, type ChangeLog } from './change-log.js';
import { createBranches } from './branches.js';
import { ApiFailure } from './failures.js';
import { kindsFor } from './kinds/index.js';
import { createMoments } from './moments.js';
import { createOperator, createStateReader, type Operator, type StateReader } from './operator.js';
import { atLeast } from './release.js';
import { seed, showToken } from './seed.js';
import { createStore, type Store } from './store/store.js';
import { createTokens, type TokenRecord, type Tokens } from './tokens.js';
import { branchHeaderOf, createTraffic, type Counters, type LoggedRequest } from './traffic.js';
import type { NetBoxRelease } from './types.js';
import type { World } from './world.js';
import { createFaults, seededRandom, type Faults } from '../http/faults.js';
import { createSimulatorServer } from '../http/server.js';
import { htmlAnswer, type SimulatedAnswer, type SimulatedRequest } from '../http/types.js';

export interface NetBoxSimulatorOptions {
  readonly version?: NetBoxRelease;
  /** Whether netbox-proxbox is installed; on by default. */
  readonly plugin?: 'on' | 'off';
  /** Whether netbox-branching is installed; off by default. */
  readonly branching?: boolean;
  /** Tokens instead of the two default ones. */
  readonly tokens?: readonly (Partial<TokenRecord> & Pick<TokenRecord, 'version' | 'secret'>)[];
  /** Milliseconds added to every answer. */
  readonly latencyMs?: number;
  /** MAX_PAGE_SIZE, 1000 by default; 0 for no limit. */
  readonly maxPageSize?: number;
  /** ENFORCE_GLOBAL_UNIQUE, true by default. */
  readonly globalUnique?: boolean;
  readonly now?: () => Date;
  /** Below which it is served, as `/netbox`; everything else is nobody's. Its links begin with it. */
  readonly basePath?: string;
  /** Seed of the faults that come with a probability. */
  readonly faultSeed?: number;
}

export interface NetBoxSimulator {
  /** Base URL, empty before `listen`. */
  readonly url: string;
  listen(port?: number): Promise<string>;
  close(): Promise<void>;
  readonly state: StateReader;
  readonly operator: Operator;
  readonly counters: Counters;
  resetCounters(): void;
  /** Rows in the change log of main. */
  readonly changelogRows: number;
  readonly changeLog: ChangeLog;
  readonly requestLog: readonly LoggedRequest[];
  readonly faults: Faults;
  readonly tokens: Tokens;
  /** Another installation at the same address, with the same tokens: ids begin again. */
  setUpAnew(): void;
  /** Everything as it is now, the next ids included. The answer puts it back. */
  backUp(): () => void;
}

/** The two tokens a simulator has unless told otherwise: one of each version, both of a superuser. */
export const defaultTokens = {
  v1: '5151515151515151515151515151515151515151',
  v2: { key: 'simulatedkey', secret: 'SimulatedSecretSimulatedSecretSimulated1' },
};

const standardTokens = [
  { version: 1, secret: defaultTokens.v1 },
  { version: 2, ...defaultTokens.v2 },
] as const;

const notFoundPage = htmlAnswer(404, '<html><head><title>Page Not Found</title></head><body>404</body></html>');

/** NetBox redirects a GET without the final slash; a write gets a 404 since 4.6, and lost its body before. */
const answerMissingSlash = (request: SimulatedRequest, release: NetBoxRelease): SimulatedAnswer => {
  const isRead = ['GET', 'HEAD', 'OPTIONS'].includes(request.method);
  if (!isRead && atLeast(release, '4.6')) return notFoundPage;
  return { status: 301, headers: { location: request.target.replace(request.path, `${request.path}/`) } };
};

/** Text bodies of failures (netbox-branching answers plain text) stay text. */
const answerThrown = (release: NetBoxRelease, error: unknown): SimulatedAnswer =>
  error instanceof ApiFailure && typeof error.body === 'string'
    ? htmlAnswer(error.status, error.body)
    : answerFailure(release, error);

/** Facts every part of one simulator shares. */
const settle = (options: NetBoxSimulatorOptions) => {
  const release = options.version ?? '4.7.3';
  const plugins: InstalledPlugins = { proxbox: options.plugin !== 'off', branching: options.branching === true };
  const clock = options.now ?? (() => new Date());
  const moments = createMoments(clock);
  const kinds = kindsFor(release, plugins.proxbox);
  const tokens = createTokens();
  for (const token of options.tokens ?? standardTokens) tokens.add(token);
  const setUp = (): Store => {
    const store = createStore(kinds);
    seed(store, moments, [...new Set(['admin', 'operator', ...tokens.all().map((token) => token.username)])]);
    for (const token of tokens.all()) showToken(store, moments, token);
    return store;
  };
  const holding = (store: Store) => ({ store, branches: createBranches(store, plugins.branching) });
  let held = holding(setUp());
  return {
    release,
    plugins,
    clock,
    moments,
    tokens,
    paths: new Map(kinds.map((kind) => [kind.path, kind])),
    get store() {
      return held.store;
    },
    get branches() {
      return held.branches;
    },
    setUpAnew: (): void => {
      held = holding(setUp());
    },
    backUp: () => {
      const copy = held.store.copy();
      return (): void => {
        held = holding(copy.copy());
      };
    },
  };
};

type Settled = ReturnType<typeof settle>;

/** What a request, or an operator, works with. */
const worldFor = (
  settled: Settled,
  options: NetBoxSimulatorOptions,
  who: { readonly username: string; readonly origin: string; readonly branch: string | undefined },
): World => {
  const store = settled.branches.storeFor(who.branch);
  const user = store.need('users.user').where('username', who.username)[0];
  if (user === undefined) throw new Error(`the simulated NetBox has no user ${who.username}`);
  return {
    release: settled.release,
    store,
    origin: who.origin,
    requestId: randomUUID(),
    user,
    now: settled.moments,
    globalUnique: options.globalUnique !== false,
  };
};

const answerApi = (
  settled: Settled,
  options: NetBoxSimulatorOptions,
  { request, faults }: { readonly request: SimulatedRequest; readonly faults: Faults },
): SimulatedAnswer => {
  if (!request.path.startsWith('/api/')) return notFoundPage;
  if (!request.path.endsWith('/')) return answerMissingSlash(request, settled.release);
  const path = request.path.slice('/api/'.length);
  const fixed = fixedRoute(path, settled.plugins);
  const route = fixed === undefined ? kindRoute(settled.paths, path) : undefined;
  if (fixed === undefined && route === undefined) return notFoundPage;
  try {
    const context = { address: request.remoteAddress, now: settled.clock() };
    const token = settled.tokens.authenticate(request.headers.authorization, context);
    const branch = branchHeaderOf(request);
    const world = worldFor(settled, options, { username: token.username, origin: request.origin, branch });
    const isAddingRefused = faults.isStanding({ method: 'POST', target: request.target }, 403);
    const call = { request, world, token, maxPageSize: options.maxPageSize ?? 1000, isAddingRefused };
    const answer = fixed?.(call, settled.plugins) ?? (route === undefined ? notFoundPage : answerKind(call, route));
    return { ...answer, headers: { 'x-request-id': world.requestId, ...answer.headers } };
  } catch (error) {
    return answerThrown(settled.release, error);
  }
};

/** What NetBox sees of a request behind a server that has mounted it; undefined: it is not NetBox's. */
const below = (request: SimulatedRequest, basePath: string): SimulatedRequest | undefined => {
  if (!request.path.startsWith(`${basePath}/`)) return undefined;
  const cut = (text: string): string => text.slice(basePath.length);
  const origin = `${request.origin}${basePath}`;
  return { ...request, path: cut(request.path), target: cut(request.target), origin };
};

/** A NetBox in memory, behind a real HTTP server on the loopback address. Call `listen` to start it. */
export const createNetBoxSimulator = (options: NetBoxSimulatorOptions = {}): NetBoxSimulator => {
  const settled = settle(options);
  const faults = createFaults(seededRandom(options.faultSeed ?? 1));
  const traffic = createTraffic();
  const series = settled.release.slice(0, 3);
  const basePath = options.basePath ?? '';
  const server = createSimulatorServer({
    faults,
    latencyMs: options.latencyMs ?? 0,
    observe: (request) => traffic.note(request),
    release: (request) => traffic.release(request),
    handle: (sent) => {
      const request = below(sent, basePath);
      const answer = request === undefined ? notFoundPage : answerApi(settled, options, { request, faults });
      traffic.answered(sent, answer.status);
      return {
        ...answer,
        headers: { 'x-request-id': randomUUID(), 'api-version': series, vary: 'HX-Request', ...answer.headers },
      };
    },
  });
  const operatorWorld = (branch: string | undefined): World =>
    worldFor(settled, options, { username: 'operator', origin: `${server.url}${basePath}`, branch });
  return {
    get url() {
      return server.url === '' ? '' : `${server.url}${basePath}`;
    },
    listen: async (port) => `${await server.listen(port)}${basePath}`,
    close: () => server.close(),
    state: createStateReader(operatorWorld),
    operator: createOperator(() => operatorWorld(undefined)),
    get counters() {
      return { ...traffic.counters(), ignoredBranchHeaders: settled.branches.ignored };
    },
    resetCounters: () => traffic.reset(),
    changeLog: createChangeLog(() => operatorWorld(undefined)),
    get changelogRows() {
      return settled.store.need('core.objectchange').size;
    },
    get requestLog() {
      return traffic.log;
    },
    faults,
    tokens: settled.tokens,
    setUpAnew: settled.setUpAnew,
    backUp: settled.backUp,
  };
};
