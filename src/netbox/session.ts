/** How one NetBox endpoint is spoken to: its token as a header, and a fingerprint of everything that decides about it. */
import { createHash } from 'node:crypto';
import type { NetBoxCredentials, NetBoxEndpoint } from '../endpoints/types.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { Secret } from '../config/secret.js';

export interface Session {
  /** The value of the `Authorization` header. */
  authorization(): Secret;
  /** The same secret as a v1 token, where that is worth a try; undefined once it is in use or makes no sense. */
  fallback(): Secret | undefined;
  /** Uses the fallback for the rest of the session's life. */
  useFallback(): void;
  readonly usesV1: boolean;
  /** What nobody else may see of the token. */
  readonly secret: Secret;
  readonly fingerprint: string;
}

interface Token {
  /** Empty for v1. */
  readonly key: string;
  readonly secret: string;
}

const prefix = 'nbt_';

/** Pasted tokens bring line ends along; in a header they would be an injection. */
function clean(secret: Secret | null): string {
  return (secret?.reveal() ?? '').replaceAll(/[\r\n\0]/g, '').trim();
}

function withoutPrefix(key: string): string {
  return key.startsWith(prefix) ? key.slice(prefix.length) : key;
}

function incomplete(endpoint: NetBoxEndpoint, what: string): ProxboxError {
  return new ProxboxError('not_configured', `The NetBox endpoint '${endpoint.name}' has ${what}.`, {
    detail: `not_configured: no request was sent. Store the token of NetBox again for this endpoint (token version ${endpoint.tokenVersion}).`,
    where: { endpoint: endpoint.id },
  });
}

/** NetBox itself tells v2 from v1 by the prefix `nbt_`, so a pasted `nbt_<key>.<secret>` is v2 whatever was stored. */
function readToken(endpoint: NetBoxEndpoint, credentials: NetBoxCredentials): Token {
  const token = clean(credentials.token);
  const pasted = /^nbt_([^.]+)\.(.+)$/.exec(token);
  if (pasted?.[1] !== undefined && pasted[2] !== undefined) return { key: pasted[1], secret: pasted[2] };
  if (token === '') throw incomplete(endpoint, 'an empty token');
  if (endpoint.tokenVersion === 'v1') return { key: '', secret: token };
  const key = withoutPrefix(clean(credentials.tokenKey));
  if (key === '') throw incomplete(endpoint, 'no token key, which a v2 token needs');
  return { key, secret: token };
}

/** Throws `not_configured` before any request when the stored token cannot work. */
export function createSession(endpoint: NetBoxEndpoint, credentials: NetBoxCredentials, baseUrl: string): Session {
  const { key, secret } = readToken(endpoint, credentials);
  const v1 = new Secret(`Token ${secret}`);
  const v2 = new Secret(`Bearer ${prefix}${key}.${secret}`);
  let usesV1 = key === '';
  const decisive = [baseUrl, endpoint.id, endpoint.tokenVersion, endpoint.verifySsl, key, secret];
  return {
    authorization: () => (usesV1 ? v1 : v2),
    fallback: () => (usesV1 ? undefined : v1),
    useFallback: () => {
      usesV1 = true;
    },
    get usesV1() {
      return usesV1;
    },
    secret: new Secret(secret),
    fingerprint: createHash('sha256').update(JSON.stringify(decisive)).digest('hex'),
  };
}
