/**
 * Asks the InfluxDB that a request names. Whoever has an API key chooses it, so only addresses that were looked at are
 * connected to, nothing is followed elsewhere, and neither token nor values reach the log or a message.
 */
import type { Clock } from '../config/clock.js';
import type { Secret } from '../config/secret.js';
import type { ErrorCode } from '../errors/catalog.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { OutboundGuard } from '../security/outbound-guard.js';
import type {
  HttpResponse,
  HttpResult,
  Transport,
  TransportFailureKind,
  TransportOptions,
} from '../transport/types.js';
import { parseAnnotatedCsv, UnreadableCsv, type InfluxTables } from './annotated-csv.js';
import { fluxOf, type InfluxQuery } from './flux.js';

export interface InfluxRequest {
  /** https, without user, query and fragment. */
  readonly url: string;
  readonly org: string;
  readonly token: Secret;
  readonly verifyTls: boolean;
  readonly timeoutMs: number;
  /** Of InfluxDB's answer, and of ours. */
  readonly maxBytes: number;
  readonly query: InfluxQuery;
}

export interface InfluxDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly guard: OutboundGuard;
  readonly createTransport: (options: TransportOptions) => Transport;
  /** PEM text of further authorities. */
  readonly caBundle?: string | undefined;
}

export type Influx = ReturnType<typeof createInflux>;

function failure(code: ErrorCode, message: string): ProxboxError {
  return new ProxboxError(code, message, { detail: { reason: code, message } });
}

const failures = {
  connect: ['influx_connection_error', 'InfluxDB could not be reached.'],
  dns: ['influx_connection_error', 'The host of InfluxDB could not be found.'],
  reset: ['influx_connection_error', 'InfluxDB broke the connection.'],
  protocol: ['influx_connection_error', 'InfluxDB did not answer in HTTP.'],
  aborted: ['influx_connection_error', 'The query was given up.'],
  tls: ['influx_tls_error', 'The certificate of InfluxDB was not accepted.'],
  timeout: ['influx_timeout', 'InfluxDB did not answer in time.'],
  too_large: ['influx_response_too_large', 'InfluxDB answered more than max_response_bytes.'],
} as const satisfies Record<TransportFailureKind, readonly [ErrorCode, string]>;

const plainHttp = [
  'influx_tls_error',
  'InfluxDB answers in plain HTTP where HTTPS was asked: write http:// in its URL.',
] as const;

/** Below the path of the URL, which may name the API already. */
function pathOf({ pathname }: URL, org: string): string {
  const base = pathname.replace(/\/+$/, '').replace(/\/api\/v2(\/query)?$/, '');
  return `${base}/api/v2/query?${new URLSearchParams({ org }).toString()}`;
}

async function allowedAddresses(url: string, guard: OutboundGuard): Promise<readonly string[] | undefined> {
  const verdict = await guard.checkUrl(url);
  if (verdict.reason !== null) throw failure('influx_target_not_allowed', `${verdict.reason}.`);
  return verdict.addresses === 'any' ? undefined : verdict.addresses;
}

/** Types and defaults of the columns are only told to whoever asks for them. */
function bodyOf(query: InfluxQuery): string {
  return JSON.stringify({
    query: fluxOf(query),
    type: 'flux',
    dialect: { header: true, annotations: ['datatype', 'group', 'default'] },
  });
}

function responseOf(result: HttpResult): HttpResponse {
  if (!result.ok) {
    const { kind, tlsFault } = result.failure;
    const [code, message] = tlsFault === 'plain_http' ? plainHttp : failures[kind];
    throw failure(code, message);
  }
  const { response } = result;
  if (response.status === 200) return response;
  throw failure('influx_upstream_error', `InfluxDB answered HTTP ${response.status}.`);
}

/** A query that finds nothing has an empty answer. */
function tablesOf({ text, headers }: HttpResponse): InfluxTables {
  const type = headers['content-type'] ?? '';
  if (text.trim() !== '' && !/^(text|application)\/csv\b/i.test(type)) {
    throw failure('influx_invalid_response', 'What answered at the URL does not speak CSV as InfluxDB 2 does.');
  }
  try {
    return parseAnnotatedCsv(text);
  } catch (error) {
    if (!(error instanceof UnreadableCsv)) throw error;
    const code = error.isRefusal ? 'influx_upstream_error' : 'influx_invalid_response';
    throw failure(code, `The answer of InfluxDB cannot be used: ${error.message}.`);
  }
}

async function send(request: InfluxRequest, { guard, createTransport, caBundle }: InfluxDeps): Promise<HttpResponse> {
  const url = new URL(request.url);
  const addresses = await allowedAddresses(request.url, guard);
  const transport = createTransport({
    origin: url.origin,
    verifyTls: request.verifyTls,
    ...(caBundle === undefined ? {} : { ca: caBundle }),
    ...(addresses === undefined ? {} : { addresses }),
    connections: 1,
    connectTimeoutMs: request.timeoutMs,
    maxResponseBytes: request.maxBytes,
  });
  try {
    const headers = {
      authorization: `Token ${request.token.reveal()}`,
      accept: 'text/csv',
      'content-type': 'application/json',
    };
    const { timeoutMs, query, org } = request;
    return responseOf(
      await transport.send({ method: 'POST', path: pathOf(url, org), headers, body: bodyOf(query), timeoutMs }),
    );
  } finally {
    await transport.close();
  }
}

export function createInflux(deps: InfluxDeps) {
  return {
    /** @throws ProxboxError `influx_*` (errors/metric-entries.ts) */
    query: async (request: InfluxRequest) => {
      const { columns, rows, skipped } = tablesOf(await send(request, deps));
      const { maxRows, start, stop } = request.query;
      const kept = rows.slice(0, maxRows);
      const answer = {
        columns,
        rows: kept,
        row_count: kept.length,
        truncated: rows.length > maxRows,
        query_window: { start, stop },
        captured_at: deps.clock.now().toISOString(),
        response_format: 'annotated_csv' as const,
        skipped_count: skipped,
      };
      if (Buffer.byteLength(JSON.stringify(answer)) <= request.maxBytes) return answer;
      throw failure('influx_response_too_large', 'The rows have more than max_response_bytes.');
    },
  };
}
