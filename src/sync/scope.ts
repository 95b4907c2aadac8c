/** Which NetBox and which Proxmox endpoints a request is about. */
import type { NetBoxEndpoint, ProxmoxEndpoint } from '../endpoints/types.js';
import { toProxboxError } from '../errors/proxbox-error.js';
import { storedSource, type EndpointSource } from '../plugin-endpoints/endpoint-source.js';
import { requireEndpoints } from '../plugin-endpoints/select-endpoints.js';
import type { RunScope, SyncPorts, UnusableEndpoint } from './run-ports.js';
import type { SyncRequest } from './request.js';

/** The scope of a run, the same at every call. */
export type ScopeReader = (signal: AbortSignal) => Promise<RunScope>;

/**
 * With `source=database` everything is checked at once, as that needs no network: throws `bad_request` (400) and
 * `not_configured` (400). With `source=netbox` NetBox is asked when the run begins, and what is wrong fails the run.
 */
export function prepareScope(ports: SyncPorts, request: SyncRequest): ScopeReader {
  const netbox = ports.netboxEndpoint();
  if (request.source === 'database') {
    const scope = scopeOf(netbox, storedSource(ports.proxmoxEndpoints()), request);
    return () => Promise.resolve(scope);
  }
  let asked: Promise<RunScope> | undefined;
  return (signal) => {
    asked ??= ports.netboxSource(netbox, signal).then((source) => scopeOf(netbox, source, request));
    return asked;
  };
}

function scopeOf(netbox: NetBoxEndpoint, source: EndpointSource, request: SyncRequest): RunScope {
  const chosen = requireEndpoints(source.candidates, request);
  const endpoints: ProxmoxEndpoint[] = [];
  const unusable: UnusableEndpoint[] = [];
  for (const candidate of chosen) {
    try {
      endpoints.push(source.usable(candidate));
    } catch (error) {
      unusable.push({ name: candidate.name, cause: toProxboxError(error) });
    }
  }
  return {
    netbox,
    endpoints,
    unusable,
    key: [netbox.revision, request.branch, endpoints.map(({ id }) => id).join(',')].join('|'),
  };
}
