/** The side of Proxmox of a run: its endpoints are connected, and tell which clusters they lead to. */
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { errorText, ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { restrictedError } from '../proxmox/restricted.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import { nameList } from '../values/short-text.js';
import type { ConnectedCluster } from './guests.js';
import { openKnownClusters, type KnownClusters } from './known-clusters.js';
import { buildClusterViews, type SessionSummary } from './plan/cluster-views.js';
import { recognize, unremembered } from './recognize.js';
import type { RunContext } from './run-context.js';
import type { OpenOptions, RunScope, SessionOptions, SyncPorts, UnusableEndpoint } from './run-ports.js';
import type { Warning } from './types.js';
import type { OnWait } from './wait-news.js';

/** Connects the endpoints of the scope, and tells which clusters they lead to. */
export async function meetClusters(
  ports: SyncPorts,
  { request, scope, signal, maxAgeMs }: OpenOptions,
  onWait: OnWait,
) {
  const { dryRun: isDryRun, branch } = request;
  const known = openKnownClusters(ports.knownClusters, { netboxEndpointId: scope.netbox.id, isDryRun, branch });
  const { sessions, warnings } = await connect(ports, {
    scope,
    known,
    signal,
    // A run that says what an endpoint has, has asked it; calls of a batch share what each of them read.
    session: { onWait, fresh: maxAgeMs === undefined },
  });
  return { known, sessions, warnings, clusters: toClusters(sessions, known, warnings) };
}

interface Connected {
  readonly endpoint: ProxmoxEndpoint;
  readonly session: ProxmoxSession;
  readonly summary: SessionSummary;
}

interface ConnectOptions {
  readonly scope: RunScope;
  readonly known: KnownClusters;
  readonly signal: AbortSignal;
  readonly session: SessionOptions;
}

/** Connects all endpoints at once. One that fails is "unknown", never "empty"; when all fail, the first cause is thrown. */
async function connect(
  ports: SyncPorts,
  { scope, known, signal, session: options }: ConnectOptions,
): Promise<{ sessions: readonly Connected[]; warnings: Warning[] }> {
  const warnings: Warning[] = [];
  const sessions: Connected[] = [];
  let first: ProxboxError | undefined;
  const lose = ({ name, cause }: UnusableEndpoint, endpointId?: number): void => {
    first ??= cause;
    warnings.push(unusable(name, cause, endpointId));
    const fields = { endpointId, endpoint: name, code: cause.code };
    ports.logger.warn(fields, `Proxmox endpoint cannot be used: ${errorText(cause)}`);
  };
  for (const endpoint of scope.unusable) lose(endpoint);
  const attempts = scope.endpoints.map(async (endpoint) => {
    try {
      const session = await ports.openSession(endpoint, signal, options);
      if (session.mode === 'restricted') throw restrictedError(session);
      const summary = await summarize(endpoint, session, signal);
      warnings.push(...recognize(summary, known));
      sessions.push({ endpoint, session, summary });
    } catch (error) {
      signal.throwIfAborted();
      lose({ name: endpoint.name, cause: toProxboxError(error) }, endpoint.id);
    }
  });
  await Promise.all(attempts);
  if (sessions.length === 0 && first !== undefined) throw allFailed(first, warnings);
  return { sessions: sessions.sort((a, b) => a.endpoint.id - b.endpoint.id), warnings };
}

/** Asks endpoints outside of the scope who they are, each at most once per run. */
export function createInspector(ports: SyncPorts, signal: AbortSignal): RunContext['inspectEndpoint'] {
  const asked = new Map<number, Promise<SessionSummary | undefined>>();
  const ask = async (endpoint: ProxmoxEndpoint): Promise<SessionSummary | undefined> => {
    try {
      const session = await ports.openSession(endpoint, signal);
      if (session.mode === 'restricted') return undefined;
      return await summarize(endpoint, session, signal);
    } catch {
      // Whatever the reason: nobody can tell then whether it is the same cluster, and the caller says so.
      signal.throwIfAborted();
      return undefined;
    }
  };
  return (endpoint) => {
    const known = asked.get(endpoint.id) ?? ask(endpoint);
    asked.set(endpoint.id, known);
    return known;
  };
}

async function summarize(
  endpoint: ProxmoxEndpoint,
  session: ProxmoxSession,
  signal: AbortSignal,
): Promise<SessionSummary> {
  const { cluster, nodes } = await session.clusterStatus({ signal });
  return {
    endpointId: endpoint.id,
    endpointName: endpoint.name,
    identity: await session.rootCertificate({ signal }),
    name: session.name,
    mode: session.mode,
    host: session.host,
    port: session.port,
    nodes,
    isQuorate: cluster?.quorate ?? true,
    site: endpoint.site,
    tenant: endpoint.tenant,
  };
}

function toClusters(
  sessions: readonly Connected[],
  known: KnownClusters,
  warnings: Warning[],
): readonly ConnectedCluster[] {
  const summaries = sessions.map(({ summary }) => summary);
  const grouped = buildClusterViews(summaries, known.byEndpoint);
  warnings.push(...grouped.warnings);
  const areKept = summaries.map((summary) => known.meet(summary)).every(Boolean);
  if (!areKept) warnings.push(unremembered);
  return grouped.views.map((view) => ({
    view,
    sessions: sessions.filter(({ endpoint }) => view.endpointIds.includes(endpoint.id)).map(({ session }) => session),
  }));
}

function unusable(name: string, cause: ProxboxError, endpointId?: number): Warning {
  const code = cause.code === 'proxmox_forbidden' ? 'endpoint_restricted' : 'endpoint_unreachable';
  const reason = errorText(cause).replace(/\.$/, '');
  return {
    code,
    message: `Proxmox endpoint "${name}" could not be used, so nothing of it was changed: ${reason}. GET /proxmox/doctor says what mends it.`,
    ...(endpointId === undefined ? {} : { source: { endpointId, cluster: name } }),
  };
}

function allFailed(first: ProxboxError, warnings: readonly Warning[]): ProxboxError {
  if (warnings.length === 1) return first;
  return new ProxboxError(first.code, 'Could not return Proxmox Sessions', {
    detail: nameList(
      warnings.map(({ message }) => message),
      { separator: '; ' },
    ),
    cause: first,
  });
}
