/** kill -9 while the service writes its database, and while it brings an older one up to date. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import BetterSqlite3 from 'better-sqlite3';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createRandom } from '../simulator/estate/random.js';
import { pythonDatabaseCopy } from '../unit/db/database-kit.js';
import { startChild, type Child } from './support/child.js';
import { rounds } from './support/rounds.js';

const key = 'a-key-for-crashes-of-at-least-32-characters';
const headers = { 'x-proxbox-api-key': key, 'content-type': 'application/json' };
const preload = fileURLToPath(new URL('./support/kill-at-statement.mjs', import.meta.url));

const folder = mkdtempSync(path.join(tmpdir(), 'proxbox-crash-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const variablesOf = (file: string) => ({
  PROXBOX_DATABASE_PATH: file,
  PROXBOX_ENCRYPTION_KEY: 'a-key',
  PROXBOX_BIND_HOST: '127.0.0.1',
  PROXBOX_RATE_LIMIT: '100000',
});

/** What the file itself says, when nobody has opened it since the process ended. */
function look<T>(file: string, read: (sqlite: BetterSqlite3.Database) => T): T {
  const sqlite = new BetterSqlite3(file);
  try {
    expect(sqlite.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(sqlite.pragma('foreign_key_check')).toEqual([]);
    return read(sqlite);
  } finally {
    sqlite.close();
  }
}

describe('a process that is killed while it writes endpoints and keys', () => {
  const file = path.join(folder, 'writes.db');
  const random = createRandom(7);
  /** Everything that was answered with success: rows that have to be there, by name, with their port; and those that are gone. */
  const stored = new Map<string, number>();
  const gone = new Set<string>();
  const labels = new Set<string>();
  const ids = new Map<string, number>();
  let child: Child | undefined;
  afterEach(() => child?.end('SIGKILL'));

  const send = (at: string, method: string, body?: object) =>
    fetch(`${child?.url ?? ''}${at}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  /** One write; what it promised is remembered when it was answered. */
  async function write(round: number, n: number): Promise<void> {
    const name = `endpoint ${round}.${n}`;
    const [old] = [...stored.keys()].filter((known) => ids.has(known));
    const kind = n % 7;
    if (kind === 3 && old !== undefined) {
      const port = random.int(1, 65_535);
      // Under way it has either port.
      stored.delete(old);
      if ((await send(`/proxmox/endpoints/${ids.get(old)}`, 'PUT', { port })).ok) stored.set(old, port);
      return;
    }
    if (kind === 5 && old !== undefined) {
      stored.delete(old);
      if ((await send(`/proxmox/endpoints/${ids.get(old)}`, 'DELETE')).ok) gone.add(old);
      return;
    }
    if (kind === 6) {
      if ((await send('/auth/keys', 'POST', { label: name })).ok) labels.add(name);
      return;
    }
    const answer = await send('/proxmox/endpoints', 'POST', {
      ...{ name, ip_address: '127.0.0.1', port: n + 1, username: 'root@pam', password: 'a password', enabled: false },
    });
    const { id } = (await answer.json()) as { readonly id: number };
    ids.set(name, id);
    stored.set(name, n + 1);
  }

  it.each(Array.from({ length: 20 * rounds }, (_, round) => round))(
    'round %i: all that was answered is there, and the file is whole',
    async (round) => {
      child = await startChild(variablesOf(file));
      if (round === 0) await send('/auth/register-key', 'POST', { api_key: key });
      const killAt = random.int(1, 12);
      let answered = 0;
      let n = 0;
      let killed: Promise<unknown> | undefined;
      const writer = async (): Promise<void> => {
        while (killed === undefined) {
          await write(round, (n += 1));
          answered += 1;
          // The other writers' requests are somewhere on their way.
          if (answered === killAt) killed = child?.end('SIGKILL');
        }
      };

      await Promise.allSettled([writer(), writer(), writer(), writer()]);

      expect(await killed).toEqual({ code: null, signal: 'SIGKILL' });
      look(file, (sqlite) => {
        const rows = sqlite.prepare('SELECT name, port FROM proxmoxendpoint').all() as { name: string; port: number }[];
        const ports = new Map(rows.map(({ name, port }) => [name, port]));
        expect([...stored].filter(([name, port]) => ports.get(name) !== port)).toEqual([]);
        expect([...gone].filter((name) => ports.has(name))).toEqual([]);
        const known = sqlite.prepare('SELECT label FROM apikey').pluck().all();
        expect([...labels].filter((label) => !known.includes(label))).toEqual([]);
      });
    },
  );
});

describe('a process that is killed while it brings a file of the Python service up to date', () => {
  let child: Child | undefined;
  afterEach(() => child?.end('SIGKILL'));

  const tablesOf = (sqlite: BetterSqlite3.Database) => sqlite.prepare('SELECT name FROM sqlite_master').pluck().all();
  const points = Array.from({ length: 8 * rounds }, (_, index) => 2 + Math.floor((index * 101) / (8 * rounds)));

  it.each(points)('before statement %i: started again, it has everything, once', async (point) => {
    const file = pythonDatabaseCopy('0.0.19.post5');
    const before = look(file, (sqlite) => sqlite.prepare('SELECT name FROM proxmoxendpoint').pluck().all());
    const start = startChild({
      ...variablesOf(file),
      NODE_OPTIONS: `--import=${preload}`,
      KILL_AT: String(point),
    });
    await expect(start).rejects.toThrow('did not start');
    look(file, tablesOf);

    child = await startChild(variablesOf(file));

    expect((await fetch(`${child.url}/health`)).status).toBe(200);
    await child.end('SIGTERM');
    look(file, (sqlite) => {
      expect(sqlite.prepare('SELECT name FROM proxmoxendpoint').pluck().all()).toEqual(before);
      expect(sqlite.prepare('SELECT count(*) - count(DISTINCT hash) FROM __drizzle_migrations').pluck().get()).toBe(0);
      expect(tablesOf(sqlite)).toContain('refusal');
    });
  });
});
