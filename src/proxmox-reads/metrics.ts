/** The metrics of one cluster as the plugin's page asks for them, from Proxmox's own export. Nothing is stored. */
import type { EndpointScope } from '../plugin-endpoints/select-endpoints.js';
import type { Clock } from '../config/clock.js';
import type { ErrorCode } from '../errors/catalog.js';
import { errorText, ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { missingPrivilege } from '../proxmox/failures.js';
import { rowsOf } from '../proxmox/parse/coerce.js';
import { parseSamples, type SampleFilter, type Samples } from '../proxmox/parse/metrics.js';
import { statusOf } from '../proxmox/reads/rows.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import { isObject } from '../values/plain-object.js';
import { readEndpoints, type ReadDeps } from './read-endpoints.js';

export interface PullRequest {
  readonly scope: EndpointScope;
  /** Also earlier values, as far as Proxmox remembers them: about half an hour. */
  readonly isHistory: boolean;
  /** Of the node that answers alone. */
  readonly isLocal: boolean;
  readonly filter: SampleFilter;
  readonly maxRows: number;
  /** Of the answer. */
  readonly maxBytes: number;
}

export interface PullDeps extends ReadDeps {
  readonly clock: Pick<Clock, 'now'>;
}

/** Each node is asked by the one that answers, one after another. */
const exportTimeoutMs = 30_000;

const columns = ['object_id', 'metric', 'timestamp', 'value', 'metric_type', 'source'] as const;

function failure(code: ErrorCode, message: string, cause?: unknown): ProxboxError {
  return new ProxboxError(code, message, { detail: { reason: code, message }, cause });
}

function unavailable(thrown: unknown): ProxboxError {
  const error = toProxboxError(thrown);
  const missing = missingPrivilege(error);
  const isUnknown = statusOf(error) === 501;
  const text = isUnknown
    ? 'This release of Proxmox VE has no metrics export; it has one from 8.3 on.'
    : missing === null
      ? errorText(error)
      : `The account lacks ${missing.privilege} on ${missing.aclPath}.`;
  return failure('pull_unavailable', `Proxmox metrics could not be retrieved. ${text}`, error);
}

async function readSamples(session: ProxmoxSession, request: PullRequest): Promise<Samples> {
  const { filter, isHistory, isLocal } = request;
  const query = { history: isHistory, 'local-only': isLocal, 'start-time': filter.after };
  const answer = await session.get('cluster/metrics/export', { query, timeoutMs: exportTimeoutMs });
  if (!isObject(answer) || !Array.isArray(answer.data)) {
    throw failure('pull_invalid_response', 'Proxmox answered its metrics without a list.');
  }
  const read = parseSamples(rowsOf(answer.data), filter);
  return { ...read, skipped: read.skipped + answer.data.length - rowsOf(answer.data).length };
}

async function oneCluster(request: PullRequest, deps: PullDeps): Promise<Samples> {
  const { results } = await readEndpoints(request.scope, (session) => readSamples(session, request), deps);
  const [samples, ...others] = results;
  if (samples === undefined) throw new ProxboxError('not_found', 'No enabled Proxmox endpoint is meant.');
  if (others.length === 0) return samples;
  throw new ProxboxError('bad_request', 'Metrics are those of one cluster: name one endpoint with endpoint_id.');
}

const isoSeconds = (epochS: number): string => new Date(epochS * 1000).toISOString();

/** What is wrong with the request itself keeps its own code. */
const own: ReadonlySet<ErrorCode> = new Set(['bad_request', 'not_found', 'not_configured', 'pull_invalid_response']);

/** @throws ProxboxError `pull_*` (errors/metric-entries.ts), `not_found`, `bad_request`, `not_configured` */
export async function pullMetrics(request: PullRequest, deps: PullDeps) {
  const { maxRows, maxBytes, filter } = request;
  let read: Samples;
  try {
    read = await oneCluster(request, deps);
  } catch (error) {
    throw own.has(toProxboxError(error).code) ? error : unavailable(error);
  }
  const captured = deps.clock.now().toISOString();
  const rows = read.samples.slice(0, maxRows).map(({ objectId, metric, timestamp, value, type }) => ({
    object_id: objectId,
    metric,
    timestamp,
    value,
    metric_type: type,
    source: 'pull' as const,
  }));
  const first = filter.after ?? read.samples[0]?.timestamp;
  const answer = {
    columns: [...columns],
    rows,
    row_count: rows.length,
    truncated: read.samples.length > maxRows,
    query_window: { start: first === undefined ? captured : isoSeconds(first), stop: captured },
    captured_at: captured,
    response_format: 'proxmox_export' as const,
    deduplicated_count: read.duplicates,
    skipped_count: read.skipped,
  };
  if (Buffer.byteLength(JSON.stringify(answer)) <= maxBytes) return answer;
  throw failure('pull_response_too_large', `The metrics have more than ${maxBytes} bytes. Ask for fewer of them.`);
}
