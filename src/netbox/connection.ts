/** Everything that belongs to one stored endpoint while its address and token stay the same. */
import type { BaseLogger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { Tunables } from '../config/types.js';
import type { NetBoxEndpoint } from '../endpoints/types.js';
import { belowPath, splitBase } from '../transport/below-path.js';
import { createGate, type Gate } from '../transport/gate.js';
import { createHostPause } from '../transport/host-pause.js';
import type { OnBackoff } from '../transport/retry.js';
import type { LastingTransport, LastingTransports } from '../transport/lasting-transports.js';
import { createCatchUp } from './catch-up.js';
import { ChangeLog } from './change-log.js';
import { createNetBoxClient } from './client.js';
import type { GetCache } from './get-cache.js';
import { createPipeline, type PipelineSettings } from './pipeline.js';
import { createPressure, type Held } from './pressure.js';
import type { Session } from './session.js';
import { createStatusReader } from './status.js';
import type { NetBoxClient, RequestCounters } from './types.js';

export interface ConnectionDeps {
  readonly clock: Clock;
  readonly logger: BaseLogger;
  readonly settings: () => Tunables;
  readonly random: () => number;
  readonly caBundle: string | undefined;
  readonly userAgent: string;
  readonly transports: LastingTransports;
  readonly gate: Gate;
  readonly cache: GetCache;
  readonly onBackoff?: OnBackoff | undefined;
}

export interface Connection {
  readonly session: Session;
  readonly transport: LastingTransport;
  readonly client: NetBoxClient;
  readonly strain: () => Strain;
}

/** How one NetBox bears what it is asked. */
export interface Strain extends Omit<Held, 'width'> {
  readonly endpointId: number;
  readonly endpointName: string;
  /** Requests at once that it is given now, as many as are configured at most. */
  readonly width: number;
  /** Requests at once that are configured. */
  readonly maxWidth: number;
  /** Until it is asked again; 0: there is no pause. */
  readonly pauseMs: number;
  /** Since the client was made. */
  readonly counters: Readonly<RequestCounters>;
}

/** The gate is what bounds; the pool must only never be narrower. */
const connections = 256;
const maxConnectTimeoutMs = 30_000;

function pipelineSettings(tunables: Tunables): PipelineSettings {
  return {
    timeoutMs: tunables.netboxTimeoutS * 1000,
    retry: { maxRetries: tunables.netboxMaxRetries, baseDelayMs: tunables.netboxRetryDelayS * 1000 },
    maxConcurrent: tunables.netboxMaxConcurrent,
  };
}

export function connectTimeoutMs({ netboxTimeoutS }: Tunables): number {
  return Math.min(maxConnectTimeoutMs, netboxTimeoutS * 1000);
}

function openTransport(
  endpoint: NetBoxEndpoint,
  session: Session,
  baseUrl: string,
  deps: ConnectionDeps,
): LastingTransport {
  if (!endpoint.verifySsl && baseUrl.startsWith('https:')) {
    deps.logger.warn(
      { endpoint: endpoint.id, baseUrl },
      'The TLS certificate of NetBox is not checked for this endpoint (verify_ssl is off)',
    );
  }
  const { origin, path } = splitBase(baseUrl);
  const transport = deps.transports.open({
    origin,
    verifyTls: endpoint.verifySsl,
    ...(deps.caBundle === undefined ? {} : { ca: deps.caBundle }),
    connections,
    connectTimeoutMs: connectTimeoutMs(deps.settings()),
    secrets: () => [session.secret.reveal()],
  });
  return belowPath(transport, path);
}

export function connectEndpoint(
  endpoint: NetBoxEndpoint,
  session: Session,
  baseUrl: string,
  deps: ConnectionDeps,
): Connection {
  const { clock, logger, random, gate, cache, userAgent } = deps;
  const transport = openTransport(endpoint, session, baseUrl, deps);
  const totals = { requests: 0, writes: 0, retries: 0, overwhelmed: 0, cacheHits: 0 };
  const shared = { endpointId: endpoint.id, clock, logger, session };
  const pause = createHostPause(clock);
  const pressure = createPressure();
  const narrows = createGate(1);
  const settings = (): PipelineSettings => pipelineSettings(deps.settings());
  const pipeline = createPipeline({
    ...shared,
    userAgent,
    transport,
    gate,
    narrows,
    pressure,
    pause,
    random,
    onBackoff: deps.onBackoff,
    settings,
    totals,
  });
  const status = createStatusReader({ ...shared, pipeline });
  const changeLog = new ChangeLog(clock);
  const client = createNetBoxClient({
    ...shared,
    baseUrl,
    fingerprint: session.fingerprint,
    pipeline,
    pressure,
    atOnce: () => pressure.width(settings().maxConcurrent),
    cache,
    status,
    changeLog,
    catchUp: createCatchUp({ clock, cache, changeLog, fingerprint: session.fingerprint }),
    totals,
    withoutCursor: new Set(),
  });
  const strain = (): Strain => {
    const maxWidth = settings().maxConcurrent;
    return {
      endpointId: endpoint.id,
      endpointName: endpoint.name,
      ...pressure.held(),
      width: pressure.width(maxWidth),
      maxWidth,
      pauseMs: pause.remainingMs(),
      counters: { ...totals },
    };
  };
  return { session, transport, client, strain };
}
