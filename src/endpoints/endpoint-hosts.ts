/** What an address or domain of an endpoint may be. */
import ipaddr from 'ipaddr.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { checkEndpointHost, type GuardSettings } from '../security/outbound-guard.js';

/** The address as it is dialled: `10.0.0.20/24`, as NetBox writes addresses, without the mask. */
export function withoutMask(address: string): string {
  return address.trim().replace(/\/\d+$/, '');
}

/** Nothing that would change the meaning of a URL built from it: no port, path, user or query. */
function shapeProblem(host: string): string | null {
  const isPlain = !/[\s/@?#\\:[\]%]/.test(host) || ipaddr.IPv6.isValid(host);
  return isPlain ? null : `Host '${host}' must be a name or address alone, without scheme, port or path`;
}

function hostProblem(host: string, settings: GuardSettings): string | null {
  return host === '' ? null : (shapeProblem(host) ?? checkEndpointHost(host, settings));
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
 * @param hint sentence after the reason
 * @throws ProxboxError `bad_request` (400)
 */
export function checkHosts(hosts: EndpointHosts, settings: GuardSettings, hint: string): void {
  const addressProblem = hostProblem(withoutMask(hosts.ipAddress), settings);
  if (addressProblem !== null) throw new ProxboxError('bad_request', `Invalid IP address: ${addressProblem}${hint}`);
  const domainProblem = hostProblem(hosts.domain ?? '', settings);
  if (domainProblem !== null) throw new ProxboxError('bad_request', `Invalid domain: ${domainProblem}${hint}`);
}

export const ssrfHint = '. Adjust SSRF settings in ProxboxPluginSettings.';
