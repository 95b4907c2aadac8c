/** What an address or domain of an endpoint may be. */
import { ProxboxError } from '../errors/proxbox-error.js';
import { checkEndpointHost, type GuardSettings } from '../security/outbound-guard.js';
import { hostShapeProblem, type HostFields } from './host-shape.js';

/** The address as it is dialled: `10.0.0.20/24`, as NetBox writes addresses, without the mask. */
export function withoutMask(address: string): string {
  return address.trim().replace(/\/\d+$/, '');
}

export interface EndpointHosts {
  readonly ipAddress: string;
  readonly domain: string | null;
}

/** Addresses without mask and lower-case domains of registered endpoints. */
export function hostsOf(endpoints: readonly EndpointHosts[]): ReadonlySet<string> {
  const hosts = endpoints.flatMap(({ ipAddress, domain }) => [withoutMask(ipAddress), (domain ?? '').toLowerCase()]);
  return new Set(hosts.filter((host) => host !== ''));
}

/**
 * Private, loopback and internal hosts are what endpoints are for; only the explicit block list and addresses that
 * cannot be dialled are refused.
 * @param hint sentence after the reason, where settings decide
 * @throws ProxboxError `bad_request` (400)
 */
export function checkHosts(
  hosts: EndpointHosts,
  settings: GuardSettings,
  { hint, pathField }: Pick<HostFields, 'pathField'> & { readonly hint: string },
): void {
  const check = (host: string, field: HostFields['field'], name: string): void => {
    if (host === '') return;
    const shape = hostShapeProblem(host, { field, pathField });
    if (shape !== null) throw new ProxboxError('bad_request', `Invalid ${name}: ${shape}`);
    const refusal = checkEndpointHost(host, settings);
    if (refusal !== null) throw new ProxboxError('bad_request', `Invalid ${name}: ${refusal}${hint}`);
  };
  check(withoutMask(hosts.ipAddress), 'ip_address', 'IP address');
  check(hosts.domain ?? '', 'domain', 'domain');
}

export const ssrfHint = '. Adjust SSRF settings in ProxboxPluginSettings.';
