/**
 * Connected Proxmox endpoints, shared by runs and requests: kept per endpoint revision until nobody used them for a
 * minute, closed when the endpoint changes. A refused login is remembered for a while, so that retries cannot lock the
 * account in Proxmox.
 */
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { Tunables } from '../config/types.js';
import type { ProxmoxCredentials, ProxmoxEndpoint } from '../endpoints/types.js';
import { ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { createGate, type Gate } from '../transport/gate.js';
import type { Transport, TransportOptions } from '../transport/types.js';
import { createTransport } from '../transport/undici-transport.js';
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
  readonly createTransport?: (options: TransportOptions) => Transport;
  /** Uniform in [0, 1); spreads retries. */
  readonly random?: () => number;
}

export interface OpenOptions {
  /** Aborts every request of the session. */
  readonly signal?: AbortSignal;
  /** Counted into as well as the session's own. */
  readonly counters?: ProxmoxCounters;
  /** Bounds the reads of a run over all its endpoints; without it the total width of the service applies. */
  readonly gate?: Gate;
}

export interface ProxmoxSessions {
  /**
   * A session on the endpoint, from the cache when it has one that still answers. Throws ProxboxError: `proxmox_*`,
   * `remote_protocol`, `not_configured`, `cancelled`.
   */
  open(endpoint: ProxmoxEndpoint, credentials: ProxmoxCredentials, options?: OpenOptions): Promise<ConnectedSession>;
  /** The endpoint changed or is gone: its sessions end, requests in flight finish, later ones fail as `cancelled`. */
  drop(endpointId: number): Promise<void>;
  close(): Promise<void>;
}

const idleMs = 60_000;
const defaultReadWidth = 8;
const keyOf = (endpointId: number): string => `${endpointId}:`;

interface Opening {
  readonly endpoint: ProxmoxEndpoint;
  readonly credentials: ProxmoxCredentials;
  readonly key: string;
  readonly caller: CountedCaller;
}

interface Shared extends ProxmoxSessionsDeps {
  readonly cache: ConnectionCache;
}

export function createProxmoxSessions(deps: ProxmoxSessionsDeps): ProxmoxSessions {
  const cache = createConnectionCache(deps.clock, keyOf);
  const shared: Shared = { ...deps, cache };
  const connecting = createSharedReads<Connection>(deps.clock, 0);
  const sharedGate = createGate(defaultReadWidth);

  return {
    open: async (endpoint, credentials, options = {}) => {
      const key = `${keyOf(endpoint.id)}${endpoint.revision}`;
      cache.throwIfRefused(key);
      sharedGate.setWidth(readWidth(deps.settings()));
      const scope = { signal: options.signal, counters: options.counters, gate: options.gate ?? sharedGate };
      const opening = { endpoint, credentials, key, caller: createCaller(scope) };
      const session = await reuse(opening, shared);
      if (session !== undefined) return session;
      const load = (signal: AbortSignal): Promise<Connection> =>
        establish(opening, { ...opening.caller, signal }, shared);
      const connection = await connecting.read(key, load, options.signal);
      return createSession(connection, (await connection.clusterStatus(opening.caller)).identity, opening.caller);
    },
    drop: (endpointId) => cache.drop(endpointId),
    close: () => cache.close(),
  };
}

/** A session on a connection that still answers; undefined when a new connection is needed. */
async function reuse({ key, caller }: Opening, { cache, logger }: Shared): Promise<ConnectedSession | undefined> {
  const connection = cache.find(key);
  if (connection === undefined) return undefined;
  try {
    return createSession(connection, (await connection.clusterStatus(caller)).identity, caller);
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
  const isDropped = cache.watch(endpoint.id);
  const { login, warning } = resolveLogin(endpoint, credentials);
  if (warning !== null) logger.warn({ endpoint: endpoint.name }, warning);
  try {
    const hooks = {
      isDropped,
      onIdle: (idle: Connection): void => cache.forget(key, idle),
      onReopen: (held: Connection): void => cache.keep(held),
    };
    const connection = await connect(endpoint, login, caller, connectionDeps(endpoint, shared, hooks));
    await checkFirstCall(connection, login, caller);
    if (isDropped()) {
      await connection.close();
      throw droppedError(endpoint);
    }
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
  { clock, settings, random, createTransport: transportOf, caBundle }: Shared,
  hooks: Pick<ConnectionDeps, 'onIdle' | 'onReopen' | 'isDropped'>,
): ConnectionDeps {
  const tunables = settings();
  return {
    clock,
    random: random ?? Math.random,
    createTransport: transportOf ?? createTransport,
    ca: caBundle,
    policy: policyOf(endpoint, tunables),
    connections: readWidth(tunables),
    idleMs,
    ...hooks,
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
    await connection.close();
    const failure = toProxboxError(error);
    throw failure.code === 'cancelled' ? failure : firstCallError(connection, login, failure);
  }
}

function droppedError(endpoint: ProxmoxEndpoint): ProxboxError {
  return new ProxboxError('cancelled', `Opening endpoint '${endpoint.name}' was cancelled.`, {
    detail: 'The endpoint changed, or the service stops: start the run again.',
  });
}
