/** Asks a call of the table: over HTTP, as a stream to its end, or as a WebSocket. */
import { WebSocket } from 'ws';
import type { App } from '../../../src/http/app-type.js';
import { createInflux } from '../../../src/influx/query.js';
import { createTransport } from '../../../src/transport/undici-transport.js';
import { createApiClient } from '../../demo/api-client.js';
import { anApp } from '../../component/http/app-fixture.js';
import { makeCertificates } from '../../support/certificates.js';
import { startScriptedServer } from '../../support/scripted-server.js';
import type { AskedWorld } from './asked-world.js';
import type { Ask } from './asks.js';

export interface Told {
  /** 101 of a WebSocket that was opened. */
  readonly status: number;
  // Answers of any shape.
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

const actor = { 'x-proxbox-actor': 'ann' };

/** The path with its names put in, and the query. */
function urlOf(path: string, { at = {}, query }: Ask): string {
  const named = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = at[name];
    if (value === undefined) throw new Error(`nothing stands for {${name}} of ${path}`);
    return encodeURIComponent(value);
  });
  return query === undefined ? named : `${named}?${query}`;
}

async function askHttp(world: AskedWorld, method: string, url: string, { body }: Ask): Promise<Told> {
  const response = await fetch(`${world.url}${url}`, {
    method,
    headers: {
      ...actor,
      'x-proxbox-api-key': world.apiKey,
      'idempotency-key': crypto.randomUUID(),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

/** The frames of a stream by their event; of each the last. A stream that only ends with its reader has its first frame. */
async function askStream(world: AskedWorld, url: string): Promise<Told> {
  const body: Record<string, unknown> = {};
  for await (const { event, data } of createApiClient(world.url, world.apiKey).stream(url)) {
    body[event] = data;
    if (url.startsWith('/admin/logs')) break;
  }
  return { status: 200, body };
}

interface Target {
  readonly method: string;
  readonly url: string;
}

async function askOther(app: App, { method, url }: Target, { body }: Ask, headers: object): Promise<Told> {
  const request = { method: method as 'GET', url, headers: { ...headers } };
  const answer = await app.inject(body === undefined ? request : { ...request, payload: body });
  return { status: answer.statusCode, body: answer.json() };
}

const csv = [
  '#datatype,string,long,double',
  '#group,false,false,false',
  '#default,_result,,',
  ',result,table,_value',
  ',,0,0.5',
  '',
];

/** The real client of InfluxDB, led to a server on this machine. */
async function askInflux(method: string, url: string, ask: Ask): Promise<Told> {
  const server = await startScriptedServer({ tls: makeCertificates().selfSigned });
  server.script({ text: csv.join('\r\n'), headers: { 'content-type': 'text/csv; charset=utf-8' } });
  const guard = { checkUrl: async () => ({ reason: null, addresses: ['127.0.0.1'] }) };
  const { app, headers } = await anApp({
    change: ({ clock }) => ({ influx: createInflux({ clock, guard, createTransport }) }),
    cleanup: () => server.close(),
  });
  const body = { ...ask.body, url: `https://influx.example.test:${server.port}` };
  return askOther(app, { method, url }, { ...ask, body }, headers);
}

async function askSocket(world: AskedWorld, path: string, ask: Ask): Promise<Told> {
  const isConsole = path.startsWith('/proxmox/console');
  const session = isConsole ? await askHttp(world, 'POST', '/proxmox/console/browser-sessions', ask) : null;
  const protocols = session === null ? [] : ['binary', `proxbox-token.${session.body.stream_token}`];
  const origin = session === null ? {} : { origin: 'https://netbox.example.com' };
  const socket = new WebSocket(`${world.url.replace(/^http/, 'ws')}${path}`, protocols, origin);
  const status = await new Promise<number>((resolve, reject) => {
    socket.once('open', () => resolve(101));
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.once('error', reject);
  });
  const first = isConsole ? null : await firstText(socket, world.apiKey);
  socket.terminate();
  return { status, body: { protocol: socket.protocol, first } };
}

/** What is said after the key was shown. */
function firstText(socket: WebSocket, apiKey: string): Promise<string> {
  socket.send(JSON.stringify({ api_key: apiKey }));
  return new Promise((resolve) => socket.once('message', (data) => resolve((data as Buffer).toString('utf8'))));
}

/** @param call `GET /path/{name}` */
export async function askCall(world: AskedWorld, call: string, ask: Ask): Promise<Told> {
  const [method = '', path = ''] = call.split(' ');
  const url = urlOf(path, ask);
  if (method === 'WebSocket') return askSocket(world, path, ask);
  if (ask.of === 'influx') return askInflux(method, url, ask);
  if (ask.of !== undefined) {
    const { app, headers } = await anApp({ withKey: ask.of === 'new' });
    return askOther(app, { method, url }, ask, ask.of === 'new' ? headers : {});
  }
  return path.endsWith('/stream') ? askStream(world, url) : askHttp(world, method, url, ask);
}
