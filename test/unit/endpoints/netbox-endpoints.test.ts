import { describe, expect, it } from 'vitest';
import { eq } from 'drizzle-orm';
import type { Database } from '../../../src/db/open.js';
import { netboxEndpoints } from '../../../src/db/schema.js';
import type { EndpointChange } from '../../../src/endpoints/endpoint-changes.js';
import { NetBoxEndpointCreate, NetBoxEndpointUpdate } from '../../../src/endpoints/bodies.js';
import { createNetBoxEndpointStore, type NetBoxEndpointStore } from '../../../src/endpoints/netbox-endpoints.js';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { defaultGuardSettings, type GuardSettings } from '../../../src/security/outbound-guard.js';
import { createSecretBox } from '../../../src/security/secret-box.js';
import { Secret } from '../../../src/config/secret.js';
import {
  cleanUpDatabases,
  newDatabase,
  openTestDatabase,
  pythonDatabaseCopy,
  pythonKey,
  pythonReleases,
  vaultFor,
  type KeyOptions,
} from '../db/database-kit.js';

cleanUpDatabases();

const body = { name: 'netbox', ip_address: '10.0.0.20', domain: 'netbox.local', token: 'MARKER-token' };

function loggedStoreOn(db: Database, options?: KeyOptions, guard: Partial<GuardSettings> = {}) {
  const { vault, log } = vaultFor(db, options);
  const guardSettings = (): GuardSettings => ({ ...defaultGuardSettings, ...guard });
  return { log, store: createNetBoxEndpointStore({ db, vault, guardSettings, logger: log.logger }) };
}

const storeOn = (...given: Parameters<typeof loggedStoreOn>): NetBoxEndpointStore => loggedStoreOn(...given).store;

const create = (store: NetBoxEndpointStore, changes: object = {}) =>
  store.create(NetBoxEndpointCreate.parse({ ...body, ...changes }));
const update = (store: NetBoxEndpointStore, changes: object, id = 1) =>
  store.update(id, NetBoxEndpointUpdate.parse(changes));

function errorOf(work: () => unknown): ProxboxError {
  try {
    work();
  } catch (error) {
    if (error instanceof ProxboxError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const rawRow = (db: Database) => db.orm.select().from(netboxEndpoints).where(eq(netboxEndpoints.id, 1)).get()!;

describe('creating the NetBox endpoint', () => {
  it('gives it an id that no NetBox had before', () => {
    const store = storeOn(newDatabase());
    store.remove(create(store).id);

    expect(create(store).id).toBe(2);
  });

  it('shows exactly the public fields, with defaults, and never a secret', () => {
    const db = newDatabase();
    const store = storeOn(db);

    expect(create(store)).toEqual({
      id: 1,
      name: 'netbox',
      ip_address: '10.0.0.20',
      domain: 'netbox.local',
      port: 443,
      base_path: null,
      token_version: 'v1',
      verify_ssl: true,
      enabled: true,
    });

    expect(JSON.stringify([store.list(), store.get(1), store.all()])).not.toContain('MARKER');
    expect(rawRow(db).token).toMatch(/^enc:/);
    expect(store.credentials(1)).toEqual({ token: expect.any(Secret), tokenKey: null });
    expect(store.credentials(1).token.reveal()).toBe('MARKER-token');
  });

  it('forgets a key that version v1 does not use, and keeps both parts of v2', () => {
    const db = newDatabase();
    create(storeOn(db), { token_key: 'abc' });
    expect(rawRow(db).token_key).toBeNull();

    const other = newDatabase();
    const store = storeOn(other);
    create(store, { token_version: 'V2', token_key: ' key ', token: ' secret\r\n' });

    expect(rawRow(other).token_key).toMatch(/^enc:/);
    expect(store.credentials(1).tokenKey?.reveal()).toBe('key');
    expect(store.credentials(1).token.reveal()).toBe('secret');
  });

  it.each([
    [{ token_version: 'v3' }, "Invalid token_version. Must be 'v1' or 'v2'."],
    [{ token: '' }, 'token is required for NetBox API token v1'],
    [{ token: '  ' }, 'token is required for NetBox API token v1'],
    [{ token_version: 'v2' }, 'token_key and token (secret) must both be set for NetBox API token v2'],
    [{ token_version: 'v2', token_key: '' }, 'token_key and token (secret) must both be set for NetBox API token v2'],
  ])('refuses %j', (changes, message) => {
    const store = storeOn(newDatabase());

    expect(errorOf(() => create(store, changes))).toMatchObject({ code: 'bad_request', status: 400, message });
    expect(store.list()).toEqual([]);
  });

  it('refuses a second one, also from another process', () => {
    const db = newDatabase();
    create(storeOn(db));

    for (const store of [storeOn(db), storeOn(openTestDatabase(db.path))]) {
      expect(errorOf(() => create(store, { name: 'b' }))).toMatchObject({
        status: 400,
        message: 'Only one NetBox endpoint is allowed',
      });
    }
  });

  it('accepts private, loopback and internal hosts, and refuses the explicit block list', () => {
    create(storeOn(newDatabase()), { ip_address: '127.0.0.1', domain: 'netbox.internal' });

    const blocked = { blockedIpRanges: ['10.0.0.0/24'] };
    const error = errorOf(() => create(storeOn(newDatabase(), undefined, blocked)));

    expect(error.message).toBe(
      "Invalid IP address: Host '10.0.0.20' is in explicitly blocked range 10.0.0.0/24. Adjust SSRF settings in ProxboxPluginSettings.",
    );
  });

  it.each(['netbox.local/path', 'https://netbox.local', 'user@netbox.local', 'netbox.local:8080', 'a b'])(
    'refuses the domain %s, which would change the URL',
    (domain) => {
      expect(errorOf(() => create(storeOn(newDatabase()), { domain })).message).toMatch(/^Invalid domain: /);
    },
  );

  it.each([
    ['https://netbox.example.com/netbox/', "Set domain to 'netbox.example.com', base_path to '/netbox'."],
    [
      'http://netbox.example.com:8001',
      "Set domain to 'netbox.example.com', port to 8001. NetBox is asked over plain HTTP",
    ],
    ['netbox.example.com/a/b?x=MARKER', "Set domain to 'netbox.example.com', base_path to '/a/b'."],
    ['MARKER:MARKER@netbox.example.com', "Set domain to 'netbox.example.com'."],
    ['[2001:db8::1]:8443', "Set domain to '2001:db8::1', port to 8443."],
    ['http://netbox.example.com/', "Set domain to 'netbox.example.com', port to 80. NetBox is asked over plain HTTP"],
    ['a b', 'The host must be a name or address alone'],
  ])('says of the domain %s which fields its parts belong to, and repeats no secret', (domain, said) => {
    const { message } = errorOf(() => create(storeOn(newDatabase()), { domain }));

    expect(message).toContain(said);
    expect(message).not.toMatch(/MARKER|SSRF/);
  });

  it.each([
    ['netbox', '/netbox'],
    ['/netbox/', '/netbox'],
    [' /a/b-c.d_e~f ', '/a/b-c.d_e~f'],
    ['/', null],
    ['', null],
    [null, null],
  ])('takes the base path %j as %j', (sent, stored) => {
    expect(create(storeOn(newDatabase()), { base_path: sent }).base_path).toBe(stored);
  });

  it.each([
    'https://netbox.example.com/netbox',
    '/a//b',
    '/..',
    '/a/./b',
    '/a?b=1',
    '/a b',
    '/a%2f',
    '//evil.example.com',
  ])('refuses the base path %s', (base_path) => {
    const { message } = errorOf(() => create(storeOn(newDatabase()), { base_path }));

    expect(message).toMatch(/^base_path must be the path that NetBox is served below, such as '\/netbox'/);
  });

  it('refuses a base path that goes on into the API', () => {
    expect(errorOf(() => create(storeOn(newDatabase()), { base_path: '/netbox/api/' })).message).toMatch(
      /without '\/api'/,
    );
  });

  it('is elsewhere when its path is another', () => {
    const store = storeOn(newDatabase());
    create(store);
    const changes: EndpointChange[] = [];
    store.onChange((change) => changes.push(change));

    update(store, { base_path: '/netbox' });
    update(store, { base_path: 'netbox/' });

    expect(changes.map(({ isConnectionChanged, isElsewhere }) => [isConnectionChanged, isElsewhere])).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  it('says that a name in the place of an address is a domain', () => {
    const { message } = errorOf(() => create(storeOn(newDatabase()), { ip_address: 'https://netbox.example.com' }));

    expect(message).toMatch(/^Invalid IP address: .*Set domain to 'netbox\.example\.com'\.$/);
  });

  it.each([
    ['token', 'Token 0123456789abcdef', "token begins with the word 'Token'"],
    ['token', ' bearer nbt_key.secret', "token begins with the word 'bearer'"],
    ['token', 'Authorization: Token 0123', "token begins with the word 'Token'"],
    ['token', '"0123456789abcdef"', 'token is in quotation marks'],
  ] as const)('refuses the %s %j, and logs why without it', (field, value, said) => {
    const { store, log } = loggedStoreOn(newDatabase());

    expect(errorOf(() => create(store, { [field]: value }))).toMatchObject({
      status: 400,
      message: expect.stringContaining(said),
    });
    expect(log.lines()).toEqual([expect.objectContaining({ level: 40, msg: expect.stringContaining(said) })]);
    expect(log.text()).not.toContain('0123');
  });

  it('takes a token that only looks like a word', () => {
    expect(create(storeOn(newDatabase()), { token: 'tokenwithoutspace' }).id).toBe(1);
  });

  it('stores nothing without an encryption key', () => {
    const store = storeOn(newDatabase(), {});

    expect(errorOf(() => create(store))).toMatchObject({ code: 'encryption_unavailable', status: 400 });
    expect(store.list()).toEqual([]);
  });
});

describe('changing the NetBox endpoint', () => {
  it('touches only what the body names: the token survives any partial change', () => {
    const db = newDatabase();
    const store = storeOn(db);
    create(store, { token_version: 'v2', token_key: 'key' });
    const before = rawRow(db);

    expect(update(store, { verify_ssl: false })).toMatchObject({ verify_ssl: false, name: 'netbox', port: 443 });

    expect(rawRow(db)).toEqual({ ...before, verify_ssl: false });
    expect(store.credentials(1).token.reveal()).toBe('MARKER-token');
    expect(store.credentials(1).tokenKey?.reveal()).toBe('key');
  });

  it('judges the record that results', () => {
    const db = newDatabase();
    const store = storeOn(db);
    create(store);

    expect(errorOf(() => update(store, { token_version: 'v2' })).message).toContain('must both be set');
    expect(update(store, { token_version: 'v2', token_key: 'key' })).toMatchObject({ token_version: 'v2' });
    expect(errorOf(() => update(store, { token_key: null })).message).toContain('must both be set');
    expect(errorOf(() => update(store, { token: '' })).message).toContain('must both be set');
    expect(update(store, { token_version: 'v1' })).toMatchObject({ token_version: 'v1' });
    expect(rawRow(db).token_key).toBeNull();
    expect(update(store, { domain: null })).toMatchObject({ domain: '' });
  });

  it('seals plain text, and what another key sealed, at the next save', () => {
    const db = newDatabase();
    create(storeOn(db, { allowPlaintext: true }));
    expect(rawRow(db).token).toBe('MARKER-token');
    const store = storeOn(db, { env: 'a key' });
    expect(store.credentials(1).token.reveal()).toBe('MARKER-token');

    update(store, { name: 'renamed' });

    expect(rawRow(db).token).toMatch(/^enc:/);
    expect(store.credentials(1).token.reveal()).toBe('MARKER-token');
  });

  it('can be saved, listed and deleted while its token cannot be read, and says so when it is used', () => {
    const db = newDatabase();
    create(storeOn(db, { env: 'lost key' }));
    const lost = rawRow(db).token;
    const store = storeOn(db, { env: 'new key' });

    expect(update(store, { enabled: false }).enabled).toBe(false);
    expect(rawRow(db).token).toBe(lost);
    const error = errorOf(() => store.credentials(1));
    expect(error).toMatchObject({ code: 'credentials_unreadable', status: 503 });
    expect(error.message).toMatch(/^Credential decryption failed/);
    expect(JSON.stringify([error.message, error.detail])).not.toContain(lost.slice(4));
    update(store, { token: 'fresh' });
    expect(store.credentials(1).token.reveal()).toBe('fresh');
    store.remove(1);
    expect(store.list()).toEqual([]);
  });

  it('answers 404 with the known texts', () => {
    const store = storeOn(newDatabase());

    expect(errorOf(() => store.get(1)).message).toBe('Netbox Endpoint not found');
    expect(errorOf(() => update(store, {})).message).toBe('NetBox Endpoint not found');
    expect(errorOf(() => store.remove(1)).message).toBe('Netbox Endpoint not found.');
  });
});

describe('who uses the NetBox endpoint', () => {
  it('is told of every change, and whether the connection is another one', () => {
    const store = storeOn(newDatabase());
    const changes: EndpointChange[] = [];
    store.onChange((change) => changes.push(change));

    create(store);
    const before = store.active()?.revision;
    update(store, { ...body });
    expect(store.active()?.revision).toBe(before);
    update(store, { port: 8443 });
    expect(store.active()?.revision).not.toBe(before);
    store.remove(1);

    expect(changes.map(({ kind, isConnectionChanged }) => [kind, isConnectionChanged])).toEqual([
      ['created', true],
      ['updated', false],
      ['updated', true],
      ['deleted', true],
    ]);
  });

  it('gets the enabled row with the lowest id, and any row by its id', () => {
    const db = newDatabase();
    const store = storeOn(db);
    create(store, { enabled: false });

    expect(store.active()).toBeNull();
    expect(store.find(1)).toMatchObject({ id: 1, enabled: false });
    // As the Python service writes one: the columns that it knows, by their names.
    db.sqlite.exec(
      `INSERT INTO netboxendpoint (id, name, ip_address, domain, port, token_version, token_key, token, verify_ssl, enabled)
        SELECT 5, name, ip_address, domain, port, '', token_key, token, 1, 1 FROM netboxendpoint`,
    );
    expect(store.active()).toMatchObject({ id: 5, tokenVersion: 'v1', basePath: '' });
    expect(store.list({ offset: 1, limit: 1 }).map(({ id }) => id)).toEqual([5]);
  });

  it('writes nothing readable into the database', () => {
    const db = newDatabase();
    create(storeOn(db, { env: 'the key' }));

    expect(createSecretBox([new Secret('the key')]).open(rawRow(db).token)).toMatchObject({ value: 'MARKER-token' });
    expect(JSON.stringify(db.sqlite.prepare('SELECT * FROM netboxendpoint').all())).not.toContain('MARKER');
  });
});

describe.each(pythonReleases)('a file of release %s of the Python service', (release) => {
  it('gives the NetBox endpoint with both parts of its token', () => {
    const store = storeOn(openTestDatabase(pythonDatabaseCopy(release)), { env: pythonKey });

    expect(store.active()).toMatchObject({
      id: 1,
      name: 'netbox-primary',
      ipAddress: '10.0.0.20/24',
      tokenVersion: 'v2',
    });
    expect(store.credentials(1).token.reveal()).toBe('netbox-token-secret-of-the-fixture');
    expect(store.credentials(1).tokenKey?.reveal()).toBe('abcdefghijkl');
  });
});
