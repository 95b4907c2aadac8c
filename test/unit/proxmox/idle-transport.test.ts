import { describe, expect, it } from 'vitest';
import { createIdleTransport } from '../../../src/proxmox/idle-transport.js';
import type { HttpResult } from '../../../src/transport/types.js';
import { data, fakeClock, fakeTransport, type FakeTransport } from './fakes.js';

const request = { method: 'GET', path: '/', timeoutMs: 1 } as const;
const settle = () => new Promise((resolve) => setImmediate(resolve));

function setUp(respond: () => HttpResult | Promise<HttpResult> = () => data(1)) {
  const clock = fakeClock({ hold: true });
  const opened: FakeTransport[] = [];
  const state = { idle: 0, isDropped: false };
  const transport = createIdleTransport({
    open: () => {
      const inner = fakeTransport(respond);
      opened.push(inner);
      return inner;
    },
    origin: 'https://pve1.lab:8006',
    clock,
    idleMs: 60_000,
    isDropped: () => state.isDropped,
    onIdle: () => void (state.idle += 1),
  });
  const pass = async (ms: number): Promise<void> => {
    await settle();
    clock.advance(ms);
    await settle();
  };
  return { transport, opened, state, pass };
}

describe('a transport that closes when idle', () => {
  it('opens with the first request and closes a minute after the last', async () => {
    const { transport, opened, state, pass } = setUp();
    expect(opened).toHaveLength(0);
    await transport.send(request);
    await pass(40_000);
    await transport.send(request);
    await pass(59_999);
    expect(opened.map((inner) => inner.closed)).toEqual([0]);
    await pass(1);
    expect(opened.map((inner) => inner.closed)).toEqual([1]);
    expect(state.idle).toBe(1);
  });

  it('opens again for whoever still holds it', async () => {
    const { transport, opened, pass } = setUp();
    await transport.send(request);
    await pass(60_000);
    expect(await transport.send(request)).toMatchObject({ ok: true });
    expect(opened).toHaveLength(2);
  });

  it('does not close under a request that takes longer', async () => {
    let respond: (result: HttpResult) => void = () => undefined;
    const { transport, opened, pass } = setUp(() => new Promise((resolve) => (respond = resolve)));
    const sent = transport.send(request);
    await pass(60_000);
    await pass(60_000);
    expect(opened[0]?.closed).toBe(0);
    respond(data('late'));
    expect(await sent).toMatchObject({ ok: true });
    await pass(60_000);
    expect(opened[0]?.closed).toBe(1);
  });

  it('sends nothing after it was closed or its endpoint dropped', async () => {
    const closed = setUp();
    await closed.transport.send(request);
    await closed.transport.close();
    expect(closed.opened[0]?.closed).toBe(1);
    expect(await closed.transport.send(request)).toMatchObject({
      ok: false,
      failure: { kind: 'aborted', maybeSent: false },
    });

    const dropped = setUp();
    dropped.state.isDropped = true;
    expect(await dropped.transport.send(request)).toMatchObject({ ok: false, failure: { kind: 'aborted' } });
    expect(dropped.opened).toHaveLength(0);
  });
});
