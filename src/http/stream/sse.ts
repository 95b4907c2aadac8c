/**
 * Server-sent events: turns an async iterable of frames into one response. It knows nothing of what the frames mean; the
 * producer decides on the last one, and is told through `onDisconnect` when nobody listens any more.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Clock } from '../../config/clock.js';
import { asciiJson } from '../../values/ascii-json.js';

export interface SseFrame {
  readonly event: string;
  readonly data: object;
  /** Only where clients resume by it: the plugin's parser takes an `id:` line for data. */
  readonly id?: string;
}

export interface SseOptions {
  readonly clock: Clock;
  /** The client went away before the last frame: stop producing. Called at most once. */
  readonly onDisconnect: () => void;
  /** Silence after which a comment line keeps proxies from closing the connection. Default 15,000. */
  readonly keepAliveMs?: number;
}

const keepAlive = ': keepalive\n\n';

const oneLine = (text: string): string => text.replace(/[\r\n\0]/g, '');

/** `event:`, optionally `id:`, exactly one `data:` line, and the empty line that ends the frame. */
export function encodeSseFrame(frame: SseFrame): string {
  const id = frame.id === undefined ? '' : `id: ${oneLine(frame.id)}\n`;
  return `event: ${oneLine(frame.event)}\n${id}data: ${asciiJson(frame.data)}\n\n`;
}

/** `Connection: close`, because the plugin reads until the connection ends, not until the last frame. */
const head = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
  connection: 'close',
} as const;

/**
 * Sends the head at once, then every frame as it comes, a comment after each `keepAliveMs` of silence, and ends the
 * connection after the last frame. Waits for slow readers. Resolves when the response is over, however it ended; an error
 * of the producer is logged and ends the stream without a further frame.
 */
export async function streamSse(
  reply: FastifyReply,
  frames: AsyncIterable<SseFrame>,
  options: SseOptions,
): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  const gone = new AbortController();
  raw.once('close', () => {
    if (raw.writableFinished) return;
    gone.abort();
    options.onDisconnect();
  });
  for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...head })) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  raw.statusCode = 200;
  raw.flushHeaders();

  const outlet = createOutlet(raw, gone.signal);
  try {
    await sendAll(frames, outlet.send, { ...options, gone: gone.signal });
  } catch (error) {
    if (!gone.signal.aborted) reply.log.error({ err: error }, 'A stream ended early because its producer failed.');
  }
  outlet.end();
}

/**
 * What is sent in one turn of the event loop leaves together: a frame each would be a call of the system each. The text is held
 * here and not by `cork`, since a response of Node.js 22 that ends while it is corked loses what it holds, and tells no `drain`.
 */
function createOutlet(raw: ServerResponse, gone: AbortSignal) {
  let held = '';
  const flush = (): void => {
    if (held !== '' && !gone.aborted) raw.write(held);
    held = '';
  };
  return {
    /** Resolves when the reader has room for more. */
    send: async (text: string): Promise<void> => {
      if (held === '') setImmediate(flush);
      held += text;
      if (held.length >= raw.writableHighWaterMark) flush();
      if (raw.writableNeedDrain) await once(raw, 'drain', { signal: gone });
    },
    end: (): void => {
      flush();
      raw.end();
    },
  };
}

async function sendAll(
  frames: AsyncIterable<SseFrame>,
  send: (text: string) => Promise<void>,
  options: SseOptions & { readonly gone: AbortSignal },
): Promise<void> {
  const iterator = frames[Symbol.asyncIterator]();
  const over = new AbortController();
  const signal = AbortSignal.any([options.gone, over.signal]);
  const heart = createHeart(send, options);
  const beating = heart.beat(signal);
  const sending = sendFrames(iterator, async (text) => {
    await send(text);
    heart.rest();
  });
  try {
    await Promise.race([sending, beating]);
  } finally {
    over.abort();
    // Not awaited: a generator that waits for its own work answers only when that work notices the abort.
    for (const left of [sending, beating, iterator.return?.()]) left?.catch(() => undefined);
  }
}

async function sendFrames(iterator: AsyncIterator<SseFrame>, send: (text: string) => Promise<void>): Promise<void> {
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
    await send(encodeSseFrame(next.value));
}

/** Sends a comment after each `keepAliveMs` without a frame. One timer for all of them: `rest` only notes the time. */
function createHeart(send: (text: string) => Promise<void>, { clock, keepAliveMs = 15_000 }: SseOptions) {
  let lastMs = clock.monotonicMs();
  const rest = (): void => void (lastMs = clock.monotonicMs());
  return {
    rest,
    /** Never resolves; rejects when the signal fires or a comment cannot be sent. */
    async beat(signal: AbortSignal): Promise<never> {
      for (;;) {
        const restMs = lastMs + keepAliveMs - clock.monotonicMs();
        if (restMs > 0) await clock.sleep(restMs, signal);
        else {
          await send(keepAlive);
          rest();
        }
      }
    },
  };
}
