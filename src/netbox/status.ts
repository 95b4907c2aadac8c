/** Knows the version and plugins of one endpoint: asked once per hour, joined, never remembered when it failed. */
import type { BaseLogger } from 'pino';
import type { Clock } from '../config/clock.js';
import { createSingleFlight } from '../transport/single-flight.js';
import { protocolError } from './error-mapping.js';
import { statusPath } from './paths.js';
import { bodyOf, type Pipeline } from './pipeline.js';
import type { Session } from './session.js';
import type { ClientScope, NetBoxStatus } from './types.js';
import { isAtLeast, isExaminedVersion, parseStatus } from './version.js';

const maxAgeMs = 3_600_000;

export interface StatusDeps {
  readonly endpointId: number;
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  readonly logger: BaseLogger;
  readonly session: Session;
}

export type StatusReader = (scope: ClientScope) => Promise<NetBoxStatus>;

function warnOnce(status: NetBoxStatus, deps: StatusDeps): void {
  const { version } = status;
  const fields = { endpoint: deps.endpointId, version: version.text };
  if (!isExaminedVersion(version))
    deps.logger.warn(fields, 'This NetBox version was not examined; supported are 4.5, 4.6 and 4.7. Going on');
  if (deps.session.usesV1 && isAtLeast(version, 4, 6)) {
    deps.logger.warn(
      fields,
      'The NetBox endpoint uses a v1 token, which NetBox deprecates since 4.6; create a v2 token',
    );
  }
}

export function createStatusReader(deps: StatusDeps): StatusReader {
  const flights = createSingleFlight<NetBoxStatus>();
  let known: { readonly status: NetBoxStatus; readonly atMs: number } | undefined;
  let warned = false;

  const fetchStatus = async (scope: ClientScope): Promise<NetBoxStatus> => {
    const operation = 'status';
    const body = bodyOf(await deps.pipeline({ method: 'GET', path: statusPath, kind: 'read', operation, scope }));
    const status = parseStatus(body);
    if (status === undefined) {
      const context = { operation, path: statusPath, endpointId: deps.endpointId };
      throw protocolError(context, 'The status answer of NetBox names no version', 'no netbox-version in the answer');
    }
    known = { status, atMs: deps.clock.monotonicMs() };
    if (!warned) warnOnce(status, deps);
    warned = true;
    return status;
  };

  return async (scope) => {
    if (known !== undefined && deps.clock.monotonicMs() - known.atMs < maxAgeMs) return known.status;
    return flights.run('status', (signal) => fetchStatus({ ...scope, signal }), scope.signal);
  };
}
