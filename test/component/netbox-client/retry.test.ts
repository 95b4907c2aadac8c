import { afterEach, describe, expect, it } from 'vitest';
import type { FindExisting } from '../../../src/netbox/types.js';
import type { ScriptedAnswer } from '../../support/scripted-server.js';
import { cursorPage, openHarness, rows, type Harness, type HarnessOptions } from './harness.js';

let open: Harness[] = [];

afterEach(async () => {
  for (const harness of open) await harness.close();
  open = [];
});

async function harness(options: HarnessOptions = {}): Promise<Harness> {
  const opened = await openHarness(options);
  open.push(opened);
  return opened;
}

const path = '/api/extras/tags/';
const djangoError = (exception: string, error: string): ScriptedAnswer => ({
  status: 500,
  json: { exception, error, netbox_version: '4.6.8' },
});
const html = '<html><body><h1>Bad Gateway</h1></body></html>';

type Row = readonly [
  name: string,
  answer: ScriptedAnswer,
  get: number,
  patch: number,
  remove: number,
  post: number,
  code: string,
];

/** Requests that arrive for one call with two retries. */
const table: readonly Row[] = [
  ['reset after the request', { kind: 'reset' }, 3, 3, 3, 1, 'netbox_unreachable'],
  ['truncated answer', { kind: 'truncated', text: '{"id"' }, 3, 3, 3, 1, 'remote_protocol'],
  ['502 page', { status: 502, text: html }, 3, 3, 3, 1, 'netbox_overwhelmed'],
  ['504 page', { status: 504, text: html }, 3, 3, 3, 1, 'netbox_overwhelmed'],
  ['524 page', { status: 524, text: html }, 3, 3, 3, 1, 'netbox_overwhelmed'],
  ['503 page', { status: 503, text: html }, 3, 3, 3, 3, 'netbox_overwhelmed'],
  ['503 JSON', { status: 503, json: { detail: 'later' } }, 3, 3, 3, 1, 'netbox_overwhelmed'],
  ['429', { status: 429, json: { detail: 'slow down' } }, 3, 3, 3, 3, 'netbox_overwhelmed'],
  [
    '500 too many clients',
    djangoError('OperationalError', 'FATAL: sorry, too many clients already'),
    3,
    3,
    3,
    3,
    'netbox_overwhelmed',
  ],
  ['500 deadlock', djangoError('OperationalError', 'deadlock detected'), 3, 3, 3, 3, 'netbox_error'],
  ['500 of a bug', djangoError('KeyError', "'x'"), 1, 1, 1, 1, 'netbox_error'],
  [
    '500 of a collision',
    djangoError('IntegrityError', 'duplicate key value, connection failed'),
    1,
    1,
    1,
    1,
    'netbox_error',
  ],
  [
    'maintenance',
    djangoError('Exception', 'NetBox is currently operating in maintenance mode'),
    1,
    1,
    1,
    1,
    'netbox_maintenance',
  ],
  ['501', { status: 501, json: { detail: 'no' } }, 1, 1, 1, 1, 'netbox_error'],
  [
    '503 without workers',
    { status: 503, json: { detail: 'Unable to process request: RQ worker process not running.' } },
    1,
    1,
    1,
    1,
    'netbox_error',
  ],
  [
    '400 that mentions a timeout',
    { status: 400, json: { name: ['timeout, too many clients'] } },
    1,
    1,
    1,
    1,
    'netbox_rejected',
  ],
  ['401', { status: 401, json: { detail: 'who?' } }, 1, 1, 1, 1, 'netbox_forbidden'],
  ['403', { status: 403, json: { detail: 'no permission' } }, 1, 1, 1, 1, 'netbox_forbidden'],
  ['405', { status: 405, json: { detail: 'no' } }, 1, 1, 1, 1, 'netbox_rejected'],
  ['409', { status: 409, json: { detail: 'no' } }, 1, 1, 1, 1, 'netbox_rejected'],
  ['412', { status: 412, json: { detail: 'no' } }, 1, 1, 1, 1, 'netbox_rejected'],
  ['413', { status: 413, text: html }, 1, 1, 1, 1, 'netbox_rejected'],
  ['414', { status: 414, text: html }, 1, 1, 1, 1, 'netbox_rejected'],
  ['302', { status: 302, headers: { location: 'https://other.example/login' } }, 1, 1, 1, 1, 'netbox_redirect'],
  ['200 that is not JSON', { status: 200, text: '<html>login</html>' }, 1, 1, 1, 1, 'remote_protocol'],
];

describe('a caller with little patience', () => {
  it('gets the last failure once no further attempt fits into its time', async () => {
    const { server, client, clock } = await harness({ settings: { netboxMaxRetries: 50, netboxRetryDelayS: 1 } });
    server.script({ kind: 'reset' });

    const failed = client.scoped({ patienceMs: 8_000 }).get(path);

    await expect(failed).rejects.toMatchObject({ code: 'netbox_unreachable' });
    expect(server.requests.length).toBeGreaterThan(1);
    expect(clock.monotonicMs()).toBeLessThanOrEqual(8_000);
  });
});

describe('requests that arrive for one call with two retries', () => {
  it.each(table)('%s', async (_name, answer, get, patch, remove, post, code) => {
    const { server, client } = await harness({ settings: { netboxMaxRetries: 2 } });
    server.script(answer);
    const calls: readonly [() => Promise<unknown>, number][] = [
      [() => client.get(path), get],
      [() => client.patch(path, 1, { name: 'a' }), patch],
      [() => client.delete(path, 1), remove],
      [() => client.create(path, { name: 'a' }), post],
    ];
    for (const [call, expected] of calls) {
      const before = server.requests.length;
      await expect(call()).rejects.toMatchObject({ code });
      expect(server.requests.length - before).toBe(expected);
    }
  });

  it('a refused connection is tried again by every method, from 10 s on', async () => {
    const { server, client, clock } = await harness({ settings: { netboxMaxRetries: 2 } });
    await server.close();
    await expect(client.create(path, { name: 'a' })).rejects.toMatchObject({
      code: 'netbox_unreachable',
      status: 502,
      detail: expect.stringMatching(/^netbox_unreachable: .*connection refused.*after 3 attempts/),
    });
    expect(clock.sleeps).toEqual([10_000, 10_000]);
  });

  it('404 on a delete is success, and "was there" after a lost answer', async () => {
    const { server, client } = await harness();
    server.script({ status: 404, json: { detail: 'Not found.' } });
    expect(await client.delete(path, 5)).toBe(false);
    server.script({ kind: 'reset' }, { status: 404, json: { detail: 'Not found.' } });
    expect(await client.delete(path, 5)).toBe(true);
  });
});

describe('a scope of a dry run', () => {
  it('reads, and has no way to write: not one request leaves, also from scopes that are made from it', async () => {
    const { server, client } = await harness();
    const dry = client.scoped({ isReadOnly: true }).scoped({ patienceMs: 60_000 });
    const bulk = { batchSize: 5, delayMs: 0 };
    const attempts = [
      () => dry.create(path, { name: 'a' }),
      () => dry.patch(path, 1, { name: 'a' }),
      () => dry.delete(path, 1),
      () => dry.bulkCreate(path, [{ name: 'a' }], bulk),
      () => dry.bulkPatch(path, [{ id: 1, body: { name: 'a' } }], bulk),
      () => dry.bulkDelete(path, [1], bulk),
    ];
    for (const attempt of attempts)
      await expect(attempt()).rejects.toMatchObject({
        code: 'internal',
        message: expect.stringContaining('dry run tried to write'),
      });
    expect(server.requests).toEqual([]);
    server.script({ json: { id: 1 } });
    expect(await dry.get(path)).toEqual({ id: 1 });
  });
});

describe('waiting', () => {
  it('is told to whom the request is for, with what NetBox said and how long', async () => {
    const { server, client } = await harness({ settings: { netboxMaxRetries: 2 } });
    server.script({ status: 503, text: html }, { kind: 'reset' }, { json: { id: 1 } });
    const told: unknown[] = [];
    await client.scoped({ onWait: (wait) => told.push(wait) }).get(path);
    expect(told).toContainEqual({ why: 'NetBox answers 503', delayMs: 2000 });
    expect(told.at(-1)).toMatchObject({ why: expect.stringMatching(/^NetBox cannot be reached \(reset\)$/) });
  });

  it('sleeps at most 30 s and says "NetBox overwhelmed" in the log', async () => {
    const { server, client, clock, warnings } = await harness();
    server.script({ status: 503, text: html });
    await expect(client.get(path)).rejects.toMatchObject({
      code: 'netbox_overwhelmed',
      status: 503,
      retryAfterS: 30,
      detail: expect.stringMatching(/^netbox_overwhelmed: .*after 6 attempts/),
    });
    expect(clock.sleeps).toEqual([2000, 4000, 8000, 16_000, 30_000]);
    expect(warnings[0]).toMatch(
      /^NetBox get \/api\/extras\/tags\/ failed \(NetBox overwhelmed\) \(attempt 1\/6\), retrying in 2s: HTTP 503/,
    );
  });

  it('grows while NetBox has no capacity, from request to request, and begins anew after a good answer', async () => {
    const { server, client, clock } = await harness({ settings: { netboxMaxRetries: 1 } });
    const busy = { status: 503, text: html };
    server.script(busy, busy, busy, { json: {} }, busy, { json: {} });

    await expect(client.get(path)).rejects.toMatchObject({ code: 'netbox_overwhelmed' });
    await client.get(path);
    await client.get(`${path}2/`);

    expect(clock.sleeps).toEqual([2000, 8000, 2000]);
  });

  it('keeps every other request from the host for the seconds of Retry-After', async () => {
    const { server, client, clock } = await harness({ settings: { netboxMaxConcurrent: 2, netboxMaxRetries: 0 } });
    server.script({ status: 429, headers: { 'retry-after': '7' }, json: {} }, { json: { id: 1 } });
    await expect(client.get('/api/a/')).rejects.toMatchObject({ code: 'netbox_overwhelmed' });
    expect(clock.monotonicMs()).toBe(0);
    await client.get('/api/b/');
    expect(clock.monotonicMs()).toBe(7_000);
    expect(server.requests).toHaveLength(2);
  });

  it('ends at once when the caller gives up, and sends nothing more', async () => {
    const { server, client, clock } = await harness();
    clock.hold();
    const abort = new AbortController();
    server.respond(() => {
      setImmediate(() => abort.abort());
      return { status: 503, text: html };
    });
    await expect(client.scoped({ signal: abort.signal }).get(path)).rejects.toMatchObject({
      code: 'cancelled',
      status: 503,
    });
    expect(server.requests).toHaveLength(1);
  });

  it('waits for the answer of a write that is under way when the caller gives up', async () => {
    const { server, client } = await harness();
    const abort = new AbortController();
    server.respond(() => {
      abort.abort();
      return { status: 201, json: { id: 7 } };
    });
    expect(await client.scoped({ signal: abort.signal }).create(path, { name: 'a' })).toEqual({ id: 7 });
  });
});

describe('errors', () => {
  it('carry what NetBox said, its request id and no markup', async () => {
    const { server, client } = await harness({ settings: { netboxMaxRetries: 0 } });
    server.script({ status: 400, json: { name: ['required'] }, headers: { 'X-Request-ID': 'abc-1' } });
    await expect(client.create(path, {})).rejects.toMatchObject({
      code: 'netbox_rejected',
      status: 502,
      message: expect.stringContaining('create /api/extras/tags/'),
      upstream: { status: 400, body: { name: ['required'] }, requestId: 'abc-1' },
    });
    server.script({ status: 502, text: html.repeat(100) });
    const error: unknown = await client.get(path).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'netbox_error', status: 502, detail: expect.stringMatching(/^[^<]{1,800}$/) });
  });

  it('name a time-out as such', async () => {
    const { server, client } = await harness({ settings: { netboxMaxRetries: 0, netboxTimeoutS: 0.05 } });
    server.script({ kind: 'silence' });
    await expect(client.get(path)).rejects.toMatchObject({
      code: 'netbox_timeout',
      status: 504,
      detail: expect.stringContaining('timed out'),
    });
  });

  it('name status and target of a redirect', async () => {
    const { server, client } = await harness();
    server.script({ status: 308, headers: { location: 'https://netbox.example:8443/api/x/' } });
    await expect(client.create(path, {})).rejects.toMatchObject({
      code: 'netbox_redirect',
      message: expect.stringContaining('308 redirects to https://netbox.example:8443'),
    });
  });
});

describe('a single POST whose answer was lost', () => {
  const find: FindExisting = async (bodies, client) => {
    const found = await client.list(path, { name: bodies.map(({ name }) => String(name)) });
    return bodies.map(({ name }) => found.find((row) => row.name === name));
  };

  it('is not repeated when it had landed', async () => {
    const { server, client } = await harness();
    server.respond(({ method }) => (method === 'POST' ? { kind: 'reset' } : cursorPage([{ id: 9, name: 'a' }])));
    expect(await client.create(path, { name: 'a' }, { find })).toEqual({ id: 9, name: 'a' });
    expect(server.lines()).toEqual([`POST ${path}`, `GET ${path}`]);
  });

  it('is repeated when it had not', async () => {
    const { server, client } = await harness();
    server.script({ kind: 'reset' }, cursorPage([]), { status: 201, json: { id: 10, name: 'a' } });
    expect(await client.create(path, { name: 'a' }, { find })).toEqual({ id: 10, name: 'a' });
    expect(server.lines()).toEqual([`POST ${path}`, `GET ${path}`, `POST ${path}`]);
  });

  it('that NetBox refuses as a duplicate is the object that exists', async () => {
    const { server, client, clock } = await harness();
    server.script(
      { status: 400, json: { slug: ['Tag with this slug already exists.'] } },
      cursorPage([]),
      cursorPage(rows(3).map((row) => ({ ...row, name: 'a' }))),
    );
    expect(await client.create(path, { name: 'a' }, { find })).toMatchObject({ id: 3 });
    expect(clock.sleeps).toEqual([100]);
  });

  it('and cannot be found is said to be so', async () => {
    const { server, client } = await harness();
    server.respond(({ method }) =>
      method === 'POST' ? { status: 400, json: { slug: ['already exists.'] } } : cursorPage([]),
    );
    await expect(client.create(path, { name: 'a' }, { find })).rejects.toMatchObject({
      code: 'netbox_duplicate_unresolved',
    });
    expect(server.requests).toHaveLength(4);
  });
});
