import { afterEach, describe, expect, it } from 'vitest';
import type { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { endsTheRun } from '../../../src/netbox/run-ending.js';
import type {
  CreateOutcome,
  DeleteOutcome,
  JsonObject,
  NetBoxClient,
  NetBoxReader,
  PatchOutcome,
} from '../../../src/netbox/types.js';
import type { ReceivedRequest, ScriptedAnswer } from '../../support/scripted-server.js';
import { openHarness, type Harness, type HarnessOptions } from './harness.js';

let open: Harness[] = [];

afterEach(async () => {
  for (const harness of open) await harness.close();
  open = [];
});

async function harness(options: HarnessOptions = {}): Promise<Harness> {
  const opened = await openHarness({ settings: { netboxMaxRetries: 0 }, ...options });
  open.push(opened);
  return opened;
}

type Outcome = CreateOutcome | PatchOutcome | DeleteOutcome;

const path = '/api/virtualization/interfaces/';
const options = { batchSize: 2, delayMs: 0 };
const bodies: readonly JsonObject[] = Array.from({ length: 6 }, (_, index) => ({ name: `n${index}` }));
const ids = [1, 2, 3, 4, 5, 6];

/** Six objects in three requests. */
const calls: readonly [string, string, (client: NetBoxClient) => Promise<readonly Outcome[]>][] = [
  ['create', 'created', (client) => client.bulkCreate(path, bodies, { ...options, find: async () => [] })],
  [
    'patch',
    'updated',
    (client) =>
      client.bulkPatch(
        path,
        ids.map((id) => ({ id, body: {} })),
        options,
      ),
  ],
  ['delete', 'deleted', (client) => client.bulkDelete(path, ids, options)],
];

const endings: readonly [string, string, ScriptedAnswer][] = [
  ['NetBox is gone', 'netbox_unreachable', { kind: 'reset' }],
  ['NetBox is overwhelmed', 'netbox_overwhelmed', { status: 503, text: 'Service Unavailable' }],
  ['the token is refused', 'netbox_forbidden', { status: 403, json: { detail: 'Token expired' } }],
  ['NetBox wants a login', 'netbox_forbidden', { status: 401, json: {} }],
];

function succeed({ method, body }: ReceivedRequest): ScriptedAnswer {
  if (method === 'DELETE') return { status: 204 };
  if (method === 'PATCH') return { json: body };
  return { status: 201, json: Array.isArray(body) ? body.map((one: JsonObject, id) => ({ ...one, id })) : [] };
}

function errors(outcomes: readonly Outcome[]): readonly ProxboxError[] {
  return outcomes.flatMap((outcome) => (outcome.status === 'failed' ? [outcome.error] : []));
}

describe.each(calls)('a bulk %s that cannot go on', (_verb, success, call) => {
  it.each(endings)('because %s keeps what earlier batches did', async (_why, code, ending) => {
    const { server, client } = await harness();
    server.respond((request, index) => (index === 1 ? ending : succeed(request)));
    const outcomes = await call(client);
    expect(outcomes.map(({ status }) => status)).toEqual([success, success, ...Array(4).fill('failed')]);
    expect(new Set(errors(outcomes))).toHaveProperty('size', 1);
    expect(errors(outcomes)[0]).toMatchObject({ code });
    expect(errors(outcomes).every(endsTheRun)).toBe(true);
    expect(server.requests).toHaveLength(2);
  });

  it('because it is cancelled keeps what earlier batches did', async () => {
    const { server, client } = await harness();
    const abort = new AbortController();
    server.respond((request) => {
      abort.abort();
      return succeed(request);
    });
    const outcomes = await call(client.scoped({ signal: abort.signal }));
    expect(outcomes.map(({ status }) => status)).toEqual([success, success, ...Array(4).fill('failed')]);
    expect(errors(outcomes).map((error) => error.code)).toEqual(Array(4).fill('cancelled'));
    expect(errors(outcomes).every(endsTheRun)).toBe(true);
  });

  it('because the branch cannot be written to has sent nothing', async () => {
    const { server, client } = await harness();
    const outcomes = await call(client.scoped({ branch: 'abcdefgh' }));
    expect(errors(outcomes).map((error) => error.code)).toEqual(Array(6).fill('not_configured'));
    expect(server.requests).toEqual([]);
  });
});

it('throws only what is a mistake of ours', async () => {
  const { client } = await harness();
  await expect(client.bulkCreate('/not/a/path', bodies, options)).rejects.toMatchObject({ code: 'internal' });
});

describe('a refusal that concerns one batch', () => {
  it.each(calls)('does not keep the others of a bulk %s from being sent', async (_verb, success, call) => {
    const { server, client } = await harness();
    server.respond((request, index) => (index === 1 ? { status: 500, json: {} } : succeed(request)));
    const outcomes = await call(client);
    expect(outcomes.map(({ status }) => status)).toEqual([success, success, 'failed', 'failed', success, success]);
    expect(errors(outcomes).some(endsTheRun)).toBe(false);
  });

  it('is also an answer that was lost and that nobody could look up', async () => {
    const { server, client } = await harness();
    server.respond((request, index) => (index === 1 ? { kind: 'reset' } : succeed(request)));
    const outcomes = await client.bulkCreate(path, bodies, options);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'created',
      'created',
      'failed',
      'failed',
      'created',
      'created',
    ]);
    expect(errors(outcomes)[0]).toMatchObject({
      detail: expect.stringContaining('whether it was carried out is unknown'),
    });
    expect(errors(outcomes).some(endsTheRun)).toBe(false);
  });
});

describe('a look-up that fails', () => {
  const duplicate = { status: 400, json: [{ name: ['must be unique.'] }, {}] };
  const find = async (_bodies: readonly JsonObject[], client: NetBoxReader) =>
    [...(await client.list(path))].slice(0, 1);

  it('because NetBox is gone ends the call, and what was created stays created', async () => {
    const { server, client } = await harness();
    server.respond((request, index) => {
      if (request.method === 'GET') return { kind: 'reset' };
      return index === 0 ? duplicate : succeed(request);
    });
    const outcomes = await client.bulkCreate(path, bodies, { ...options, find });
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'created', ...Array(4).fill('failed')]);
    expect(errors(outcomes).every(endsTheRun)).toBe(true);
  });

  it('because the token may not look leaves the duplicate unresolved and goes on', async () => {
    const { server, client } = await harness();
    server.respond((request, index) => {
      if (request.method === 'GET') return { status: 403, json: { detail: 'You do not have permission.' } };
      return index === 0 ? duplicate : succeed(request);
    });
    const outcomes = await client.bulkCreate(path, bodies, { ...options, find });
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', ...Array(5).fill('created')]);
    expect(errors(outcomes)[0]).toMatchObject({ code: 'netbox_duplicate_unresolved' });
  });
});
