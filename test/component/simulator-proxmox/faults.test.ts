import { describe, expect, it } from 'vitest';
import type { FaultAction } from '../../simulator/proxmox/index.js';
import { setAgent } from '../../simulator/estate/index.js';
import { start } from './client.js';
import { eventually } from '../../support/eventually.js';
import { elapsedMsOf } from '../../support/measure.js';

describe('faults', () => {
  it('act on the requests they match, as often as they are told', async () => {
    const { pve, call } = await start();
    pve.faults.add({
      match: { method: 'GET', path: /\/config$/, times: 2 },
      action: { status: 596, reason: 'Connection timed out' },
    });

    const replies = [];
    for (let n = 0; n < 3; n += 1) replies.push(await call('/nodes/pve1/qemu/100/config'));

    expect(replies.map(({ status, reason }) => [status, reason])).toEqual([
      [596, 'Connection timed out'],
      [596, 'Connection timed out'],
      [200, 'OK'],
    ]);
    expect((await call('/version')).status).toBe(200);
  });

  it('can send any body', async () => {
    const { pve, call } = await start();
    pve.faults.add({ match: { times: 1 }, action: { status: 502, reason: 'Bad Gateway', body: '<html>' } });
    pve.faults.add({ match: {}, action: { status: 500, body: { data: null, errors: { a: 'b' } } } });

    expect((await call('/version')).text).toBe('<html>');
    expect((await call('/version')).json.errors).toEqual({ a: 'b' });
  });

  it.each<[FaultAction, (reply: { status: number; type: string; text: string }) => void]>([
    [
      'html',
      ({ status, type, text }) =>
        expect([status, type, text]).toEqual([200, 'text/html; charset=UTF-8', expect.stringContaining('<html>')]),
    ],
    ['empty', ({ text }) => expect(text).toBe('{"data":[]}')],
    [{ delayMs: 30 }, ({ status }) => expect(status).toBe(200)],
  ])('answer with %o', async (action, check) => {
    const { pve, call } = await start();
    pve.faults.add({ match: { path: /^\/nodes$/ }, action });

    check(await call('/nodes'));
  });

  it.each<FaultAction>(['reset', 'truncate'])('tear the connection down: %s', async (action) => {
    const { pve, call } = await start();
    pve.faults.add({ match: {}, action });

    await expect(call('/nodes')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('can leave a request without an answer, and close ends it', async () => {
    const { pve, call } = await start();
    pve.faults.add({ match: {}, action: 'hang' });
    const hanging = call('/version').catch((error: unknown) => error);
    await eventually(() => expect(pve.counters.total).toBe(1));

    await pve.close();

    expect(await hanging).toMatchObject({ code: 'ECONNRESET' });
  });

  it('strike a share of the requests, the same ones in every run', async () => {
    const outcomes = async (): Promise<number[]> => {
      const { pve, call } = await start();
      pve.faults.add({ match: { probability: 0.3 }, action: { status: 500 } });
      const statuses: number[] = [];
      for (let n = 0; n < 40; n += 1) statuses.push((await call('/version')).status);
      return statuses;
    };

    const first = await outcomes();

    expect(first.filter((status) => status === 500).length).toBeGreaterThan(4);
    expect(first.filter((status) => status === 500).length).toBeLessThan(25);
    expect(await outcomes()).toEqual(first);
  });

  it('end when cleared', async () => {
    const { pve, call } = await start();
    pve.faults.add({ match: {}, action: 'reset' });
    pve.faults.clear();

    expect((await call('/version')).status).toBe(200);
  });

  it('a slow agent answers late', async () => {
    const { pve, call } = await start();
    setAgent(pve.state, 100, { delayMs: 80 });

    const answering = () => call('/nodes/pve1/qemu/100/agent/network-get-interfaces');

    expect(await elapsedMsOf(answering)).toBeGreaterThanOrEqual(75);
  });
});
