import { describe, expect, it } from 'vitest';
import type { ZodType } from 'zod';
import {
  NetBoxEndpointCreate,
  NetBoxEndpointUpdate,
  ProxmoxEndpointCreate,
  ProxmoxEndpointUpdate,
} from '../../../src/endpoints/bodies.js';

const netbox = { name: 'n', ip_address: '10.0.0.1', token: 't' };
const proxmox = { name: 'p', ip_address: '10.0.0.1', port: 8006, username: 'root@pam' };

function refusedFields(schema: ZodType, body: unknown): readonly PropertyKey[] {
  return schema.safeParse(body).error?.issues.map(({ path }) => path[0] ?? '') ?? [];
}

describe('endpoint bodies', () => {
  it('take numbers and booleans as text, and ignore unknown fields', () => {
    expect(NetBoxEndpointCreate.parse({ ...netbox, port: '8443', verify_ssl: 'off', enabled: 1, extra: {} })).toEqual({
      ...netbox,
      domain: '',
      token_version: 'v1',
      port: 8443,
      verify_ssl: false,
      enabled: true,
    });
    expect(ProxmoxEndpointCreate.parse({ ...proxmox, retry_backoff: '0.25', timeout: ' 30 ' })).toMatchObject({
      retry_backoff: 0.25,
      timeout: 30,
    });
  });

  it('report every missing field at once, in order', () => {
    expect(refusedFields(NetBoxEndpointCreate, {})).toEqual(['name', 'ip_address', 'token']);
    expect(refusedFields(ProxmoxEndpointCreate, {})).toEqual(['name', 'ip_address', 'username']);
  });

  it.each([
    ['a number as text', NetBoxEndpointCreate, { ...netbox, name: 5 }, 'name'],
    ['a port out of range', NetBoxEndpointCreate, { ...netbox, port: 70_000 }, 'port'],
    ['a fraction as port', ProxmoxEndpointCreate, { ...proxmox, port: 80.5 }, 'port'],
    ['a long name', ProxmoxEndpointCreate, { ...proxmox, name: 'x'.repeat(256) }, 'name'],
    ['SSH without the API', ProxmoxEndpointCreate, { ...proxmox, access_methods: 'ssh' }, 'access_methods'],
    ['a token with an invisible character', NetBoxEndpointCreate, { ...netbox, token: 'abc\u200b' }, 'token'],
    ['a token key with typographic quotes', NetBoxEndpointUpdate, { token_key: '\u201cabc\u201d' }, 'token_key'],
    ['a token name of another script', ProxmoxEndpointUpdate, { token_name: 'токен', token_value: 'x' }, 'token_name'],
    [
      'a token value with a dash of a text editor',
      ProxmoxEndpointCreate,
      { ...proxmox, token_value: '1\u20132' },
      'token_value',
    ],
    ['a time-out of zero', ProxmoxEndpointUpdate, { timeout: 0 }, 'timeout'],
    ['a word as boolean', ProxmoxEndpointUpdate, { allow_writes: 'perhaps' }, 'allow_writes'],
    ['a site of zero', ProxmoxEndpointUpdate, { site_id: 0 }, 'site_id'],
  ])('refuse %s', (_case, schema, body, field) => {
    expect(refusedFields(schema, body)).toEqual([field]);
  });

  it.each(['name', 'ip_address', 'port', 'token_version', 'token', 'verify_ssl', 'enabled'])(
    'refuse null for %s of a NetBox endpoint',
    (field) => {
      expect(refusedFields(NetBoxEndpointUpdate, { [field]: null })).toEqual([field]);
      expect(refusedFields(NetBoxEndpointCreate, { ...netbox, [field]: null })).toEqual([field]);
    },
  );

  it.each(['name', 'ip_address', 'port', 'username', 'verify_ssl', 'enabled', 'allow_writes', 'access_methods'])(
    'refuse null for %s of a Proxmox endpoint',
    (field) => {
      expect(refusedFields(ProxmoxEndpointUpdate, { [field]: null })).toEqual([field]);
    },
  );

  it('tell absent from null in a change', () => {
    expect(ProxmoxEndpointUpdate.parse({ password: null })).toEqual({ password: null });
    expect(NetBoxEndpointUpdate.parse({ domain: null })).toEqual({ domain: null });
  });
});
