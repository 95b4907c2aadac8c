import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { createNetBoxClients } from '../../../src/netbox/clients.js';
import { endsTheRun } from '../../../src/netbox/run-ending.js';
import { Secret } from '../../../src/config/secret.js';
import { probeTls } from '../../../src/netbox/tls-probe.js';
import { createFakeClock } from '../../support/fake-clock.js';
import { makeCertificates } from '../../support/certificates.js';
import { startScriptedServer } from '../../support/scripted-server.js';
import { credentials, cursorPage, endpoint, openHarness, type Harness, type HarnessOptions } from './harness.js';

let open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const thing of open) await thing.close();
  open = [];
});

async function harness(options: HarnessOptions = {}): Promise<Harness> {
  const opened = await openHarness(options);
  open.push(opened);
  return opened;
}

const path = '/api/extras/tags/';
const v2 = {
  endpoint: { tokenVersion: 'v2' },
  credentials: { tokenKey: new Secret('abcdefghijkl'), token: new Secret('s'.repeat(40)) },
} as const;

describe('headers', () => {
  it('name us, JSON and the token, and no branch for main', async () => {
    const { server, client } = await harness();
    server.script({ status: 201, json: { id: 1 } });
    await client.create(path, { name: 'a' });
    const { headers } = server.requests[0]!;
    expect(headers).toMatchObject({
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': 'proxbox-api',
      authorization: 'Token 0123456789abcdef',
    });
    expect(headers['x-netbox-branch']).toBeUndefined();
  });

  it('carry a v2 token as Bearer', async () => {
    const { server, client } = await harness(v2);
    server.script({ json: {} });
    await client.get(path);
    expect(server.requests[0]!.headers.authorization).toBe(`Bearer nbt_abcdefghijkl.${'s'.repeat(40)}`);
  });

  it('fall back from v2 to v1 once, and remember it', async () => {
    const { server, client, warnings } = await harness(v2);
    server.respond(({ headers }) =>
      headers.authorization?.startsWith('Bearer') === true
        ? { status: 403, json: { detail: 'Invalid v2 token' } }
        : { json: {} },
    );
    await client.get(path);
    await client.get('/api/dcim/sites/');
    expect(server.requests.map(({ headers }) => headers.authorization?.split(' ')[0])).toEqual([
      'Bearer',
      'Token',
      'Token',
    ]);
    expect(warnings.filter((text) => text.includes('v1 token'))).toHaveLength(1);
  });

  it('do not fall back for another refusal', async () => {
    const { server, client } = await harness(v2);
    server.script({ status: 403, json: { detail: 'Token expired' } });
    await expect(client.get(path)).rejects.toMatchObject({
      code: 'netbox_forbidden',
      status: 502,
      detail: expect.stringContaining('Token expired'),
    });
    expect(server.requests).toHaveLength(1);
  });
});

describe('branches', () => {
  const branched = { plugins: { netbox_branching: '0.7' } };

  it('are named on reads and writes, and never on the status', async () => {
    const { server, client, statusRequests } = await harness(branched);
    const seen: (string | undefined)[] = [];
    server.respond(({ headers, method }) => {
      seen.push(headers['x-netbox-branch']?.toString());
      return method === 'GET' ? cursorPage([]) : { status: 201, json: { id: 1 } };
    });
    const branch = client.scoped({ branch: 'ab12cd34' });
    await branch.list(path);
    await branch.create(path, { name: 'a' });
    await branch.get('/api/authentication-check/');
    expect(seen).toEqual(['ab12cd34', 'ab12cd34', undefined]);
    expect(statusRequests()).toBe(1);
  });

  it('that NetBox does not know stop the run before anything is written', async () => {
    const { server, client } = await harness();
    await expect(client.scoped({ branch: 'ab12cd34' }).create(path, { name: 'a' })).rejects.toMatchObject({
      code: 'not_configured',
      status: 400,
    });
    expect(server.requests).toHaveLength(0);
  });

  const unhandled = {
    exception: 'AttributeError',
    error: "'HttpResponseBadRequest' object has no attribute 'schema_name'",
  };
  it.each([
    ['that does not exist', { status: 400, text: 'Invalid branch identifier' }, 'Invalid branch identifier'],
    ['that is not ready', { status: 400, text: 'Selected branch is not ready.' }, 'Selected branch is not ready.'],
    ['that is not ready, before NetBox 4.7', { status: 500, json: unhandled }, 'it is not ready'],
  ])('%s is named, with what to do, and ends the run', async (_, answer, said) => {
    const { server, client } = await harness(branched);
    server.script(answer);
    const refusal = await client
      .scoped({ branch: 'ab12cd34' })
      .list(path)
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'not_configured', status: 400 });
    expect((refusal as ProxboxError).message).toBe(`NetBox refused the branch 'ab12cd34': ${said}`);
    expect((refusal as ProxboxError).detail).toContain('Choose a branch that NetBox shows as "Ready"');
    expect(endsTheRun(refusal as ProxboxError)).toBe(true);
  });

  it.each([
    [
      'a refusal by the API',
      'ab12cd34',
      { status: 400, json: { name: ['This field is required.'] } },
      'netbox_rejected',
    ],
    ['a page of the server', 'ab12cd34', { status: 400, text: '<h1>Bad Request (400)</h1>' }, 'netbox_rejected'],
    [
      'another failure',
      'ab12cd34',
      { status: 500, json: { exception: 'KeyError', error: 'schema_name' } },
      'netbox_error',
    ],
    ['text without a branch', '', { status: 400, text: 'Invalid branch identifier' }, 'netbox_rejected'],
  ])('are not blamed for %s', async (_, branch, answer, code) => {
    const { server, client } = await harness(branched);
    server.script(answer);
    await expect(client.scoped({ branch }).get(path)).rejects.toMatchObject({ code });
  });

  it('must be a schema id', async () => {
    const { client } = await harness();
    expect(() => client.scoped({ branch: 'a\r\nX-Evil: 1' })).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it('have answers of their own in the cache', async () => {
    const { server, client } = await harness(branched);
    server.script(cursorPage([]));
    await client.list(path);
    await client.scoped({ branch: 'ab12cd34' }).list(path);
    await client.list(path);
    expect(server.requests).toHaveLength(2);
  });
});

describe('the version of NetBox', () => {
  it('is asked for once an hour', async () => {
    const { client, clock, statusRequests } = await harness({ plugins: { netbox_proxbox: '0.0.24' } });
    expect(await client.capabilities()).toEqual({
      cursorPaging: true,
      virtualMachineTypes: true,
      tagChanges: true,
      writableInterfaceMac: expect.any(Boolean),
      branching: false,
      proxboxPlugin: true,
    });
    await Promise.all([client.status(), client.scoped({}).status()]);
    expect(statusRequests()).toBe(1);
    clock.advance(3_600_001);
    await client.status();
    expect(statusRequests()).toBe(2);
  });

  it('is not remembered when it could not be read', async () => {
    let fails = true;
    const status = (): { status?: number; json: unknown } =>
      fails ? { json: { hello: 1 } } : { json: { 'netbox-version': '4.5.0' } };
    const { client } = await harness({ status });
    await expect(client.status()).rejects.toMatchObject({ code: 'remote_protocol' });
    fails = false;
    expect(await client.capabilities()).toMatchObject({ cursorPaging: false, virtualMachineTypes: false });
  });

  it('outside 4.5 to 4.7, and a v1 token since 4.6, are warned of once', async () => {
    const { client, clock, warnings } = await harness({ version: '4.8.0' });
    await client.status();
    clock.advance(4_000_000);
    await client.status();
    expect(warnings).toEqual([expect.stringContaining('was not examined'), expect.stringContaining('v1 token')]);
  });

  it.each(['4.5.9', '4.6.8', '4.7.3'])('%s was examined', async (version) => {
    const { client, warnings } = await harness({ version });
    await client.status();
    expect(warnings.filter((warning) => warning.includes('examined'))).toEqual([]);
  });
});

describe('the plugin settings', () => {
  it('are read while the gate is full, without a branch', async () => {
    const { server, clients, client } = await harness();
    let release = (): void => undefined;
    const blocked = new Promise<void>((resolve) => {
      release = resolve;
    });
    server.respond(async (request) => {
      if (request.path === path) await blocked;
      return { json: { ssrf_protection_enabled: true } };
    });
    const waiting = client.get(path);
    const settings = await clients.fetchPluginSettings(endpoint, credentials, server.origin, 10_000);
    expect(settings).toEqual({ ssrf_protection_enabled: true });
    release();
    await waiting;
  });

  it.each([
    ['an object', { a: 1 }],
    ['a page', { count: 1, results: [{ a: 1 }] }],
    ['a list', [{ a: 1 }]],
  ])('may be %s of the older path', async (_name, json) => {
    const { server, clients } = await harness();
    server.respond((request) => (request.path.endsWith('/runtime/') ? { status: 404, json: {} } : { json }));
    expect(await clients.fetchPluginSettings(endpoint, credentials, server.origin, 10_000)).toEqual({ a: 1 });
    expect(server.lines()).toEqual([
      'GET /api/plugins/proxbox/settings/runtime/',
      'GET /api/plugins/proxbox/settings/',
    ]);
  });

  it('are read from the older path when the first answers nonsense', async () => {
    const { server, clients } = await harness();
    server.respond((request) => (request.path.endsWith('/runtime/') ? { text: '<html>' } : { json: { a: 1 } }));
    expect(await clients.fetchPluginSettings(endpoint, credentials, server.origin, 10_000)).toEqual({ a: 1 });
  });

  it('that cannot be read fail without retries', async () => {
    const { server, clients, clock } = await harness();
    server.script({ status: 503, text: 'Service Unavailable' });
    await expect(clients.fetchPluginSettings(endpoint, credentials, server.origin, 10_000)).rejects.toMatchObject({
      code: 'netbox_overwhelmed',
    });
    server.script({ kind: 'silence' });
    await expect(clients.fetchPluginSettings(endpoint, credentials, server.origin, 50)).rejects.toMatchObject({
      code: 'netbox_timeout',
    });
    expect(clock.sleeps).toEqual([]);
    expect(server.requests).toHaveLength(3);
  });
});

describe('clients', () => {
  it('are made without a look at the settings, which would be a request at every start', () => {
    const settings = (): never => {
      throw new Error('asked for settings');
    };
    expect(() =>
      createNetBoxClients({ clock: createFakeClock(), logger: pino({ level: 'silent' }), settings, random: () => 0 }),
    ).not.toThrow();
  });

  it('are kept while what they were made from stays the same', async () => {
    const { server, clients, client, settings } = await harness();
    const again = (changes: object = {}, token = credentials): unknown =>
      clients.forEndpoint({ ...endpoint, ...changes }, token, server.origin);
    expect(again()).toBe(client);
    expect(again({ revision: '2', name: 'called otherwise' })).toBe(client);
    settings.netboxRetryDelayS += 1;
    expect(again()).toBe(client);

    const others = [again({}, { tokenKey: null, token: new Secret('another') }), again({ verifySsl: true })];
    settings.netboxTimeoutS = 7;
    others.push(again({ verifySsl: true }));
    expect(new Set([client, ...others]).size).toBe(4);
  });

  it('that were replaced or dropped go on for who has them, without the cache, until the service stops', async () => {
    const { server, clients, client } = await harness();
    server.script({ json: {} });
    await client.get(path);
    const changed = clients.forEndpoint(endpoint, { tokenKey: null, token: new Secret('another') }, server.origin);
    expect(clients.cacheMetrics().current_entries).toBe(0);
    await changed.get(path);
    clients.drop(endpoint.id);
    await client.get(path);
    await changed.get('/api/dcim/sites/');
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Token 0123456789abcdef',
      'Token another',
      'Token 0123456789abcdef',
      'Token another',
    ]);
    await clients.close();
    for (const stopped of [client, changed])
      await expect(stopped.get('/api/dcim/racks/')).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('refuse a token that cannot work before any request', async () => {
    const { server, clients } = await harness();
    const empty = { tokenKey: null, token: new Secret(' \r\n') };
    expect(() => clients.forEndpoint(endpoint, empty, server.origin)).toThrow(
      expect.objectContaining({ code: 'not_configured' }),
    );
  });

  it('share one gate whose width is read when a client is asked for', async () => {
    const { server, clients, client, settings } = await harness();
    let running = 0;
    let most = 0;
    server.respond(async () => {
      running += 1;
      most = Math.max(most, running);
      for (let tick = 0; tick < 50; tick += 1) await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return { json: {} };
    });
    const other = clients.forEndpoint({ ...endpoint, id: 2 }, credentials, server.origin);
    const many = (): Promise<unknown> =>
      Promise.all(
        [1, 2, 3, 4].flatMap((id) => [
          client.get(`${path}${id}/`, {}, { cache: 'bypass' }),
          other.patch(path, id, {}).catch(() => undefined),
        ]),
      );
    await many();
    expect(most).toBe(1);
    settings.netboxMaxConcurrent = 3;
    await many();
    expect(most).toBe(1);
    clients.forEndpoint(endpoint, credentials, server.origin);
    await many();
    expect(most).toBe(3);
  });

  it('count requests, writes and retries, for themselves and for the scope', async () => {
    const { server, client } = await harness();
    server.script({ kind: 'reset' }, { json: { id: 1 } });
    const counters = { requests: 0, writes: 0, retries: 0, overwhelmed: 0, cacheHits: 0 };
    await client.scoped({ counters }).patch(path, 1, {});
    expect(counters).toEqual({ requests: 2, writes: 2, retries: 1, overwhelmed: 0, cacheHits: 0 });
    expect(client.counters()).toEqual(counters);
  });

  it('refuse paths that are none', async () => {
    const { client } = await harness();
    for (const bad of ['https://evil.example/api/', '/api/x', '/api/x/?a=1', '//evil/api/', '/api/../x/', '/admin/']) {
      await expect(client.get(bad)).rejects.toMatchObject({ code: 'internal' });
    }
  });

  it('say of plain HTTP that was asked over HTTPS what helps', async () => {
    const server = await startScriptedServer({});
    open.push(server);
    const { clients } = await harness();
    const client = clients.forEndpoint({ ...endpoint, id: 9 }, credentials, server.origin.replace('http:', 'https:'));

    await expect(client.get(path)).rejects.toMatchObject({
      code: 'netbox_tls_error',
      detail: expect.stringMatching(/plain HTTP.*Correct the port.*verify_ssl of the endpoint to false/),
    });
  });

  it('check certificates unless the endpoint says otherwise, for requests and settings alike', async () => {
    const { selfSigned } = makeCertificates();
    const server = await startScriptedServer({ tls: selfSigned });
    open.push(server);
    server.script({ json: { a: 1 } });
    const { clients } = await harness();
    const strict = { ...endpoint, id: 7, verifySsl: true };
    const lax = { ...endpoint, id: 8, verifySsl: false };
    await expect(clients.forEndpoint(strict, credentials, server.origin).get(path)).rejects.toMatchObject({
      code: 'netbox_tls_error',
      detail: expect.stringMatching(/self-signed.*PROXBOX_CA_BUNDLE.*verify_ssl/),
    });
    await expect(clients.fetchPluginSettings(strict, credentials, server.origin, 60_000)).rejects.toMatchObject({
      code: 'netbox_tls_error',
    });
    expect(await clients.forEndpoint(lax, credentials, server.origin).get(path)).toEqual({ a: 1 });
    expect(await clients.fetchPluginSettings(lax, credentials, server.origin, 60_000)).toEqual({ a: 1 });
    expect(server.requests).toHaveLength(2);

    expect(await probeTls('127.0.0.1', server.port)).toBe('tls');
    const plain = await startScriptedServer();
    open.push(plain);
    expect(await probeTls('127.0.0.1', plain.port)).toBe('plain');
    await plain.close();
    open.pop();
    expect(await probeTls('127.0.0.1', plain.port)).toBe('unreachable');
  });

  it('takes a server for clear text that is silent to a TLS greeting and answers a request, as gunicorn does', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        if (data.toString('latin1').startsWith('HEAD ')) socket.end('HTTP/1.0 302 Found\r\n\r\n');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;

    expect(await probeTls('127.0.0.1', port)).toBe('plain');
    server.close();
  });
});
