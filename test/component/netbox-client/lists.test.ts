import { afterEach, describe, expect, it } from 'vitest';
import type { NetBoxRecord } from '../../../src/netbox/types.js';
import type { Responder, ScriptedAnswer } from '../../support/scripted-server.js';
import { cursorPage, offsetPage, openHarness, rows, type Harness, type HarnessOptions } from './harness.js';

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

const path = '/api/dcim/sites/';
const old = { version: '4.5.3' };
const range = (from: number, to: number): readonly NetBoxRecord[] =>
  rows(...Array.from({ length: to - from + 1 }, (_, index) => from + index));

/** A NetBox 4.6 list with a server limit, under an address of its own. */
function cursorList(all: readonly NetBoxRecord[], cap: number): Responder {
  return ({ query }) => {
    const start = Number(query.get('start'));
    const limit = Math.min(cap, Number(query.get('limit')));
    const rest = all.filter(({ id }) => id >= start);
    const page = rest.slice(0, limit);
    const last = page.at(-1)?.id ?? 0;
    return cursorPage(
      page,
      rest.length > limit ? `http://inside.example${path}?limit=${limit}&start=${last + 1}` : null,
    );
  };
}

function offsetList(all: readonly NetBoxRecord[], cap: number): Responder {
  return ({ query }) => {
    const offset = Number(query.get('offset'));
    const limit = Math.min(cap, Number(query.get('limit')));
    const end = offset + limit;
    const next = end < all.length ? `http://inside.example${path}?limit=${limit}&offset=${end}&ordering=id` : null;
    return offsetPage(all.slice(offset, end), all.length, next);
  };
}

describe('a list', () => {
  it('is read by start= with pages of 1000 from NetBox 4.6 on', async () => {
    const { server, client } = await harness();
    server.respond(cursorList(range(1, 2_500), 1_000));
    expect(await client.list(path)).toHaveLength(2_500);
    expect(server.requests.map(({ query }) => query.toString())).toEqual([
      'start=0&limit=1000',
      'start=1001&limit=1000',
      'start=2001&limit=1000',
    ]);
  });

  it('is read by offset and ordering=id with pages of 500 before', async () => {
    const { server, client } = await harness(old);
    server.respond(offsetList(range(1, 1_100), 1_000));
    expect(await client.list(path)).toHaveLength(1_100);
    expect(server.requests.map(({ query }) => query.toString())).toEqual([
      'ordering=id&offset=0&limit=500',
      'ordering=id&offset=500&limit=500',
      'ordering=id&offset=1000&limit=500',
    ]);
  });

  it.each([
    ['4.6.8', cursorList],
    ['4.5.3', offsetList],
  ] as const)('learns a lower limit of the server (%s)', async (version, list) => {
    const { server, client } = await harness({ version });
    server.respond(list(range(1, 120), 50));
    expect(await client.list(path)).toHaveLength(120);
    expect(server.requests.map(({ query }) => query.get('limit')).slice(1)).toEqual(['50', '50']);
  });

  it('without an order of its own is read by offset, and not asked for by start= again', async () => {
    const { server, client } = await harness();
    const byOffset = offsetList(range(1, 3), 500);
    const refusal = {
      status: 500,
      json: { exception: 'QuerySetNotOrdered', error: 'Paginating over an unordered queryset' },
    };
    server.respond((request, index) => (request.query.has('ordering') ? byOffset(request, index) : refusal));
    for (let time = 0; time < 2; time += 1) expect(await client.list(path, {}, { cache: 'bypass' })).toHaveLength(3);
    expect(server.requests.map(({ query }) => query.toString())).toEqual([
      'start=0&limit=1000',
      'ordering=id&offset=0&limit=500',
      'ordering=id&offset=0&limit=500',
    ]);
  });

  it('falls back to offset where a list of NetBox 4.6 does not know start=', async () => {
    const { server, client } = await harness();
    server.respond(offsetList(range(1, 60), 50));
    expect(await client.list(path)).toHaveLength(60);
    expect(server.requests).toHaveLength(3);
  });

  it('asks for half as much after a time-out', async () => {
    const { server, client } = await harness();
    const list = cursorList(range(1, 30), 1_000);
    server.respond((request, index) => (index < 2 ? { status: 504, text: 'Gateway Time-out' } : list(request, index)));
    expect(await client.list(path)).toHaveLength(30);
    expect(server.requests.map(({ query }) => query.get('limit'))).toEqual(['1000', '500', '250']);
  });

  it('keeps the order of the caller, by offset', async () => {
    const { server, client } = await harness();
    server.respond(({ query }) => offsetPage(rows(2, 1), 2, query.has('start') ? 'broken' : null));
    expect((await client.list(path, { ordering: '-id' })).map(({ id }) => id)).toEqual([2, 1]);
    expect(server.requests[0]!.query.get('ordering')).toBe('-id');
  });

  it('may come as a bare array', async () => {
    const { server, client } = await harness();
    server.script({ json: rows(1, 2) });
    expect(await client.list(path)).toHaveLength(2);
  });

  it('is read again once when it changes meanwhile', async () => {
    const { server, client } = await harness(old);
    const before = offsetList(range(1, 600), 500);
    const after = offsetList(range(2, 600), 500);
    server.respond((request, index) => (index === 0 ? before : after)(request, index));
    expect(await client.list(path)).toHaveLength(599);
    expect(server.requests).toHaveLength(4);
  });

  it('that keeps changing is an error', async () => {
    const { server, client } = await harness(old);
    server.respond((request, index) => offsetList(range(1, 600 + index), 500)(request, index));
    await expect(client.list(path)).rejects.toMatchObject({
      code: 'remote_protocol',
      status: 502,
      message: expect.stringContaining('number of objects changed'),
    });
    expect(server.requests).toHaveLength(4);
  });

  const loops: readonly (readonly [string, string, ScriptedAnswer])[] = [
    ['a cursor that does not advance', '4.6.8', cursorPage(rows(1, 2), `http://x${path}?start=1`)],
    ['ids that decrease', '4.6.8', cursorPage(rows(2, 1))],
    ['next on another path', '4.6.8', cursorPage(rows(1), `http://x/api/dcim/devices/?start=2`)],
    ['next with other filters', '4.6.8', cursorPage(rows(1), `http://x${path}?start=2&name=a`)],
    ['next that is no URL', '4.6.8', cursorPage(rows(1), '/relative')],
    ['an empty page with next', '4.6.8', cursorPage([], `http://x${path}?start=2`)],
    ['rows that are no objects', '4.6.8', { json: { results: [1, 2], next: null } }],
    ['an object without results', '4.6.8', { json: { detail: 'hello' } }],
    ['a count that is no number', '4.5.3', { json: { count: 'many', next: null, results: rows(1) } }],
    ['next that points to itself', '4.5.3', offsetPage(rows(1, 2), 9, `http://x${path}?offset=0&limit=2`)],
    ['more rows than the count', '4.5.3', offsetPage(rows(1, 2), 1)],
    ['fewer rows than the count', '4.5.3', offsetPage(rows(1, 2), 5)],
    ['the same object twice', '4.5.3', offsetPage(rows(1, 1), 2)],
  ];
  it.each(loops)('with %s is an error and nothing is used (%s)', async (_name, version, answer) => {
    const { server, client } = await harness({ version });
    server.script(answer);
    await expect(client.list(path)).rejects.toMatchObject({ code: 'remote_protocol' });
    expect(server.requests.length).toBeLessThanOrEqual(2);
  });

  it.each(['http://x/api/dcim/devices/?start=2', `http://x${path}?start=2&name=a`])(
    'is not read on after a next link to %s',
    async (next) => {
      const { server, client } = await harness();
      server.script(cursorPage(rows(1), next), cursorPage(rows(2)));
      await expect(client.list(path)).rejects.toMatchObject({
        code: 'remote_protocol',
        message: expect.stringContaining('another path or other filters'),
      });
      expect(server.requests).toHaveLength(1);
    },
  );

  it('longer than the caller expects is an error', async () => {
    const { server, client } = await harness();
    server.script(cursorPage(rows(1, 2, 3)));
    await expect(client.list(path, {}, { maxRecords: 2 })).rejects.toMatchObject({ code: 'remote_protocol' });
  });

  it('leaves the config context out for VMs and devices, and only there', async () => {
    const { server, client } = await harness();
    server.script(cursorPage([]));
    await client.list('/api/virtualization/virtual-machines/', { name: ['a', 'b'], active: true, none: null });
    await client.list(path);
    expect(server.requests[0]!.query.toString()).toBe(
      'name=a&name=b&active=true&exclude=config_context&omit=config_context&start=0&limit=1000',
    );
    expect(server.requests[1]!.query.has('exclude')).toBe(false);
  });
});

describe('a filter by an id that does not exist', () => {
  const refusal = (id: number): ScriptedAnswer => ({
    status: 400,
    json: { site_id: [`Select a valid choice. ${id} is not one of the available choices.`] },
  });

  it('matches nothing', async () => {
    const { server, client } = await harness(old);
    server.script(refusal(7));
    expect(await client.list('/api/dcim/devices/', { site_id: 7 })).toEqual([]);
  });

  it('among others is an error, not an empty list', async () => {
    const { server, client } = await harness(old);
    server.script(refusal(7));
    await expect(client.list('/api/dcim/devices/', { site_id: [7, 8] })).rejects.toMatchObject({
      code: 'netbox_rejected',
    });
  });

  it('is left out by listByValues, and the others are asked for', async () => {
    const { server, client } = await harness(old);
    server.respond(({ query }) => (query.getAll('site_id').includes('7') ? refusal(7) : offsetPage(rows(1, 2), 2)));
    expect(await client.listByValues('/api/dcim/devices/', 'site_id', [6, 7, 8])).toHaveLength(2);
    expect(server.requests.map(({ query }) => query.getAll('site_id').join())).toEqual(['6,7,8', '6,8']);
  });

  it('that NetBox does not name is found by halving', async () => {
    const { server, client } = await harness(old);
    const vague = { status: 400, json: { site_id: ['Select a valid choice.'] } };
    server.respond(({ query }) =>
      query.getAll('site_id').includes('3')
        ? vague
        : offsetPage(rows(...query.getAll('site_id').map(Number)), query.getAll('site_id').length),
    );
    const found = await client.listByValues('/api/dcim/devices/', 'site_id', [1, 2, 3, 4]);
    expect(found.map(({ id }) => id)).toEqual([1, 2, 4]);
  });
});

describe('listByValues', () => {
  it('asks for at most 100 values within 3,500 bytes per request and merges by id', async () => {
    const { server, client } = await harness();
    server.script(cursorPage(rows(1, 2)));
    const names = Array.from({ length: 250 }, (_, index) => `vm-${index}`);
    expect(await client.listByValues(path, 'name', [...names, 'vm-0'])).toHaveLength(2);
    expect(server.requests.map(({ query }) => query.getAll('name').length)).toEqual([100, 100, 50]);

    const before = server.requests.length;
    await client.listByValues(
      path,
      'name',
      names.map((name) => name.padEnd(90, 'ü')),
    );
    const later = server.requests.slice(before);
    expect(later.length).toBeGreaterThan(10);
    for (const { query } of later) expect(`GET ${path}?${query.toString()} HTTP/1.1`.length).toBeLessThan(3_600);
  });

  it('asks nothing for no values', async () => {
    const { server, client } = await harness();
    expect(await client.listByValues(path, 'name', [])).toEqual([]);
    expect(server.requests).toHaveLength(0);
  });
});
