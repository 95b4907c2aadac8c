/** Which NetBox and which Proxmox endpoints a request is about. */
import type { NetBoxEndpoint, ProxmoxEndpoint } from '../endpoints/types.js';
import { ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { storedSource, type EndpointSource } from '../plugin-endpoints/endpoint-source.js';
import type { RunScope, SyncPorts, UnusableEndpoint } from './open-run.js';
import type { EndpointSelector, SyncRequest } from './request.js';

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
  const chosen = selectOne(chooseEndpoints(source.candidates, request), request.selector);
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

const emptyTexts = {
  database: 'No Proxmox endpoints configured. Register one with POST /proxmox/endpoints.',
  netbox: 'The NetBox plugin has no enabled Proxmox endpoint. Add one there, or use source=database.',
} as const;
const idTexts = {
  database: 'GET /proxmox/endpoints lists them.',
  netbox: 'With source=netbox they are the ids that the NetBox plugin gives its endpoints.',
} as const;

/** The enabled endpoints, or the named ones. Throws `bad_request` when there is none, or one of the named is not usable. */
function chooseEndpoints(
  candidates: readonly ProxmoxEndpoint[],
  { endpointIds: ids, source }: SyncRequest,
): readonly ProxmoxEndpoint[] {
  if (ids === null) {
    const enabled = candidates.filter((endpoint) => endpoint.enabled && endpoint.plugin.enabled !== false);
    if (enabled.length > 0) return enabled;
    throw new ProxboxError('bad_request', emptyTexts[source]);
  }
  const unknown = ids.filter((id) => !candidates.some((endpoint) => endpoint.id === id && endpoint.enabled));
  if (unknown.length === 0) return candidates.filter((endpoint) => ids.includes(endpoint.id));
  throw new ProxboxError(
    'bad_request',
    `Unknown or disabled Proxmox endpoint id(s): ${unknown.join(', ')}. ${idTexts[source]}`,
  );
}

/** The first endpoint whose field has exactly the value, as the older selectors ask for it. */
function selectOne(
  endpoints: readonly ProxmoxEndpoint[],
  selector: EndpointSelector | null,
): readonly ProxmoxEndpoint[] {
  if (selector === null) return endpoints;
  const valueOf = { ip_address: 'ipAddress', domain: 'domain', name: 'name' } as const;
  const found = endpoints.find((endpoint) => endpoint[valueOf[selector.field]] === selector.value);
  if (found !== undefined) return [found];
  throw new ProxboxError('bad_request', `No result found for Proxmox Sessions based on the provided ${selector.field}`);
}
