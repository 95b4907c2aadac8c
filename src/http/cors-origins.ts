/** Which browser origins may call this API: the stored NetBox, the usual development servers, and what is configured. Pure. */
import type { NetBoxEndpoint } from '../endpoints/types.js';

export type OriginSource = Pick<NetBoxEndpoint, 'domain' | 'ipAddress' | 'port' | 'verifySsl'>;

const developmentOrigins = [
  'https://127.0.0.1:443',
  'http://127.0.0.1:80',
  'http://127.0.0.1:8000',
  'http://localhost:3000',
  'http://127.0.0.1:3000',
  'http://localhost:3001',
  'http://127.0.0.1:3001',
];
const httpPorts = new Set([80, 8000, 8001, 8080]);
const httpsPorts = new Set([443, 8443]);

/** Both, where only a connection attempt would tell. */
function schemesOf({ port, verifySsl }: OriginSource): readonly string[] {
  if (verifySsl || httpsPorts.has(port)) return ['https'];
  return httpPorts.has(port) ? ['http'] : ['https', 'http'];
}

function hostOf(address: string): string {
  const plain = address.replace(/\/\d+$/, '');
  return plain.includes(':') ? `[${plain}]` : plain;
}

function originsOf(endpoint: OriginSource): readonly string[] {
  const { domain, ipAddress, port } = endpoint;
  return schemesOf(endpoint).flatMap((scheme) => {
    const byDomain = ['', ':80', ':443', ':8000', `:${port}`].map(
      (suffix) => `${scheme}://${domain.toLowerCase()}${suffix}`,
    );
    const byAddress = ['', `:${port}`].map((suffix) => `${scheme}://${hostOf(ipAddress)}${suffix}`);
    return domain === '' ? byAddress : [...byDomain, ...byAddress];
  });
}

export function allowedOrigins(endpoints: readonly OriginSource[], extra: readonly string[]): ReadonlySet<string> {
  return new Set([...endpoints.flatMap(originsOf), ...developmentOrigins, ...extra]);
}
