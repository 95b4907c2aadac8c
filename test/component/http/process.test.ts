/** The real process: what refuses its start, and how it ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import Database from 'better-sqlite3';
import { freePort } from '../../demo/free-port.js';

const main = new URL('../../../dist/main.js', import.meta.url).pathname;
const key = 'process-key-process-key-process-key';
const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'proxbox-main-'));
  cleanups.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly stdout: () => string;
}

function start(variables: Readonly<Record<string, string>>): Running {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], HOME: tmpdir(), PROXBOX_BIND_HOST: '127.0.0.1', ...variables },
  });
  cleanups.push(() => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
  return { child, ended, stdout: () => stdout };
}

/** Resolves when the process says that it listens. */
async function listening(running: Running): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    running.child.stdout!.on('data', () => running.stdout().includes('listens on') && resolve());
    void running.ended.then(({ stderr }) => reject(new Error(`ended: ${stderr}`)));
  });
}

async function serving(variables: Readonly<Record<string, string>> = {}) {
  const port = await freePort();
  const databasePath = path.join(folder(), 'database.db');
  const running = start({
    PORT: String(port),
    PROXBOX_DATABASE_PATH: databasePath,
    PROXBOX_ENCRYPTION_KEY: 'k',
    ...variables,
  });
  await listening(running);
  return { ...running, port, databasePath, url: (route: string) => `http://127.0.0.1:${port}${route}` };
}

async function register(url: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await fetch(url, { method: 'POST', headers, body: JSON.stringify({ api_key: key }) });
}

it('writes warnings of the start into the log file that is asked for, and all lines as JSON where nobody reads along', async () => {
  const logFile = path.join(folder(), 'log', 'proxbox.log');
  const { stdout, child, ended } = await serving({ PROXBOX_LOG_FILE: logFile, PROXBOX_RATELIMIT: '3' });
  child.kill('SIGTERM');
  await ended;

  const lines = stdout().trimEnd().split('\n');
  const levels = lines.map((line) => (JSON.parse(line) as { level: number }).level);
  expect(readFileSync(logFile, 'utf8')).toMatch(/PROXBOX_RATELIMIT is ignored.*Did you mean PROXBOX_RATE_LIMIT/);
  expect(levels.length).toBeGreaterThan(4);
  expect(stdout()).toMatch(/next: register an API key/);
});

describe('the start is refused in one line with exit code 1', () => {
  it.each([
    [
      'without a key',
      {},
      /PROXBOX_ENCRYPTION_KEY .*PROXBOX_ENCRYPTION_KEY_FILE .*PROXBOX_ALLOW_PLAINTEXT_CREDENTIALS=1/,
    ],
    ['with a PORT that is none', { PORT: '70000', PROXBOX_ENCRYPTION_KEY: 'k' }, /PORT must be/],
    [
      'with a bind host that is none',
      { PROXBOX_BIND_HOST: 'a b', PROXBOX_ENCRYPTION_KEY: 'k' },
      /PROXBOX_BIND_HOST must be/,
    ],
    [
      'with a bind host of another machine',
      { PROXBOX_BIND_HOST: '192.0.2.1', PROXBOX_ENCRYPTION_KEY: 'k' },
      /Correct PROXBOX_BIND_HOST/,
    ],
    [
      'with an address for metrics that is none',
      { PROXBOX_METRICS_BIND: '127.0.0.1', PROXBOX_ENCRYPTION_KEY: 'k' },
      /PROXBOX_METRICS_BIND must be an address with a port/,
    ],
    [
      'with an address for metrics of another machine',
      { PROXBOX_METRICS_BIND: '192.0.2.1:9100', PROXBOX_ENCRYPTION_KEY: 'k' },
      /192\.0\.2\.1 is no address of this machine\. Correct PROXBOX_METRICS_BIND\./,
    ],
    [
      'with a CA bundle that is missing',
      { PROXBOX_CA_BUNDLE: '/nowhere/ca.pem', PROXBOX_ENCRYPTION_KEY: 'k' },
      /PROXBOX_CA_BUNDLE/,
    ],
  ])('%s', async (_name, variables, reason) => {
    const port = await freePort();
    const { code, stderr } = await start({
      PORT: String(port),
      PROXBOX_DATABASE_PATH: path.join(folder(), 'a.db'),
      ...variables,
    }).ended;

    expect({ code, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 1, lines: 1 });
    expect(stderr).toMatch(/^proxbox-api cannot start: /);
    expect(stderr).toMatch(reason);
  });

  it('with a database folder that cannot be made', async () => {
    const made = folder();
    writeFileSync(path.join(made, 'file'), '');
    const databasePath = path.join(made, 'file', 'database.db');
    const { code, stderr } = await start({ PROXBOX_DATABASE_PATH: databasePath, PROXBOX_ENCRYPTION_KEY: 'k' }).ended;

    expect(code).toBe(1);
    expect(stderr).toContain(databasePath);
    expect(stderr).toContain('PROXBOX_DATABASE_PATH');
  });

  it('with a database that is no SQLite file', async () => {
    const databasePath = path.join(folder(), 'database.db');
    writeFileSync(databasePath, 'no database '.repeat(100));
    const { code, stderr } = await start({ PROXBOX_DATABASE_PATH: databasePath, PROXBOX_ENCRYPTION_KEY: 'k' }).ended;

    expect(code).toBe(1);
    expect(stderr).toContain(databasePath);
  });

  it('with a database that is empty, where there was one', async () => {
    const databasePath = path.join(folder(), 'database.db');
    writeFileSync(databasePath, '');
    const { code, stderr } = await start({ PROXBOX_DATABASE_PATH: databasePath, PROXBOX_ENCRYPTION_KEY: 'k' }).ended;

    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `proxbox-api cannot start: The database ${databasePath} cannot be used: it is empty. Restore a backup, or remove the file to start with an empty database.\n`,
    });
    expect(statSync(databasePath).size).toBe(0);
  });

  it('with a database that another process is running with, until that one ends, however it ends', async () => {
    const first = await serving();
    const variables = { PROXBOX_DATABASE_PATH: first.databasePath, PROXBOX_ENCRYPTION_KEY: 'k' };

    const { code, stderr } = await start({ ...variables, PORT: String(await freePort()) }).ended;

    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `proxbox-api cannot start: The database ${first.databasePath} cannot be used: another proxbox-api is running with it. Stop that one, or set PROXBOX_DATABASE_PATH; a command can ask it with PROXBOX_URL and PROXBOX_API_KEY.\n`,
    });
    expect((await fetch(first.url('/health'))).status).toBe(200);
    first.child.kill('SIGKILL');
    await first.ended;
    await serving(variables);
  });

  it('with a key file that exists and cannot be read', async () => {
    const made = folder();
    const keyFile = path.join(made, 'key');
    mkdirSync(keyFile);
    chmodSync(keyFile, 0o755);
    const variables = { PROXBOX_DATABASE_PATH: path.join(made, 'a.db'), PROXBOX_ENCRYPTION_KEY_FILE: keyFile };
    const { code, stderr } = await start(variables).ended;

    expect(code).toBe(1);
    expect(stderr).toContain(keyFile);
  });

  it('when the port is in use', async () => {
    const other: Server = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => other.close());
    const { port } = other.address() as AddressInfo;
    const variables = {
      PORT: String(port),
      PROXBOX_DATABASE_PATH: path.join(folder(), 'a.db'),
      PROXBOX_ENCRYPTION_KEY: 'k',
    };

    const { code, stderr } = await start(variables).ended;

    expect(code).toBe(1);
    expect(stderr).toBe(
      `proxbox-api cannot start: port ${port} on 127.0.0.1 is in use. Stop the other process or set PORT.\n`,
    );
  });
});

describe('generated schemas that cannot be used', () => {
  const broken = (): string => {
    const made = folder();
    mkdirSync(path.join(made, 'latest'));
    writeFileSync(path.join(made, 'latest', 'openapi.json'), '{"paths": ');
    return made;
  };

  it('refuse a strict start', async () => {
    const generated = broken();
    const { code, stderr } = await start({
      PROXBOX_DATABASE_PATH: path.join(folder(), 'a.db'),
      PROXBOX_ENCRYPTION_KEY: 'k',
      PROXBOX_STRICT_STARTUP: '1',
      PROXBOX_GENERATED_DIR: generated,
    }).ended;

    expect(code).toBe(1);
    expect(stderr).toMatch(/^proxbox-api cannot start: .*PROXBOX_STRICT_STARTUP.*\n$/);
    expect(stderr).toContain(path.join(generated, 'latest', 'openapi.json'));
  });

  it('are one warning otherwise', async () => {
    const server = await serving({ PROXBOX_GENERATED_DIR: broken() });

    const told = server
      .stdout()
      .split('\n')
      .filter((line) => line.includes('openapi.json'));
    expect(told).toEqual([expect.stringMatching(/"level":40.*is not valid JSON/)]);
  });
});

describe('the process', () => {
  it('starts without a key under the opt-in and says so as critical', async () => {
    const server = await serving({ PROXBOX_ENCRYPTION_KEY: '', PROXBOX_ALLOW_PLAINTEXT_CREDENTIALS: '1' });

    expect(server.stdout()).toMatch(/"level":60.*PROXBOX_ALLOW_PLAINTEXT_CREDENTIALS/);
  });

  it('starts with the key only in NetBox while NetBox is down, and stores no secret until it answers', async () => {
    const databasePath = path.join(folder(), 'database.db');
    const first = await serving({
      PROXBOX_ENCRYPTION_KEY: '',
      PROXBOX_ALLOW_PLAINTEXT_CREDENTIALS: '1',
      PROXBOX_DATABASE_PATH: databasePath,
    });
    await register(first.url('/auth/register-key'));
    const headers = { 'content-type': 'application/json', 'x-proxbox-api-key': key };
    const netbox = { name: 'n', ip_address: '127.0.0.1', port: 1, token: 'a-token', verify_ssl: true };
    await fetch(first.url('/netbox/endpoint'), { method: 'POST', headers, body: JSON.stringify(netbox) });
    first.child.kill('SIGTERM');
    await first.ended;

    const second = await serving({ PROXBOX_ENCRYPTION_KEY: '', PROXBOX_DATABASE_PATH: databasePath });
    const proxmox = { name: 'p', ip_address: '127.0.0.1', port: 1, username: 'root@pam', password: 'secret' };
    const answer = await fetch(second.url('/proxmox/endpoints'), {
      method: 'POST',
      headers,
      body: JSON.stringify(proxmox),
    });

    expect(answer.status).toBe(503);
    expect((await fetch(second.url('/health'))).status).toBe(200);
  });

  it.each([[`"127.0.0.1"`], [` '127.0.0.1' `]])(
    'understands the bind host %s as Compose lists pass it',
    async (host) => {
      const server = await serving({ PROXBOX_BIND_HOST: host });

      expect((await fetch(server.url('/health'))).status).toBe(200);
    },
  );

  it('warns about UVICORN_WORKERS and about invalid values, and goes on', async () => {
    const server = await serving({
      UVICORN_WORKERS: '4',
      PROXBOX_RATE_LIMIT: 'many',
      PROXBOX_TRUSTED_PROXIES: 'nonsense',
    });

    for (const name of ['UVICORN_WORKERS', 'PROXBOX_RATE_LIMIT', 'PROXBOX_TRUSTED_PROXIES']) {
      expect(server.stdout()).toMatch(new RegExp(`"level":40[^\\n]*${name}`));
    }
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with 0 on %s: streams end, the database is written back',
    async (signal) => {
      const server = await serving();
      await register(server.url('/auth/register-key'));
      const stream = await new Promise<IncomingMessage>((resolve) =>
        get(server.url('/admin/logs/stream'), { headers: { 'x-proxbox-api-key': key } }, resolve),
      );
      const streamEnded = new Promise<void>((resolve) => stream.on('end', resolve));
      stream.resume();

      server.child.kill(signal);
      const { code } = await server.ended;
      await streamEnded;

      expect(code).toBe(0);
      const database = new Database(server.databasePath, { readonly: true });
      expect(database.prepare('SELECT count(*) FROM apikey').pluck().get()).toBe(1);
      database.close();
    },
  );

  it('answers bytes that are no request, and headers that are too large, in its own form', async () => {
    const server = await serving();
    const send = (text: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
        let received = '';
        socket.on('data', (chunk) => (received += String(chunk)));
        socket.on('close', () => resolve(received));
        socket.on('error', () => undefined);
      });

    const broken = await send('no request at all\r\n\r\n');
    const large = await send(`GET /health HTTP/1.1\r\nHost: x\r\nX-Large: ${'y'.repeat(17_000)}\r\n\r\n`);

    expect(broken).toMatch(/^HTTP\/1\.1 400 .*\{"detail":"Bad Request"\}$/s);
    expect(large).toMatch(/^HTTP\/1\.1 431 .*\{"detail":"Request Header Fields Too Large"\}$/s);
    expect((await fetch(server.url('/health'))).status).toBe(200);
  });
});
