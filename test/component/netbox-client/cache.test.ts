import { afterEach, describe, expect, it } from 'vitest';
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

describe('the GET cache', () => {
  it('answers a list of several pages from one entry, whatever the order of the keys', async () => {
    const { server, client, clients } = await harness();
    server.respond(({ query }) =>
      query.get('start') === '0' ? cursorPage(rows(1, 2), `http://x${path}?start=3&a=1&b=2`) : cursorPage(rows(3)),
    );
    const counters = { requests: 0, writes: 0, retries: 0, overwhelmed: 0, cacheHits: 0 };
    expect(await client.list(path, { a: 1, b: 2 })).toHaveLength(3);
    expect(await client.scoped({ counters }).list(path, { b: '2', a: '1' })).toHaveLength(3);
    expect(server.requests).toHaveLength(2);
    expect(counters).toMatchObject({ requests: 0, cacheHits: 1 });
    expect(clients.cacheMetrics()).toMatchObject({ hits: 1, misses: 1, hit_rate: 50, current_entries: 1 });
    expect(clients.cacheSample()).toEqual([{ api_id: 1, path, query: '{"a":"1","b":"2"}' }]);
  });

  it('gives out values that cannot be changed', async () => {
    const { server, client } = await harness();
    server.script({ json: { id: 1, tags: [{ id: 2 }] } });
    const value = await client.get(`${path}1/`);
    expect(() => Object.assign(value as object, { id: 9 })).toThrow(TypeError);
  });

  it('asks again after the time-to-live', async () => {
    const { server, client, clock, clients } = await harness();
    server.script({ json: {} });
    await client.get(path);
    clock.advance(59_000);
    await client.get(path);
    clock.advance(2_000);
    await client.get(path);
    expect(server.requests).toHaveLength(2);
    expect(clients.cacheMetrics()).toMatchObject({ hits: 1, misses: 2, evictions_ttl: 1 });
  });

  it('is not used with a time-to-live of 0, for status, or when bypassed', async () => {
    const { server, client, settings, clients } = await harness();
    server.script({ json: {} });
    await client.get(path, {}, { cache: 'bypass' });
    await client.get(path, {}, { cache: 'bypass' });
    await client.get('/api/authentication-check/');
    await client.get('/api/authentication-check/');
    expect(server.requests).toHaveLength(4);
    await client.get(path);
    settings.netboxGetCacheTtlS = 0;
    await client.get(path);
    expect(server.requests).toHaveLength(6);
    expect(clients.cacheMetrics()).toMatchObject({ hits: 0, misses: 1, current_entries: 0 });
  });

  it('joins equal reads, and one who gives up does not disturb the other', async () => {
    const { server, client } = await harness();
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const abort = new AbortController();
    server.respond(async () => {
      abort.abort();
      await held;
      return { json: { id: 1 } };
    });
    const impatient = client.scoped({ signal: abort.signal }).get(path);
    const patient = client.get(path);
    await expect(impatient).rejects.toMatchObject({ code: 'cancelled' });
    answer();
    expect(await patient).toEqual({ id: 1 });
    expect(server.requests).toHaveLength(1);
  });

  it('does not keep failures', async () => {
    const { server, client } = await harness({ settings: { netboxMaxRetries: 0 } });
    server.script({ status: 500, json: {} }, { json: 1 });
    const both = await Promise.allSettled([client.get(path), client.get(path)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await client.get(path)).toBe(1);
    expect(server.requests).toHaveLength(2);
  });

  it('neither stores nor shares what was read before a write that came meanwhile', async () => {
    const { server, client } = await harness({ settings: { netboxMaxConcurrent: 3 } });
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let reads = 0;
    let arrived = (): void => undefined;
    const first = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    server.respond(async ({ method }) => {
      if (method !== 'GET') return { json: { id: 1 } };
      reads += 1;
      if (reads > 1) return { json: 'new' };
      arrived();
      await held;
      return { json: 'old' };
    });
    const before = client.get(path);
    await first;
    await client.patch(path, 1, {});
    expect(await client.get(path)).toBe('new');
    answer();
    expect(await before).toBe('old');
    expect(await client.get(path)).toBe('new');
    expect(reads).toBe(2);
  });

  it('forgets what a lost answer may have changed, and keeps it when nothing was sent', async () => {
    const { server, client, clients } = await harness({ settings: { netboxMaxRetries: 0 } });
    server.respond(({ method }) => (method === 'GET' ? { json: {} } : { kind: 'reset' }));
    await client.get(path);
    await expect(client.patch(path, 1, {})).rejects.toThrow();
    expect(clients.cacheMetrics()).toMatchObject({ current_entries: 0, invalidations: 1 });
    await client.get(path);
    await server.close();
    await expect(client.patch(path, 1, {})).rejects.toMatchObject({ code: 'netbox_unreachable' });
    expect(clients.cacheMetrics().current_entries).toBe(1);
  });

  it('invalidates once per batch', async () => {
    const { server, client, clients } = await harness();
    const disks = '/api/virtualization/virtual-disks/';
    server.respond(({ method, body }) => (method === 'GET' ? { json: {} } : { json: body }));
    for (const cached of [disks, '/api/virtualization/virtual-machines/', '/api/dcim/sites/']) await client.get(cached);
    await client.bulkPatch(
      disks,
      [
        { id: 1, body: {} },
        { id: 2, body: {} },
      ],
      { batchSize: 10, delayMs: 0 },
    );
    expect(clients.cacheMetrics()).toMatchObject({ invalidations: 2, current_entries: 1 });
  });

  it('is empty, with counters at 0, after it was cleared', async () => {
    const { server, client, clients } = await harness();
    server.script({ json: {} });
    await client.get(path);
    await client.get(path);
    clients.clearCache();
    expect(clients.cacheMetrics()).toMatchObject({ hits: 0, misses: 0, current_entries: 0, current_bytes: 0 });
    expect(clients.cacheSample()).toEqual([]);
  });
});
