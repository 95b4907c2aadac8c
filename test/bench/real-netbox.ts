/** The NetBox that `npm run bench` has opened: where it is, and what it tells of itself. */
import { z } from 'zod';
import { cpuSecondsOfGroup } from './process-figures.js';

const Access = z.object({ url: z.string(), control: z.string(), version: z.string(), plugin: z.string() });
const Tokens = z.object({ v1: z.string(), v2Key: z.string(), v2: z.string() });

export interface RealNetBox {
  readonly url: string;
  readonly version: string;
  readonly plugin: string;
  readonly tokenV1: string;
  readonly tokenV2: { readonly key: string; readonly secret: string };
  /** Empties it and starts it. */
  reset(): Promise<void>;
  /** Seconds of CPU of its processes, without PostgreSQL. */
  cpuS(): Promise<number>;
  changeRows(): Promise<number>;
  /** Answers a JSON body; throws with NetBox's answer when it refuses. */
  send(method: string, path: string, body?: Buffer): Promise<unknown>;
}

export function openRealNetBox(): RealNetBox {
  const variable = (name: string): unknown => {
    const text = process.env[name];
    if (text === undefined) throw new Error('This needs a NetBox: run it with "npm run bench".');
    return JSON.parse(text);
  };
  const { url, control, version, plugin } = Access.parse(variable('BENCH_NETBOX'));
  const tokens = Tokens.parse(variable('BENCH_TOKENS'));

  const door = async (method: string, path: string): Promise<unknown> => {
    const answer = await fetch(`${control}${path}`, { method });
    const body: unknown = await answer.json();
    if (!answer.ok) throw new Error(`NetBox could not be prepared: ${JSON.stringify(body)}`);
    return body;
  };
  const send = async (method: string, path: string, body?: Buffer): Promise<unknown> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Token ${tokens.v1}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text.slice(0, 300)}`);
    const read: unknown = text === '' ? null : JSON.parse(text);
    return read;
  };
  return {
    url,
    version,
    plugin,
    tokenV1: tokens.v1,
    tokenV2: { key: tokens.v2Key, secret: tokens.v2 },
    send,
    reset: async () => {
      await door('POST', '/reset');
    },
    cpuS: async () => cpuSecondsOfGroup(z.object({ id: z.number() }).parse(await door('GET', '/process-group')).id),
    changeRows: async () =>
      z.object({ count: z.number() }).parse(await send('GET', '/api/core/object-changes/?limit=1')).count,
  };
}
