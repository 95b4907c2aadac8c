/**
 * Connected Proxmox endpoints, shared by runs and requests: kept while what they were made from stays the same, until
 * nobody used them for a minute. Whoever has a session goes on with it, whatever becomes of the endpoint. A refused login is remembered for a while, so that retries cannot lock the
 * account in Proxmox.
 */
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { Tunables } from '../config/types.js';
import type { ProxmoxCredentials, ProxmoxEndpoint } from '../endpoints/types.js';
import { toProxboxError } from '../errors/proxbox-error.js';
import { createGate, type Gate } from '../transport/gate.js';
import type { OnBackoff, Wait } from '../transport/retry.js';
import { createLastingTransports, type LastingTransports, type OpenPool } from '../transport/lasting-transports.js';
import { type ConnectionCache, createConnectionCache } from './connection-cache.js';
import { type Connection, connect, type ConnectionDeps, firstCallError } from './connection.js';
import { type Login, resolveLogin } from './credentials.js';
import type { Caller } from './requester.js';
import { type ConnectedSession, type CountedCaller, createCaller, createSession } from './session.js';
import { createSharedReads } from './shared-reads.js';
import type { ProxmoxCounters } from './types.js';

export interface ProxmoxSessionsDeps {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'debug' | 'warn'>;
  readonly settings: () => Tunables;
  /** PEM text of an additional CA bundle. */
  readonly caBundle?: string;
  /** Uniform in [0, 1); spreads retries. */
  readonly random?: () => number;
  /** How pools of connections are opened; undici's, unless a wrapped one is given. */
  readonly openPool?: OpenPool;
  readonly onBackoff?: OnBackoff;
}

export interface OpenOptions {
  /** Aborts every request of the session. */
  readonly signal?: AbortSignal;
  /** Counted into as well as the session's own. */
  readonly counters?: ProxmoxCounters;
  /** Bounds the reads of a run over all its endpoints; without it the total width of the service applies. */
  readonly gate?: Gate;
  /** Told of every repetition that a request of the session waits for. */
  readonly onWait?: (wait: Wait) => void;
  /** `cluster/status` is read now, though it was a moment ago: whoever says what an endpoint has must have asked it. */
  readonly fresh?: boolean;
}

export interface ProxmoxSessions {
  /**
   * A session on the endpoint, from the cache when it has one that still answers. Throws ProxboxError: `proxmox_*`,
   * `remote_protocol`, `not_configured`, `cancelled`.
   */
  open(endpoint: ProxmoxEndpoint, credentials: ProxmoxCredentials, options?: OpenOptions): Promise<ConnectedSession>;
  /** The endpoint changed or is gone: no new session gets its connection; whoever has one goes on. */
  drop(endpointId: number): void;
  /** Reads under way and waiting for their turn, but for those of runs, which have gates of their own. */
  readonly gate: Pick<Gate, 'width' | 'active' | 'waiting'>;
  /** Resolves when running requests have ended; later ones fail as `cancelled`. */
  close(): Promise<void>;
}

const defaultReadWidth = 8;
const keyOf = (endpointId: number): string => `${endpointId}:`;

interface Opening {
  readonly endpoint: ProxmoxEndpoint;
  readonly credentials: ProxmoxCredentials;
  readonly key: string;
  readonly caller: CountedCaller;
  readonly isFresh: boolean;
}

interface Shared extends ProxmoxSessionsDeps {
  readonly cache: ConnectionCache;
  readonly transports: LastingTransports;
}

export function createProxmoxSessions(deps: ProxmoxSessionsDeps): ProxmoxSessions {
  const cache = createConnectionCache(deps.clock, keyOf);
  const transports = createLastingTransports(deps.openPool);
  const shared: Shared = { ...deps, cache, transports };
  const connecting = createSharedReads<Connection>(deps.clock, 0);
  const sharedGate = createGate(defaultReadWidth);

  return {
    open: async (endpoint, credentials, options = {}) => {
      const tunables = deps.settings();
      const limits = [readWidth(tunables), ...Object.values(policyOf(endpoint, tunables))];
      const key = `${keyOf(endpoint.id)}${endpoint.revision} ${limits.join(' ')}`;
      cache.throwIfRefused(key);
      sharedGate.setWidth(readWidth(tunables));
      const { signal, counters, onWait, gate = sharedGate } = options;
      const scope = { signal, counters, onWait, gate };
      const opening = { endpoint, credentials, key, caller: createCaller(scope), isFresh: options.fresh ?? false };
      const session = await reuse(opening, shared);
      if (session !== undefined) return session;
      const load = (abort: AbortSignal): Promise<Connection> =>
        establish(opening, { ...opening.caller, signal: abort }, shared);
      const connection = await connecting.read(key, load, signal);
      return createSession(connection, (await connection.clusterStatus(opening.caller)).identity, opening.caller);
    },
    drop: (endpointId) => cache.drop(endpointId),
    gate: sharedGate,
    close: () => transports.close(),
  };
}

/** A session on a connection that still answers; undefined when a new connection is needed. */
async function reuse(
  { key, caller, isFresh }: Opening,
  { cache, logger }: Shared,
): Promise<ConnectedSession | undefined> {
  const connection = cache.find(key);
  if (connection === undefined) return undefined;
  try {
    return createSession(connection, (await connection.clusterStatus(caller, isFresh)).identity, caller);
  } catch (error) {
    const failure = toProxboxError(error);
    if (failure.code === 'cancelled' && caller.signal?.aborted === true) throw failure;
    logger.debug({ endpoint: connection.endpoint.name, code: failure.code }, 'Cached Proxmox session does not answer');
    cache.retire(key, connection);
    cache.rememberRefusal(key, failure);
    if (failure.code === 'proxmox_unauthorized') throw failure;
    return undefined;
  }
}

async function establish(opening: Opening, caller: Caller, shared: Shared): Promise<Connection> {
  const { endpoint, credentials, key } = opening;
  const { cache, logger } = shared;
  const { login, warning } = resolveLogin(endpoint, credentials);
  if (warning !== null) logger.warn({ endpoint: endpoint.name }, warning);
  try {
    const connection = await connect(endpoint, login, caller, connectionDeps(endpoint, shared));
    await checkFirstCall(connection, login, caller);
    cache.add(key, connection);
    return connection;
  } catch (error) {
    const failure = toProxboxError(error);
    cache.rememberRefusal(key, failure);
    throw failure;
  }
}

function connectionDeps(
  endpoint: ProxmoxEndpoint,
  { clock, settings, random, transports, caBundle, onBackoff }: Shared,
): ConnectionDeps {
  const tunables = settings();
  return {
    clock,
    random: random ?? Math.random,
    onBackoff,
    transports,
    ca: caBundle,
    policy: policyOf(endpoint, tunables),
    connections: readWidth(tunables),
  };
}

function readWidth(tunables: Tunables): number {
  return tunables.proxmoxFetchConcurrency ?? defaultReadWidth;
}

function policyOf(endpoint: ProxmoxEndpoint, tunables: Tunables) {
  return {
    timeoutMs: (endpoint.timeoutS ?? tunables.proxmoxTimeoutS) * 1000,
    maxRetries: endpoint.maxRetries ?? tunables.proxmoxMaxRetries,
    retryBackoffMs: (endpoint.retryBackoffS ?? tunables.proxmoxRetryBackoffS) * 1000,
  };
}

async function checkFirstCall(connection: Connection, login: Login, caller: Caller): Promise<void> {
  try {
    await connection.clusterStatus(caller);
  } catch (error) {
    connection.retire();
    const failure = toProxboxError(error);
    throw failure.code === 'cancelled' ? failure : firstCallError(connection, login, failure);
  }
}
