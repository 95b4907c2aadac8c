/**
 * The base URL of a NetBox endpoint. Whether an unusual port speaks TLS is asked once with a handshake that carries no
 * credentials; a port that has spoken TLS is never dialled in clear text again.
 */
import ipaddr from 'ipaddr.js';
import { withoutMask } from './endpoint-hosts.js';
import type { NetBoxEndpoint } from './types.js';

export type NetBoxTarget = Pick<NetBoxEndpoint, 'ipAddress' | 'domain' | 'port' | 'verifySsl'>;

/** `plain`: the port is open and does not speak TLS. */
export type TlsProbe = (host: string, port: number) => Promise<'tls' | 'plain' | 'unreachable'>;

const tlsPorts = new Set([443, 8443]);
const clearTextPorts = new Set([80, 8000, 8001, 8080]);

export function decideScheme({
  port,
  verifySsl,
}: Pick<NetBoxTarget, 'port' | 'verifySsl'>): 'https' | 'http' | 'probe' {
  if (verifySsl || tlsPorts.has(port)) return 'https';
  return clearTextPorts.has(port) ? 'http' : 'probe';
}

/** Domain, else the address without its mask; no brackets. */
function netboxHost(target: Pick<NetBoxTarget, 'ipAddress' | 'domain'>): string {
  return target.domain === '' ? withoutMask(target.ipAddress) : target.domain.trim();
}

function authority(target: NetBoxTarget): string {
  const host = netboxHost(target);
  return `${ipaddr.IPv6.isValid(host) ? `[${host}]` : host}:${target.port}`;
}

export interface NetBoxUrls {
  /** `https://host:port` or `http://host:port`, without a path. Waits for the probe of an unusual port once. */
  readonly baseUrl: (target: NetBoxTarget) => Promise<string>;
}

/** @param probe one TLS handshake within 3 s; never rejects */
export function createNetBoxUrls(probe: TlsProbe): NetBoxUrls {
  const verdicts = new Map<string, 'https' | 'http'>();

  async function schemeOf(target: NetBoxTarget): Promise<'https' | 'http'> {
    const decided = decideScheme(target);
    const place = authority(target);
    if (decided !== 'probe') return decided;
    const known = verdicts.get(place);
    if (known !== undefined) return known;
    const answer = await probe(netboxHost(target), target.port);
    // Nobody there: https discloses nothing, and the next request asks again.
    if (answer === 'unreachable') return 'https';
    const verdict = verdicts.get(place) ?? (answer === 'tls' ? 'https' : 'http');
    verdicts.set(place, verdict);
    return verdict;
  }

  return { baseUrl: async (target) => `${await schemeOf(target)}://${authority(target)}` };
}
