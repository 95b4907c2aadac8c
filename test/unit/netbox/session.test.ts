import { describe, expect, it } from 'vitest';
import type { NetBoxEndpoint } from '../../../src/endpoints/types.js';
import { createSession } from '../../../src/netbox/session.js';
import { Secret } from '../../../src/config/secret.js';

const stored: NetBoxEndpoint = {
  id: 1,
  name: 'lab',
  ipAddress: '192.0.2.10/24',
  domain: '',
  port: 443,
  basePath: '',
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
      print({ verifySsl: false }),
      print({ id: 2 }),
      print({}, 'abd'),
      print({}, 'abc', 'http://x:80'),
    ];
    expect(new Set(prints).size).toBe(prints.length);
    expect(print({})).toBe(prints[0]);
    // Of a row, of which more than the connection may change.
    expect(print({ revision: 'r2' })).toBe(prints[0]);
    expect(prints.join()).not.toContain('abc,');
  });
});
