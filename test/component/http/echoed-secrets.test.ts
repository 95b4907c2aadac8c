/** Remote sides that repeat what they were sent: nothing that leaves the service holds a secret of theirs. */
import { afterEach, describe, expect, it } from 'vitest';
import { makeCertificates } from '../../support/certificates.js';
import { startScriptedServer, type ReceivedRequest, type ScriptedServer } from '../../support/scripted-server.js';
import { anApp, type Fixture } from './app-fixture.js';

const netboxToken = 'canary1netbox0f3b1a524c6d4e8f9a0b1c2d3e4f';
const proxmoxToken = 'canary2a-4c6d-4e8f-9a0b-1c2d3e4f5a6b';
const proxmoxPassword = 'canary3 "pässword" & more';
const secrets = [netboxToken, proxmoxToken, proxmoxPassword];

const { selfSigned: certificate } = makeCertificates();
const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** Everything that it was sent: as it came, percent-encoded, and as base64. */
function echoOf({ headers, body }: ReceivedRequest): string {
  const sent = JSON.stringify([headers, body]);
  return [sent, encodeURIComponent(sent), Buffer.from(sent).toString('base64')].join(' | ');
}

async function echoing(status: number, isProxmox: boolean): Promise<ScriptedServer> {
  const server = await startScriptedServer(isProxmox ? { tls: certificate } : {});
  servers.push(server);
  server.respond((request) => ({
    status,
    statusText: JSON.stringify(request.headers.authorization ?? ''),
    json: { detail: echoOf(request), message: echoOf(request) },
  }));
  return server;
}

/** With the database and the environment left out, where they belong. */
function found(text: string): readonly string[] {
  return secrets.flatMap((secret) => {
    const core = Buffer.from(secret).toString('base64').slice(0, -4);
    return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), core].filter((form) =>
      text.includes(form),
    );
  });
}

async function register(fixture: Fixture, status: number): Promise<void> {
  const { app, headers } = fixture;
  const [netbox, proxmox] = [await echoing(status, false), await echoing(status, true)];
  const here = { ip_address: '127.0.0.1', verify_ssl: false };
  const bodies = [
    ['/netbox/endpoint', { ...here, name: 'n', port: netbox.port, token: netboxToken }],
    [
      '/proxmox/endpoints',
      { ...here, name: 't', port: proxmox.port, username: 'a@pve', token_name: 'x', token_value: proxmoxToken },
    ],
    ['/proxmox/endpoints', { ...here, name: 'p', port: proxmox.port, username: 'b@pve', password: proxmoxPassword }],
  ] as const;
  for (const [url, payload] of bodies)
    expect((await app.inject({ method: 'POST', url, headers, payload })).statusCode).toBe(200);
}

describe.each([[400], [401], [403], [500]])(
  'NetBox and Proxmox that answer %i and repeat what they were sent',
  (status) => {
    it('are quoted without any of their secrets, in answers, frames and the log', async () => {
      const fixture = await anApp({
        variables: {
          PROXBOX_EXPOSE_INTERNAL_ERRORS: '1',
          PROXBOX_NETBOX_MAX_RETRIES: '0',
          PROXBOX_PROXMOX_MAX_RETRIES: '0',
        },
      });
      await register(fixture, status);
      const told: string[] = [];

      for (const url of [
        '/netbox/status',
        '/proxmox/sessions',
        '/proxmox/version',
        '/proxmox/doctor',
        '/proxmox/api2/version?proxmox_endpoint_ids=1',
        '/dcim/devices/create/stream',
        '/full-update/stream',
        '/full-update',
        '/cache/metrics',
        '/admin/logs',
      ]) {
        told.push((await fixture.app.inject({ url, headers: fixture.headers })).body);
      }

      expect(found(told.join('\n'))).toEqual([]);
      expect(found(fixture.logLines.join('\n'))).toEqual([]);
      expect(told.join('')).toContain('[REDACTED]');
    });
  },
);
