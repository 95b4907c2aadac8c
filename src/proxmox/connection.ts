/**
 * Connecting to an endpoint: the domain first, then the address, each probed with `GET version`. A connection outlives
 * single runs; sessions are views of it (session.ts).
 */
import type { WebSocket } from 'ws';
import type { Clock } from '../config/clock.js';
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import type { LastingTransports } from '../transport/lasting-transports.js';
import type { Sender, TransportOptions } from '../transport/types.js';
import { openWebSocket } from '../transport/web-socket.js';
import { isObject } from '../values/plain-object.js';
import { createAuthenticator, type Authenticator } from './authenticator.js';
import { accountOf, type Account, type Login } from './credentials.js';
import { reasonText, reworded, shapeError, transportError } from './failures.js';
import { type HostPort, hostPortText, originOf, parseHost, path } from './host.js';
import {
  type SessionIdentity,
  identifySession,
  parseClusterStatus,
  unknownClusterStatus,
} from './parse/cluster-status.js';
import { toText } from './parse/coerce.js';
import { parseRootCertificate } from './parse/root-certificate.js';
import { rowsOrThrow } from './reads/rows.js';
import type { OnBackoff } from '../transport/retry.js';
import { type Caller, createRequester, type Requester, type RequestPolicy } from './requester.js';
import { createSharedReads, type SharedReads } from './shared-reads.js';
import type { ClusterStatus, ProxmoxVersion } from './types.js';

export interface ConnectionDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly onBackoff: OnBackoff | undefined;
  readonly transports: LastingTransports;
  readonly ca: string | undefined;
  readonly policy: RequestPolicy;
  /** Sockets per host. */
  readonly connections: number;
}

export interface Connection {
  readonly endpoint: ProxmoxEndpoint;
  readonly version: ProxmoxVersion;
  readonly account: Account;
  readonly request: Requester;
  /** `cluster/resources` by type, kept for a few seconds. */
  readonly resources: SharedReads<unknown>;
  readonly connectedAtMs: number;
  /** At most a few seconds old, or, where that is asked for, read now. `restricted` sessions see no nodes. */
  clusterStatus(
    caller: Caller,
    isFresh?: boolean,
  ): Promise<{ readonly status: ClusterStatus; readonly identity: SessionIdentity }>;
  /**
   * Opens a WebSocket below `/api2/json/`, with the proof that requests carry.
   * @param path encoded, with its query
   * @throws ProxboxError `proxmox_*`, `cancelled`
   */
  openSocket(path: string, caller: Caller): Promise<WebSocket>;
  /** Read once, and again when the cluster or its nodes have changed. Null where it cannot be read. */
  rootCertificate(caller: Caller): Promise<string | null>;
  /** When a request was last under way, on the monotonic clock. */
  lastUsedMs(): number;
  /** Nobody new gets it: see transport/lasting-transports.ts. */
  retire(): void;
}

/** How long `cluster/status` and `cluster/resources` are shared. */
const sharedReadMs = 5_000;

/** Throws the failure of the last host that was tried, with the reasons of all. */
export async function connect(
  endpoint: ProxmoxEndpoint,
  login: Login,
  caller: Caller,
  deps: ConnectionDeps,
): Promise<Connection> {
  const failures: { readonly target: HostPort; readonly error: ProxboxError }[] = [];
  for (const target of targetsOf(endpoint)) {
    try {
      return await probe(endpoint, target, { login, caller, deps });
    } catch (error) {
      const failure = toProxboxError(error);
      if (failure.code === 'cancelled') throw failure;
      failures.push({ target, error: failure });
    }
  }
  throw connectError(endpoint, login, failures);
}

/** `host` and `port` for links: the domain when there is one. */
export function linkTarget(endpoint: ProxmoxEndpoint): HostPort {
  return parseHost(endpoint.domain ?? '', endpoint.port).host === ''
    ? parseHost(endpoint.ipAddress, endpoint.port)
    : parseHost(endpoint.domain ?? '', endpoint.port);
}

/** The hosts of an endpoint in the order in which they are tried: its domain, then its address. */
export function targetsOf(endpoint: ProxmoxEndpoint): readonly HostPort[] {
  const targets = new Map<string, HostPort>();
  for (const text of [endpoint.domain ?? '', endpoint.ipAddress]) {
    const target = parseHost(text, endpoint.port);
    if (target.host !== '') targets.set(hostPortText(target), target);
  }
  return [...targets.values()];
}

interface ProbeContext {
  readonly login: Login;
  readonly caller: Caller;
  readonly deps: ConnectionDeps;
}

async function probe(
  endpoint: ProxmoxEndpoint,
  target: HostPort,
  { login, caller, deps }: ProbeContext,
): Promise<Connection> {
  const { clock, policy } = deps;
  const remote = {
    origin: originOf(target),
    verifyTls: endpoint.verifySsl,
    ...(deps.ca === undefined ? {} : { ca: deps.ca }),
  };
  const lasting = deps.transports.open({
    ...remote,
    connections: deps.connections,
    connectTimeoutMs: policy.timeoutMs,
    secrets: () => authenticator.secrets(),
  });
  const { transport, lastUsedMs } = noticingUse(lasting, clock);
  const common = { endpointName: endpoint.name, transport, clock };
  const authenticator: Authenticator = createAuthenticator(login, { ...common, timeoutMs: policy.timeoutMs });
  const request = createRequester({ ...common, authenticator, policy, random: deps.random, onBackoff: deps.onBackoff });
  try {
    const version = parseVersion(await request({ method: 'GET', path: 'version' }, caller), endpoint.name);
    const account = accountOf(login);
    const openSocket = createSocketOpener(endpoint.name, remote, authenticator);
    const retire = (): void => lasting.retire();
    return createConnection({ endpoint, version, account, request, openSocket, clock, lastUsedMs, retire });
  } catch (error) {
    lasting.retire();
    throw error;
  }
}

/** Milliseconds until Proxmox has answered the handshake. */
const socketTimeoutMs = 10_000;
const maxMessageBytes = 1_048_576;

function createSocketOpener(
  endpointName: string,
  remote: Pick<TransportOptions, 'origin' | 'verifyTls' | 'ca'>,
  authenticator: Authenticator,
): Connection['openSocket'] {
  return async (below, caller) => {
    const { headers } = await authenticator.prove('GET', () => caller.count('logins'));
    const opened = await openWebSocket(remote, {
      path: `/api2/json/${below}`,
      headers,
      protocol: 'binary',
      timeoutMs: socketTimeoutMs,
      maxMessageBytes,
      signal: caller.signal,
    });
    if (opened.ok) return opened.socket;
    const { account } = authenticator;
    const asked = { endpointName, account, method: 'GET', path: below.split('?', 1)[0] ?? '' } as const;
    throw transportError(opened.failure, asked, caller.signal);
  };
}

function noticingUse(sender: Sender, clock: Clock): { readonly transport: Sender; readonly lastUsedMs: () => number } {
  let usedAtMs = clock.monotonicMs();
  const notice = (): void => void (usedAtMs = clock.monotonicMs());
  const send: Sender['send'] = (request) => {
    notice();
    return sender.send(request).finally(notice);
  };
  return { transport: { origin: sender.origin, send }, lastUsedMs: () => usedAtMs };
}

function parseVersion(data: unknown, endpointName: string): ProxmoxVersion {
  const version = isObject(data) ? toText(data.version) : null;
  if (!isObject(data) || version === null) throw shapeError(endpointName, 'version', 'a version');
  const release = toText(data.release) ?? version.split('.').slice(0, 2).join('.');
  return { version, release, repoid: toText(data.repoid) ?? '' };
}

interface ConnectionParts {
  readonly endpoint: ProxmoxEndpoint;
  readonly version: ProxmoxVersion;
  readonly account: Account;
  readonly request: Requester;
  readonly openSocket: Connection['openSocket'];
  readonly clock: Clock;
  readonly lastUsedMs: () => number;
  readonly retire: () => void;
}

function createConnection(parts: ConnectionParts): Connection {
  const { endpoint, request, clock } = parts;
  const statuses = createSharedReads<ClusterStatus | 'restricted'>(clock, sharedReadMs);
  const readStatus = async (caller: Caller): Promise<ClusterStatus | 'restricted'> => {
    try {
      const data = await request({ method: 'GET', path: 'cluster/status' }, caller);
      const status = parseClusterStatus(rowsOrThrow(data, endpoint.name, 'cluster/status'));
      // The node that answers is always among them: a list without one is no cluster by the name of the endpoint.
      if (status.nodes.length === 0) throw shapeError(endpoint.name, 'cluster/status', 'a node');
      return status;
    } catch (error) {
      if (toProxboxError(error).code === 'proxmox_forbidden') return 'restricted';
      throw error;
    }
  };
  const clusterStatus: Connection['clusterStatus'] = async (caller, isFresh) => {
    const status = await statuses.read('', (signal) => readStatus({ ...caller, signal }), caller.signal, isFresh);
    if (status !== 'restricted') return { status, identity: identifySession(status, endpoint.name) };
    return { status: unknownClusterStatus, identity: { mode: 'restricted', name: linkTarget(endpoint).host } };
  };
  return {
    ...parts,
    resources: createSharedReads<unknown>(clock, sharedReadMs),
    connectedAtMs: clock.monotonicMs(),
    clusterStatus,
    rootCertificate: createRootCertificateRead(parts, clusterStatus),
  };
}

/** A failure is not kept: who asks next asks again. */
function createRootCertificateRead(
  { endpoint, request, clock }: ConnectionParts,
  clusterStatus: Connection['clusterStatus'],
): Connection['rootCertificate'] {
  const reads = createSharedReads<string | null>(clock, Infinity);
  return async (caller) => {
    const { status, identity } = await clusterStatus(caller);
    const node = status.nodes.find(({ local }) => local) ?? status.nodes.find(({ online }) => online);
    if (node === undefined) return null;
    const load = async (signal: AbortSignal): Promise<string | null> => {
      const below = path`nodes/${node.name}/certificates/info`;
      const data = await request({ method: 'GET', path: below }, { ...caller, signal });
      return parseRootCertificate(rowsOrThrow(data, endpoint.name, below));
    };
    const places = status.nodes.map(({ name, ip }) => `${name} ${ip}`).sort();
    try {
      return await reads.read([identity.mode, identity.name, ...places].join('/'), load, caller.signal);
    } catch (error) {
      if (toProxboxError(error).code === 'cancelled') throw error;
      return null;
    }
  };
}

/** Operators know these texts: they tell an unknown realm, a refused login and a missing permission apart. */
function connectError(
  endpoint: ProxmoxEndpoint,
  login: Login,
  failures: readonly { readonly target: HostPort; readonly error: ProxboxError }[],
): ProxboxError {
  const [first] = failures;
  // A verdict of Proxmox says more than a host that does not answer.
  const isVerdict = (error: ProxboxError): boolean =>
    error.code === 'proxmox_unauthorized' || error.upstream !== undefined;
  const last = failures.findLast(({ error }) => isVerdict(error)) ?? failures.at(-1);
  if (first === undefined || last === undefined) {
    return new ProxboxError(
      'not_configured',
      `Proxmox endpoint '${endpoint.name}' has neither a domain nor an address.`,
    );
  }
  const message = `Error trying to initialize Proxmox API connection to '${hostPortText(first.target)}' using ${login.method} authentication`;
  const detail =
    failures.length === 1
      ? reasonText(first.error)
      : failures.map(({ target, error }) => `${hostPortText(target)}: ${reasonText(error)}`).join('; ');
  return reworded(last.error, message, detail);
}

/** The failure of the first call after the login. */
export function firstCallError(connection: Connection, login: Login, error: ProxboxError): ProxboxError {
  const target = hostPortText(linkTarget(connection.endpoint));
  const how = login.method === 'token' ? `token name '${login.tokenName}'` : `the password of ${login.account}`;
  const message = `After initializing object connection, could not make API call to Proxmox '${target}' using ${how}.`;
  return reworded(error, message, reasonText(error));
}
