import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { databaseFolder, parseEnv } from '../../../src/config/env.js';
import { processVariables } from '../../../src/config/env-table.js';

const warningsOf = (variables: Record<string, string>): string => parseEnv(variables).warnings.join('\n');

describe('process variables', () => {
  it('have their defaults when nothing is set', () => {
    const { env, warnings, refusals } = parseEnv({ HOME: '/home/op' });

    expect(env).toMatchObject({
      port: 8000,
      bindHost: '0.0.0.0',
      databasePath: path.join(import.meta.dirname, '../../../database.db'),
      encryptionKey: null,
      encryptionKeyFile: null,
      allowPlaintextCredentials: false,
      rateLimit: null,
      trustedProxies: [],
      corsExtraOrigins: [],
      strictStartup: false,
      skipNetboxBootstrap: false,
      generatedDir: '/home/op/.local/share/proxbox/generated/proxmox',
      generatedDirConfigured: false,
      logLevel: 'INFO',
      caBundle: null,
      raw: {},
    });
    expect([warnings, refusals]).toEqual([[], []]);
  });

  it.each([
    ['"::"', '::'],
    [" '0.0.0.0' ", '0.0.0.0'],
    ['" 127.0.0.1 "', '127.0.0.1'],
    ['', '0.0.0.0'],
    ['""', '0.0.0.0'],
    ['localhost', 'localhost'],
  ])('bind host %s is %s', (text, host) => {
    expect(parseEnv({ PROXBOX_BIND_HOST: text })).toMatchObject({ env: { bindHost: host }, refusals: [] });
  });

  it.each(['0.0.0.0:8000', '[::]', '999.1.1.1', 'a b', '-host'])('bind host %s refuses the start', (text) => {
    expect(parseEnv({ PROXBOX_BIND_HOST: text }).refusals.join()).toContain('PROXBOX_BIND_HOST');
  });

  it.each(['0', '65536', '80a', '-1', '8000.0'])('port %s refuses the start', (text) => {
    expect(parseEnv({ PORT: text }).refusals.join()).toContain('PORT');
  });

  it.each([
    ['127.0.0.1:9100', { host: '127.0.0.1', port: 9100 }],
    ['[::1]:9100', { host: '::1', port: 9100 }],
    [' localhost:1 ', { host: 'localhost', port: 1 }],
  ])('metrics on %s', (text, metricsBind) => {
    expect(parseEnv({ PROXBOX_METRICS_BIND: text })).toMatchObject({ env: { metricsBind }, refusals: [] });
  });

  it.each(['9100', ':9100', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:65536', '::1:9100', '[127.0.0.1]:9100', 'a b:1'])(
    'metrics on %s refuse the start',
    (text) => {
      expect(parseEnv({ PROXBOX_METRICS_BIND: text }).refusals.join()).toContain('PROXBOX_METRICS_BIND');
    },
  );

  it.each(['hourly', '60 * * * *', '* * *', '0 0 30 2 *'])('a schedule %s refuses the start', (text) => {
    expect(parseEnv({ PROXBOX_SYNC_SCHEDULE: text }).refusals.join()).toContain('PROXBOX_SYNC_SCHEDULE');
  });

  const refusing = new Set(['PORT', 'PROXBOX_BIND_HOST', 'PROXBOX_METRICS_BIND', 'PROXBOX_SYNC_SCHEDULE']);

  it('are never a reason to refuse otherwise, however wrong', () => {
    const wrong = Object.fromEntries(
      processVariables.filter(({ variable }) => !refusing.has(variable)).map(({ variable }) => [variable, '%%%']),
    );

    expect(parseEnv(wrong).refusals).toEqual([]);
  });

  it.each([
    ['PROXBOX_STRICT_STARTUP', 'strictStartup'],
    ['PROXBOX_SKIP_NETBOX_BOOTSTRAP', 'skipNetboxBootstrap'],
    ['PROXBOX_ALLOW_PLAINTEXT_CREDENTIALS', 'allowPlaintextCredentials'],
  ] as const)('%s knows the same words as every boolean', (name, field) => {
    const valueOf = (text: string): boolean => parseEnv({ [name]: text }).env[field];

    expect(['1', 'true', 'YES', ' on '].map(valueOf)).toEqual([true, true, true, true]);
    expect(['0', 'false', 'No', 'off', ''].map(valueOf)).toEqual([false, false, false, false, false]);
    expect(valueOf('perhaps')).toBe(false);
    expect(warningsOf({ [name]: 'perhaps' })).toContain(name);
  });

  it('warn about what is ignored and go on', () => {
    const { env } = parseEnv({
      PROXBOX_RATE_LIMIT: 'many',
      PROXBOX_LOG_LEVEL: 'loud',
      PROXBOX_TRUSTED_PROXIES: '10.0.0.0/8, nonsense ,::1',
      PROXBOX_CORS_EXTRA_ORIGINS: 'https://a.example/, ftp://b, https://c.example:8443, *, https://d/path',
    });

    expect(env).toMatchObject({
      rateLimit: null,
      logLevel: 'INFO',
      trustedProxies: ['10.0.0.0/8', '::1'],
      corsExtraOrigins: ['https://a.example', 'https://c.example:8443'],
    });
    expect(warningsOf({ PROXBOX_LOG_LEVEL: 'loud' })).toBe(
      'proxbox: unknown PROXBOX_LOG_LEVEL=loud, defaulting to INFO. Set one of DEBUG, INFO, WARNING, ERROR, CRITICAL.',
    );
    expect(warningsOf({ PROXBOX_TRUSTED_PROXIES: 'x' })).toMatch(
      /^Ignoring invalid PROXBOX_TRUSTED_PROXIES entry: x\. Set addresses or ranges/,
    );
    expect(warningsOf({ PROXBOX_GENERATED_DIR: ' "/data" ', PROXBOX_BIND_HOST: "'::1'" })).toBe(
      'PROXBOX_GENERATED_DIR is in quotation marks, which are taken as part of its value. Remove them.',
    );
    expect(warningsOf({ PROXBOX_ENCRYPTION_KEY: '"k"' })).toMatch(
      /in quotation marks.*unless credentials were stored with them/,
    );
    expect(parseEnv({ PORT: '"80"' }).refusals.join(' ')).toMatch(/^PORT must be .* PORT is in quotation marks/);
    expect(warningsOf({ PROXBOX_RATE_LIMIT: '0' })).toContain('PROXBOX_RATE_LIMIT');
    expect(warningsOf({ UVICORN_WORKERS: '4' })).toContain('UVICORN_WORKERS');
    expect(warningsOf({ UVICORN_WORKERS: '1', PROXBOX_LOG_LEVEL: 'debug' })).toBe('');
  });

  it('name a runtime variable that cannot be used, and keep the text of all of them', () => {
    const variables = { PROXBOX_NETBOX_TIMEOUT: 'soon', PROXBOX_BULK_BATCH_SIZE: '0', PROXBOX_DEBUG_CACHE: '1' };

    expect(parseEnv(variables).env.raw).toEqual(variables);
    expect(warningsOf(variables)).toMatch(
      /PROXBOX_NETBOX_TIMEOUT is ignored[^]*PROXBOX_BULK_BATCH_SIZE is out of bounds/,
    );
  });

  it('keep the database out of a package that npm replaces', () => {
    expect(databaseFolder('/opt/proxbox-api/', '/srv')).toBe('/opt/proxbox-api/');
    expect(databaseFolder('/srv/node_modules/proxbox-api/', '/srv')).toBe('/srv');
    expect(databaseFolder('/opt/my_node_modules/proxbox-api/', '/srv')).toBe('/opt/my_node_modules/proxbox-api/');
  });

  it('expand the home directory and make paths absolute', () => {
    const { env } = parseEnv({
      HOME: '/home/op',
      PROXBOX_DATABASE_PATH: '~/data/database.db',
      PROXBOX_ENCRYPTION_KEY_FILE: '/run/secrets/key',
      PROXBOX_GENERATED_DIR: 'out',
      PROXBOX_CA_BUNDLE: '~/ca.pem',
    });

    expect(env).toMatchObject({
      databasePath: '/home/op/data/database.db',
      encryptionKeyFile: '/run/secrets/key',
      generatedDir: path.resolve('out'),
      generatedDirConfigured: true,
      caBundle: '/home/op/ca.pem',
    });
  });

  it('never show a secret', () => {
    const parsed = parseEnv({ PROXBOX_ENCRYPTION_KEY: ' MARKER-key ', PROXBOX_RATE_LIMIT: 'x' });

    expect(JSON.stringify(parsed)).not.toContain('MARKER');
    expect(parsed.env.encryptionKey?.reveal()).toBe('MARKER-key');
    expect(parseEnv({ PROXBOX_ENCRYPTION_KEY: '  ' }).env.encryptionKey).toBeNull();
  });
});
