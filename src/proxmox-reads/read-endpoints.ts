/** Opens the sessions of a request and reads from each; one endpoint that fails costs only its own part of the answer. */
import type { Logger } from 'pino';
import type { ProxmoxEndpointStore } from '../endpoints/proxmox-endpoints.js';
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { errorText, ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import type { NetBoxSource } from '../plugin-endpoints/netbox-source.js';
import type { ProxmoxSessions } from '../proxmox/sessions.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import { selectEndpoints, sourceFor, type EndpointScope } from '../plugin-endpoints/select-endpoints.js';

export interface ReadDeps {
  readonly proxmoxEndpoints: Pick<ProxmoxEndpointStore, 'all' | 'credentials'>;
  readonly netboxSource: NetBoxSource;
  readonly proxmoxSessions: Pick<ProxmoxSessions, 'open'>;
  readonly logger: Pick<Logger, 'warn'>;
}

export interface ReadFailure {
  readonly endpoint: ProxmoxEndpoint;
  readonly error: ProxboxError;
}

export interface ReadResult<T> {
  readonly results: readonly T[];
  /** Ids of endpoints whose part is missing, as the request would name them. */
  readonly failedIds: readonly number[];
  readonly failures: readonly ReadFailure[];
}

export type ReadOne<T> = (session: ProxmoxSession, endpoint: ProxmoxEndpoint) => Promise<T>;

/** One error for several endpoints that failed, with the code of the first; undefined for none. */
export function failureOf(message: string, failures: readonly ReadFailure[]): ProxboxError | undefined {
  const [first] = failures;
  if (first === undefined) return undefined;
  return new ProxboxError(first.error.code, message, {
    detail: failures.map(({ endpoint, error }) => `${endpoint.name}: ${errorText(error)}`).join('; '),
    status: first.error.status,
    cause: first.error,
  });
}

/**
 * Results in the order of the endpoints.
 * @throws the endpoint's own error when exactly one was asked for, or one error for all when every endpoint failed
 */
export async function readEndpoints<T>(
  scope: EndpointScope,
  readOne: ReadOne<T>,
  deps: ReadDeps,
): Promise<ReadResult<T>> {
  const { proxmoxEndpoints, proxmoxSessions, logger } = deps;
  const source = await sourceFor(scope, deps);
  const { endpoints, isSingle } = selectEndpoints(source.candidates, scope);
  const results: T[] = [];
  const failures: ReadFailure[] = [];
  const attempts = await Promise.allSettled(
    endpoints.map(async (candidate) => {
      const endpoint = source.usable(candidate);
      const session = await proxmoxSessions.open(endpoint, proxmoxEndpoints.credentials(endpoint.id));
      return readOne(session, endpoint);
    }),
  );
  for (const [index, endpoint] of endpoints.entries()) {
    const attempt = attempts[index];
    if (attempt?.status === 'fulfilled') results.push(attempt.value);
    else failures.push({ endpoint, error: toProxboxError(attempt?.reason) });
  }
  const [first] = failures;
  if (isSingle && first !== undefined) throw first.error;
  const failure = results.length === 0 ? failureOf('Could not return Proxmox Sessions', failures) : undefined;
  if (failure !== undefined) throw failure;
  for (const { endpoint, error } of failures) {
    logger.warn(
      { endpoint: endpoint.name, code: error.code, reason: errorText(error) },
      'A Proxmox endpoint could not be read.',
    );
  }
  return { results, failures, failedIds: failures.map(({ endpoint }) => endpoint.id) };
}
