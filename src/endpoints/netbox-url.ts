/**
 * The base URL of a NetBox endpoint. Whether an unusual port speaks TLS is asked with a handshake that carries no
 * credentials; a port that has spoken TLS is never dialled in clear text again, and one that has not is asked again after a
 * while, so that a NetBox that moves to TLS is noticed.
 */
import ipaddr from 'ipaddr.js';
import type { Clock } from '../config/clock.js';
import { withoutMask } from './endpoint-hosts.js';
import type { NetBoxEndpoint } from './types.js';

export type NetBoxTarget = Pick<NetBoxEndpoint, 'ipAddress' | 'domain' | 'port' | 'verifySsl' | 'basePath'>;

/** `plain`: somebody answered, and not in TLS. */
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
  /** `https://host:port` or `http://host:port`, with the base path where there is one. Waits for the probe of an unusual port. */
  readonly baseUrl: (target: NetBoxTarget) => Promise<string>;
}

const plainForMs = 600_000;

/** @param probe one TLS handshake within 3 s; never rejects */
export function createNetBoxUrls(probe: TlsProbe, clock: Pick<Clock, 'monotonicMs'>): NetBoxUrls {
  const spokeTls = new Set<string>();
  const plainSinceMs = new Map<string, number>();

  async function schemeOf(target: NetBoxTarget): Promise<'https' | 'http'> {
    const decided = decideScheme(target);
    if (decided !== 'probe') return decided;
    const place = authority(target);
    if (spokeTls.has(place)) return 'https';
    const since = plainSinceMs.get(place);
    if (since !== undefined && clock.monotonicMs() - since < plainForMs) return 'http';
    const answer = await probe(netboxHost(target), target.port);
    if (answer === 'tls') spokeTls.add(place);
    // Nobody there: https discloses nothing, and the next request asks again.
    if (answer === 'unreachable' || spokeTls.has(place)) return 'https';
    plainSinceMs.set(place, clock.monotonicMs());
    return 'http';
  }

  return { baseUrl: async (target) => `${await schemeOf(target)}://${authority(target)}${target.basePath}` };
}
