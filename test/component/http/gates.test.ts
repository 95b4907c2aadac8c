/** What stands in front of the routes: headers, cross-origin rules, rate limit, sizes. */
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { anApp, type Fixture } from './app-fixture.js';

const netboxBody = {
  name: 'netbox-primary',
  ip_address: '10.0.0.20',
  domain: 'netbox.local',
  port: 443,
  token: '0123456789abcdef0123456789abcdef01234567',
};
const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-xss-protection': '1; mode=block',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'permissions-policy': 'geolocation=(), microphone=(), camera=()',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'content-security-policy': "default-src 'self'; frame-ancestors 'none'",
};
const origin = 'http://localhost:3000';
const preflight = { origin, 'access-control-request-method': 'PUT' };

describe('every answer', () => {
  it('carries security headers, CORS headers and its request id, whatever its status', async () => {
    const { app, headers } = await anApp({ variables: { PROXBOX_RATE_LIMIT: '4' } });
    const answers = [
      await app.inject({ url: '/health', headers: { origin } }),
      await app.inject({ url: '/version', headers: { origin } }),
      await app.inject({ url: '/version', headers: { origin, ...headers } }),
      await app.inject({ url: '/nothing', headers: { origin, ...headers } }),
      await app.inject({ method: 'POST', url: '/netbox/endpoint', headers: { origin, ...headers }, payload: {} }),
      await app.inject({ url: '/version', headers: { origin, ...headers } }),
      await app.inject({ method: 'OPTIONS', url: '/version', headers: preflight }),
    ];

    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 401, 200, 404, 422, 429, 200]);
    for (const { headers: sent } of answers) {
      expect(sent).toMatchObject({ ...securityHeaders, 'access-control-allow-origin': origin, vary: 'Origin' });
      expect(sent['x-request-id']).toMatch(/^[\w-]{36}$/);
    }
  });

  it('of a bug is generic, with all headers, and the process goes on', async () => {
    const { app, headers, logLines } = await anApp({
      change: (deps) => ({ settings: { ...deps.settings, current: failing(() => deps.settings.current()) } }),
    });

    const answer = await app.inject({ url: '/proxbox/settings', headers: { origin, ...headers } });

    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toEqual({
      message: 'Internal server error',
      detail: 'An unexpected error occurred.',
      python_exception: null,
    });
    expect(answer.headers).toMatchObject({ ...securityHeaders, 'access-control-allow-origin': origin });
    expect(logLines.join('')).toContain('a bug');
    expect(logLines.join('')).not.toContain('hunter2');
    expect((await app.inject('/health')).statusCode).toBe(200);
  });

  it('of a bug tells its text without secrets when internal errors are exposed', async () => {
    const { app, headers } = await anApp({
      variables: { PROXBOX_EXPOSE_INTERNAL_ERRORS: '1' },
      change: (deps) => ({ settings: { ...deps.settings, current: failing(() => deps.settings.current()) } }),
    });

    const { detail, python_exception } = (await app.inject({ url: '/proxbox/settings', headers })).json();

    expect(detail).toContain('a bug');
    expect(detail).not.toContain('hunter2');
    expect(python_exception).toBe(detail);
  });

  it('echoes a printable request id of the client and replaces any other', async () => {
    const { app } = await anApp({ withKey: false });
    const idFor = async (id: string) =>
      (await app.inject({ url: '/health', headers: { 'x-request-id': id } })).headers['x-request-id'];

    expect(await idFor('plugin-42')).toBe('plugin-42');
    expect(await idFor('two words')).toMatch(/^[\w-]{36}$/);
    expect(await idFor('x'.repeat(200))).toMatch(/^[\w-]{36}$/);
  });
});

const mebibyte = 1024 * 1024;

/** A connection to the server, on which the test writes byte by byte what a client would. */
async function connected(app: Fixture['app']): Promise<Socket> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Of a request whose body has this length; the body itself is not sent. */
function headOf(length: number): string {
  const head = ['POST /auth/register-key HTTP/1.1', 'Host: proxbox', 'Content-Type: application/json'];
  return [...head, `Content-Length: ${length}`, '', ''].join('\r\n');
}

/** Status lines of the next answers, without the version of HTTP. */
async function answersOn(socket: Socket, count: number): Promise<readonly string[]> {
  let text = '';
  const lines = () => Array.from(text.matchAll(/^HTTP\/1\.1 (.+)\r$/gm), ([, line]) => line!);
  while (lines().length < count) text += String(((await once(socket, 'data')) as [Buffer])[0]);
  return lines();
}

/** Throws at the second look only: the first is for the error answer's own question. */
function failing<T>(current: () => T): () => T {
  let calls = 0;
  return () => {
    calls += 1;
    if (calls === 1) throw new TypeError('a bug with password="hunter2" in its text');
    return current();
  };
}

describe('cross-origin requests', () => {
  it('are answered before rate limit and key, and not counted', async () => {
    const { app } = await anApp({ withKey: false, variables: { PROXBOX_RATE_LIMIT: '1' } });

    for (let i = 0; i < 5; i += 1) {
      const answer = await app.inject({ method: 'OPTIONS', url: '/netbox/endpoint/1', headers: preflight });
      expect(answer.statusCode).toBe(200);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
        'access-control-allow-headers': expect.stringContaining('X-Proxbox-API-Key'),
        'access-control-max-age': '600',
      });
    }
  });

  it('from elsewhere are refused in the preflight and get no permission otherwise', async () => {
    const { app } = await anApp({ withKey: false });
    const headers = { ...preflight, origin: 'https://evil.example' };

    const refused = await app.inject({ method: 'OPTIONS', url: '/version', headers });
    const plain = await app.inject({ url: '/health', headers: { origin: 'https://evil.example' } });

    expect(refused.statusCode).toBe(400);
    expect(plain.statusCode).toBe(200);
    for (const { headers: sent } of [refused, plain]) expect(sent).not.toHaveProperty('access-control-allow-origin');
  });

  it('follow the stored NetBox endpoint at once', async () => {
    const { app, headers } = await anApp({ variables: { PROXBOX_CORS_EXTRA_ORIGINS: 'https://ops.example/' } });
    const allowed = async (from: string) =>
      (await app.inject({ url: '/health', headers: { origin: from } })).headers['access-control-allow-origin'] === from;

    expect(await allowed('https://ops.example')).toBe(true);
    expect(await allowed('https://netbox.local')).toBe(false);
    await app.inject({ method: 'POST', url: '/netbox/endpoint', headers, payload: netboxBody });
    expect(await allowed('https://netbox.local')).toBe(true);
    expect(await allowed('https://netbox.local:8000')).toBe(true);
    expect(await allowed('https://10.0.0.20')).toBe(true);
    expect(await allowed('http://netbox.local')).toBe(false);
    await app.inject({
      method: 'PUT',
      url: '/netbox/endpoint/1',
      headers,
      payload: { domain: 'other.local', port: 8443 },
    });
    expect(await allowed('https://netbox.local')).toBe(false);
    expect(await allowed('https://other.local:8443')).toBe(true);
  });
});

describe('the rate limit', () => {
  const ask = async ({ app }: Fixture, headers = {}) => (await app.inject({ url: '/version', headers })).statusCode;
  const limited = { PROXBOX_RATE_LIMIT: '' };

  it('is 60 a minute without a key and slides', async () => {
    const fixture = await anApp({ withKey: false, variables: limited });

    for (let i = 0; i < 60; i += 1) {
      expect(await ask(fixture)).toBe(401);
      fixture.clock.advance(500);
    }
    const refused = await fixture.app.inject('/version');
    expect([refused.statusCode, refused.json(), refused.headers['retry-after']]).toEqual([
      429,
      { detail: 'Rate limit exceeded. Please try again later. Wait 30 s, or raise PROXBOX_RATE_LIMIT.' },
      '30',
    ]);
    fixture.clock.advance(29_999);
    expect(await ask(fixture)).toBe(429);
    fixture.clock.advance(1);
    expect(await ask(fixture)).toBe(401);
    expect(await ask(fixture)).toBe(429);
  });

  it('counts requests with a verified key apart, so that a busy dashboard never meets it', async () => {
    const fixture = await anApp({ variables: limited });
    for (let i = 0; i < 70; i += 1) await ask(fixture);
    expect(await ask(fixture)).toBe(429);
    fixture.clock.advance(60_000);

    for (let i = 0; i < 1201; i += 1) expect(await ask(fixture, fixture.headers)).toBe(200);

    expect(await ask(fixture, fixture.headers)).toBe(429);
    expect(fixture.logLines.filter((line) => line.includes('raise PROXBOX_RATE_LIMIT'))).toHaveLength(1);
    await ask(fixture, fixture.headers);
    expect(fixture.logLines.filter((line) => line.includes('raise PROXBOX_RATE_LIMIT'))).toHaveLength(1);
  });

  it('is the configured number for every request, keyed or not, when it is set', async () => {
    const fixture = await anApp({ variables: { PROXBOX_RATE_LIMIT: '3' } });

    expect([await ask(fixture), await ask(fixture, fixture.headers), await ask(fixture, fixture.headers)]).toEqual([
      401, 200, 200,
    ]);
    expect([await ask(fixture), await ask(fixture, fixture.headers)]).toEqual([429, 429]);
  });

  it('never applies to the public routes', async () => {
    const { app } = await anApp({ withKey: false, variables: { PROXBOX_RATE_LIMIT: '1' } });

    for (let i = 0; i < 10; i += 1) {
      for (const url of [
        '/',
        '/health',
        '/meta',
        '/openapi.json',
        '/auth/bootstrap-status',
        '/static/swagger-ui.css',
      ]) {
        expect((await app.inject(url)).statusCode).toBe(200);
      }
    }
  });

  it('is counted per client address behind a trusted proxy', async () => {
    const fixture = await anApp({ variables: { PROXBOX_RATE_LIMIT: '1', PROXBOX_TRUSTED_PROXIES: '127.0.0.1' } });

    expect(await ask(fixture, { 'x-forwarded-for': '192.0.2.1' })).toBe(401);
    expect(await ask(fixture, { 'x-forwarded-for': '192.0.2.1' })).toBe(429);
    expect(await ask(fixture, { 'x-forwarded-for': '192.0.2.2' })).toBe(401);
  });
});

describe('what a request may contain', () => {
  const json = { 'content-type': 'application/json' };
  const post = ({ app, headers }: Fixture, payload: string, type = 'application/json', url = '/netbox/endpoint') =>
    app.inject({ method: 'POST', url, headers: { ...headers, 'content-type': type }, payload });

  it.each([
    ['truncated JSON', '{"name": "x", "token": "hunter2"'],
    ['a prototype key', '{"__proto__": {"x": 1}}'],
    ['a constructor key', '{"constructor": {"prototype": {"x": 1}}}'],
  ])('is refused as JSON when it is %s, without repeating it', async (_name, payload) => {
    const answer = await post(await anApp(), payload);

    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toEqual({
      detail: [
        {
          type: 'json_invalid',
          loc: ['body'],
          msg: 'JSON decode error',
          ctx: { error: 'The body is not valid JSON.' },
        },
      ],
    });
  });

  it('is missing when the body is empty', async () => {
    const answer = await post(await anApp(), '');

    expect([answer.statusCode, answer.json()]).toEqual([
      422,
      { detail: [{ type: 'missing', loc: ['body'], msg: 'Field required' }] },
    ]);
  });

  it('must be JSON', async () => {
    const answer = await post(await anApp(), 'name=x', 'application/x-www-form-urlencoded');

    expect([answer.statusCode, answer.json()]).toEqual([
      415,
      { detail: 'Unsupported Media Type: send the body as application/json.' },
    ]);
  });

  it.each([
    ['an endpoint', '/netbox/endpoint', 64 * 1024],
    ['a first key', '/auth/register-key', 64 * 1024],
    ['anything else', '/proxmox/qemu/100/start', 1024 * 1024],
  ])('is at most so large for %s', async (_name, url, limit) => {
    const fixture = await anApp();

    const answer = await post(fixture, JSON.stringify({ filler: 'x'.repeat(limit) }), 'application/json', url);

    expect([answer.statusCode, answer.json()]).toEqual([
      413,
      { detail: `Payload Too Large: more than ${limit / 1024} KB. Send less at once.` },
    ]);
  });

  it('that is too large is answered and still read, so that who sends it gets the answer, and can go on', async () => {
    const { app } = await anApp();
    const socket = await connected(app);

    socket.write(headOf(2 * mebibyte));
    expect(await answersOn(socket, 1)).toEqual(['413 Payload Too Large']);
    socket.write(Buffer.alloc(2 * mebibyte, 'x'));
    socket.write('GET /livez HTTP/1.1\r\nHost: proxbox\r\n\r\n');

    expect(await answersOn(socket, 1)).toEqual(['200 OK']);
    socket.destroy();
  });

  it('that is larger than anybody can mean is answered, and the connection closed', async () => {
    const { app } = await anApp();
    const socket = await connected(app);
    const ended = once(socket, 'end');

    socket.write(headOf(17 * mebibyte));

    expect(await answersOn(socket, 1)).toEqual(['413 Payload Too Large']);
    await ended;
    socket.destroy();
  });

  it('has a URL of at most 8 KiB', async () => {
    const { app, headers } = await anApp();

    expect((await app.inject({ url: `/version?x=${'y'.repeat(8000)}`, headers })).statusCode).toBe(200);
    expect((await app.inject({ url: `/version?x=${'y'.repeat(8200)}`, headers })).json()).toEqual({
      detail: 'URI Too Long',
    });
  });

  it('may name the JSON type without a body where none is needed', async () => {
    const { app, headers } = await anApp();

    expect(
      (await app.inject({ method: 'POST', url: '/clear-cache', headers: { ...headers, ...json } })).statusCode,
    ).toBe(200);
  });

  it('needs the key before anything about it is judged', async () => {
    const { app } = await anApp();

    const answer = await app.inject({ method: 'POST', url: '/netbox/endpoint', headers: json, payload: '{' });

    expect(answer.statusCode).toBe(401);
  });
});
