import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { start, type Harness } from './harness.js';

const tags = 'extras/tags/';

describe('faults of the NetBox simulator', () => {
  let netbox: Harness;
  beforeEach(async () => {
    netbox = await start();
  });
  afterEach(() => netbox.simulator.close());
  const stored = (): number => netbox.simulator.state.objects(tags).length;

  it('answers a chosen status to the nth matching request only', async () => {
    netbox.simulator.faults.add({
      match: { method: 'GET', path: /extras\/tags/, nth: 2 },
      action: { status: 503, body: { detail: 'busy' }, headers: { 'retry-after': '7' } },
    });
    const statuses = [];
    for (let n = 0; n < 3; n += 1) statuses.push((await netbox.call('GET', tags)).status);

    expect(statuses).toEqual([200, 503, 200]);
  });

  it('cuts the connection before the request is carried out', async () => {
    netbox.simulator.faults.add({ match: { times: 1 }, action: 'reset-before' });

    await expect(netbox.call('POST', tags, { name: 'a', slug: 'a' })).rejects.toThrow();
    expect(stored()).toBe(0);
  });

  it('cuts the connection after the request was carried out', async () => {
    netbox.simulator.faults.add({ match: { times: 1 }, action: 'reset-after-commit' });

    await expect(netbox.call('POST', tags, { name: 'a', slug: 'a' })).rejects.toThrow();
    expect(stored()).toBe(1);
  });

  it('stops in the middle of an answer', async () => {
    netbox.simulator.faults.add({ match: {}, action: 'truncate' });

    await expect(netbox.call('GET', tags)).rejects.toThrow();
  });

  it.each([
    ['html', 502, /Bad Gateway/],
    ['garbage', 200, /^\{"count": 1, "results": \[$/],
  ] as const)('answers %s', async (action, status, body) => {
    netbox.simulator.faults.add({ match: {}, action });
    const reply = await netbox.call('GET', tags);

    expect(reply.status).toBe(status);
    expect(reply.body).toMatch(body);
  });

  it('names the same page as the next one', async () => {
    netbox.simulator.faults.add({ match: {}, action: 'next-loop' });

    expect((await netbox.call('GET', `${tags}?limit=1`)).body.next).toBe(
      `${netbox.simulator.url}/api/extras/tags/?limit=1`,
    );
  });

  it('counts requests that a fault swallowed, and forgets faults when cleared', async () => {
    netbox.simulator.faults.add({ match: {}, action: { status: 500 } });
    await netbox.call('GET', tags);
    netbox.simulator.faults.clear();

    expect((await netbox.call('GET', tags)).status).toBe(200);
    expect(netbox.simulator.counters.byRoute).toEqual({ 'GET /api/extras/tags/': 2 });
  });
});
