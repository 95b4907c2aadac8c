import { describe, expect, it } from 'vitest';
import type { Database } from '../../../src/db/open.js';
import { proxmoxEndpoints } from '../../../src/db/schema.js';
import type { EndpointChange } from '../../../src/endpoints/endpoint-changes.js';
import { ProxmoxEndpointCreate, ProxmoxEndpointUpdate } from '../../../src/endpoints/bodies.js';
import { createProxmoxEndpointStore, type ProxmoxEndpointStore } from '../../../src/endpoints/proxmox-endpoints.js';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { defaultGuardSettings, type GuardSettings } from '../../../src/security/outbound-guard.js';
import {
  cleanUpDatabases,
  newDatabase,
  openTestDatabase,
  pythonDatabaseCopy,
  pythonKey,
  pythonReleases,
  vaultFor,
  type KeyOptions,
  type LogProbe,
} from '../db/database-kit.js';

cleanUpDatabases();

const body = {
  name: 'pve-lab-1 (nb:1)',
  ip_address: '10.0.0.10',
  port: 8006,
  username: 'root@pam',
  password: 'MARKER-pw',
};

interface Made {
  readonly store: ProxmoxEndpointStore;
  readonly log: LogProbe;
}

function storeOn(db: Database, options?: KeyOptions, guard: Partial<GuardSettings> = {}): Made {
  const { vault, log } = vaultFor(db, options);
  const guardSettings = (): GuardSettings => ({ ...defaultGuardSettings, ...guard });
  return { store: createProxmoxEndpointStore({ db, vault, guardSettings, logger: log.logger }), log };
}

const create = (store: ProxmoxEndpointStore, changes: object = {}) =>
  store.create(ProxmoxEndpointCreate.parse({ ...body, ...changes }));
const update = (store: ProxmoxEndpointStore, changes: object, id = 1) =>
  store.update(id, ProxmoxEndpointUpdate.parse(changes));
const rawRow = (db: Database) => db.orm.select().from(proxmoxEndpoints).get()!;

function errorOf(work: () => unknown): ProxboxError {
  try {
    work();
  } catch (error) {
    if (error instanceof ProxboxError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a user without realm', () => {
  const said = /^username 'root' names no realm and is taken for 'root@pam'\. Send the realm as well/;

  it('is taken, and told in the answer and in the log', () => {
    const { store, log } = storeOn(newDatabase());

    const made = create(store, { username: 'root' });
    const changed = update(store, { username: ' root!sync ' });

    expect([made.warnings, changed.warnings]).toEqual([[expect.stringMatching(said)], [expect.stringMatching(said)]]);
    expect(log.lines().filter(({ level }) => level === 40)).toHaveLength(2);
  });

  it('is told once, and not of a change of something else or a list', () => {
    const { store } = storeOn(newDatabase());
    create(store, { username: 'root' });

    expect([update(store, { port: 8007 }), store.get(1), ...store.list()].filter((one) => 'warnings' in one)).toEqual(
      [],
    );
    expect(update(store, { username: 'sync@pve' })).not.toHaveProperty('warnings');
  });
});

it.each([
  ['https://pve.example.com:8006/#v1', "Set domain to 'pve.example.com', port to 8006."],
  ['http://pve.example.com', 'Proxmox VE is asked over HTTPS only.'],
  ['pve.example.com/api2/json', "Set domain to 'pve.example.com'. Leave the path out: Proxmox VE has none."],
])('the domain %s is refused with what belongs where', (domain, expected) => {
  const { store, log } = storeOn(newDatabase());

  expect(errorOf(() => create(store, { domain })).message).toContain(expected);
  expect(log.lines()).toEqual([expect.objectContaining({ level: 40, msg: expect.stringContaining(expected) })]);
});

describe('creating a Proxmox endpoint', () => {
  it('shows exactly the public fields, with safe defaults, and never a secret', () => {
    const db = newDatabase();
    const { store } = storeOn(db);

    expect(create(store)).toEqual({
      id: 1,
      name: 'pve-lab-1 (nb:1)',
      ip_address: '10.0.0.10',
      domain: null,
      port: 8006,
      username: 'root@pam',
      verify_ssl: true,
      enabled: true,
      allow_writes: false,
      allow_packer_template_builds: false,
      access_methods: 'api',
      node_device_name_template: '',
      site_id: null,
      site_slug: null,
      site_name: null,
      tenant_id: null,
      tenant_slug: null,
      tenant_name: null,
      timeout: null,
      max_retries: null,
      retry_backoff: null,
    });

    expect(rawRow(db).password).toMatch(/^enc:/);
    expect(
      JSON.stringify([store.list(), store.all(), db.sqlite.prepare('SELECT * FROM proxmoxendpoint').all()]),
    ).not.toContain('MARKER');
    expect(store.credentials(1)).toMatchObject({ tokenName: null, tokenValue: null });
    expect(store.credentials(1).password?.reveal()).toBe('MARKER-pw');
  });

  it.each([
    ['the number of the plugin in its name, while that is free', ['a (nb:7)', 'b (nb:3)'], [7, 3]],
    ['the next free one where another endpoint has that number', ['direct', 'a (nb:1)', 'b (nb:2)'], [1, 2, 3]],
    ['the next free one after the highest, whatever was pushed', ['a (nb:7)', 'direct'], [7, 8]],
    [
      'the next free one where the name ends in no such number',
      ['a (nb:0)', 'b (nb:7) c', 'c (nb:7000000000)'],
      [1, 2, 3],
    ],
  ])('has as id %s', (_case, names, ids) => {
    const { store } = storeOn(newDatabase());

    expect(names.map((name) => create(store, { name }).id)).toEqual(ids);
  });

  it.each<[string, readonly string[], string, number]>([
    ['a new one, not that of an endpoint which is gone', ['a', 'b'], 'c', 3],
    ['a new one, although the plugin has its number', ['a', 'b'], 'c (nb:2)', 3],
    ['that of the plugin again, where it was that of the same row', ['a', 'b (nb:2)'], 'b again (nb:2)', 2],
    ['a new one, whatever the row of the plugin was called', ['a (nb:1)', 'b (nb:2)'], 'direct', 3],
  ])('has as id %s', (_case, names, name, id) => {
    const db = newDatabase();
    const { store } = storeOn(db);
    for (const made of names.map((one) => create(store, { name: one }))) store.remove(made.id);

    expect(create(store, { name }).id).toBe(id);
  });

  it('has an id that nobody had, whoever deleted the row, and whatever else still names it', () => {
    const db = newDatabase();
    const { store } = storeOn(db);
    create(store, { name: 'a' });
    db.sqlite.prepare('DELETE FROM proxmoxendpoint').run();
    expect(create(store, { name: 'b' }).id).toBe(2);
    db.sqlite
      .prepare("INSERT INTO known_cluster VALUES (7, 1, NULL, 'standalone', 'pve', '[]', NULL, NULL, 1, NULL)")
      .run();

    expect(create(store, { name: 'c' }).id).toBe(8);
  });

  it('gives numbers and nulls back as they came', () => {
    const { store } = storeOn(newDatabase());

    const sent = {
      domain: 'pve.local',
      timeout: 5,
      max_retries: 0,
      retry_backoff: 0.5,
      access_methods: 'api_ssh',
      site_id: 3,
      site_slug: 's',
    };
    expect(create(store, sent)).toMatchObject(sent);
    expect(store.all()[0]).toMatchObject({
      timeoutS: 5,
      maxRetries: 0,
      retryBackoffS: 0.5,
      site: { id: 3, slug: 's', name: null },
    });
  });

  it.each([
    [{ password: null, token_name: 'a' }, 'token_name and token_value must be provided together'],
    [{ token_value: 'a', token_name: '' }, 'token_name and token_value must be provided together'],
    [{ password: '' }, 'Provide password or both token_name/token_value'],
    [{ password: null, token_name: '', token_value: null }, 'Provide password or both token_name/token_value'],
  ])('refuses the credentials %j', (changes, message) => {
    expect(errorOf(() => create(storeOn(newDatabase()).store, changes))).toMatchObject({
      code: 'bad_request',
      status: 400,
      message,
    });
  });

  it('checks credentials, then hosts, then the name, then the key', () => {
    const db = newDatabase();
    create(storeOn(db).store);
    const blocked = { blockedIpRanges: ['10.0.0.10'] };
    const messageOf = (options: KeyOptions, guard: Partial<GuardSettings>, changes: object): string =>
      errorOf(() => create(storeOn(db, options, guard).store, changes)).message;

    expect(messageOf({}, blocked, { password: '' })).toContain('Provide password');
    expect(messageOf({}, blocked, {})).toBe(
      "Invalid IP address: Host '10.0.0.10' is in explicitly blocked range 10.0.0.10",
    );
    expect(messageOf({}, {}, {})).toMatch(/^Proxmox endpoint name already exists\. /);
    expect(messageOf({}, {}, { name: 'other' })).toContain('Credential encryption is not configured');
    expect(storeOn(db).store.list()).toHaveLength(1);
  });

  it('tells names apart by case, and answers a race for one name with the same 400', () => {
    const db = newDatabase();
    const { store } = storeOn(db);
    create(store);
    create(store, { name: 'PVE-LAB-1 (nb:1)' });
    db.sqlite.exec(
      "CREATE TRIGGER race BEFORE INSERT ON proxmoxendpoint WHEN new.name = 'late' AND (SELECT count(*) FROM proxmoxendpoint WHERE name = 'late') = 0 BEGIN INSERT INTO proxmoxendpoint (id, name, ip_address, port, username, verify_ssl, allow_writes, access_methods, enabled) VALUES (99, 'late', '1', 1, 'u', 1, 0, 'api', 1); END",
    );

    expect(errorOf(() => create(store, { name: 'late' }))).toMatchObject({
      status: 400,
      message: expect.stringMatching(/^Proxmox endpoint name already exists\. /),
    });
  });
});

describe('changing a Proxmox endpoint', () => {
  it('keeps what a push of the plugin does not name: allow_writes, enabled', () => {
    const { store } = storeOn(newDatabase());
    create(store, { allow_writes: true, enabled: false });

    const pushed = update(store, {
      ...body,
      domain: null,
      verify_ssl: false,
      token_name: null,
      token_value: null,
      timeout: 5,
    });

    expect(pushed).toMatchObject({ allow_writes: true, enabled: false, verify_ssl: false, timeout: 5 });
  });

  it('keeps the stored text, and so the session, when the same secrets are pushed again', () => {
    const db = newDatabase();
    const { store } = storeOn(db);
    const changes: EndpointChange[] = [];
    create(store);
    store.onChange((change) => changes.push(change));
    const before = rawRow(db);

    update(store, { ...body, token_name: null, token_value: '' });
    update(store, { password: 'another' });

    expect(changes.map(({ isConnectionChanged }) => isConnectionChanged)).toEqual([false, true]);
    expect(rawRow(db).password).not.toBe(before.password);
  });

  it('switches between password and token, judged by the record that results', () => {
    const { store } = storeOn(newDatabase());
    create(store);

    update(store, { token_name: 'api-token', token_value: ' MARKER-value\r\n' });
    expect(store.credentials(1)).toMatchObject({ password: null, tokenName: 'api-token' });
    expect(store.credentials(1).tokenValue?.reveal()).toBe('MARKER-value');
    update(store, { password: null });
    expect(errorOf(() => update(store, { token_value: null })).message).toContain('together');
    expect(errorOf(() => update(store, { token_name: '', token_value: '' })).message).toContain('Provide password');
    update(store, { password: 'x', token_name: null, token_value: null });
    expect(store.credentials(1)).toMatchObject({ tokenName: null, tokenValue: null });
    expect(store.credentials(1).password?.reveal()).toBe('x');
  });

  it('stores no empty secret: a token does not look present', () => {
    const db = newDatabase();
    const { store } = storeOn(db);
    create(store, { token_name: '', token_value: '' });

    expect(rawRow(db)).toMatchObject({ token_name: null, token_value: null });
  });

  it('refuses the name of another row, not its own', () => {
    const { store } = storeOn(newDatabase());
    create(store);
    create(store, { name: 'second' });

    expect(update(store, { name: 'second' }, 2).name).toBe('second');
    expect(errorOf(() => update(store, { name: 'second' }))).toMatchObject({
      status: 400,
      message: expect.stringMatching(/^Proxmox endpoint name already exists\. /),
    });
  });

  it('answers 404 with the known texts, and names the settings page for a blocked host', () => {
    const db = newDatabase();
    const { store } = storeOn(db);
    expect(errorOf(() => store.get(1)).message).toBe('Proxmox endpoint not found');
    expect(errorOf(() => update(store, {})).message).toBe('Proxmox Endpoint not found');
    expect(errorOf(() => store.remove(1)).message).toBe('Proxmox endpoint not found');
    create(store);

    const blocked = storeOn(db, undefined, { blockedIpRanges: ['10.9.0.0/16'] }).store;

    expect(errorOf(() => update(blocked, { ip_address: '10.9.9.9' })).message).toMatch(
      /Adjust SSRF settings in ProxboxPluginSettings\.$/,
    );
  });
});

describe('credentials of a Proxmox endpoint', () => {
  it('are refused with 503 when no key decrypts them, without the ciphertext', () => {
    const db = newDatabase();
    create(storeOn(db, { env: 'lost' }).store);

    const error = errorOf(() => storeOn(db, { env: 'new' }).store.credentials(1));

    expect(error).toMatchObject({
      code: 'credentials_unreadable',
      status: 503,
      message: 'Could not decrypt Proxmox endpoint credentials',
    });
    expect(error.detail).toContain("Endpoint 'pve-lab-1 (nb:1)' has encrypted password data");
    expect(JSON.stringify(error.detail)).not.toContain(rawRow(db).password!.slice(4));
  });

  it('need only the token when there is one', () => {
    const db = newDatabase();
    create(storeOn(db, { env: 'lost' }).store);
    const { store } = storeOn(db, { env: 'new' });

    update(store, { token_name: 'a', token_value: 'b' });

    expect(store.credentials(1).tokenValue?.reveal()).toBe('b');
  });
});

describe('allow_writes', () => {
  const seen = (allowWrites: boolean) => ({ endpointId: 3, allowWrites, enabled: true });

  it('follows the plugin only when its value changes, and says where the change came from', () => {
    const { store, log } = storeOn(newDatabase());
    create(store);

    expect(store.mirrorPlugin(1, seen(false))).toBe(false);
    expect(store.mirrorPlugin(1, seen(true))).toBe(true);
    expect(store.find(1)).toMatchObject({
      allowWrites: true,
      plugin: { endpointId: 3, allowWrites: true, enabled: true },
    });
    update(store, { allow_writes: false });
    expect(store.mirrorPlugin(1, seen(true))).toBe(false);
    expect(store.find(1)?.allowWrites).toBe(false);
    expect(store.mirrorPlugin(1, seen(false))).toBe(false);
    expect(store.mirrorPlugin(9, seen(true))).toBe(false);

    const events = log.lines().filter(({ event }) => event === 'allow_writes_changed');
    expect(events.map(({ origin, allowWrites }) => [origin, allowWrites])).toEqual([
      ['plugin', true],
      ['put', false],
    ]);
  });

  it('is copied when the plugin is first seen with it on', () => {
    const { store } = storeOn(newDatabase());
    create(store);

    expect(store.mirrorPlugin(1, seen(true))).toBe(true);
  });
});

describe.each(pythonReleases)('a file of release %s of the Python service', (release) => {
  it('gives all endpoints with their secrets, and takes changes and new rows', () => {
    const db = openTestDatabase(pythonDatabaseCopy(release));
    const { store } = storeOn(db, { env: pythonKey });

    expect(store.list().map(({ name, allow_writes, access_methods }) => [name, allow_writes, access_methods])).toEqual([
      ['pve-lab-1 (nb:3)', true, 'api'],
      ['pve-lab-token (nb:4)', false, 'api'],
    ]);
    expect(store.credentials(1).password?.reveal()).toBe('pässwörd of the fixture');
    expect(store.credentials(2).tokenValue?.reveal()).toBe('8d1f0a52-0c5b-4f6e-9f0e-3a9d0d1c2b3a');
    expect(update(store, { verify_ssl: true })).toMatchObject({ verify_ssl: true });
    expect(update(store, { allow_packer_template_builds: true, node_device_name_template: 'x-{node}' })).toMatchObject({
      allow_packer_template_builds: true,
      node_device_name_template: 'x-{node}',
    });
    expect(create(store, { name: 'new' })).toMatchObject({ id: 3, allow_packer_template_builds: false });
  });
});
