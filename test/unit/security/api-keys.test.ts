import bcrypt from 'bcrypt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '../../../src/db/open.js';
import { apiKeys, bootstrapClaims } from '../../../src/db/schema.js';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { createApiKeys, type ApiKeys } from '../../../src/security/api-keys.js';
import {
  cleanUpDatabases,
  logProbe,
  newDatabase,
  openTestDatabase,
  pythonDatabaseCopy,
  pythonReleases,
  testClock,
  type TestClock,
} from '../db/database-kit.js';

cleanUpDatabases();
afterEach(() => vi.restoreAllMocks());

const key = 'k'.repeat(32);

function keysOf(db: Database, clock: TestClock = testClock()): ApiKeys {
  return createApiKeys({ db, clock, logger: logProbe().logger });
}

async function failure(work: () => unknown): Promise<ProxboxError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ProxboxError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** A row whose hash costs next to nothing. */
function storeHash(db: Database, rawKey: string, isActive = true, prefix = '$2b$'): number {
  const keyHash = bcrypt.hashSync(rawKey, 4).replace('$2b$', prefix);
  return db.insert(apiKeys, { label: '', keyHash, isActive, createdAt: 1 });
}

describe('registering the first key', () => {
  it.each([
    ['31 characters', 'x'.repeat(31), 'API key must be at least 32 characters. Make one with: openssl rand -hex 24'],
    ['73 bytes', 'x'.repeat(73), 'API key must be at most 72 bytes.'],
    ['73 bytes in 37 characters', `${'ä'.repeat(36)}x`, 'API key must be at most 72 bytes.'],
    ['a line end inside', `${'x'.repeat(20)}\n${'x'.repeat(20)}`, 'API key must not contain control characters.'],
  ])('refuses %s, and leaves the database open for a right one', async (_case, rawKey, message) => {
    const keys = keysOf(newDatabase());

    expect(await failure(() => keys.register(rawKey, ''))).toMatchObject({ code: 'bad_request', status: 400, message });

    expect(keys.bootstrapStatus()).toEqual({ needs_bootstrap: true, has_db_keys: false });
  });

  it.each(['x'.repeat(32), 'x'.repeat(72)])('accepts %s and stores a bcrypt hash of cost 12', async (rawKey) => {
    const db = newDatabase();
    const keys = keysOf(db);

    await keys.register(rawKey, 'netbox');

    expect(db.orm.select().from(apiKeys).get()?.keyHash).toMatch(/^\$2b\$12\$/);
    expect(keys.bootstrapStatus()).toEqual({ needs_bootstrap: false, has_db_keys: true });
    expect(await keys.verify(rawKey)).toBe(1);
  });

  it('checks the length first, also when a key is there already', async () => {
    const keys = keysOf(newDatabase());
    await keys.register(key, '');

    expect(await failure(() => keys.register('short', ''))).toMatchObject({ status: 400 });
    expect(await failure(() => keys.register(key, ''))).toMatchObject({
      status: 409,
      message: 'An API key is already configured. Use that one, or add another with: proxbox-api keys add',
    });
  });

  it('stays closed when every key is inactive or only a claim is left', async () => {
    const db = newDatabase();
    const keys = keysOf(db);
    await keys.register(key, '');
    db.orm.update(apiKeys).set({ isActive: false }).run();

    expect(await failure(() => keys.register(key, ''))).toMatchObject({ status: 409 });
    expect(keys.bootstrapStatus()).toEqual({ needs_bootstrap: false, has_db_keys: true });
    expect(keys.hasActiveKey()).toBe(false);
    db.orm.delete(apiKeys).run();
    expect(await failure(() => keys.register(key, ''))).toMatchObject({ status: 409 });
    expect(keys.bootstrapStatus()).toEqual({ needs_bootstrap: false, has_db_keys: true });
  });

  it('lets exactly one of two concurrent registrations win', async () => {
    const db = newDatabase();
    const results = await Promise.allSettled([keysOf(db).register(key, ''), keysOf(db).register('y'.repeat(40), '')]);

    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(db.orm.select().from(apiKeys).all()).toHaveLength(1);
    expect(db.orm.select().from(bootstrapClaims).all()).toHaveLength(1);
  });

  it('lets exactly one of two processes win', async () => {
    const db = newDatabase();
    const other = openTestDatabase(db.path);

    const results = await Promise.allSettled([keysOf(db).register(key, 'a'), keysOf(other).register(key, 'b')]);

    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(other.orm.select().from(apiKeys).all()).toHaveLength(1);
  });

  it('stores neither claim nor key when the insert fails', async () => {
    const db = newDatabase();
    db.sqlite.exec("CREATE TRIGGER refuse BEFORE INSERT ON apikey BEGIN SELECT RAISE(ABORT, 'disk full'); END");

    await expect(keysOf(db).register(key, '')).rejects.toThrow('disk full');

    expect(db.orm.select().from(bootstrapClaims).all()).toEqual([]);
    expect(keysOf(db).bootstrapStatus().needs_bootstrap).toBe(true);
  });
});

describe('retiring keys', () => {
  it('keeps the only active key, whatever else is stored', async () => {
    const db = newDatabase();
    const id = storeHash(db, key);
    storeHash(db, 'inactive', false);
    const keys = keysOf(db);

    for (const retire of [() => keys.remove(id), () => keys.deactivate(id)]) {
      expect(await failure(retire)).toMatchObject({
        status: 409,
        detail: {
          code: 'last_active_api_key_required',
          message: 'Create and verify another active API key before retiring this key.',
        },
      });
    }
    expect(
      db.orm
        .select()
        .from(apiKeys)
        .all()
        .map(({ isActive }) => isActive),
    ).toEqual([true, false]);
  });

  it('answers 404 first', async () => {
    const keys = keysOf(newDatabase());

    for (const work of [() => keys.remove(7), () => keys.deactivate(7), () => keys.activate(7)]) {
      expect(await failure(work)).toMatchObject({ status: 404, message: 'API key not found.' });
    }
  });

  it('leaves one of two active keys when both are retired at once by two processes', async () => {
    const db = newDatabase();
    const other = openTestDatabase(db.path);
    const [first, second] = [storeHash(db, 'a'), storeHash(db, 'b')];

    const results = await Promise.allSettled([
      Promise.resolve().then(() => keysOf(db).deactivate(first)),
      Promise.resolve().then(() => keysOf(other).deactivate(second)),
    ]);

    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(keysOf(db).hasActiveKey()).toBe(true);
  });

  it('rotates: the new key works, and the old one stops with the very next request', async () => {
    const db = newDatabase();
    const old = storeHash(db, key);
    const keys = keysOf(db);
    expect(await keys.verify(key)).toBe(old);

    const created = await keys.create('new');
    expect(created).toMatchObject({ id: 2, label: 'new', is_active: true, created_at: expect.any(Number) });
    expect(created.raw_key).toMatch(/^[A-Za-z0-9_-]{64}$/);
    keys.deactivate(old);

    expect(keys.isVerifiedCached(key)).toBe(false);
    expect(await keys.verify(key)).toBeNull();
    expect(keys.activate(old)).toMatchObject({ id: old, is_active: true });
    keys.remove(old);
    expect(keys.list().map(({ id }) => id)).toEqual([2]);
    expect(await keys.verify(created.raw_key)).toBe(2);
  });

  it('lists newest first, without hashes', () => {
    const db = newDatabase();
    storeHash(db, 'a');
    storeHash(db, 'b');

    expect(keysOf(db).list()).toEqual([
      { id: 2, label: '', is_active: true, created_at: 1 },
      { id: 1, label: '', is_active: true, created_at: 1 },
    ]);
  });
});

describe('verifying a presented key', () => {
  it.each(['$2a$', '$2b$', '$2y$'])('accepts a hash with the prefix %s', async (prefix) => {
    const db = newDatabase();
    storeHash(db, key, true, prefix);

    expect(await keysOf(db).verify(key)).toBe(1);
  });

  it('skips a malformed hash and goes on', async () => {
    const db = newDatabase();
    db.insert(apiKeys, { label: '', keyHash: '$2b$12$short', isActive: true, createdAt: 1 });
    storeHash(db, key);

    expect(await keysOf(db).verify(key)).toBe(2);
  });

  it('never cuts a long key: 72 right bytes and one more are wrong', async () => {
    const db = newDatabase();
    const longest = 'z'.repeat(72);
    storeHash(db, longest);
    const keys = keysOf(db);

    expect(await keys.verify(`${longest}z`)).toBeNull();
    expect(await keys.verify('')).toBeNull();
    expect(await keys.verify(longest)).toBe(1);
  });

  it('remembers a right key for five minutes after its last use, and a wrong one never', async () => {
    const clock = testClock();
    const db = newDatabase();
    storeHash(db, key);
    const keys = keysOf(db, clock);
    const compare = vi.spyOn(bcrypt, 'compare');

    await keys.verify(key);
    await keys.verify(key);
    expect(compare).toHaveBeenCalledTimes(1);
    for (let n = 0; n < 4; n += 1) {
      clock.advance(200_000);
      expect(keys.isVerifiedCached(key)).toBe(true);
    }
    clock.advance(300_001);
    expect(keys.isVerifiedCached(key)).toBe(false);
    expect(keys.isVerifiedCached('wrong')).toBe(false);
  });

  it('hashes nothing for wrong keys, and once for a right one, where every key has a fingerprint', async () => {
    const db = newDatabase();
    for (const name of ['one', 'two', 'three']) storeHash(db, name);
    const first = keysOf(db);
    for (const name of ['one', 'two', 'three']) await first.verify(name);
    const keys = keysOf(db);
    const compare = vi.spyOn(bcrypt, 'compare');

    for (let n = 0; n < 100; n += 1) expect(await keys.verify(`wrong ${n}`)).toBeNull();
    expect(compare).not.toHaveBeenCalled();
    expect(await keys.verify('three')).toBe(3);
    expect(compare).toHaveBeenCalledTimes(1);
  });

  it('a key that was made here has a fingerprint at once, but has let nobody in', async () => {
    const keys = createApiKeys({ db: newDatabase(), clock: testClock(), logger: logProbe().logger, bcryptCost: 4 });
    const { raw_key: made } = await keys.create('');
    const compare = vi.spyOn(bcrypt, 'compare');

    expect(await keys.verify('wrong')).toBeNull();
    expect(compare).not.toHaveBeenCalled();
    expect(keys.hasWorked(made)).toBe(false);
    await keys.verify(made);
    expect(keys.hasWorked(made)).toBe(true);
  });

  it('checks few unknown keys at once against keys without a fingerprint, and tells the others when to come back', async () => {
    const db = newDatabase();
    storeHash(db, 'known');
    await keysOf(db).verify('known');
    storeHash(db, 'of the Python service');
    const keys = keysOf(db);

    const unknown = Array.from({ length: 40 }, (_, n) =>
      failure(() => keys.verify(`wrong ${n}`)).catch(() => undefined),
    );
    expect(await keys.verify('known')).toBe(1);

    const refused = (await Promise.all(unknown)).filter((answer) => answer !== undefined);
    expect(refused).toHaveLength(24);
    expect(refused[0]).toMatchObject({ code: 'rate_limited', status: 429, retryAfterS: 2 });
    expect(await keys.verify('of the Python service')).toBe(2);
  });

  it('goes on where the fingerprint cannot be written', async () => {
    const db = newDatabase();
    storeHash(db, key);
    db.sqlite.exec(
      "CREATE TRIGGER refuse BEFORE INSERT ON api_key_fingerprint BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    );

    expect(await keysOf(db).verify(key)).toBe(1);
  });

  it.each([
    [
      'a key of which the Python service replaced the hash',
      (hash: string) => `UPDATE apikey SET key_hash = '${hash}' WHERE id = 2`,
    ],
    [
      'a key that has the id of a deleted one',
      (hash: string) =>
        `DELETE FROM apikey WHERE id = 2; INSERT INTO apikey (label, key_hash, is_active, created_at) VALUES ('', '${hash}', 1, 2)`,
    ],
  ])('finds %s, and the one before it no more', async (_what, change) => {
    const db = newDatabase();
    for (const name of ['one', 'two']) storeHash(db, name);
    const keys = keysOf(db);
    for (const name of ['one', 'two']) await keys.verify(name);
    openTestDatabase(db.path).sqlite.exec(change(bcrypt.hashSync('three', 4)));

    for (const now of [keys, keysOf(db)]) {
      expect(await now.verify('three')).toBe(2);
      expect([await now.verify('two'), now.hasWorked('two'), now.hasWorked('three')]).toEqual([null, false, true]);
    }
    const compare = vi.spyOn(bcrypt, 'compare');
    expect([await keysOf(db).verify('wrong'), compare.mock.calls.length]).toEqual([null, 0]);
  });

  it('lets a right key in where nothing can be written any more', async () => {
    const db = newDatabase();
    storeHash(db, key);
    const keys = keysOf(db);
    db.sqlite.pragma('query_only = ON');

    expect(await keys.verify(key)).toBe(1);
    expect(await keys.verify('wrong')).toBeNull();
  });

  it('hashes once for many requests with the same new key', async () => {
    const db = newDatabase();
    storeHash(db, key);
    const keys = keysOf(db);
    const compare = vi.spyOn(bcrypt, 'compare');

    const found = await Promise.all(Array.from({ length: 8 }, () => keys.verify(key)));

    expect(found).toEqual(Array.from({ length: 8 }, () => 1));
    expect(compare).toHaveBeenCalledTimes(1);
  });

  it('does not accept from memory what was changed in the file by another process', async () => {
    const db = newDatabase();
    storeHash(db, key);
    storeHash(db, 'other');
    const keys = keysOf(db);
    await keys.verify(key);

    openTestDatabase(db.path).sqlite.exec("UPDATE apikey SET key_hash = 'replaced' WHERE id = 1");

    expect(keys.isVerifiedCached(key)).toBe(false);
    expect(await keys.verify(key)).toBeNull();
  });

  it('does no less work for an unknown key than for an inactive one', async () => {
    const db = newDatabase();
    storeHash(db, key);
    storeHash(db, 'inactive', false);
    const keys = keysOf(db);
    const compare = vi.spyOn(bcrypt, 'compare');

    await keys.verify('inactive');
    const forInactive = compare.mock.calls.length;
    await keys.verify('unknown');

    expect(compare.mock.calls.length - forInactive).toBe(forInactive);
  });
});

describe.each(pythonReleases)('a file of release %s of the Python service', (release) => {
  it('keeps its keys: hashes verify, inactive ones do not, registration stays closed', async () => {
    const keys = keysOf(openTestDatabase(pythonDatabaseCopy(release)));

    expect(await keys.verify('fixture-api-key-active-0123456789abcdef')).toBe(1);
    expect(await keys.verify('fixture-api-key-retired-0123456789abcdef')).toBeNull();
    expect(keys.list().map(({ id, label, is_active }) => [id, label, is_active])).toEqual([
      [2, 'retired', false],
      [1, 'netbox-fastapi-1', true],
    ]);
    expect(keys.bootstrapStatus()).toEqual({ needs_bootstrap: false, has_db_keys: true });
    expect(await failure(() => keys.register(key, ''))).toMatchObject({ status: 409 });
  });
});
