import { describe, expect, it } from 'vitest';
import { createLastingTransports } from '../../../src/transport/lasting-transports.js';
import type { HttpResult } from '../../../src/transport/types.js';
import { data, fakeTransport, type FakeTransport } from '../proxmox/fakes.js';

const request = { method: 'GET', path: '/', timeoutMs: 1 } as const;
const options = {
  origin: 'https://pve1.lab:8006',
  verifyTls: true,
  connections: 1,
  connectTimeoutMs: 1,
  secrets: () => [],
};
const aborted = { ok: false, failure: { kind: 'aborted', maybeSent: false } };

function setUp(respond: () => HttpResult | Promise<HttpResult> = () => data(1)) {
  const opened: FakeTransport[] = [];
  const transports = createLastingTransports(() => {
    const pool = fakeTransport(respond);
    opened.push(pool);
    return pool;
  });
  return { transports, transport: transports.open(options), closed: () => opened.map((pool) => pool.closed) };
}

describe('a transport that lasts', () => {
  it('opens with the first request, and keeps what it opened', async () => {
    const { transport, closed } = setUp();
    expect(closed()).toEqual([]);
    await transport.send(request);
    await transport.send(request);
    expect(closed()).toEqual([0]);
  });

  it('once retired, has sockets only while a request is under way', async () => {
    const { transport, closed } = setUp();
    await transport.send(request);
    transport.retire();
    expect(closed()).toEqual([1]);
    expect(await transport.send(request)).toMatchObject({ ok: true });
    expect(closed()).toEqual([1, 1]);
  });

  it('is retired when the last request that is under way has ended', async () => {
    const answers: ((result: HttpResult) => void)[] = [];
    const { transport, closed } = setUp(() => new Promise((resolve) => answers.push(resolve)));
    const sent = [transport.send(request), transport.send(request)];
    transport.retire();
    answers[0]!(data(1));
    await sent[0];
    expect(closed()).toEqual([0]);
    answers[1]!(data(2));
    expect(await sent[1]).toMatchObject({ ok: true });
    expect(closed()).toEqual([1]);
  });

  it('sends nothing after all were closed, retired or not', async () => {
    const { transports, transport, closed } = setUp();
    const other = transports.open(options);
    await Promise.all([transport.send(request), other.send(request)]);
    other.retire();
    await Promise.all([transports.close(), transports.close()]);
    transport.retire();
    expect(closed()).toEqual([1, 1]);
    expect(await transport.send(request)).toMatchObject(aborted);
    expect(await other.send(request)).toMatchObject(aborted);
    expect(closed()).toEqual([1, 1]);
  });
});
