/** Where a stored NetBox endpoint is, and whether TLS is spoken there: tokens must not travel in clear text by accident. */
import type { NetBoxEndpoint } from '../endpoints/types.js';

const tlsPorts: ReadonlySet<number> = new Set([443, 8443]);
const plainPorts: ReadonlySet<number> = new Set([80, 8000, 8001, 8080]);

/** One TLS handshake without any credentials; true when it succeeds, whatever the certificate. */
export type TlsProbe = (host: string, port: number) => Promise<boolean>;

function hostOf(endpoint: NetBoxEndpoint): string {
  const address = endpoint.ipAddress.split('/')[0] ?? '';
  return endpoint.domain === '' ? address : endpoint.domain;
}

function origin(scheme: string, host: string, port: number): string {
  const bare = host.replace(/^\[|\]$/g, '');
  return `${scheme}://${bare.includes(':') ? `[${bare}]` : bare}:${port}`;
}

/**
 * Resolves the base URL of an endpoint, `scheme://host:port`. With `verifySsl`, or on 443 and 8443, it is https;
 * without, 80, 8000, 8001 and 8080 are http and any other port is asked. A port that once spoke TLS stays https.
 */
export function createBaseUrlResolver(probe: TlsProbe): (endpoint: NetBoxEndpoint) => Promise<string> {
  const spokeTls = new Set<string>();
  return async (endpoint) => {
    const { port, verifySsl } = endpoint;
    const host = hostOf(endpoint);
    const https = origin('https', host, port);
    if (verifySsl || tlsPorts.has(port) || spokeTls.has(https)) return https;
    if (plainPorts.has(port) || !(await probe(host, port))) return origin('http', host, port);
    spokeTls.add(https);
    return https;
  };
}
