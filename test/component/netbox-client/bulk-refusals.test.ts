import { afterEach, describe, expect, it } from 'vitest';
import { errorText } from '../../../src/errors/proxbox-error.js';
import type { FindExisting, JsonObject } from '../../../src/netbox/types.js';
import type { ReceivedRequest, ScriptedAnswer } from '../../support/scripted-server.js';
import { cursorPage, openHarness, type Harness } from './harness.js';

let open: Harness[] = [];

afterEach(async () => {
  for (const harness of open) await harness.close();
  open = [];
});

async function harness(): Promise<Harness> {
  const opened = await openHarness({ version: '4.7.3' });
  open.push(opened);
  return opened;
}

interface Sent {
  readonly id?: number;
  readonly name?: string;
}

const path = '/api/virtualization/interfaces/';
const sidecars = '/api/plugins/proxbox/sync-state/virtual-machines/';
const options = { batchSize: 50, delayMs: 0 };
const named = (count: number): readonly JsonObject[] =>
  Array.from({ length: count }, (_, index) => ({ name: `n${index}` }));
const changes = (count: number): { id: number; body: JsonObject }[] =>
  Array.from({ length: count }, (_, index) => ({ id: index + 1, body: { mtu: 1500 } }));
const items = (request: ReceivedRequest): readonly Sent[] => (Array.isArray(request.body) ? request.body : []);
const done = (request: ReceivedRequest): ScriptedAnswer => {
  if (request.method === 'DELETE') return { status: 204 };
  if (request.method === 'PATCH') return { json: request.body };
  return { status: 201, json: items(request).map((item, index) => ({ ...item, id: 1_000 + index })) };
};

const find: FindExisting = async (bodies, client) => {
  const found = await client.list(path, { name: bodies.map(({ name }) => String(name)) });
  return bodies.map(({ name }) => found.find((row) => row.name === name));
};

/** An answer of NetBox 4.7 to a bulk request. */
function named47(status: number, what: string, errors: readonly JsonObject[]): ScriptedAnswer {
  return { status, json: { detail: `${errors.length} of 9 objects ${what}.`, errors } };
}

/** Refuses the objects with these keys, as 4.7 does; takes the others. */
function refusing(
  bad: Readonly<Record<string, JsonObject>>,
  {
    by = 'index',
    status = 400,
    what = 'could not be created',
  }: { by?: 'index' | 'id'; status?: number; what?: string } = {},
): (request: ReceivedRequest) => ScriptedAnswer {
  return (request) => {
    const errors = items(request).flatMap(({ id, name }, index) => {
      const said = bad[String(by === 'id' ? id : name)];
      return said === undefined ? [] : [by === 'id' ? { id, errors: said } : { index, errors: said }];
    });
    return errors.length > 0 ? named47(status, what, errors) : done(request);
  };
}

const missing = (id: number): JsonObject => ({ id: [`Object with ID ${id} does not exist`] });

describe('a bulk create that names its culprits', () => {
  it('needs one more request, and tells each object what is wrong with it', async () => {
    const { server, client } = await harness();
    server.respond(refusing({ n3: { mtu: ['too large'], name: ['bad'] }, n7: { __all__: ['Never.'] } }));
    const outcomes = await client.bulkCreate(path, named(50), options);
    expect(server.requests).toHaveLength(2);
    expect(outcomes.filter(({ status }) => status === 'created')).toHaveLength(48);
    expect(outcomes[3]).toMatchObject({
      status: 'failed',
      error: {
        code: 'netbox_rejected',
        message: `NetBox refused an object for ${path}: mtu: too large; name: bad`,
        upstream: { status: 400, body: { mtu: ['too large'] } },
      },
    });
    expect(outcomes[7]).toMatchObject({ error: { message: `NetBox refused an object for ${path}: Never.` } });
  });

  it('finds what it collides with, also among the objects of the same request', async () => {
    const { server, client } = await harness();
    const taken = { __all__: ['Virtual machine name must be unique per cluster and tenant.'] };
    server.respond((request) =>
      request.method === 'GET' ? cursorPage([{ id: 1_000, name: 'n1' }]) : refusing({ n1: taken })(request),
    );
    const outcomes = await client.bulkCreate(path, named(3), { ...options, find });
    expect(outcomes.map(({ status }) => status)).toEqual(['created', 'exists', 'created']);
    expect(server.lines()).toEqual([`POST ${path}`, `POST ${path}`, `GET ${path}`]);
  });

  it('is halved when the names mean nothing', async () => {
    const { server, client } = await harness();
    server.respond((request) =>
      items(request).some(({ name }) => name === 'n1')
        ? named47(400, 'could not be created', [{ index: 77, errors: {} }, { odd: true }])
        : done(request),
    );
    const outcomes = await client.bulkCreate(path, named(4), options);
    expect(outcomes.map(({ status }) => status)).toEqual(['created', 'failed', 'created', 'created']);
  });

  it('takes a permission that one object lacks for that object', async () => {
    const { server, client } = await harness();
    server.respond(
      refusing(
        { n1: { detail: 'You do not have permission to perform this action.' }, n2: { name: ['bad'] } },
        { status: 403 },
      ),
    );
    const outcomes = await client.bulkCreate(path, named(4), options);
    expect(outcomes.map((outcome) => (outcome.status === 'failed' ? outcome.error.code : outcome.status))).toEqual([
      'created',
      'netbox_forbidden',
      'netbox_rejected',
      'created',
    ]);
  });
});

describe('a conflict of sidecar rows, which names no object', () => {
  const bodies = Array.from({ length: 20 }, (_, index) => ({ virtual_machine: index }));
  const findRows: FindExisting = async (wanted, client) => {
    const found = await client.list(sidecars);
    return wanted.map(({ virtual_machine }) => found.find((row) => row.virtual_machine === virtual_machine));
  };

  it.each([
    ['a row of its own', { virtual_machine: 'This object already has a Proxbox sync-state row.' }],
    ['a row of another endpoint', { proxmox_endpoint_raw_id: ['x'], code: 'endpoint_ownership_conflict' }],
  ])('is settled with one look-up when a parent has %s', async (_what, conflict) => {
    const { server, client } = await harness();
    const there = new Set([4, 9]);
    const collides = (request: ReceivedRequest): boolean =>
      Array.isArray(request.body) && request.body.some((body) => there.has(body.virtual_machine));
    server.respond((request) => {
      if (request.method === 'GET') return cursorPage([...there].map((id) => ({ id, virtual_machine: id })));
      return collides(request) ? { status: 409, json: conflict } : done(request);
    });
    const outcomes = await client.bulkCreate(sidecars, bodies, { ...options, find: findRows });
    expect(server.lines()).toEqual([`POST ${sidecars}`, `GET ${sidecars}`, `POST ${sidecars}`]);
    expect(outcomes[4]).toEqual({ status: 'exists', record: { id: 4, virtual_machine: 4 } });
    expect(outcomes.filter(({ status }) => status === 'created')).toHaveLength(18);
  });

  it('is halved when the rows cannot be seen', async () => {
    const { server, client } = await harness();
    server.respond((request) => {
      if (request.method === 'GET') return cursorPage([]);
      const conflicts = JSON.stringify(request.body).includes('"virtual_machine":4}');
      return conflicts
        ? { status: 409, json: { virtual_machine: 'This object already has a Proxbox sync-state row.' } }
        : done(request);
    });
    const outcomes = await client.bulkCreate(sidecars, bodies, { ...options, find: findRows });
    expect(outcomes.filter(({ status }) => status === 'created')).toHaveLength(19);
    expect(outcomes[4]).toMatchObject({ status: 'failed', error: { code: 'netbox_duplicate_unresolved' } });
  });
});

describe('a bulk patch that names its culprits', () => {
  it.each([400, 404])('sends the rest again without ids that are gone (%i)', async (status) => {
    const { server, client } = await harness();
    const gone = { 3: missing(3), 9: missing(9) };
    server.respond(refusing(gone, { by: 'id', status, what: 'could not be found' }));
    const outcomes = await client.bulkPatch(path, changes(20), options);
    expect(server.requests).toHaveLength(2);
    expect([outcomes[2], outcomes[8]]).toEqual([{ status: 'gone' }, { status: 'gone' }]);
    expect(outcomes.filter(({ status: each }) => each === 'updated')).toHaveLength(18);
  });

  it('sends the rest again without objects that are refused', async () => {
    const { server, client } = await harness();
    server.respond(refusing({ 3: { mtu: ['too large'] } }, { by: 'id' }));
    const outcomes = await client.bulkPatch(path, changes(20), options);
    expect(server.requests).toHaveLength(2);
    expect(outcomes[2]).toMatchObject({ error: { message: `NetBox refused an object for ${path}: mtu: too large` } });
  });

  it('fails an object that NetBox says is listed twice', async () => {
    const { server, client } = await harness();
    const twice = { 3: { id: ['Each object may be specified only once; ID 3 is listed 2 times'] } };
    server.respond(refusing(twice, { by: 'id', what: 'are listed more than once' }));
    const outcomes = await client.bulkPatch(path, changes(4), options);
    expect(outcomes.map(({ status }) => status)).toEqual(['updated', 'updated', 'failed', 'updated']);
  });

  it('sends nothing more when all are refused', async () => {
    const { server, client } = await harness();
    server.respond(refusing({ 1: { mtu: ['x'] }, 2: missing(2) }, { by: 'id' }));
    const outcomes = await client.bulkPatch(path, changes(2), options);
    expect(server.requests).toHaveLength(1);
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'gone']);
  });
});

describe('a bulk delete that names its culprits', () => {
  it('keeps what others depend on, and passes over what is gone', async () => {
    const { server, client } = await harness();
    const protectedBy = { __all__: ['Unable to delete: 1 dependent object(s) prevent deletion.'] };
    server.respond((request) => {
      const first = refusing({ 2: missing(2) }, { by: 'id' })(request);
      return 'status' in first && first.status === 400
        ? first
        : refusing({ 5: protectedBy }, { by: 'id', status: 409 })(request);
    });
    const outcomes = await client.bulkDelete(path, [1, 2, 3, 4, 5, 6], options);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'deleted',
      'gone',
      'deleted',
      'deleted',
      'failed',
      'deleted',
    ]);
    expect(outcomes[4]).toMatchObject({ error: { message: expect.stringContaining('1 dependent object(s)') } });
    expect(server.requests).toHaveLength(3);
  });

  it('counts what a repeated request does not find any more as deleted', async () => {
    const { server, client } = await harness();
    const gone = refusing({ 1: missing(1), 2: missing(2) }, { by: 'id' });
    server.respond((request, index) => (index === 0 ? { kind: 'reset' } : gone(request)));
    const outcomes = await client.bulkDelete(path, [1, 2], options);
    expect(outcomes).toEqual([{ status: 'deleted' }, { status: 'deleted' }]);
  });
});

describe('a missing permission', () => {
  it.each([
    ['add', (client: Harness['client']) => client.bulkCreate(path, named(2), options)],
    ['change', (client: Harness['client']) => client.bulkPatch(path, changes(2), options)],
    ['delete', (client: Harness['client']) => client.bulkDelete(path, [1, 2], options)],
  ])('to %s is named with the path', async (permission, call) => {
    const { server, client } = await harness();
    server.script({ status: 403, json: { detail: 'You do not have permission to perform this action.' } });
    const [outcome] = await call(client);
    const text = outcome?.status === 'failed' ? errorText(outcome.error) : '';
    expect(text).toContain('You do not have permission to perform this action.');
    expect(text).toContain(`needs the permission '${permission}' for the objects of ${path}`);
    expect(outcome).toMatchObject({ error: { code: 'netbox_forbidden', upstream: { status: 403 } } });
  });

  it('is not confused with a refused token', async () => {
    const { server, client } = await harness();
    server.script({ status: 403, json: { detail: 'Token expired' } });
    await expect(client.get(path)).rejects.toMatchObject({
      detail: expect.not.stringContaining('needs the permission'),
    });
  });
});
