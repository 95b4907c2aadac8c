import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Database } from '../../../src/db/open.js';
import { netboxEndpoints, proxmoxEndpoints } from '../../../src/db/schema.js';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { decideStart, noKeyMessage } from '../../../src/security/encryption-start.js';
import { createSecretBox } from '../../../src/security/secret-box.js';
import { Secret } from '../../../src/config/secret.js';
import {
  cleanUpDatabases,
  newDatabase,
  openTestDatabase,
  pythonDatabaseCopy,
  pythonKey,
  temporaryFolder,
  vaultFor,
} from '../db/database-kit.js';

cleanUpDatabases();

const seal = (key: string, text: string): string => createSecretBox([new Secret(key)]).seal(text);
const force = { force: false };
const place = { scope: 'other', table: 'proxmoxendpoint', column: 'password', name: 'pve' } as const;

function storePassword(db: Database, password: string, name = 'pve'): void {
  db.insert(proxmoxEndpoints, {
    name,
    ip_address: '10.0.0.1',
    port: 8006,
    username: 'root@pam',
    password,
    verify_ssl: true,
    allow_writes: false,
    access_methods: 'api',
    enabled: true,
  });
}

function storeToken(db: Database, token: string): void {
  db.insert(netboxEndpoints, {
    name: 'netbox',
    ip_address: '10.0.0.2',
    domain: '',
    port: 443,
    token_version: 'v1',
    token,
    verify_ssl: true,
    enabled: true,
  });
}

function errorOf(work: () => unknown): ProxboxError {
  try {
    work();
  } catch (error) {
    if (error instanceof ProxboxError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the order of keys', () => {
  function keyFile(text: string): string {
    const file = path.join(temporaryFolder(), 'key');
    writeFileSync(file, text);
    return file;
  }

  it('is file, environment, plugin, file beside the database', () => {
    const db = newDatabase();
    writeFileSync(path.join(path.dirname(db.path), 'encryption.key'), 'standard\n');
    const sealsWith = (options: Parameters<typeof vaultFor>[1], plugin: string | null, key: string): boolean => {
      const { keys } = vaultFor(db, options);
      keys.setPluginKey(plugin);
      return createSecretBox([new Secret(key)]).open(keys.box('other').seal('x')).kind === 'decrypted';
    };

    expect(sealsWith({ file: keyFile(' from-file \n'), env: 'from-env' }, 'from-plugin', 'from-file')).toBe(true);
    expect(sealsWith({ env: 'from-env' }, 'from-plugin', 'from-env')).toBe(true);
    expect(sealsWith({}, 'from-plugin', 'from-plugin')).toBe(true);
    expect(sealsWith({}, null, 'standard')).toBe(true);
  });

  it('does not matter for reading: whatever any of them wrote is readable', () => {
    const { keys, vault } = vaultFor(newDatabase(), { file: keyFile('from-file'), env: 'from-env' });
    keys.setPluginKey('from-plugin');

    for (const key of ['from-file', 'from-env', 'from-plugin']) {
      expect((vault.read(seal(key, key), place) as Secret).reveal()).toBe(key);
    }
  });

  it('treats a missing or empty key file as absent, with a warning, and refuses an unreadable one', () => {
    const db = newDatabase();
    const missing = path.join(temporaryFolder(), 'missing');

    for (const file of [missing, keyFile(' \n')]) {
      const { keys, log } = vaultFor(db, { file, env: 'from-env' });
      expect(keys.status().source).toBe('env');
      expect(log.text()).toContain('PROXBOX_ENCRYPTION_KEY_FILE');
    }
    expect(errorOf(() => vaultFor(db, { file: temporaryFolder() })).message).toContain('exists but cannot be read');
  });
});

describe('NetBox secrets', () => {
  it('are never sealed with the key of the plugin, which they are needed to read', () => {
    const { keys, vault } = vaultFor(newDatabase(), {});
    keys.setPluginKey('from-plugin');

    expect(vault.seal('password', 'other')).toMatch(/^enc:/);
    expect(errorOf(() => vault.seal('token', 'netbox'))).toMatchObject({ code: 'encryption_unavailable', status: 400 });
    expect(errorOf(() => vault.seal('token', 'netbox')).message).toContain('PROXBOX_ENCRYPTION_KEY_FILE');
  });

  it('stay readable when the Python service sealed them with that key', () => {
    const { keys, vault } = vaultFor(newDatabase(), {});
    keys.setPluginKey('from-plugin');

    const secret = vault.read(seal('from-plugin', 'token'), { ...place, scope: 'netbox' });

    expect((secret as Secret).reveal()).toBe('token');
  });
});

describe('storing a secret without a key', () => {
  it('is refused and names every way out', () => {
    const { vault } = vaultFor(newDatabase(), {});

    const { message, status } = errorOf(() => vault.seal('secret', 'other'));

    expect(status).toBe(400);
    for (const word of [
      'PROXBOX_ENCRYPTION_KEY',
      'plugin settings',
      'POST /admin/encryption/key',
      'PROXBOX_ALLOW_PLAINTEXT_CREDENTIALS=1',
    ]) {
      expect(message).toContain(word);
    }
  });

  it('stores plain text with one CRITICAL line where that was asked for', () => {
    const { vault, log } = vaultFor(newDatabase(), { allowPlaintext: true });

    expect([vault.seal('a', 'other'), vault.seal('b', 'netbox')]).toEqual(['a', 'b']);

    expect(log.lines().filter(({ level }) => level === 60)).toHaveLength(1);
  });

  it('is 503 while the key is expected from NetBox, and works once it has come', () => {
    const { keys, vault } = vaultFor(newDatabase(), {});
    keys.awaitPluginKey();

    expect(keys.state()).toBe('pending');
    expect(errorOf(() => vault.seal('a', 'other'))).toMatchObject({ code: 'key_pending', status: 503 });
    expect(errorOf(() => vault.read(seal('late', 'a'), place))).toMatchObject({ code: 'key_pending' });
    keys.setPluginKey('late');
    expect(keys.state()).toBe('ready');
    expect((vault.read(seal('late', 'a'), place) as Secret).reveal()).toBe('a');
  });

  it('is refused for good when NetBox turns out to have no key', () => {
    const { keys, vault } = vaultFor(newDatabase(), {});
    keys.awaitPluginKey();

    keys.setPluginKey(null);

    expect(keys.state()).toBe('missing');
    expect(errorOf(() => vault.seal('a', 'other')).code).toBe('encryption_unavailable');
  });

  it('makes no ciphertext of an empty secret', () => {
    const { vault } = vaultFor(newDatabase());

    expect([vault.seal('', 'other'), vault.seal(null, 'other'), vault.reseal('', 'other')]).toEqual([null, null, null]);
  });
});

describe('reading a secret', () => {
  it('warns once, without the ciphertext, when no key decrypts it, and hands nothing out', () => {
    const { vault, log } = vaultFor(newDatabase());
    const stored = seal('lost key', 'secret');

    expect([vault.read(stored, place), vault.read(stored, place)]).toEqual(['unreadable', 'unreadable']);

    expect(log.lines()).toHaveLength(1);
    expect(log.lines()[0]).toMatchObject({ level: 40, table: 'proxmoxendpoint', column: 'password', row: 'pve' });
    expect(log.text()).not.toContain(stored.slice(4));
  });

  it('says which value is still under another key', () => {
    const file = path.join(temporaryFolder(), 'key');
    writeFileSync(file, 'first');
    const { vault, log } = vaultFor(newDatabase(), { file, env: 'second' });

    vault.read(seal('second', 'secret'), place);

    expect(log.lines().at(-1)).toMatchObject({ level: 40, column: 'password', row: 'pve' });
  });
});

describe('sealing again at a save', () => {
  const file = (): string => {
    const name = path.join(temporaryFolder(), 'key');
    writeFileSync(name, 'first');
    return name;
  };

  it('renews plain text and what another key sealed, and nothing else', () => {
    const { vault } = vaultFor(newDatabase(), { file: file(), env: 'second' });
    const current = seal('first', 'a');
    const lost = seal('lost', 'b');

    expect(vault.reseal(current, 'other')).toBe(current);
    expect(vault.reseal(lost, 'other')).toBe(lost);
    for (const stored of ['a', seal('second', 'a')]) {
      const renewed = vault.reseal(stored, 'other') ?? '';
      expect(createSecretBox([new Secret('first')]).open(renewed)).toMatchObject({ value: 'a' });
    }
  });

  it('keeps the stored text when the same secret is pushed again', () => {
    const { vault } = vaultFor(newDatabase());
    const stored = vault.seal('same', 'other');

    expect(vault.seal('same', 'other', stored)).toBe(stored);
    expect(vault.seal('new', 'other', stored)).not.toBe(stored);
  });
});

describe('the status', () => {
  it('attests only when the active key alone decrypts every value of every table', () => {
    const db = openTestDatabase(pythonDatabaseCopy('0.0.30.post2'));

    expect(vaultFor(db, { env: pythonKey }).keys.status()).toEqual({
      configured: true,
      source: 'env',
      attestation_version: 1,
      active_key_source: 'env',
      encrypted_credentials_verified: true,
      unreadable: [],
      warnings: [],
    });
    const wrong = vaultFor(db, { env: 'wrong' }).keys.status();
    expect(wrong.encrypted_credentials_verified).toBe(false);
    expect(wrong.unreadable).toContain("pbsendpoint.token_secret of 'pbs-lab'");
    expect(wrong.unreadable).toContain("netboxendpoint.token of 'netbox-primary'");
  });

  it('does not attest when one value needs another key, or when there is no key', () => {
    const db = newDatabase();
    storePassword(db, seal('first', 'a'));
    storePassword(db, seal('second', 'b'), 'other');
    writeFileSync(path.join(path.dirname(db.path), 'encryption.key'), 'second');

    expect(vaultFor(db, { env: 'first' }).keys.status()).toMatchObject({
      encrypted_credentials_verified: false,
      unreadable: [],
    });
    expect(vaultFor(newDatabase(), {}).keys.status()).toMatchObject({
      configured: false,
      source: null,
      active_key_source: null,
      encrypted_credentials_verified: false,
    });
  });
});

describe('the key file of the admin routes', () => {
  const standard = (db: Database): string => path.join(path.dirname(db.path), 'encryption.key');

  it('is written beside the database, trimmed, for the owner only, and used at once', () => {
    const db = newDatabase();
    const { keys, vault } = vaultFor(db, {});

    expect(keys.setKey('  a new key ', force)).toMatchObject({ configured: true, source: 'local' });

    expect(statSync(standard(db)).mode & 0o777).toBe(0o600);
    expect(readFileSync(standard(db), 'utf8').trim()).toBe('a new key');
    expect(createSecretBox([new Secret('a new key')]).open(vault.seal('x', 'netbox') ?? '')).toMatchObject({
      value: 'x',
    });
  });

  it('is the file of the variable when that is set, with its folder', () => {
    const db = newDatabase();
    const file = path.join(temporaryFolder(), 'secrets', 'key');
    const { keys } = vaultFor(db, { file, env: 'env' });

    expect(keys.setKey('file key', force).source).toBe('local');

    expect(existsSync(file)).toBe(true);
    expect(existsSync(standard(db))).toBe(false);
  });

  it('replaces a file of another mode by one for the owner only', () => {
    const db = newDatabase();
    writeFileSync(standard(db), 'old');
    chmodSync(standard(db), 0o644);

    vaultFor(db, {}).keys.setKey('new', force);

    expect(statSync(standard(db)).mode & 0o777).toBe(0o600);
  });

  it('generates a key in the form of a Fernet key and shows it once', () => {
    const db = newDatabase();
    const { keys } = vaultFor(db, {});

    const { key } = keys.generateKey(force);

    expect(key).toMatch(/^[A-Za-z0-9_-]{43}=$/);
    expect(keys.status()).not.toHaveProperty('key');
    expect(readFileSync(standard(db), 'utf8').trim()).toBe(key);
  });

  it('refuses a blank key, and says when the file cannot be written', () => {
    const db = newDatabase();
    const blocked = path.join(temporaryFolder(), 'file');
    writeFileSync(blocked, '');
    mkdirSync(standard(db));

    expect(errorOf(() => vaultFor(newDatabase(), {}).keys.setKey('  ', force))).toMatchObject({
      code: 'encryption_unavailable',
      status: 400,
      message: 'Encryption key value must be a non-empty string.',
    });
    const { keys } = vaultFor(newDatabase(), { file: path.join(blocked, 'key') });
    expect(errorOf(() => keys.setKey('key', force))).toMatchObject({ status: 400 });
    expect(keys.status().configured).toBe(false);
  });

  it('still answers when a higher source stays active', () => {
    const { keys } = vaultFor(newDatabase(), { env: 'env key' });

    expect(keys.setKey('file key', force)).toMatchObject({ configured: true, source: 'env' });
  });

  it('is not replaced when that would strand stored values, unless forced', () => {
    const db = newDatabase();
    const { keys } = vaultFor(db, {});
    keys.setKey('first', force);
    storePassword(db, seal('first', 'a'));

    expect(errorOf(() => keys.setKey('second', force))).toMatchObject({ code: 'conflict', status: 409 });
    expect(errorOf(() => keys.generateKey(force))).toMatchObject({ code: 'conflict' });
    expect(keys.status().encrypted_credentials_verified).toBe(true);
    expect(keys.setKey('second', { force: true }).encrypted_credentials_verified).toBe(false);
  });

  it('is not deleted while a value needs it, and is when another source decrypts it', () => {
    const db = newDatabase();
    writeFileSync(standard(db), 'shared');
    storePassword(db, seal('shared', 'a'));
    const alone = vaultFor(db, {}).keys;

    expect(errorOf(() => alone.removeKey())).toMatchObject({
      status: 409,
      message:
        'Encrypted credentials still exist in the database. Remove or rotate them before clearing the encryption key.',
    });
    expect(existsSync(standard(db))).toBe(true);
    expect(vaultFor(db, { env: 'shared' }).keys.removeKey()).toMatchObject({ source: 'env' });
    expect(existsSync(standard(db))).toBe(false);
  });

  it('is not deleted when only the plugin key would be left for the NetBox token', () => {
    const db = newDatabase();
    writeFileSync(standard(db), 'shared');
    storeToken(db, seal('shared', 'token'));
    const { keys } = vaultFor(db, {});
    keys.setPluginKey('shared');

    expect(errorOf(() => keys.removeKey()).status).toBe(409);
  });

  it('can be deleted when nothing is encrypted', () => {
    const db = newDatabase();
    const { keys } = vaultFor(db, {});
    keys.setKey('first', force);

    expect(keys.removeKey()).toMatchObject({ configured: false, source: null });
  });

  it('tells its listeners and the security log', () => {
    const { keys, log } = vaultFor(newDatabase(), {});
    let changes = 0;
    keys.onChange(() => (changes += 1));

    keys.setKey('first', force);
    keys.removeKey();

    expect(changes).toBe(2);
    expect(log.lines().flatMap(({ change }) => change ?? [])).toEqual(['set', 'deleted']);
    expect(log.text()).not.toContain('first');
  });
});

describe('the start', () => {
  const facts = { hasKey: false, allowsPlaintext: false, canAskPlugin: true, plugin: 'not_asked' } as const;

  it.each([
    ['with a key', { ...facts, hasKey: true }, 'start'],
    ['with the plaintext opt-in', { ...facts, allowsPlaintext: true }, 'start_plaintext'],
    ['asks the plugin when a NetBox endpoint can be read', facts, 'ask_plugin'],
    ['without any endpoint to ask', { ...facts, canAskPlugin: false }, 'refuse'],
    ['when the plugin has no key', { ...facts, plugin: 'answered' }, 'refuse'],
    ['when NetBox does not answer', { ...facts, plugin: 'unreachable' }, 'start_pending'],
  ] as const)('%s', (_case, given, decision) => {
    expect(decideStart(given)).toBe(decision);
  });

  it('names the three ways out when it is refused', () => {
    for (const name of [
      'PROXBOX_ENCRYPTION_KEY ',
      'PROXBOX_ENCRYPTION_KEY_FILE',
      'PROXBOX_ALLOW_PLAINTEXT_CREDENTIALS=1',
      'openssl rand',
    ]) {
      expect(noKeyMessage).toContain(name);
    }
  });
});
