/** What a run sees of a connection: its own abort signal, counters and gate, and the reads that every stage needs. */
import type { WebSocket } from 'ws';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { Gate } from '../transport/gate.js';
import { isObject } from '../values/plain-object.js';
import type { Connection } from './connection.js';
import { linkTarget } from './connection.js';
import { formText, type Parameters } from './encoding.js';
import { shapeError } from './failures.js';
import { path } from './host.js';
import type { SessionIdentity } from './parse/cluster-status.js';
import { toText } from './parse/coerce.js';
import { tellsHardware } from './parse/guest-config.js';
import { parseGuestResources } from './parse/guest-resources.js';
import { asItRuns } from './reads/as-it-runs.js';
import { listEvery, rowsOrThrow } from './reads/rows.js';
import type { Caller } from './requester.js';
import type { ProxmoxCounters, ProxmoxSession, ReadOptions } from './types.js';

/** Proxmox looks at storages and takes locks before it writes, or answers with a task: that takes longer than a read. */
export const writeTimeoutMs = 15_000;

export interface ConnectedSession extends ProxmoxSession {
  /**
   * A call that changes something. Never repeated, except after a 401 that a new login cures (nothing was done then).
   * The caller has checked `allow_writes`. Answers the `data`, usually a UPID.
   */
  write(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    parameters?: Parameters,
    options?: { readonly signal?: AbortSignal; readonly timeoutMs?: number },
  ): Promise<unknown>;
  /** A WebSocket below `/api2/json/`, paused. `path` is checked; throws as `get` does. */
  openSocket(path: string, query: Parameters, options?: Pick<ReadOptions, 'signal'>): Promise<WebSocket>;
}

export interface SessionScope {
  readonly signal: AbortSignal | undefined;
  readonly counters: ProxmoxCounters | undefined;
  readonly gate: Gate;
  readonly onWait?: Caller['onWait'];
}

export interface CountedCaller extends Caller {
  readonly totals: Readonly<ProxmoxCounters>;
}

/** Counts into its own totals and into the caller's counters. */
export function createCaller(scope: SessionScope): CountedCaller {
  const totals = { requests: 0, retries: 0, logins: 0 };
  const count = (what: keyof ProxmoxCounters): void => {
    totals[what] += 1;
    if (scope.counters !== undefined) scope.counters[what] += 1;
  };
  return { gate: scope.gate, signal: scope.signal, count, onWait: scope.onWait, totals };
}

/** `cluster/resources`, shared by whoever asks within a few seconds. */
function readsResources(connection: Connection, caller: CountedCaller): ProxmoxSession['resources'] {
  return async (type, options = {}) => {
    const request = { method: 'GET', path: 'cluster/resources', parameters: { ...options.query, type } } as const;
    const load = (signal: AbortSignal): Promise<unknown> =>
      connection.request(request, during({ ...caller, signal }, undefined));
    const { signal } = during(caller, options.signal);
    const rows = await connection.resources.read(type ?? '', load, signal, options.fresh);
    return rowsOrThrow(rows, connection.endpoint.name, 'cluster/resources');
  };
}

export function createSession(
  connection: Connection,
  identity: SessionIdentity,
  caller: CountedCaller,
): ConnectedSession {
  const { endpoint } = connection;
  const get = async (below: string, options: ReadOptions = {}): Promise<unknown> =>
    connection.request(
      {
        method: 'GET',
        path: checkedPath(below),
        parameters: options.query,
        timeoutMs: options.timeoutMs,
        isWhole: options.isWhole,
      },
      during(caller, options.signal),
    );
  const resources = readsResources(connection, caller);

  return {
    endpointId: endpoint.id,
    endpointName: endpoint.name,
    name: identity.name,
    mode: identity.mode,
    version: connection.version,
    account: connection.account,
    ...linkTarget(endpoint),
    clusterStatus: async (options = {}) => (await connection.clusterStatus(during(caller, options.signal))).status,
    rootCertificate: (options = {}) => connection.rootCertificate(during(caller, options.signal)),
    resources,
    guests: async (options) => parseGuestResources(await resources('vm', options), options?.onUnreadable),
    guestConfig: async (guest, options) => {
      const below = path`nodes/${guest.node}/${guest.type}/${guest.vmid}/config`;
      const config = await get(below, { ...options, query: { ...options?.query, ...asItRuns } });
      // Proxmox puts the digest of the file into every one: what lacks it tells nothing of disks and devices.
      if (!isObject(config) || toText(config.digest) === null || !tellsHardware(config))
        throw shapeError(endpoint.name, below, 'a configuration');
      return config;
    },
    storages: (options) => listEvery({ get, endpointName: endpoint.name }, 'storage', (row) => row, options),
    clusterOptions: async (options) => {
      try {
        const answer = await get('cluster/options', options);
        return isObject(answer) ? answer : {};
      } catch (error) {
        if (error instanceof ProxboxError && error.code !== 'cancelled') return {};
        throw error;
      }
    },
    get,
    write: async (method, below, parameters, options = {}) =>
      connection.request(
        { method, path: checkedPath(below), parameters, timeoutMs: options.timeoutMs },
        during(caller, options.signal),
      ),
    openSocket: async (below, query, options = {}) =>
      connection.openSocket(`${checkedPath(below)}?${formText(query)}`, during(caller, options.signal)),
    counters: () => ({ ...caller.totals }),
  };
}

/** The caller for one request that has a signal of its own. */
function during(caller: Caller, signal: AbortSignal | undefined): Caller {
  if (signal === undefined || signal === caller.signal) return caller;
  return { ...caller, signal: caller.signal === undefined ? signal : AbortSignal.any([caller.signal, signal]) };
}

/** Paths come encoded; this refuses what could leave `/api2/json/` or smuggle a query. */
function checkedPath(below: string): string {
  const trimmed = below.replace(/^\/+/, '');
  const isPlain = /^[\w\-.~!$&'()*+,;=:@%/]+$/.test(trimmed);
  const climbs = /(^|\/)(\.|%2e){1,2}(\/|$)/i.test(trimmed);
  if (isPlain && !climbs) return trimmed;
  throw new ProxboxError('invalid_request', 'The Proxmox path has characters it must not have.', {
    detail: `Refused: ${JSON.stringify(below.slice(0, 200))}. Encode each segment; pass parameters as query.`,
  });
}
