/** Which endpoint a request below `/proxmox/api2` means: exactly one. */
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { ReadDeps } from '../proxmox-reads/read-endpoints.js';
import {
  namedEndpoints,
  selectEndpoints,
  sourceFor,
  sourceOf,
  type EndpointScope,
} from '../plugin-endpoints/select-endpoints.js';

/** Of the query; a parameter of Proxmox with one of these names is sent as `op_<name>`. */
export interface LiveControl {
  readonly source?: string | undefined;
  readonly target_name?: string | undefined;
  readonly target_domain?: string | undefined;
  readonly target_ip_address?: string | undefined;
  readonly proxmox_endpoint_ids?: string | undefined;
  readonly endpoint_ids?: string | undefined;
}

export const controlNames = [
  'source',
  'target_name',
  'target_domain',
  'target_ip_address',
  'proxmox_endpoint_ids',
  'endpoint_ids',
] as const satisfies readonly (keyof LiveControl)[];

function scopeOf(control: LiveControl): EndpointScope {
  const { source, target_name: name, target_domain: domain, target_ip_address: ip_address } = control;
  const { proxmox_endpoint_ids, endpoint_ids } = control;
  return { source, name, domain, ip_address, proxmox_endpoint_ids, endpoint_ids };
}

function theOne(endpoints: readonly ProxmoxEndpoint[]): ProxmoxEndpoint {
  const [first, ...others] = endpoints;
  if (first === undefined) {
    throw new ProxboxError('not_configured', 'No Proxmox endpoints found for generated proxy route.', {
      detail: 'Register one with POST /proxmox/endpoints, or name one that is enabled.',
    });
  }
  if (others.length === 0) return first;
  const names = endpoints.map(({ id, name }) => `${id} '${name}'`).join(', ');
  throw new ProxboxError(
    'not_configured',
    'Multiple Proxmox endpoints configured; provide name, domain, or ip_address.',
    {
      detail: `Add target_name, target_domain, target_ip_address or proxmox_endpoint_ids to the query. There are: ${names}.`,
    },
  );
}

const refuseSource = (message: string): ProxboxError =>
  new ProxboxError('not_configured', message, {
    detail: "source must be 'database' or 'netbox'; the parameter of Proxmox with this name is sent as op_source.",
  });

/** May ask NetBox (`source=netbox`). @throws ProxboxError `not_configured` (400) unless it is exactly one */
export async function targetOf(control: LiveControl, deps: ReadDeps): Promise<ProxmoxEndpoint> {
  const scope = scopeOf(control);
  const source = await sourceFor(scope, deps, refuseSource);
  return source.usable(theOne(selectEndpoints(source.candidates, scope).endpoints));
}

/** Asks nobody: what may be written to is decided from the stored rows alone. */
export function writeTargetOf(control: LiveControl, deps: ReadDeps): ProxmoxEndpoint {
  if (sourceOf(control, refuseSource) !== 'database') {
    throw new ProxboxError('not_configured', 'Writing takes the endpoints that are stored here.', {
      detail: 'Leave source=netbox out and name the endpoint with target_name or proxmox_endpoint_ids.',
    });
  }
  const endpoint = theOne(namedEndpoints(deps.proxmoxEndpoints.all(), scopeOf(control)));
  if (endpoint.allowWrites) return endpoint;
  throw new ProxboxError('endpoint_writes_disabled', 'Writing to this Proxmox endpoint is switched off.', {
    detail: `Writing to endpoint '${endpoint.name}' is switched off. Nothing was sent. Set allow_writes with PUT /proxmox/endpoints/${endpoint.id}.`,
    where: { endpoint_id: endpoint.id },
  });
}
