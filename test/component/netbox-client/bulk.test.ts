import { afterEach, describe, expect, it } from 'vitest';
import type { FindExisting, JsonObject } from '../../../src/netbox/types.js';
import type { ReceivedRequest, ScriptedAnswer } from '../../support/scripted-server.js';
import { cursorPage, openHarness, type Harness, type HarnessOptions } from './harness.js';

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

const path = '/api/virtualization/interfaces/';
const options = { batchSize: 50, delayMs: 0 };
const named = (count: number): readonly JsonObject[] =>
  Array.from({ length: count }, (_, index) => ({ name: `n${index}` }));

function items(request: ReceivedRequest): readonly { readonly id?: number; readonly name?: string }[] {
  return Array.isArray(request.body) ? request.body : [];
}

/** Creates everything: the id is the number in the name, plus 1000. */
function created(request: ReceivedRequest): ScriptedAnswer {
  return { status: 201, json: items(request).map(({ name }) => ({ id: 1_000 + Number(name?.slice(1)), name })) };
}

/** NetBox's answer to a batch with bad objects: a list aligned to it. */
function aligned(request: ReceivedRequest, bad: Readonly<Record<string, JsonObject>>): ScriptedAnswer {
  const said = items(request).map(({ name }) => bad[name ?? ''] ?? {});
  return said.some((item) => Object.keys(item).length > 0) ? { status: 400, json: said } : created(request);
}

const find: FindExisting = async (bodies, client) => {
  const found = await client.list(path, { name: bodies.map(({ name }) => String(name)) });
  return bodies.map(({ name }) => found.find((row) => row.name === name));
};

describe('bulkCreate', () => {
  it('sends batches, pauses between two of them only, and reports progress', async () => {
    const { server, client, clock } = await harness();
    server.respond(created);
    const progress: number[] = [];
    const outcomes = await client.bulkCreate(path, named(5), {
      batchSize: 2,
      delayMs: 500,
      onBatch: ({ done }) => progress.push(done),
    });
    expect(outcomes.map((outcome) => outcome.status)).toEqual(Array(5).fill('created'));
    expect(server.requests.map((request) => items(request).length)).toEqual([2, 2, 1]);
    expect(clock.sleeps).toEqual([500, 500]);
    expect(progress).toEqual([2, 4, 5]);
    await client.bulkCreate(path, named(2), { batchSize: 2, delayMs: 500 });
    expect(clock.sleeps).toHaveLength(2);
    expect(await client.bulkCreate(path, [], options)).toEqual([]);
  });

  it('rests only for what is left of the delay when the last batch took its time', async () => {
    const { server, client, clock } = await harness();
    server.respond((request, index) => {
      clock.advance([300, 700, 0][index] ?? 0);
      return created(request);
    });
    await client.bulkCreate(path, named(5), { batchSize: 2, delayMs: 500 });
    expect(clock.sleeps).toEqual([200]);
  });

  it('sends smaller batches after NetBox had no capacity twice in a row', async () => {
    const { server, client } = await harness();
    const sizes: number[] = [];
    server.respond((request, index) => {
      sizes.push(items(request).length);
      return index < 2 ? { status: 503, text: '<html>' } : created(request);
    });
    await client.bulkCreate(path, named(90), { batchSize: 40, delayMs: 0 });
    expect(sizes).toEqual([40, 40, 40, 20, 20, 10]);
  });

  it('keeps a request below 1 MiB', async () => {
    const { server, client } = await harness();
    server.respond(created);
    const bodies = named(5).map((body) => ({ ...body, comments: 'x'.repeat(400_000) }));
    expect(await client.bulkCreate(path, bodies, options)).toHaveLength(5);
    expect(server.requests.map((request) => items(request).length)).toEqual([2, 2, 1]);
  });

  it('sets the one bad object of 50 aside with one more request', async () => {
    const { server, client } = await harness();
    server.respond((request) => aligned(request, { n17: { mtu: ['too large'] } }));
    const outcomes = await client.bulkCreate(path, named(50), options);
    expect(server.requests).toHaveLength(2);
    expect(outcomes.filter(({ status }) => status === 'created')).toHaveLength(49);
    expect(outcomes[17]).toMatchObject({
      status: 'failed',
      error: { code: 'netbox_rejected', message: expect.stringContaining('too large') },
    });
    expect(outcomes[18]).toMatchObject({ status: 'created', record: { name: 'n18' } });
  });

  it('finds the duplicates of a batch with one look-up', async () => {
    const { server, client } = await harness();
    const exists = { name: ['Interface with this name already exists.'] };
    server.respond((request) =>
      request.method === 'GET'
        ? cursorPage([
            { id: 5, name: 'n1' },
            { id: 6, name: 'n2' },
          ])
        : aligned(request, { n1: exists, n2: exists }),
    );
    const outcomes = await client.bulkCreate(path, named(4), { ...options, find });
    expect(outcomes.map(({ status }) => status)).toEqual(['created', 'exists', 'exists', 'created']);
    expect(outcomes[1]).toMatchObject({ record: { id: 5 } });
    expect(server.lines()).toEqual([`POST ${path}`, `POST ${path}`, `GET ${path}`]);
  });

  it('says that a duplicate cannot be found', async () => {
    const { server, client } = await harness();
    server.respond((request) =>
      request.method === 'GET' ? cursorPage([]) : aligned(request, { n0: { name: ['must be unique.'] } }),
    );
    const outcomes = await client.bulkCreate(path, named(1), { ...options, find });
    expect(outcomes[0]).toMatchObject({ status: 'failed', error: { code: 'netbox_duplicate_unresolved' } });
  });

  it.each([
    ['an error that names no object (devices)', { status: 400, json: { name: ['Bad device.'] } }],
    [
      'a collision in the database',
      { status: 500, json: { exception: 'IntegrityError', error: 'duplicate key value' } },
    ],
  ])('halves the batch after %s', async (_name, refusal) => {
    const { server, client } = await harness();
    server.respond((request) => (items(request).some(({ name }) => name === 'n5') ? refusal : created(request)));
    const outcomes = await client.bulkCreate(path, named(16), options);
    expect(outcomes.filter(({ status }) => status === 'created')).toHaveLength(15);
    expect(outcomes[5]!.status).toBe('failed');
    expect(server.requests.length).toBeLessThanOrEqual(9);
  });

  it('sends equal keys once and fails the later ones before anything is sent', async () => {
    const { server, client } = await harness();
    server.respond(created);
    const bodies = [{ name: 'n1' }, { name: 'N1' }, { name: 'n2' }];
    const outcomes = await client.bulkCreate(path, bodies, {
      ...options,
      keyOf: ({ name }) => String(name).toLowerCase(),
    });
    expect(outcomes.map(({ status }) => status)).toEqual(['created', 'failed', 'created']);
    expect(items(server.requests[0]!)).toEqual([{ name: 'n1' }, { name: 'n2' }]);
  });

  it.each([
    ['all', ['n0', 'n1', 'n2'], []],
    ['none', [], ['n0', 'n1', 'n2']],
    ['some', ['n1'], ['n0', 'n2']],
  ])('after a lost answer, with %s of the objects there, creates what is missing', async (_name, there, missing) => {
    const { server, client } = await harness();
    server.respond((request, index) => {
      if (request.method === 'GET')
        return cursorPage(there.map((name) => ({ id: 1_000 + Number(name.slice(1)), name })));
      return index === 0 ? { kind: 'reset' } : created(request);
    });
    const outcomes = await client.bulkCreate(path, named(3), { ...options, find });
    expect(outcomes.map(({ status }) => status)).toEqual(['created', 'created', 'created']);
    expect(outcomes.map((outcome) => (outcome.status === 'failed' ? 0 : outcome.record.id))).toEqual([
      1_000, 1_001, 1_002,
    ]);
    const posts = server.requests.filter(({ method }) => method === 'POST').slice(1);
    expect(posts.flatMap(items).map(({ name }) => name)).toEqual(missing);
  });

  it('does not repeat a batch whose answer was lost when nobody can look, and says so', async () => {
    const { server, client } = await harness();
    server.script({ kind: 'reset' });
    const outcomes = await client.bulkCreate(path, named(2), options);
    expect(server.requests).toHaveLength(1);
    expect(outcomes[0]).toMatchObject({
      status: 'failed',
      error: { detail: expect.stringContaining('whether it was carried out is unknown') },
    });
  });

  it('sends no further batch after a missing permission', async () => {
    const { server, client } = await harness();
    server.script({ status: 403, json: { detail: 'You do not have permission to perform this action.' } });
    const outcomes = await client.bulkCreate(path, named(6), { ...options, batchSize: 2 });
    expect(server.requests).toHaveLength(1);
    expect(outcomes.map((outcome) => outcome.status === 'failed' && outcome.error.code)).toEqual(
      Array(6).fill('netbox_forbidden'),
    );
  });

  it('fails a batch whose answer does not hold the objects', async () => {
    const { server, client } = await harness();
    server.script({ status: 201, json: [{ id: 1 }] });
    const outcomes = await client.bulkCreate(path, named(2), options);
    expect(outcomes.every((outcome) => outcome.status === 'failed' && outcome.error.code === 'remote_protocol')).toBe(
      true,
    );
  });

  it('leaves the config context out for VMs and devices', async () => {
    const { server, client } = await harness();
    server.respond(created);
    await client.bulkCreate('/api/dcim/devices/', named(1), options);
    expect(server.requests[0]!.query.toString()).toBe('exclude=config_context&omit=config_context');
  });
});

describe('bulkPatch', () => {
  const changes = (count: number): { id: number; body: JsonObject }[] =>
    Array.from({ length: count }, (_, index) => ({ id: index + 1, body: { mtu: 1500 } }));

  it('reads the answer by id and tells which ids are gone', async () => {
    const { server, client } = await harness();
    server.script({ json: [{ id: 3 }, { id: 1 }] });
    const outcomes = await client.bulkPatch(path, changes(3), options);
    expect(outcomes).toEqual([
      { status: 'updated', record: { id: 1 } },
      { status: 'gone' },
      { status: 'updated', record: { id: 3 } },
    ]);
    expect(server.requests[0]!.body).toEqual(changes(3).map(({ id, body }) => ({ ...body, id })));
  });

  it('finds the one bad object of 50 with at most 12 more requests', async () => {
    const { server, client } = await harness();
    server.respond((request) =>
      items(request).some(({ id }) => id === 31) ? { status: 400, json: { mtu: ['bad'] } } : { json: request.body },
    );
    const outcomes = await client.bulkPatch(path, changes(50), options);
    expect(server.requests.length).toBeLessThanOrEqual(13);
    expect(outcomes.filter(({ status }) => status === 'updated')).toHaveLength(49);
    expect(outcomes[30]).toMatchObject({ status: 'failed', error: { code: 'netbox_rejected' } });
  });

  it('sends two changes of one object as one', async () => {
    const { server, client } = await harness();
    server.respond((request) => ({ json: request.body }));
    const outcomes = await client.bulkPatch(
      path,
      [
        { id: 1, body: { mtu: 1 } },
        { id: 1, body: { name: 'a' } },
      ],
      options,
    );
    expect(server.requests[0]!.body).toEqual([{ id: 1, mtu: 1, name: 'a' }]);
    expect(outcomes).toHaveLength(2);
  });

  it('repeats a batch after a lost answer', async () => {
    const { server, client } = await harness();
    server.script({ kind: 'reset' }, { json: [{ id: 1 }] });
    expect((await client.bulkPatch(path, changes(1), options))[0]!.status).toBe('updated');
  });

  it('does not halve when the path is missing', async () => {
    const { server, client } = await harness();
    server.script({ status: 404, text: 'Not Found' });
    const outcomes = await client.bulkPatch('/api/plugins/proxbox/sync-state/clusters/', changes(4), {
      ...options,
      batchSize: 2,
    });
    expect(server.requests).toHaveLength(1);
    expect(outcomes.every((outcome) => outcome.status === 'failed' && outcome.error.upstream?.status === 404)).toBe(
      true,
    );
  });
});

describe('bulkDelete', () => {
  it('sends ids in one request, and a single id to its own path', async () => {
    const { server, client } = await harness();
    server.script({ status: 204 });
    expect(await client.bulkDelete(path, [1, 2], options)).toEqual([{ status: 'deleted' }, { status: 'deleted' }]);
    expect(await client.bulkDelete(path, [3], options)).toEqual([{ status: 'deleted' }]);
    expect(server.lines()).toEqual([`DELETE ${path}`, `DELETE ${path}3/`]);
    expect(server.requests[0]!.body).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('keeps what others depend on and deletes the rest', async () => {
    const { server, client } = await harness();
    const keeps = (request: ReceivedRequest): boolean =>
      request.path.endsWith('/3/') || items(request).some(({ id }) => id === 3);
    server.respond((request) =>
      keeps(request)
        ? { status: 409, json: { detail: 'Unable to delete object. 1 dependent objects were found: x' } }
        : { status: 204 },
    );
    const outcomes = await client.bulkDelete(path, [1, 2, 3, 4], options);
    expect(outcomes.map(({ status }) => status)).toEqual(['deleted', 'deleted', 'failed', 'deleted']);
    expect(server.requests).toHaveLength(5);
  });

  it('goes one by one where lists cannot be deleted', async () => {
    const { server, client } = await harness();
    server.respond((request) =>
      request.path === path
        ? { status: 405, json: {} }
        : request.path.endsWith('/2/')
          ? { status: 404, json: {} }
          : { status: 204 },
    );
    expect((await client.bulkDelete(path, [1, 2], options)).map(({ status }) => status)).toEqual(['deleted', 'gone']);
    expect(server.requests).toHaveLength(3);
  });
});
