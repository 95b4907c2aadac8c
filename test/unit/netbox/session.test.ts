import { describe, expect, it } from 'vitest';
import type { NetBoxEndpoint } from '../../../src/endpoints/types.js';
import { createBaseUrlResolver } from '../../../src/netbox/base-url.js';
import { createSession } from '../../../src/netbox/session.js';
import { Secret } from '../../../src/security/secret.js';

const stored: NetBoxEndpoint = {
  id: 1,
  name: 'lab',
  ipAddress: '192.0.2.10/24',
  domain: '',
  port: 443,
  tokenVersion: 'v1',
  verifySsl: true,
  enabled: true,
  revision: 'r1',
};

function header(tokenVersion: 'v1' | 'v2', token: string, tokenKey: string | null): string {
  const credentials = { token: new Secret(token), tokenKey: tokenKey === null ? null : new Secret(tokenKey) };
  return createSession({ ...stored, tokenVersion }, credentials, 'https://x:443')
    .authorization()
    .reveal();
}

describe('the Authorization header', () => {
  it.each([
    ['v1', 'v1', 'abc', null, 'Token abc'],
    ['v1 with a stored key', 'v1', 'abc', 'key', 'Token abc'],
    ['v2', 'v2', 'abc', 'key', 'Bearer nbt_key.abc'],
    ['v2 with a prefixed key', 'v2', 'abc', 'nbt_key', 'Bearer nbt_key.abc'],
    ['a pasted v2 token stored as v1', 'v1', 'nbt_key.abc', null, 'Bearer nbt_key.abc'],
    ['a pasted v2 token stored as v2', 'v2', 'nbt_key.abc', 'other', 'Bearer nbt_key.abc'],
    ['line ends and blanks', 'v2', ' ab\r\nc\0 ', ' k\ney ', 'Bearer nbt_key.abc'],
  ] as const)('of %s', (_name, version, token, key, expected) => {
    expect(header(version, token, key)).toBe(expected);
  });

  it.each([
    ['an empty token', 'v1', ' ', null],
    ['v2 without a key', 'v2', 'abc', null],
    ['v2 with an empty key', 'v2', 'abc', 'nbt_'],
  ] as const)('is refused for %s', (_name, version, token, key) => {
    expect(() => header(version, token, key)).toThrow(expect.objectContaining({ code: 'not_configured' }));
  });
});

describe('the fingerprint', () => {
  const print = (changed: Partial<NetBoxEndpoint>, token = 'abc', url = 'https://x:443'): string =>
    createSession({ ...stored, ...changed }, { token: new Secret(token), tokenKey: null }, url).fingerprint;

  it('changes with everything that decides about the connection, and holds no secret', () => {
    const prints = [
      print({}),
      print({ revision: 'r2' }),
      print({ verifySsl: false }),
      print({ id: 2 }),
      print({}, 'abd'),
      print({}, 'abc', 'http://x:80'),
    ];
    expect(new Set(prints).size).toBe(prints.length);
    expect(print({})).toBe(prints[0]);
    expect(prints.join()).not.toContain('abc,');
  });
});

describe('the base URL', () => {
  it.each([
    ['verified TLS on any port', { port: 9000 }, 'https://192.0.2.10:9000', 0],
    ['port 80 with verification', { port: 80 }, 'https://192.0.2.10:80', 0],
    ['443 without verification', { verifySsl: false }, 'https://192.0.2.10:443', 0],
    ['8443 without verification', { verifySsl: false, port: 8443 }, 'https://192.0.2.10:8443', 0],
    ['8000 without verification', { verifySsl: false, port: 8000 }, 'http://192.0.2.10:8000', 0],
    ['another port that speaks TLS', { verifySsl: false, port: 9443 }, 'https://192.0.2.10:9443', 1],
    ['another port that does not', { verifySsl: false, port: 9000 }, 'http://192.0.2.10:9000', 1],
    ['a domain', { domain: 'netbox.example' }, 'https://netbox.example:443', 0],
    ['an IPv6 address', { ipAddress: '2001:db8::1/64' }, 'https://[2001:db8::1]:443', 0],
  ])('of %s', async (_name, changed, expected, probes) => {
    const probed: number[] = [];
    const resolve = createBaseUrlResolver(async (_host, port) => {
      probed.push(port);
      return port === 9443;
    });
    expect(await resolve({ ...stored, ...changed })).toBe(expected);
    expect(probed).toHaveLength(probes);
  });

  it('never goes back to http once TLS was spoken', async () => {
    const answers = [true, false];
    const resolve = createBaseUrlResolver(async () => answers.shift() ?? false);
    const endpoint = { ...stored, verifySsl: false, port: 9443 };
    expect(await resolve(endpoint)).toMatch(/^https:/);
    expect(await resolve(endpoint)).toMatch(/^https:/);
  });
});
