import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../../src/config/clock.js';
import { turns } from '../../support/eventually.js';
import { encodeSseFrame, streamSse, type SseFrame } from '../../../src/http/stream/sse.js';

/** Sleeps end when the test says so. */
function manualClock(): Clock & { readonly wakeAll: () => void; readonly sleepers: () => number } {
  const sleepers = new Map<() => void, number>();
  let nowMs = 0;
  return {
    ...systemClock,
    monotonicMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        sleepers.set(resolve, nowMs + ms);
        signal?.addEventListener('abort', () => {
          sleepers.delete(resolve);
          reject(signal.reason as Error);
        });
      }),
    wakeAll: () =>
      [...sleepers].forEach(([wake, untilMs]) => {
        nowMs = Math.max(nowMs, untilMs);
        sleepers.delete(wake);
        wake();
      }),
    sleepers: () => sleepers.size,
  };
}

const apps: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

interface Producer {
  readonly frames: () => AsyncIterable<SseFrame>;
  readonly clock?: Clock;
  readonly onDisconnect?: () => void;
}

async function serve({ frames, clock = systemClock, onDisconnect = () => undefined }: Producer): Promise<string> {
  const app = Fastify({ forceCloseConnections: true });
  apps.push(app);
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('x-frame-options', 'DENY');
  });
  app.get('/stream', (_request, reply) => streamSse(reply, frames(), { clock, onDisconnect }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/stream`;
}

function open(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => get(url, resolve).on('error', reject));
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

async function* of(...frames: readonly SseFrame[]): AsyncGenerator<SseFrame> {
  yield* frames;
}

async function* never(): AsyncGenerator<SseFrame> {
  await new Promise(() => undefined);
  yield { event: 'unreachable', data: {} };
}

describe('the encoding of a frame', () => {
  it('is one event line, one data line and an empty line', () => {
    expect(encodeSseFrame({ event: 'step', data: { ok: true } })).toBe('event: step\ndata: {"ok":true}\n\n');
  });

  it.each([
    ['U+2028 and U+2029', 'a\u2028b\u2029c'],
    ['next line U+0085', 'a\u0085b'],
    ['umlauts', 'Größe'],
    ['an emoji outside the BMP', 'vm-🚀'],
    ['a lone surrogate', 'x\ud800y'],
    ['control characters', 'a\u0000\u001b[31m\u007f'],
    ['an attempt to forge a frame', 'web\n\nevent: complete\ndata: {"ok":true}\n\n'],
  ])('keeps %s as printable ASCII on one line and parses back to the same value', (_name, text) => {
    const encoded = encodeSseFrame({ event: 'step', data: { text } });
    const events: EventSourceMessage[] = [];
    createParser({ onEvent: (event) => events.push(event) }).feed(encoded);

    expect(encoded).toMatch(/^event: step\ndata: [\x20-\x7e]+\n\n$/);
    expect(events).toHaveLength(1);
    expect(JSON.parse(events[0]!.data)).toEqual({ text });
  });

  it('removes line breaks from event names and ids', () => {
    const encoded = encodeSseFrame({ event: 'log\ndata: x', id: '1\r\n2', data: {} });

    expect(encoded).toBe('event: logdata: x\nid: 12\ndata: {}\n\n');
  });
});

describe('a stream', () => {
  it('has the headers that the plugin and proxies need, keeps those of hooks, and is chunked', async () => {
    const response = await open(await serve({ frames: () => of({ event: 'complete', data: {} }) }));

    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      'x-frame-options': 'DENY',
      'transfer-encoding': 'chunked',
      connection: 'close',
    });
    response.resume();
  });

  it('sends its head before the first frame exists', async () => {
    const response = await open(await serve({ frames: never }));

    expect(response.statusCode).toBe(200);
    response.destroy();
  });

  it('ends the connection after the last frame', async () => {
    const frames = () => of({ event: 'step', data: { n: 1 } }, { event: 'complete', data: { ok: true } });
    const response = await open(await serve({ frames }));

    const text = await textOf(response);

    expect(text).toBe('event: step\ndata: {"n":1}\n\nevent: complete\ndata: {"ok":true}\n\n');
  });

  it('sends a comment after each silence and none between quick frames', async () => {
    const clock = manualClock();
    let release: () => void = () => undefined;
    async function* frames(): AsyncGenerator<SseFrame> {
      yield { event: 'step', data: {} };
      await new Promise<void>((resolve) => (release = resolve));
      yield { event: 'complete', data: {} };
    }
    const response = await open(await serve({ frames, clock }));
    response.setEncoding('utf8');
    const chunks: string[] = [];
    const ended = new Promise<void>((resolve) => response.on('end', () => resolve()));
    response.on('data', (chunk: string) => {
      chunks.push(chunk);
      if (chunks.join('').split(': keepalive\n\n').length === 3) release();
      else queueMicrotask(() => clock.wakeAll());
    });

    await ended;

    expect(clock.monotonicMs()).toBe(30_000);
    expect(chunks.join('')).toBe(
      'event: step\ndata: {}\n\n: keepalive\n\n: keepalive\n\nevent: complete\ndata: {}\n\n',
    );
    expect(clock.sleepers()).toBe(0);
  });

  it('tells the producer once when the client goes away', async () => {
    let calls = 0;
    let disconnected: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (disconnected = resolve));
    const onDisconnect = () => ((calls += 1), disconnected());
    const response = await open(await serve({ frames: never, onDisconnect }));

    response.destroy();
    await gone;

    expect(calls).toBe(1);
  });

  it('does not call a finished stream a disconnect', async () => {
    let calls = 0;
    const frames = () => of({ event: 'complete', data: {} });
    const response = await open(await serve({ frames, onDisconnect: () => (calls += 1) }));

    await textOf(response);

    expect(calls).toBe(0);
  });

  it('waits for a slow reader instead of filling memory', async () => {
    let produced = 0;
    async function* frames(): AsyncGenerator<SseFrame> {
      for (; produced < 5000; produced += 1) yield { event: 'step', data: { filler: 'x'.repeat(10_000) } };
    }
    const response = await open(await serve({ frames }));
    response.pause();
    let before = -1;
    while (before !== produced) {
      before = produced;
      await turns();
    }

    expect(produced).toBeLessThan(2000);
    await textOf(response);
    expect(produced).toBe(5000);
  });

  it('ends without a further frame when the producer fails', async () => {
    async function* frames(): AsyncGenerator<SseFrame> {
      yield { event: 'step', data: {} };
      throw new Error('producer failed');
    }
    const response = await open(await serve({ frames }));

    expect(await textOf(response)).toBe('event: step\ndata: {}\n\n');
  });
});
