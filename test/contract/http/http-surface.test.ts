/** What a client without a key can reach: walked over every registered route, so that a new route is covered at once. */
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { App } from '../../../src/http/app-type.js';
import { unbuiltRoutes } from '../../../src/http/routes/not-implemented-table.js';
import { anApp, type Fixture } from '../../component/http/app-fixture.js';
import { routesOf, type Verb } from '../../support/routes.js';

const publicRoutes = new Set([
  'GET /',
  'HEAD /',
  'GET /meta',
  'HEAD /meta',
  'GET /health',
  'HEAD /health',
  'GET /livez',
  'GET /readyz',
  'GET /openapi.json',
  'GET /docs',
  'GET /redoc',
  'GET /static/:file',
  'GET /admin',
  'GET /ui',
  'GET /ui/:file',
  'GET /auth/bootstrap-status',
  'POST /auth/register-key',
]);

function concrete(pattern: string): string {
  return pattern
    .replace(/:[a-z_]*id\b|:pos/g, '1')
    .replace(/:type/g, 'qemu')
    .replace(/:[A-Za-z_]+/g, 'x')
    .replace('*', 'y');
}

async function withRoutes(): Promise<Fixture & { readonly routes: readonly string[] }> {
  const fixture = await anApp();
  return { ...fixture, routes: routesOf(fixture.app).map(({ method, pattern }) => `${method} ${pattern}`) };
}

const tricks = [
  '//health',
  '/HEALTH',
  '/Health',
  '/%68ealth',
  '/health%2f',
  '/./health',
  '/health/..',
  '/health/../version',
  '/%2e/health',
  '/docs/..%2fnetbox/endpoint',
  '/static/%2e%2e/netbox/endpoint',
  '/static/..%2f..%2fpackage.json',
  '/static//swagger-ui.css',
  '/health//',
  '/openapi.json%00',
  '/auth/bootstrap-status%2f',
  '/\\health',
  '/health;x=1',
  '/%zz',
] as const;

/** Sends the path as it is; `inject` and browsers would tidy it up first. */
function rawStatus(app: App, path: string): Promise<number | undefined> {
  const { port } = app.server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path }, (response) => resolve((response.resume(), response.statusCode)))
      .on('error', reject)
      .end();
  });
}

describe('every route', () => {
  it('is in the table of public routes or answers 401 without a key', async () => {
    const { app, routes } = await withRoutes();
    expect(routes.length).toBeGreaterThan(200);

    const open: string[] = [];
    for (const route of routes) {
      const [method, pattern] = route.split(' ') as [Verb, string];
      const { statusCode } = await app.inject({ method, url: concrete(pattern) });
      if (statusCode !== 401) open.push(route);
    }

    expect(new Set(open)).toEqual(publicRoutes);
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const)(
    'answers %s of a protected path, built or not, with 401 and no hint about it',
    async (method) => {
      const { app } = await anApp();

      for (const url of ['/version', '/netbox/endpoint', '/nothing/here', '/auth/keys', '/admin/logs/stream', '/ws']) {
        expect({ url, status: (await app.inject({ method, url })).statusCode }).toEqual({ url, status: 401 });
      }
    },
  );

  it('is not found by any other spelling of a public path', async () => {
    const { app } = await anApp();
    await app.listen({ port: 0, host: '127.0.0.1' });

    for (const path of tricks) {
      expect({ path, status: await rawStatus(app, path) }).toEqual({ path, status: expect.toBeOneOf([400, 401]) });
    }
  });

  it('is the same with and without a slash at the end, and never a redirect', async () => {
    const { app, headers } = await anApp();

    for (const url of ['/health/', '/openapi.json/', '/docs/', '/auth/bootstrap-status/']) {
      expect({ url, status: (await app.inject({ url })).statusCode }).toEqual({ url, status: 200 });
    }
    for (const url of ['/version/', '/netbox/endpoint/', '/proxmox/endpoints/', '/auth/keys/', '/runs/', '/cache/']) {
      expect({ url, status: (await app.inject({ url, headers })).statusCode }).toEqual({ url, status: 200 });
    }
  });

  it('answers unknown paths with 404 and known ones with 405, only to those who have a key', async () => {
    const { app, headers } = await anApp();

    const unknown = await app.inject({ url: '/nothing/here', headers });
    const wrongMethod = await app.inject({ method: 'PATCH', url: '/netbox/endpoint/1', headers });

    expect([unknown.statusCode, unknown.json()]).toEqual([404, { detail: 'Not Found' }]);
    expect([wrongMethod.statusCode, wrongMethod.json()]).toEqual([405, { detail: 'Method Not Allowed' }]);
    expect(wrongMethod.headers['allow']).toBe('DELETE, GET, PUT');
  });

  it.each(['/', '/ws', '/ws/virtual-machines', '/proxmox/console/browser-stream'])(
    'answers a header that asks for a WebSocket on %s with 404 when the connection is not handed over',
    async (url) => {
      const { app, headers } = await anApp();
      const upgrade = { connection: 'Upgrade', upgrade: 'websocket' };

      expect((await app.inject({ url, headers: upgrade })).statusCode).toBe(404);
      expect((await app.inject({ url, headers: { ...headers, ...upgrade } })).statusCode).toBe(404);
    },
  );
});

describe('the table of routes that are not built', () => {
  it('stands for every row that is not registered otherwise, and for no route that exists', async () => {
    const { app, headers } = await anApp();

    for (const { methods, path, answer, gate, instead } of unbuiltRoutes) {
      for (const method of methods) {
        const reply = await app.inject({ method, url: concrete(path), headers });
        const expected = gate !== undefined ? 403 : answer === 'not_implemented' ? 501 : 200;
        expect({ method, path, status: reply.statusCode }).toEqual({ method, path, status: expected });
        if (expected === 501) {
          const end = instead === undefined ? 'this version.' : `this version. ${instead}.`;
          const detail = expect.toSatisfy((text: string) => text.endsWith(` is not part of ${end}`)) as string;
          expect(reply.json()).toEqual({ reason: 'not_implemented', detail });
        }
      }
    }
  });

  it('names as what to call instead only routes that are there', async () => {
    const { routes } = await withRoutes();
    const known = new Set(routes.map((route) => route.replace(/:[^/]+/g, '{}')));
    const named = unbuiltRoutes.flatMap(({ instead = '' }) => instead.match(/(?:GET|POST) \/[^\s;,]+/g) ?? []);

    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((call) => !known.has(call.replace(/\{[a-z_]+\}/g, '{}')))).toEqual([]);
  });

  it.each([
    ['/proxmox/datacenter/cpu-models', []],
    ['/pbs/status', { items: [] }],
  ])('answers %s with an empty 200, because routine jobs ask for it', async (url, body) => {
    const { app, headers } = await anApp();

    const answer = await app.inject({ url, headers });

    expect([answer.statusCode, answer.json()]).toEqual([200, body]);
  });
});

describe('the API document', () => {
  it('describes the built routes and needs no key', async () => {
    const { app } = await anApp({ withKey: false });

    const document = (await app.inject('/openapi.json')).json();

    expect(document).toMatchObject({
      info: { title: 'Proxbox Backend', version: '0.1.0' },
      components: expect.any(Object),
    });
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/health', '/netbox/endpoint/{netbox_id}', '/auth/keys']),
    );
  });

  it('names for every operation the statuses with which it may be refused or fail, and which ones need no key', async () => {
    const { app } = await anApp();
    interface Operation {
      readonly responses: Record<string, unknown>;
      readonly security?: readonly unknown[];
    }
    const document: { paths: Record<string, Record<string, Operation>> } = (await app.inject('/openapi.json')).json();
    const operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, ...operation })),
    );

    const silent = operations.filter(({ responses }) => !('4XX' in responses) || !('5XX' in responses));
    const open = operations.filter(({ security }) => security?.length === 0);

    expect(operations.length).toBeGreaterThan(130);
    expect(silent.map(({ name }) => name)).toEqual([]);
    for (const { name } of open) {
      const [method = '', path = ''] = name.split(' ');
      expect((await app.inject({ method: method as 'GET', url: path, payload: {} })).statusCode, name).not.toBe(401);
    }
    expect(open.map(({ name }) => name)).toEqual(expect.arrayContaining(['GET /health', 'GET /auth/bootstrap-status']));
  });

  it.each(['/docs', '/redoc'])('is shown on %s from bundled files that exist', async (url) => {
    const { app } = await anApp({ withKey: false });

    const page = await app.inject(url);
    const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);

    expect(files).not.toHaveLength(0);
    for (const file of files) {
      expect(file).toMatch(/^\/static\//);
      expect((await app.inject(file)).statusCode).toBe(200);
    }
    expect((await app.inject('/static/package.json')).statusCode).toBe(404);
  });
});
