/** What the service says once it listens, from an empty database to the first sync. */
import type { AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { greetingOf, logText, terminalText } from '../../../src/compose/greeting.js';
import { terminalLine } from '../../../src/telemetry/terminal-lines.js';
import { eventually } from '../../support/eventually.js';
import { anApp } from './app-fixture.js';

const netbox = { name: 'office', ip_address: '192.0.2.20', domain: 'netbox.example.com', token: 'MARKER-token' };
const proxmox = { name: 'pve', ip_address: '192.0.2.10', port: 8006, username: 'root@pam', password: 'MARKER-pw' };

describe('the greeting', () => {
  it('names the one next step, each with the command that does it', async () => {
    const { app, deps, headers, key } = await anApp({ withKey: false });
    const next = () => greetingOf(deps).next;
    const steps = [next()];
    await deps.apiKeys.register(key, '');
    steps.push(next());
    await app.inject({ method: 'POST', url: '/netbox/endpoint', headers, payload: netbox });
    steps.push(next());
    await app.inject({ method: 'POST', url: '/proxmox/endpoints', headers, payload: proxmox });
    steps.push(next());

    expect(steps.map(({ command }) => /http:\/\/127\.0\.0\.1:8000(\S+)/.exec(command)?.[1])).toEqual([
      '/auth/register-key',
      '/netbox/endpoint',
      '/proxmox/endpoints',
      '/full-update/stream',
    ]);
  });

  it('has commands whose bodies the routes take', async () => {
    const { app, deps, headers, key } = await anApp({ withKey: false });
    const statuses: number[] = [];
    for (const at of ['/auth/register-key', '/netbox/endpoint', '/proxmox/endpoints']) {
      const { command } = greetingOf(deps).next;
      const [, body = ''] = / -d ["'](.*)["']$/.exec(command) ?? [];
      const payload = body.replaceAll('\\"', '"').replace('$KEY', key);
      const sent = { ...headers, 'content-type': 'application/json' };
      statuses.push((await app.inject({ method: 'POST', url: at, headers: sent, payload })).statusCode);
    }

    expect(statuses).toEqual([201, 200, 200]);
  });

  it('says with what the service runs, and no secret, as a block and as a line', async () => {
    const { app, deps, headers, folder } = await anApp();
    await app.inject({ method: 'POST', url: '/netbox/endpoint', headers, payload: netbox });
    await app.inject({ method: 'POST', url: '/proxmox/endpoints', headers, payload: { ...proxmox, enabled: false } });
    const greeting = greetingOf(deps);

    expect(Object.fromEntries(greeting.facts)).toEqual({
      address: 'http://127.0.0.1:8000 (bound to 0.0.0.0)',
      page: 'http://127.0.0.1:8000/ui',
      database: `${folder}/database.db`,
      encryption: 'with PROXBOX_ENCRYPTION_KEY',
      'API keys': '1 active',
      NetBox: "'office' at netbox.example.com, port 443",
      Proxmox: '1 endpoint, 0 enabled',
    });
    expect(logText(greeting).split('\n')).toHaveLength(1);
    expect(terminalText(greeting)).toContain('  next        sync:\n\n    curl ');
    expect(`${logText(greeting)}${terminalText(greeting)}`).not.toContain('MARKER');
  });

  it('says that there is no key, and that one does not read what is stored', async () => {
    const plain = await anApp({
      withKey: false,
      variables: { PROXBOX_ENCRYPTION_KEY: '', PROXBOX_ALLOW_PLAINTEXT_CREDENTIALS: '1', PROXBOX_BIND_HOST: '::1' },
    });
    expect(greetingOf(plain.deps).facts).toContainEqual(['encryption', 'none: credentials are stored as plain text']);
    expect(greetingOf(plain.deps).next.command).toContain('http://[::1]:8000/auth/register-key');

    const { deps } = await anApp();
    const { encryptionKeys } = deps;
    const lost = { ...encryptionKeys, status: () => ({ ...encryptionKeys.status(), unreadable: ['a', 'b'] }) };
    expect(greetingOf({ ...deps, encryptionKeys: lost }).facts).toContainEqual([
      'encryption',
      'with PROXBOX_ENCRYPTION_KEY; 2 stored secrets cannot be read with it',
    ]);
    expect(
      greetingOf({ ...deps, encryptionKeys: { ...encryptionKeys, state: () => 'pending' } }).facts[3]?.[1],
    ).toMatch(/expected from the NetBox plugin/);
  });
});

describe('a log line on a terminal', () => {
  it('is time, level and message with its fields; what is none stays as it is', () => {
    const line = JSON.stringify({ level: 40, time: Date.UTC(2026, 0, 1, 12), msg: 'Not done.', path: '/x' });

    expect(terminalLine(`${line}\n`)).toMatch(/^\d\d:\d\d:\d\d WARNING Not done\. \(path=\/x\)\n$/);
    expect(terminalLine('no line of the logger\n')).toBe('no line of the logger\n');
  });
});

describe('a client that speaks TLS to this plain HTTP port', () => {
  const said = (lines: readonly string[]) => lines.filter((line) => line.includes('asks over HTTPS'));

  it('is named in the log once, with what helps', async () => {
    const { app, logLines } = await anApp();
    await app.listen({ port: 0, host: '127.0.0.1' });
    const ask = () =>
      new Promise<string>((resolve) => {
        const { port } = app.server.address() as AddressInfo;
        const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
        socket.once('error', (error) => resolve(error.message));
      });

    expect(await ask()).toMatch(/wrong version number|packet length|reset/);
    await ask();

    await eventually(() => expect(said(logLines)).toHaveLength(1));
    expect(said(logLines)[0]).toMatch(/"address":"127\.0\.0\.1".*http:\/\//);
  });
});
