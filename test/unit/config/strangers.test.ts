/** What is said of variables that are set and not used. */
import { describe, expect, it } from 'vitest';
import { parseEnv } from '../../../src/config/env.js';
import { processVariables } from '../../../src/config/env-table.js';
import { foreignVariables } from '../../../src/config/foreign-variables.js';
import { strangersIn } from '../../../src/config/strangers.js';
import { tunableKeys, tunables } from '../../../src/config/tunables.js';

describe('a variable that nobody knows', () => {
  it.each([
    ['PROXBOX_RATELIMIT', 'PROXBOX_RATE_LIMIT'],
    ['PROXBOX_RATE_LIMITS', 'PROXBOX_RATE_LIMIT'],
    ['PROXBOX_ENCRYPTOIN_KEY', 'PROXBOX_ENCRYPTION_KEY'],
    ['PROXBOX_DATABSE_PATH', 'PROXBOX_DATABASE_PATH'],
    ['proxbox_log_level', 'PROXBOX_LOG_LEVEL'],
    ['PROXBOX_ULR', 'PROXBOX_URL'],
    ['PROXBOX_NETBOX_TIMOUT', 'PROXBOX_NETBOX_TIMEOUT'],
  ])('%s is named with %s', (name, meant) => {
    expect(strangersIn({ [name]: 'x' }).warnings).toEqual([
      `${name} is ignored: there is no such variable. Did you mean ${meant}?`,
    ]);
  });

  it('that is like none is named with where to look', () => {
    expect(strangersIn({ PROXBOX_SOMETHING_ELSE_ENTIRELY: 'x' }).warnings).toEqual([
      'PROXBOX_SOMETHING_ELSE_ENTIRELY is ignored: there is no such variable. docs/configuration.md lists those there are.',
    ]);
  });

  it('is told without its value, and each once in the order of the names', () => {
    const { warnings } = strangersIn({ PROXBOX_B_KEYS: 'MARKER', PROXBOX_A_KEYS: 'MARKER', OTHER_KEY: 'MARKER' });

    expect(warnings.map((text) => text.split(' ')[0])).toEqual(['PROXBOX_A_KEYS', 'PROXBOX_B_KEYS']);
    expect(warnings.join()).not.toContain('MARKER');
  });

  it('that Kubernetes sets beside a service called proxbox-api is nothing to say', () => {
    const names = ['SERVICE_HOST', 'SERVICE_PORT', 'SERVICE_PORT_HTTP', 'PORT', 'PORT_8000_TCP', 'PORT_8000_TCP_ADDR'];
    const variables = Object.fromEntries(names.map((name) => [`PROXBOX_API_${name}`, 'x']));

    expect(strangersIn(variables)).toEqual({ warnings: [], notes: [] });
  });

  it('that is empty is nothing to say', () => {
    expect(strangersIn({ PROXBOX_RATELIMIT: ' ' })).toEqual({ warnings: [], notes: [] });
  });
});

describe('a variable of the Python service', () => {
  it('is no variable of this one, and stands in the table once', () => {
    const ours = new Set([
      ...processVariables.map(({ variable }) => variable),
      ...tunableKeys.flatMap((key) => tunables[key].variable ?? []),
    ]);
    const names = foreignVariables.flatMap(({ variables }) => variables);

    expect(names.filter((name) => ours.has(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(40);
  });

  it('is named with the reason, at the level of what is missed', () => {
    const { warnings, notes } = parseEnv({ PROXBOX_FEATURES: 'pbs', PROXBOX_RECONCILIATION_ENGINE: 'rust' });

    expect(warnings).toEqual([
      'PROXBOX_FEATURES is not used by this service, because this version always serves the whole core. Remove it.',
    ]);
    expect(notes).toEqual([
      'PROXBOX_RECONCILIATION_ENGINE is not used by this service, because it has one way to compare Proxmox with NetBox.',
    ]);
  });

  it('that asks for what is so is not named', () => {
    expect(strangersIn({ UVICORN_WORKERS: '1' }).warnings).toEqual([]);
    expect(strangersIn({ UVICORN_WORKERS: '4' }).warnings).toHaveLength(1);
  });
});

describe('the database', () => {
  const pathOf = (variables: Record<string, string>): string => parseEnv(variables).env.databasePath;

  it('is where the variables of either service say', () => {
    expect(pathOf({ DATABASE_URL: 'sqlite:////data/a%20b.db' })).toBe('/data/a b.db');
    expect(pathOf({ DATABASE_URL: 'sqlite+aiosqlite:////data/a.db?timeout=5' })).toBe('/data/a.db');
    expect(pathOf({ PROXBOX_DEFAULT_DATABASE_PATH: '/data/d.db' })).toBe('/data/d.db');
    expect(pathOf({ PROXBOX_DEFAULT_DATABASE_PATH: '/data/d.db', DATABASE_URL: 'sqlite:////data/u.db' })).toBe(
      '/data/u.db',
    );
    expect(pathOf({ PROXBOX_DEFAULT_DATABASE_PATH: '/data/d.db', PROXBOX_DATABASE_PATH: '/data/p.db' })).toBe(
      '/data/p.db',
    );
  });

  it('stops the start when two of them differ, or the file is none', () => {
    const refusalsOf = (variables: Record<string, string>) => parseEnv(variables).refusals.join();

    expect(refusalsOf({ DATABASE_URL: 'sqlite:////data/a.db', PROXBOX_DATABASE_PATH: '/data/a.db' })).toBe('');
    expect(refusalsOf({ DATABASE_URL: 'sqlite:////data/a.db', PROXBOX_DATABASE_PATH: '/data/b.db' })).toMatch(
      /Remove one/,
    );
    expect(refusalsOf({ DATABASE_URL: 'sqlite:///a.db' })).toMatch(/absolute/);
    expect(refusalsOf({ DATABASE_URL: 'sqlite://' })).toMatch(/absolute/);
  });

  it('of another kind is a warning that tells nothing of it', () => {
    const { warnings, refusals } = parseEnv({ DATABASE_URL: 'postgresql://user:MARKER@192.0.2.1/x' });

    expect(refusals).toEqual([]);
    expect(warnings.join()).toMatch(/DATABASE_URL is ignored/);
    expect(warnings.join()).not.toContain('MARKER');
  });
});
