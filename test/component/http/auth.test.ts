import path from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { anApp, testKey, type Fixture } from './app-fixture.js';

const wrongKey = 'wrong-key-wrong-key-wrong-key-wrong-key';
const send = ' Send a registered key in the header X-Proxbox-API-Key.';
const behindProxy = { PROXBOX_TRUSTED_PROXIES: '127.0.0.1' };

function from(address: string, key?: string): Record<string, string> {
  return { 'x-forwarded-for': address, ...(key === undefined ? {} : { 'x-proxbox-api-key': key }) };
}

async function version({ app }: Fixture, headers: Record<string, string>) {
  const answer = await app.inject({ url: '/version', headers });
  return {
    status: answer.statusCode,
    detail: answer.json().detail as unknown,
    retryAfter: answer.headers['retry-after'],
  };
}

describe('a protected route', () => {
  it('says how to begin while no key is registered, and counts nothing', async () => {
    const fixture = await anApp({ withKey: false });

    const answers = [];
    for (let i = 0; i < 7; i += 1) answers.push(await version(fixture, { 'x-proxbox-api-key': wrongKey }));

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(answers.at(-1)!.detail).toBe(
      'No API key configured. Register a key via POST /auth/register-key or use an existing key.',
    );
  });

  it('counts wrong keys down to a lock, which the right key does not open', async () => {
    const fixture = await anApp();

    const details = [];
    for (let i = 0; i < 5; i += 1) details.push((await version(fixture, { 'x-proxbox-api-key': wrongKey })).detail);
    const locked = await version(fixture, { 'x-proxbox-api-key': testKey });

    expect(details).toEqual([
      `Invalid API key. 4 attempts remaining.${send}`,
      `Invalid API key. 3 attempts remaining.${send}`,
      `Invalid API key. 2 attempts remaining.${send}`,
      `Invalid API key. 1 attempts remaining.${send}`,
      `Invalid API key.${send}`,
    ]);
    expect(locked).toEqual({
      status: 429,
      detail: 'Too many failed authentication attempts. Please try again later. Wait 300 s.',
      retryAfter: '300',
    });
  });

  it('tells the real seconds that a lock still lasts, and opens after them', async () => {
    const fixture = await anApp();
    for (let i = 0; i < 5; i += 1) await version(fixture, { 'x-proxbox-api-key': wrongKey });

    fixture.clock.advance(200_000);
    expect((await version(fixture, fixture.headers)).retryAfter).toBe('100');
    fixture.clock.advance(100_000);
    expect((await version(fixture, fixture.headers)).status).toBe(200);
  });

  it('forgets four wrong keys after the right one', async () => {
    const fixture = await anApp();
    for (let i = 0; i < 4; i += 1) await version(fixture, { 'x-proxbox-api-key': wrongKey });

    expect((await version(fixture, fixture.headers)).status).toBe(200);
    expect((await version(fixture, { 'x-proxbox-api-key': wrongKey })).detail).toBe(
      `Invalid API key. 4 attempts remaining.${send}`,
    );
  });

  it('never locks out an address for requests without a key', async () => {
    const fixture = await anApp();

    for (let i = 0; i < 20; i += 1) {
      expect(await version(fixture, {})).toMatchObject({
        status: 401,
        detail: `API key required. 5 attempts remaining.${send}`,
      });
    }
    expect((await version(fixture, { 'x-proxbox-api-key': '' })).detail).toBe(
      `API key required. 5 attempts remaining.${send}`,
    );
    expect((await version(fixture, fixture.headers)).status).toBe(200);
  });

  it('lets a key that was verified lately pass while its address is locked, but no other', async () => {
    const fixture = await anApp();
    const second = await fixture.deps.apiKeys.create('never used');
    await version(fixture, fixture.headers);
    for (let i = 0; i < 5; i += 1) await version(fixture, { 'x-proxbox-api-key': wrongKey });

    expect((await version(fixture, fixture.headers)).status).toBe(200);
    expect((await version(fixture, { 'x-proxbox-api-key': second.raw_key })).status).toBe(429);
    expect((await version(fixture, { 'x-proxbox-api-key': wrongKey })).status).toBe(429);
  });

  it('lets a key that has worked before a restart pass while its address is locked', async () => {
    const fixture = await anApp();
    await version(fixture, fixture.headers);
    for (let i = 0; i < 5; i += 1) await version(fixture, { 'x-proxbox-api-key': wrongKey });
    // What is kept in memory lasts five minutes without use, and a lock as long.
    fixture.clock.advance(299_999);
    for (let i = 0; i < 5; i += 1) await version(fixture, { 'x-proxbox-api-key': wrongKey });
    fixture.clock.advance(2);
    for (let i = 0; i < 5; i += 1) await version(fixture, { 'x-proxbox-api-key': wrongKey });
    expect(fixture.deps.apiKeys.isVerifiedCached(testKey)).toBe(false);

    expect((await version(fixture, fixture.headers)).status).toBe(200);
    expect((await version(fixture, { 'x-proxbox-api-key': wrongKey })).status).toBe(429);
  });

  it.each([
    ['the same wrong key', () => wrongKey],
    ['different wrong keys', (n: number) => `${wrongKey}-${n}`],
  ])(
    'counts %s sent at once before they are checked: five of sixty are, and a good one passes',
    async (_name, keyOf) => {
      const fixture = await anApp();
      await version(fixture, fixture.headers);
      // Without a fingerprint each of them would have to be hashed.
      const file = new BetterSqlite3(path.join(fixture.folder, 'database.db'));
      file.exec('DELETE FROM api_key_fingerprint');
      file.close();

      const answers = Array.from({ length: 60 }, (_, n) => version(fixture, { 'x-proxbox-api-key': keyOf(n) }));
      const good = version(fixture, fixture.headers);

      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 401)).toHaveLength(5);
      expect(statuses.filter((status) => status === 429)).toHaveLength(55);
      expect((await good).status).toBe(200);
    },
  );

  it('keeps answering a right key from elsewhere while a wrong one is hammered 1,000 times', async () => {
    const fixture = await anApp({ variables: behindProxy });
    let refused = 0;

    for (let i = 0; i < 1000; i += 1) {
      const { status } = await version(fixture, from('198.51.100.7', wrongKey));
      if (status === 401 || status === 429) refused += 1;
      if (i % 100 === 0) expect((await version(fixture, from('192.0.2.10', testKey))).status).toBe(200);
    }

    expect(refused).toBe(1000);
  });

  it('lets the right key pass and refuses a wrong one where the database cannot be written any more', async () => {
    const fixture = await anApp();
    await version(fixture, { 'x-proxbox-api-key': wrongKey });
    const file = new BetterSqlite3(path.join(fixture.folder, 'database.db'));
    for (const verb of ['INSERT', 'UPDATE', 'DELETE'])
      for (const table of ['authlockout', 'api_key_fingerprint'])
        file.exec(
          `CREATE TRIGGER no_${verb}_${table} BEFORE ${verb} ON ${table} BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
        );
    file.close();

    expect((await version(fixture, { 'x-proxbox-api-key': wrongKey })).status).toBe(401);
    expect((await version(fixture, fixture.headers)).status).toBe(200);
    for (let i = 0; i < 5; i += 1) await version(fixture, { 'x-proxbox-api-key': wrongKey });
    expect((await version(fixture, { 'x-proxbox-api-key': wrongKey })).status).toBe(429);
  });

  it.each([
    ['from an untrusted peer', {}, '192.0.2.1', '192.0.2.2', 429],
    ['from a trusted proxy', behindProxy, '192.0.2.1', '192.0.2.2', 200],
    ['spoofed on the left of the real client', behindProxy, '192.0.2.1, 203.0.113.9', '192.0.2.2, 203.0.113.9', 429],
  ] as const)('reads X-Forwarded-For %s as it deserves', async (_name, variables, attacker, other, expected) => {
    const fixture = await anApp({ variables });
    for (let i = 0; i < 5; i += 1) await version(fixture, from(attacker, wrongKey));

    expect((await version(fixture, from(other, testKey))).status).toBe(expected);
  });

  it.each([
    ['73 bytes that begin like a registered key', testKey.padEnd(73, 'x')],
    ['the key with another case', testKey.toUpperCase()],
    ['a part of the key', testKey.slice(0, 32)],
  ])('refuses %s', async (_name, key) => {
    expect((await version(await anApp(), { 'x-proxbox-api-key': key })).status).toBe(401);
  });

  it('does not accept the key in the query or under another scheme', async () => {
    const { app } = await anApp();

    expect((await app.inject(`/version?X-Proxbox-API-Key=${testKey}`)).statusCode).toBe(401);
    expect((await app.inject({ url: '/version', headers: { authorization: `Bearer ${testKey}` } })).statusCode).toBe(
      401,
    );
  });

  it('sends no WWW-Authenticate', async () => {
    const { app } = await anApp();

    expect((await app.inject('/version')).headers).not.toHaveProperty('www-authenticate');
  });
});

describe('the first key', () => {
  const register = ({ app }: Fixture, payload: object, headers = {}) =>
    app.inject({ method: 'POST', url: '/auth/register-key', payload, headers });

  it.each([
    [
      '31 characters',
      'k'.repeat(31),
      400,
      'API key must be at least 32 characters. Make one with: openssl rand -hex 24',
    ],
    ['32 characters', 'k'.repeat(32), 201, 'API key registered.'],
    ['72 bytes', 'k'.repeat(72), 201, 'API key registered.'],
    ['73 bytes', 'k'.repeat(73), 400, 'API key must be at most 72 bytes.'],
    ['40 characters of two bytes each', 'ü'.repeat(40), 400, 'API key must be at most 72 bytes.'],
  ])('of %s is answered as documented', async (_name, apiKey, status, detail) => {
    const fixture = await anApp({ withKey: false });

    const answer = await register(fixture, { api_key: apiKey, label: 'netbox-fastapi-1' });

    expect([answer.statusCode, answer.json()]).toEqual([status, { detail }]);
  });

  it('can be registered once, and the status says so with two opposite booleans', async () => {
    const fixture = await anApp({ withKey: false });
    const status = async () => (await fixture.app.inject('/auth/bootstrap-status')).json();

    expect(await status()).toEqual({ needs_bootstrap: true, has_db_keys: false });
    await register(fixture, { api_key: testKey });
    expect(await status()).toEqual({ needs_bootstrap: false, has_db_keys: true });
    const second = await register(fixture, { api_key: wrongKey });

    expect([second.statusCode, second.json()]).toEqual([
      409,
      { detail: 'An API key is already configured. Use that one, or add another with: proxbox-api keys add' },
    ]);
    expect((await register(fixture, { api_key: 'short' })).statusCode).toBe(400);
  });

  it('is won by exactly one of 50 registrations at once', async () => {
    const fixture = await anApp({ withKey: false, variables: behindProxy });

    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        register(fixture, { api_key: `${testKey}-${i}` }, { 'x-forwarded-for': `192.0.2.${i + 1}` }),
      ),
    );

    const statuses = answers.map(({ statusCode }) => statusCode).sort();
    expect(statuses).toEqual([201, ...Array.from({ length: 49 }, () => 409)]);
    expect(fixture.deps.apiKeys.list()).toHaveLength(1);
  });

  it('is asked for at most five times a minute from one address', async () => {
    const fixture = await anApp();
    const statuses = [];
    for (let i = 0; i < 6; i += 1) statuses.push((await register(fixture, { api_key: wrongKey })).statusCode);

    expect(statuses).toEqual([409, 409, 409, 409, 409, 429]);
    fixture.clock.advance(60_000);
    expect((await register(fixture, { api_key: wrongKey })).statusCode).toBe(409);
  });
});

describe('further keys', () => {
  it('are listed newest first, in the types that the plugin checks', async () => {
    const { app, headers, clock } = await anApp();
    clock.advance(1000);
    const created = (
      await app.inject({ method: 'POST', url: '/auth/keys', headers, payload: { label: 'second' } })
    ).json();

    const { keys } = (await app.inject({ url: '/auth/keys', headers })).json();

    expect(created).toEqual({
      id: 2,
      label: 'second',
      is_active: true,
      created_at: 1767225601,
      raw_key: expect.stringMatching(/^[\w-]{64}$/),
    });
    expect(keys).toEqual([
      { id: 2, label: 'second', is_active: true, created_at: 1767225601 },
      { id: 1, label: 'test', is_active: true, created_at: 1767225600 },
    ]);
  });

  it.each([[undefined], [{}], [{ ignored: true }]])('are created with 201 from the body %j', async (payload) => {
    const { app, headers } = await anApp();

    const answer = await app.inject({
      method: 'POST',
      url: '/auth/keys',
      headers,
      ...(payload === undefined ? {} : { payload }),
    });

    expect([answer.statusCode, answer.json().label]).toEqual([201, '']);
  });

  it('replace the first one, which stops working at once', async () => {
    const { app, headers } = await anApp();
    const { id, raw_key } = (await app.inject({ method: 'POST', url: '/auth/keys', headers })).json();
    const second = { 'x-proxbox-api-key': raw_key as string };

    const steps = [
      await app.inject({ method: 'POST', url: '/auth/keys/1/deactivate', headers }),
      await app.inject({ url: '/version', headers }),
      await app.inject({ method: 'DELETE', url: '/auth/keys/1', headers: second }),
      await app.inject({ method: 'DELETE', url: `/auth/keys/${id}`, headers: second }),
    ];

    expect(steps.map(({ statusCode }) => statusCode)).toEqual([200, 401, 204, 409]);
    expect(steps[2]!.body).toBe('');
  });

  it.each([
    ['DELETE', '/auth/keys/1'],
    ['POST', '/auth/keys/1/deactivate'],
  ] as const)('must exist before %s %s retires the last active one', async (method, url) => {
    const { app, headers, deps } = await anApp();

    const answer = await app.inject({ method, url, headers });

    expect([answer.statusCode, answer.json()]).toEqual([
      409,
      {
        detail: {
          code: 'last_active_api_key_required',
          message: 'Create and verify another active API key before retiring this key.',
        },
      },
    ]);
    expect(deps.apiKeys.list()).toHaveLength(1);
  });

  it.each([
    ['DELETE', '/auth/keys/99', 404],
    ['POST', '/auth/keys/99/deactivate', 404],
    ['POST', '/auth/keys/99/activate', 404],
    ['DELETE', '/auth/keys/x', 422],
  ] as const)('that do not exist: %s %s is %i', async (method, url, status) => {
    const { app, headers } = await anApp();

    expect((await app.inject({ method, url, headers })).statusCode).toBe(status);
  });

  it('can be used again after they were retired', async () => {
    const { app, headers } = await anApp();
    const { id, raw_key } = (await app.inject({ method: 'POST', url: '/auth/keys', headers })).json();
    await app.inject({ method: 'POST', url: `/auth/keys/${id}/deactivate`, headers });
    const again = await app.inject({ method: 'POST', url: `/auth/keys/${id}/activate`, headers });

    expect(again.json()).toEqual({ id, label: '', is_active: true, created_at: expect.any(Number) });
    expect((await app.inject({ url: '/version', headers: { 'x-proxbox-api-key': raw_key } })).statusCode).toBe(200);
  });
});
