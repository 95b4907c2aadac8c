import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/db/open.js';
import { readColumns } from '../../../src/db/repairs.js';
import { apiKeys, proxmoxEndpoints } from '../../../src/db/schema.js';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import {
  cleanUpDatabases,
  logProbe,
  newDatabase,
  openTestDatabase,
  pythonDatabaseCopy,
  pythonReleases,
  temporaryFolder,
  testClock,
} from './database-kit.js';

cleanUpDatabases();

function refusal(file: string): ProxboxError {
  try {
    openDatabase({ path: file, clock: testClock(), logger: logProbe().logger }).close();
  } catch (error) {
    if (error instanceof ProxboxError) return error;
    throw error;
  }
  throw new Error('the file was opened');
}

describe('a new database', () => {
  it('is created with its folder, for the owner only, with the pragmas that keep data safe', () => {
    const file = path.join(temporaryFolder(), 'deep', 'er', 'database.db');

    const { sqlite } = openTestDatabase(file);

    expect(statSync(file).mode & 0o777).toBe(0o600);
    const pragmas = ['journal_mode', 'synchronous', 'busy_timeout', 'foreign_keys'];
    expect(pragmas.map((name) => sqlite.pragma(name, { simple: true }))).toEqual(['wal', 2, 50, 1]);
  });

  it('has the tables and indexes of one of the Python service, and besides only columns that may be empty', () => {
    interface Column {
      readonly name: string;
      readonly notnull: number;
      readonly dflt_value: string | null;
    }
    const shape = (db: BetterSqlite3.Database, table: string): readonly Column[] =>
      db
        .prepare<[string], Column>(
          'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?) ORDER BY name',
        )
        .all(table);
    const original = new BetterSqlite3(pythonDatabaseCopy('0.0.19.post5'), { readonly: true });
    const names = (type: string): readonly string[] =>
      original
        .prepare<[string], string>("SELECT name FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite_%'")
        .pluck()
        .all(type);
    const { sqlite } = newDatabase();

    const extra: string[] = [];
    for (const table of names('table')) {
      const known = shape(original, table);
      const all = shape(sqlite, table);
      const own = all.filter(({ name }) => !known.some((column) => column.name === name));
      expect(
        own.filter(({ notnull, dflt_value }) => notnull === 1 && dflt_value === null),
        table,
      ).toEqual([]);
      extra.push(...own.map(({ name }) => `${table}.${name}`));
      if (table === 'proxmoxendpoint') continue;
      expect(
        all.filter((column) => !own.includes(column)),
        table,
      ).toEqual(known);
    }
    expect(extra).toContain('netboxendpoint.base_path');
    const ours = sqlite.prepare("SELECT name FROM sqlite_master WHERE type = 'index'").pluck().all();
    expect(ours).toEqual(expect.arrayContaining([...names('index')]));
    original.close();
  });

  it('opens again and again without changing anything', () => {
    const file = path.join(temporaryFolder(), 'database.db');
    openTestDatabase(file).close();
    const dump = (): unknown => {
      const db = new BetterSqlite3(file);
      const schema = db.prepare('SELECT type, name, sql FROM sqlite_master ORDER BY name').all();
      db.close();
      return schema;
    };
    const before = dump();

    openTestDatabase(file).close();

    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(dump()).toEqual(before);
  });

  it('is what the example file shows', () => {
    const example = path.join(import.meta.dirname, '../../../database.db.example');
    const tables = (db: BetterSqlite3.Database): unknown =>
      db.prepare("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') ORDER BY name").all();
    const exampleDb = new BetterSqlite3(example, { readonly: true });

    expect(tables(exampleDb)).toEqual(tables(newDatabase().sqlite));
    expect(exampleDb.prepare('SELECT count(*) FROM apikey').pluck().get()).toBe(0);
    exampleDb.close();
  });
});

describe('a database that cannot be used', () => {
  it('is refused with path and reason when it is no SQLite file, and left as it is', () => {
    const file = path.join(temporaryFolder(), 'database.db');
    writeFileSync(file, 'this is a letter, not a database, and it is long enough to be read as a header');

    const error = refusal(file);

    expect(error.message).toContain(file);
    expect(error.message).toContain('not an SQLite file');
    expect(readFileSync(file, 'utf8')).toMatch(/^this is a letter/);
  });

  it('is refused when its pages are damaged', () => {
    const file = path.join(temporaryFolder(), 'database.db');
    openTestDatabase(file).close();
    const bytes = readFileSync(file);
    bytes.fill(0xff, 4096, 4096 * 6);
    writeFileSync(file, bytes);

    expect(refusal(file).message).toMatch(/damaged/);
  });

  it('is refused when a newer release has migrated it', () => {
    const file = path.join(temporaryFolder(), 'database.db');
    const db = openTestDatabase(file);
    db.sqlite
      .prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)')
      .run('later', 4_000_000_000_000);
    db.close();

    expect(refusal(file).message).toContain('newer release');
  });

  it('is refused when the path is a folder, or its folder cannot be made', () => {
    const folder = temporaryFolder();
    mkdirSync(path.join(folder, 'database.db'));
    writeFileSync(path.join(folder, 'file'), '');

    expect(refusal(path.join(folder, 'database.db')).message).toContain('it is a folder');
    expect(refusal(path.join(folder, 'file', 'database.db')).message).toContain('folder cannot be created');
  });
});

describe('ids of endpoints', () => {
  const given = (db: BetterSqlite3.Database): unknown =>
    db.prepare("SELECT id, name, is_older FROM endpoint_id WHERE kind = 'proxmox' ORDER BY id").raw().all();
  const insert = (db: BetterSqlite3.Database, name: string): unknown =>
    db
      .prepare(
        "INSERT INTO proxmoxendpoint (name, ip_address, port, username, verify_ssl, allow_writes, access_methods, enabled) VALUES (?, '192.0.2.1', 8006, 'root@pam', 1, 0, 'api', 1)",
      )
      .run(name);

  it('are kept from the first start on, those of a file without the table as older ones', () => {
    const file = path.join(temporaryFolder(), 'database.db');
    const before = openTestDatabase(file);
    // As the first release left it.
    before.sqlite.exec(`
      DELETE FROM __drizzle_migrations WHERE created_at > 1735689600000;
      DROP TABLE known_cluster; DROP TABLE machine_memory; DROP TABLE endpoint_id; DROP TABLE runs;
      DROP TRIGGER proxmoxendpoint_id_given; DROP TRIGGER proxmoxendpoint_id_left;
      DROP TRIGGER netboxendpoint_id_given; DROP TRIGGER netboxendpoint_id_left`);
    insert(before.sqlite, 'old');
    before.close();

    const { sqlite } = openTestDatabase(file);
    insert(sqlite, 'new');
    sqlite.prepare("DELETE FROM proxmoxendpoint WHERE name = 'new'").run();

    expect(given(sqlite)).toEqual([
      [1, 'old', 1],
      [2, 'new', 0],
    ]);
  });

  it.each(pythonReleases)('are kept of a file of the Python service %s', (release) => {
    const { sqlite } = openTestDatabase(pythonDatabaseCopy(release));
    const stored = sqlite.prepare('SELECT id, name, 1 FROM proxmoxendpoint ORDER BY id').raw().all();

    expect(stored.length).toBeGreaterThan(0);
    expect(given(sqlite)).toEqual(stored);
  });

  it('keeps what was known of clusters before it was confirmed as confirmed', () => {
    const file = path.join(temporaryFolder(), 'database.db');
    const before = openTestDatabase(file);
    before.sqlite.exec(`
      DELETE FROM __drizzle_migrations WHERE created_at > 1795737600000;
      DROP TRIGGER proxmoxendpoint_id_given; DROP TRIGGER proxmoxendpoint_id_left;
      DROP TRIGGER netboxendpoint_id_given; DROP TRIGGER netboxendpoint_id_left;
      ALTER TABLE known_cluster DROP COLUMN is_confirmed; DROP TABLE endpoint_id;
      ALTER TABLE known_cluster DROP COLUMN netbox_cluster_created;
      ALTER TABLE machine_memory DROP COLUMN guest_name; ALTER TABLE machine_memory DROP COLUMN host_names;
      ALTER TABLE machine_memory DROP COLUMN lacks_discovery_tag; DROP TABLE runs;
      INSERT INTO known_cluster VALUES (1, 1, NULL, 'standalone', 'pve', '[]', NULL, NULL)`);
    before.close();

    expect(openTestDatabase(file).sqlite.prepare('SELECT is_confirmed FROM known_cluster').pluck().all()).toEqual([1]);
  });
});

describe('an older database', () => {
  const dropped = [
    ...['timeout', 'max_retries', 'retry_backoff', 'site_id', 'site_slug', 'site_name', 'tenant_id', 'tenant_slug'],
    ...['tenant_name', 'allow_writes', 'access_methods', 'enabled', 'verify_ssl'],
  ];

  function olderFile(): string {
    const file = pythonDatabaseCopy('0.0.19.post5');
    const db = new BetterSqlite3(file);
    dropped.forEach((column) => db.exec(`ALTER TABLE proxmoxendpoint DROP COLUMN ${column}`));
    ['token_key', 'enabled', 'verify_ssl'].forEach((column) =>
      db.exec(`ALTER TABLE netboxendpoint DROP COLUMN ${column}`),
    );
    db.exec("UPDATE netboxendpoint SET token_version = ' '");
    db.exec('DROP INDEX ix_deletionrequestrecord_kind; ALTER TABLE deletionrequestrecord DROP COLUMN kind');
    db.exec('DROP TABLE pdmendpoint');
    db.close();
    return file;
  }

  it('gets the missing columns with the values that keep old rows working', () => {
    const { orm, sqlite } = openTestDatabase(olderFile());

    const row = orm.select().from(proxmoxEndpoints).all()[0];
    expect(row).toMatchObject({
      allow_writes: false,
      access_methods: 'api_ssh',
      enabled: true,
      verify_ssl: true,
      timeout: null,
      plugin_endpoint_id: null,
    });
    expect(sqlite.prepare('SELECT token_version, verify_ssl, enabled FROM netboxendpoint').get()).toEqual({
      token_version: 'v1',
      verify_ssl: 1,
      enabled: 1,
    });
    expect(readColumns(sqlite, 'deletionrequestrecord').map(({ name }) => name)).toContain('kind');
    expect(readColumns(sqlite, 'pdmendpoint')).not.toHaveLength(0);
  });

  it('gets the bootstrap claim once, also when all its keys are inactive', () => {
    const file = olderFile();
    const raw = new BetterSqlite3(file);
    raw.exec('UPDATE apikey SET is_active = 0');
    raw.close();

    openTestDatabase(file, testClock('2026-01-01T00:00:00Z')).close();
    const { sqlite } = openTestDatabase(file, testClock('2027-01-01T00:00:00Z'));

    const claims = sqlite.prepare('SELECT * FROM api_key_bootstrap_claim').all();
    expect(claims).toEqual([{ id: 1, initialized_at: new Date('2026-01-01T00:00:00Z').getTime() / 1000 }]);
  });

  it.each(pythonReleases)('takes new rows also where release %s requires columns that are unknown here', (release) => {
    const db = openTestDatabase(pythonDatabaseCopy(release));

    const id = db.insert(proxmoxEndpoints, {
      name: 'new',
      ip_address: '10.0.0.1',
      port: 8006,
      username: 'root@pam',
      verify_ssl: true,
      allow_writes: false,
      access_methods: 'api',
      enabled: true,
    });

    expect(db.orm.select().from(proxmoxEndpoints).all().at(-1)).toMatchObject({ id, name: 'new', allow_writes: false });
  });

  it('has no column that only the application would fill, unless it may be null', () => {
    const { sqlite } = newDatabase();
    const own = readColumns(sqlite, 'proxmoxendpoint').filter(({ name }) => name.startsWith('plugin_'));

    expect(own.map(({ isRequired }) => isRequired)).toEqual([false, false, false]);
  });
});

describe('unsynced', () => {
  const waitsForDisk = (db: ReturnType<typeof newDatabase>): boolean => {
    const level: unknown = db.sqlite.pragma('synchronous', { simple: true });
    return level === 2;
  };

  it('does not wait for the disk, whatever becomes of the work, and what comes after it does', () => {
    const db = newDatabase();

    expect(db.unsynced(() => waitsForDisk(db))).toBe(false);
    expect(waitsForDisk(db)).toBe(true);
    expect(() =>
      db.unsynced(() => {
        db.insert(apiKeys, { label: 'lost', keyHash: 'x', isActive: true, createdAt: 0 });
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(waitsForDisk(db)).toBe(true);
    expect(db.orm.select().from(apiKeys).all()).toEqual([]);
  });

  it('within a transaction is a part of it, and of what that one promises', () => {
    const db = newDatabase();

    db.immediate(() => expect(db.unsynced(() => waitsForDisk(db))).toBe(true));
  });
});

describe('immediate', () => {
  it('rolls everything back when the work throws', () => {
    const db = newDatabase();

    const work = (): never =>
      db.immediate(() => {
        db.insert(apiKeys, { label: 'x', keyHash: 'x', isActive: true, createdAt: 1 });
        throw new Error('stop');
      });

    expect(work).toThrow('stop');
    expect(db.orm.select().from(apiKeys).all()).toEqual([]);
  });
});
