/** The package as it is packed, installed in a folder that holds nothing else, with its own dependencies only. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../demo/free-port.js';

const root = path.join(import.meta.dirname, '../../..');
const { version, dependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
};

describe('an installed package', () => {
  let folder: string;
  let command: string;
  let child: ChildProcess | undefined;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'proxbox-installed-'));
    const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
    const tarball = execFileSync('npm', pack, { cwd: root, encoding: 'utf8' }).trim();
    const installed = path.join(folder, 'node_modules/proxbox-api');
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['xzf', path.join(folder, tarball), '--strip-components=1', '-C', installed]);
    rmSync(path.join(folder, tarball));
    for (const name of Object.keys(dependencies)) {
      const place = path.join(folder, 'node_modules', name);
      mkdirSync(path.dirname(place), { recursive: true });
      symlinkSync(path.join(root, 'node_modules', name), place);
    }
    command = path.join(installed, 'dist/cli/proxbox-api.js');
  });
  afterAll(() => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const env = {
    PATH: process.env['PATH'],
    HOME: tmpdir(),
    PROXBOX_BIND_HOST: '127.0.0.1',
    PROXBOX_ENCRYPTION_KEY: 'k',
  };

  it('serves, with its migrations and its page, and keeps the database where it was started', async () => {
    const port = await freePort();
    child = spawn(process.execPath, [command, 'serve'], { cwd: folder, env: { ...env, PORT: String(port) } });
    const ask = (at: string) => fetch(`http://127.0.0.1:${port}${at}`);
    await eventually(async () => expect((await ask('/health')).status).toBe(200));

    const health = await (await ask('/health')).json();
    const page = await (await ask('/ui')).text();

    expect(health).toMatchObject({ init_ok: true });
    expect(page).toContain('<script');
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['database.db', 'node_modules']));
    expect(readdirSync(path.join(folder, 'node_modules/proxbox-api'))).not.toContain('database.db');
  });

  it('answers commands, also beside the service', () => {
    const run = (...words: string[]) =>
      execFileSync(process.execPath, [command, ...words], { cwd: folder, env, encoding: 'utf8' });

    expect(run('--version').trim()).toBe(version);
    expect(run('runs')).toContain('No run is recorded yet.');
    expect(JSON.parse(run('keys', 'list', '--json'))).toEqual([]);
  });
});

describe('npm start', () => {
  it('hands a signal on to the service, which ends in order', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'proxbox-started-'));
    const port = await freePort();
    const child = spawn('npm', ['start'], {
      cwd: root,
      detached: true,
      env: {
        PATH: process.env['PATH'],
        HOME: tmpdir(),
        PORT: String(port),
        PROXBOX_BIND_HOST: '127.0.0.1',
        PROXBOX_ENCRYPTION_KEY: 'k',
        PROXBOX_DATABASE_PATH: path.join(folder, 'database.db'),
      },
    });
    let text = '';
    child.stdout.on('data', (chunk) => (text += String(chunk)));
    const closed = once(child, 'close');
    try {
      await eventually(async () => expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200));
      child.kill('SIGTERM');

      expect(await closed).toEqual([0, null]);
      expect(text).toContain('"msg":"Stopping."');
    } finally {
      stopGroup(child);
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** Whatever of it is left. */
function stopGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing is left.
  }
}
