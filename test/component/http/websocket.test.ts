/** The WebSocket paths: who is let in, what commands do, and that nothing happens before a key was shown. */
import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock, type Clock } from '../../../src/config/clock.js';
import { exampleEstate, setNodeOnline } from '../../simulator/estate/index.js';
import { openWorld, type World } from '../../support/world.js';
import { anApp, type Fixture, type FixtureOptions } from './app-fixture.js';
import { eventually } from '../../support/eventually.js';

interface Client {
  readonly socket: WebSocket;
  /** The next text. */
  next(): Promise<string>;
  /** Texts up to and with the first that the test accepts. */
  until(isLast: (text: string) => boolean): Promise<readonly string[]>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

const clients: WebSocket[] = [];
afterEach(() => clients.splice(0).forEach((socket) => socket.terminate()));

function open(url: string, headers: Readonly<Record<string, string>> = {}): Client {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers });
  clients.push(socket);
  const texts: string[] = [];
  let wake: () => void = () => undefined;
  socket.on('message', (data) => {
    texts.push((data as Buffer).toString('utf8'));
    wake();
  });
  socket.on('error', () => undefined);
  const next = async (): Promise<string> => {
    while (texts.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return texts.shift()!;
  };
  return {
    socket,
    next,
    async until(isLast) {
      const seen: string[] = [];
      do seen.push(await next());
      while (!isLast(seen.at(-1)!));
      return seen;
    },
    closed: new Promise((resolve) =>
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') })),
    ),
  };
}

/** The status of a handshake that was not accepted. */
function refusal(url: string, headers: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
  const { socket } = open(url, headers);
  return new Promise((resolve) =>
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode)),
  );
}

async function listening(options: FixtureOptions = {}): Promise<Fixture & { readonly url: string }> {
  const fixture = await anApp(options);
  const url = await fixture.app.listen({ port: 0, host: '127.0.0.1' });
  return { ...fixture, url };
}

const keyFrame = (key: string): string => JSON.stringify({ api_key: key });
const wrongKey = 'wrong-key-wrong-key-wrong-key-wrong-key';

async function sendFirst(url: string, text: string | Buffer): Promise<Client> {
  const client = open(url);
  await new Promise((resolve) => client.socket.once('open', resolve));
  client.socket.send(text);
  return client;
}

describe('a WebSocket client', () => {
  it('shows its key in the first text, or in the handshake', async () => {
    const { url, key, headers } = await listening();

    const inText = await sendFirst(`${url}/ws`, keyFrame(key));
    const inHeader = open(`${url}/ws`, headers);

    for (const client of [inText, inHeader]) {
      expect([await client.next(), await client.next()]).toEqual(['Connected!', 'Connected 2!']);
    }
    // Some clients show it twice; it is not repeated back as an unknown command.
    inHeader.socket.send(keyFrame(key));
    inHeader.socket.send('Nonsense');
    expect(await inHeader.next()).toBe('Invalid command: Nonsense');
    expect(await inHeader.next()).toBe("Valid commands: 'Sync Nodes', 'Sync Virtual Machines', 'Full Update Sync'");
  });

  it.each([
    ['a wrong key', keyFrame(wrongKey), 'Invalid API key. 4 attempts remaining.'],
    ['a command', 'Sync Nodes', 'API key required. 5 attempts remaining.'],
    ['JSON without a key', '{"key": 1}', 'API key required. 5 attempts remaining.'],
    ['an empty key', keyFrame(''), 'API key required. 5 attempts remaining.'],
    [
      'bytes',
      Buffer.from(keyFrame('first-key-first-key-first-key-first-key')),
      'API key required. 5 attempts remaining.',
    ],
  ])('is sent away with 4001 when it begins with %s', async (_name, text, reason) => {
    const { url } = await listening();

    expect(await (await sendFirst(`${url}/ws`, text)).closed).toEqual({ code: 4001, reason });
  });

  it.each(['/', '/ws', '/ws/virtual-machines'])(
    'is sent away from %s with a wrong key in the handshake',
    async (path) => {
      const { url } = await listening();

      const client = open(`${url}${path}`, { 'x-proxbox-api-key': wrongKey });

      expect(await client.closed).toEqual({ code: 4001, reason: 'Invalid API key. 4 attempts remaining.' });
    },
  );

  it('is told to register a key when there is none', async () => {
    const { url, key } = await listening({ withKey: false });

    const { code, reason } = await (await sendFirst(`${url}/ws`, keyFrame(key))).closed;

    expect(code).toBe(4001);
    expect(reason).toContain('POST /auth/register-key');
  });

  it('is sent away when it says nothing for ten seconds', async () => {
    const asked: number[] = [];
    const change: FixtureOptions['change'] = ({ clock }) => {
      const sleep: Clock['sleep'] = async (ms, signal) => {
        asked.push(ms);
        if (ms !== 10_000) await clock.sleep(ms, signal);
      };
      return { clock: { ...clock, sleep } };
    };
    const { url } = await listening({ change });

    expect(await open(`${url}/ws`).closed).toEqual({ code: 4001, reason: 'API key required. 5 attempts remaining.' });
    expect(asked).toContain(10_000);
  });

  it('is locked out with its address, but its own wrong keys count once a minute', async () => {
    const { url, deps, clock } = await listening();
    const reasonFor = async (): Promise<string> =>
      (await open(`${url}/ws`, { 'x-proxbox-api-key': wrongKey }).closed).reason;

    expect([await reasonFor(), await reasonFor(), await reasonFor()]).toEqual(
      Array(3).fill('Invalid API key. 4 attempts remaining.'),
    );
    clock.advance(60_000);
    expect(await reasonFor()).toBe('Invalid API key. 3 attempts remaining.');
    for (let i = 0; i < 3; i += 1) deps.lockout.recordFailure('127.0.0.1');
    expect(await reasonFor()).toMatch(
      /^Too many failed authentication attempts\. Please try again later\. Wait \d+ s\.$/,
    );
  });

  it('from a web page must come from an allowed origin', async () => {
    const { url, headers } = await listening();

    expect(await refusal(`${url}/ws`, { ...headers, origin: 'https://evil.example' })).toBe(403);
    const client = open(`${url}/ws`, { ...headers, origin: 'http://localhost:3000' });
    expect(await client.next()).toBe('Connected!');
  });

  it('may connect ten times a minute, whatever the path', async () => {
    const { url, headers, clock } = await listening();
    for (let i = 0; i < 10; i += 1) {
      expect(await open(`${url}${['/', '/ws'][i % 2]}`, headers).next()).toMatch(/^(Message: 1|Connected!)$/);
    }

    expect(await refusal(`${url}/ws`, headers)).toBe(429);
    clock.advance(60_000);
    expect(await open(`${url}/ws`, headers).next()).toBe('Connected!');
  });

  it('is sent away when it sends much more than is worked on', async () => {
    const { url, headers } = await listening();
    const client = open(`${url}/`, headers);
    await client.next();

    for (let i = 0; i < 17; i += 1) client.socket.send('hello');

    expect((await client.closed).code).toBe(1008);
  });

  it('is sent away when a message is larger than any command', async () => {
    const { url, headers } = await listening();
    const client = open(`${url}/ws`, headers);
    await client.next();

    client.socket.send('x'.repeat(17_000));

    expect((await client.closed).code).toBe(1009);
  });

  it('counts messages on /', async () => {
    const slept: number[] = [];
    const change: FixtureOptions['change'] = ({ clock }) => {
      const sleep: Clock['sleep'] = async (ms, signal) => {
        if (ms === 2_000 && slept.length < 2) slept.push(ms);
        else await clock.sleep(ms, signal);
      };
      return { clock: { ...clock, sleep } };
    };
    const { url, headers } = await listening({ change });
    const client = open(`${url}/`, headers);

    expect([await client.next(), await client.next(), await client.next()]).toEqual([
      'Message: 1',
      'Message: 2',
      'Message: 3',
    ]);
    expect(slept).toHaveLength(2);
  });

  it('is told that the service stops', async () => {
    const { url, headers, app } = await listening();
    const client = open(`${url}/ws`, headers);
    await client.next();

    await app.close();

    expect((await client.closed).code).toBe(1001);
  });
});

describe('a handshake that asks for a dry run', () => {
  it.each(['/ws', '/ws/virtual-machines'])('is refused on %s, which can only carry out', async (path) => {
    const { url, headers } = await listening();

    expect(await refusal(`${url}${path}?dry_run=true`, headers)).toBe(422);
    const { socket } = open(`${url}${path}?dry_run=false`, headers);
    await new Promise((resolve) => socket.once('open', resolve));
  });
});

describe('other handshakes', () => {
  it.each(['/version', '/nothing', '/health'])('on %s are not found, with and without a key', async (path) => {
    const { url, headers } = await listening();

    expect(await refusal(`${url}${path}`)).toBe(404);
    expect(await refusal(`${url}${path}`, headers)).toBe(404);
  });

  it('to another protocol are answered as the requests they are, bodies included', async () => {
    const { url, key } = await listening({ withKey: false });
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' };
    const ask = (method: string, path: string, body?: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const json = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length };
        request(`${url}${path}`, { method, headers: { ...headers, ...json } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end(body);
      });

    expect(await ask('GET', '/health')).toBe(200);
    expect(await ask('POST', '/auth/register-key', keyFrame(key))).toBe(201);
    expect(await ask('GET', '/version')).toBe(401);
  });
});

const parsed = (texts: readonly string[]): readonly Record<string, unknown>[] =>
  texts.map((text) => JSON.parse(text) as Record<string, unknown>);
const isEndOf = (object: string) => (text: string) => text.startsWith(`{"object":"${object}","end":true,`);

async function commanding(url: string, key: string): Promise<Client> {
  const client = await sendFirst(`${url}/ws`, keyFrame(key));
  await client.next();
  await client.next();
  return client;
}

describe('commands', () => {
  const estate = exampleEstate();
  let world: World;
  let laterMs = 0;
  const clock: Clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + laterMs };
  beforeAll(async () => {
    world = await openWorld({ estate, clock });
  });
  afterAll(() => world.close());
  afterEach(() => {
    // A minute later every address may connect again.
    laterMs += 60_000;
    world.netbox.faults.clear();
    world.proxmox.forEach(({ faults }) => faults.clear());
  });
  const upstream = (): number =>
    world.netbox.requestLog.length + world.proxmox.reduce((sum, { requestLog }) => sum + requestLog.length, 0);

  it.each(['/', '/ws', '/ws/virtual-machines'])('on %s touch nothing before a key was shown', async (path) => {
    // The first look at the plugin's settings is on its way since the endpoint was registered.
    const settings = async (): Promise<unknown> => (await world.ask('GET', '/proxbox/settings')).body.plugin_state;
    await eventually(async () => expect(await settings()).toBe('fresh'));
    const before = upstream();

    for (const text of ['Sync Nodes', keyFrame(wrongKey)]) {
      expect((await (await sendFirst(`${world.url}${path}`, text)).closed).code).toBe(4001);
    }

    expect(upstream()).toBe(before);
  });

  it('sync the nodes, tell each of them, and end with the marker', async () => {
    const client = await commanding(world.url, world.apiKey);

    client.socket.send(' Sync Nodes \n');
    expect(await client.next()).toBe('Sync Nodes');
    const objects = parsed(await client.until(isEndOf('device')));

    const created = objects.filter(({ object, type }) => object === 'device' && type === 'create');
    expect(created.map(({ object, data }) => [object, data])).toEqual(
      ['pve1', 'pve2'].map((name) => [
        'device',
        expect.objectContaining({ completed: true, rowid: name, name, netbox_id: expect.any(Number) }),
      ]),
    );
    expect(objects.filter(({ end }) => end === true)).toHaveLength(1);
    expect(world.netbox.requestLog.some(({ method, target }) => method === 'POST' && target.includes('devices'))).toBe(
      true,
    );
  });

  it('are carried out one after another on one connection', async () => {
    const client = await commanding(world.url, world.apiKey);

    client.socket.send('Sync Virtual Machines');
    client.socket.send('Sync Nodes');
    const machines = parsed(await client.until(isEndOf('virtual_machine')));
    expect(await client.next()).toBe('Sync Nodes');
    const nodes = parsed(await client.until(isEndOf('device')));

    expect(new Set(machines.map(({ object }) => object))).toEqual(new Set(['virtual_machine']));
    expect(new Set(nodes.map(({ object }) => object))).toEqual(new Set(['cluster', 'device']));
  });

  it.each(['Full Update', 'Full Update Sync'])(
    'of the name %s run every stage and end each of them',
    async (command) => {
      const client = await commanding(world.url, world.apiKey);

      client.socket.send(command);
      const objects = parsed(await client.until(isEndOf('full-update')));

      expect(objects.filter(({ end }) => end === true).map(({ object }) => object)).toEqual([
        'device',
        'virtual_machine',
        'full-update',
      ]);
    },
  );

  it('on /ws/virtual-machines are not needed: it runs once and closes', async () => {
    const client = await sendFirst(`${world.url}/ws/virtual-machines`, keyFrame(world.apiKey));

    expect(await client.next()).toBe('Connected!');
    const objects = parsed(await client.until(isEndOf('virtual_machine')));

    expect(objects.length).toBeGreaterThan(1);
    expect((await client.closed).code).toBe(1000);
  });

  it('that fail tell why, end with the marker and leave the connection open', async () => {
    const client = await commanding(world.url, world.apiKey);
    world.netbox.faults.add({ match: {}, action: { status: 403, body: { detail: 'Invalid token' } } });

    client.socket.send('Full Update');
    const failed = parsed(await client.until(isEndOf('full-update')));
    expect(failed.at(-2)).toEqual({
      object: 'full-update',
      type: 'error',
      data: { error: expect.stringContaining('netbox_forbidden') },
    });
    expect(failed.at(-1)).toEqual({
      object: 'full-update',
      end: true,
      status: 'failed',
      data: {
        ok: false,
        status: 'failed',
        message: 'Full update sync failed.',
        run_id: expect.any(String),
        errors: [expect.objectContaining({ detail: expect.stringContaining('netbox_forbidden') })],
      },
    });

    world.netbox.faults.clear();
    client.socket.send('Sync Nodes');
    expect(await client.next()).toBe('Sync Nodes');
    expect(parsed(await client.until(isEndOf('device'))).some(({ type }) => type === 'error')).toBe(false);
  });

  it('that are done in part say so in the marker, as a stream does', async () => {
    setNodeOnline(estate.clusters[0]!, 'pve2', false);
    const client = await commanding(world.url, world.apiKey);

    client.socket.send('Sync Virtual Machines');
    const stage = parsed(await client.until(isEndOf('virtual_machine'))).at(-1);
    client.socket.send('Full Update');
    const all = parsed(await client.until(isEndOf('full-update'))).at(-1);
    setNodeOnline(estate.clusters[0]!, 'pve2', true);

    const part = {
      status: 'partial',
      message: expect.stringContaining('node_offline'),
      errors: expect.arrayContaining([expect.objectContaining({ reason: 'node_offline' })]),
      run_id: expect.any(String),
    };
    expect(stage).toEqual({ object: 'virtual_machine', end: true, status: 'completed', data: { ok: true, ...part } });
    // The plugin has no word for a part.
    expect(all).toEqual({
      object: 'full-update',
      end: true,
      status: 'failed',
      stages: expect.objectContaining({ devices: 'completed', 'virtual-machines': 'partial' }),
      data: { ok: false, ...part },
    });
  });

  it('are stopped when their client goes away', async () => {
    const client = await commanding(world.url, world.apiKey);
    world.proxmox.forEach(({ faults }) => faults.add({ match: {}, action: 'hang' }));

    client.socket.send('Sync Nodes');
    const isActive = async (): Promise<boolean> => (await world.ask('GET', '/sync/active')).body.active as boolean;
    await eventually(async () => expect(await isActive()).toBe(true));
    client.socket.terminate();

    await eventually(async () => expect(await isActive()).toBe(false));
  });
});

it('a command that is under way when the service stops ends with what became of it', async () => {
  const world = await openWorld({ estate: exampleEstate() });
  const client = await commanding(world.url, world.apiKey);
  world.proxmox.forEach(({ faults }) => faults.add({ match: {}, action: 'hang' }));
  client.socket.send('Full Update');
  await eventually(async () => expect((await world.ask('GET', '/sync/active')).body.active).toBe(true));

  const stopped = world.close();

  const objects = parsed(await client.until(isEndOf('full-update')));
  expect(objects.slice(-2)).toEqual([
    { object: 'full-update', type: 'error', data: { error: 'Server shutdown or request cancelled.' } },
    {
      object: 'full-update',
      end: true,
      status: 'failed',
      data: {
        ok: false,
        status: 'cancelled',
        message: 'Full update sync cancelled.',
        run_id: expect.any(String),
        errors: [expect.objectContaining({ reason: 'cancelled' })],
      },
    },
  ]);
  expect((await client.closed).code).toBe(1001);
  await stopped;
});

describe('without a NetBox endpoint', () => {
  it('a command is answered with the reason and its marker', async () => {
    const { url, key } = await listening();
    const client = await commanding(url, key);

    client.socket.send('Full Update');

    expect(parsed([await client.next(), await client.next()])).toEqual([
      { object: 'full-update', type: 'error', data: { error: expect.stringContaining('No NetBox endpoint found') } },
      {
        object: 'full-update',
        end: true,
        status: 'failed',
        data: { ok: false, status: 'failed', message: expect.stringContaining('No NetBox endpoint found'), errors: [] },
      },
    ]);
    client.socket.send('Sync Nodes');
    expect(await client.next()).toBe('Sync Nodes');
  });

  it('/ws/virtual-machines says so and closes with 1011', async () => {
    const { url, headers } = await listening();
    const client = open(`${url}/ws/virtual-machines`, headers);

    expect(await client.next()).toBe('Connected!');
    expect(await client.next()).toMatch(/^Error: NetBox session is not available\. /);
    expect((await client.closed).code).toBe(1011);
  });
});
