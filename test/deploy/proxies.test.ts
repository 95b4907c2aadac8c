/** What nginx and Caddy have to let through: events one by one, WebSockets, all that the service takes, and who the client is. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createParser } from 'eventsource-parser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { exampleEstate } from '../simulator/estate/index.js';
import { makeCertificates, type Certificate } from '../support/certificates.js';
import { aMoment, eventually } from '../support/eventually.js';
import { openWorld, type World } from '../support/world.js';
import { ask, proxyNames, startProxy, type Proxy } from './proxies.js';

/** Of docs/deploy/proxbox-api.env.example; the clients of these tests come from other addresses of the loopback network. */
const trusting = { PROXBOX_TRUSTED_PROXIES: '127.0.0.1', PROXBOX_CONSOLE: '1' };
const keyOf = ({ apiKey }: World) => ({ 'x-proxbox-api-key': apiKey });
const mebibyte = 1024 * 1024;
const browserSessions = '/proxmox/console/browser-sessions';
/** What the proxy and the service begin with. */
const tooLarge = '{"detail":"Payload Too Large';

let certificate: Certificate;
beforeAll(() => {
  certificate = makeCertificates().signed;
});

interface Stream {
  readonly response: IncomingMessage;
  /** Names of the events that have come. */
  readonly events: readonly string[];
  readonly ended: Promise<unknown>;
}

/** Says that it takes compressed answers, as browsers do. */
async function openStream(port: number, at: string, headers: Readonly<Record<string, string>>): Promise<Stream> {
  const options = { host: '127.0.0.1', port, path: at, rejectUnauthorized: false, agent: false } as const;
  const sent = request({ ...options, headers: { ...headers, 'accept-encoding': 'gzip' } }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const events: string[] = [];
  const parser = createParser({ onEvent: ({ event }) => events.push(event ?? 'message') });
  response.setEncoding('utf8').on('data', (chunk) => parser.feed(String(chunk)));
  response.on('error', () => undefined);
  return { response, events, ended: new Promise((resolve) => response.on('close', resolve)) };
}

describe.each(proxyNames)('behind %s', (name) => {
  let world: World;
  let proxy: Proxy;
  beforeAll(async () => {
    world = await openWorld({ estate: exampleEstate(), variables: trusting });
    proxy = await startProxy(name, world.url, certificate);
  });
  afterAll(async () => {
    await proxy.stop();
    await world.close();
  });
  const sockets: WebSocket[] = [];
  afterEach(() => {
    sockets.splice(0).forEach((socket) => socket.terminate());
    world.proxmox.forEach(({ faults }) => faults.clear());
  });
  const holdGuests = () => {
    const moment = aMoment();
    const fault = { match: { path: /qemu\/\d+\/config/ }, action: { until: moment.come } } as const;
    world.proxmox.forEach(({ faults }) => faults.add(fault));
    return moment;
  };
  const open = (at: string, headers: Readonly<Record<string, string>>, protocols: string[] = []): WebSocket => {
    const socket = new WebSocket(`wss://127.0.0.1:${proxy.port}${at}`, protocols, {
      headers,
      rejectUnauthorized: false,
    });
    sockets.push(socket);
    return socket;
  };

  it('is found by a file that its own check has nothing against', () => {
    expect(proxy.checked.replace(/Valid configuration\n/, '')).toBe('');
  });

  it('events of a run arrive while it goes on, and all of them in order', async () => {
    const moment = holdGuests();
    const path = '/full-update/stream';
    const { response, events, ended } = await openStream(proxy.port, path, keyOf(world));
    // The run waits for Proxmox, and with it the service: what is here by now was passed on as it came.
    await eventually(() => expect(events).toContain('step'));
    const early = [...events];
    moment.now();
    await ended;
    const frames = (await world.fullUpdate()).frames.map(({ event }) => event);

    expect(response.headers['content-encoding']).toBeUndefined();
    expect(response.headers['content-type']).toContain('text/event-stream');
    expect(early).not.toContain('complete');
    expect(events.length).toBeGreaterThan(early.length);
    expect([events[0], events.at(-1)]).toEqual([frames[0], 'complete']);
  });

  it('a client that leaves ends its run, as without a proxy', async () => {
    const moment = holdGuests();
    const { response, events } = await openStream(proxy.port, '/full-update/stream', keyOf(world));
    await eventually(() => expect(events).toContain('step'));
    expect((await world.ask('GET', '/sync/active')).body).toMatchObject({ active: true });

    response.destroy();

    // Proxmox still does not answer: only who leaves can have ended it.
    await eventually(async () =>
      expect((await world.ask('GET', '/sync/active')).body).toMatchObject({ active: false }),
    );
    moment.now();
  });

  it('WebSockets are opened, and what is said on them passes both ways', async () => {
    const socket = open('/ws', keyOf(world));
    const texts: string[] = [];
    socket.on('message', (data) => texts.push((data as Buffer).toString('utf8')));
    await once(socket, 'open');
    socket.send('Nonsense');

    await eventually(() => expect(texts).toHaveLength(4));
    expect(texts.slice(0, 3)).toEqual(['Connected!', 'Connected 2!', 'Invalid command: Nonsense']);
  });

  it('the console is asked with its subprotocols and origin, and its refusal arrives', async () => {
    const socket = open('/proxmox/console/browser-stream', { origin: 'https://netbox.example.com' }, [
      'binary',
      `proxbox-token.${'a'.repeat(43)}`,
    ]);
    const [code] = (await once(socket, 'close')) as [number];

    expect(socket.protocol).toBe('binary');
    expect(code).toBe(1008);
  });

  it.each([
    ['of 1 MB arrives to the last byte', browserSessions, mebibyte, 422, 'endpoint_id'],
    ['that is too large for its route is refused by the service', '/auth/register-key', 700_000, 413, tooLarge],
    ['of more than 1 MB is refused in the words of the service', browserSessions, mebibyte + 1, 413, tooLarge],
  ])('a body %s', async (_name, path, length, status, words) => {
    const [begin, end] = ['{"filler":"', '"}'];
    const body = begin + 'x'.repeat(length - begin.length - end.length) + end;
    const headers = { ...keyOf(world), 'content-type': 'application/json', 'content-length': String(body.length) };

    const answer = await ask(proxy.port, path, { method: 'POST', headers, body });

    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/json; charset=utf-8']);
    expect(answer.text).toContain(words);
  });

  it('an address of 8 KB passes, and a longer one is refused by the service', async () => {
    const long = (length: number): string => '/version?q='.padEnd(length, 'x');
    const headers = keyOf(world);

    const [whole, longer] = [
      await ask(proxy.port, long(8192), { headers }),
      await ask(proxy.port, long(8193), { headers }),
    ];

    expect([whole.status, longer.status]).toEqual([200, 414]);
    expect(longer.headers['content-type']).toContain('application/json');
  });

  it('the page of operators is served, with its script', async () => {
    const page = await ask(proxy.port, '/ui');
    const [, source = ''] = /<script[^>]* src="([^"]+)"/.exec(page.text) ?? [];
    const script = await ask(proxy.port, new URL(source, 'https://127.0.0.1/ui').pathname);

    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect([script.status, script.text.length > 10_000]).toEqual([200, true]);
  });

  it('plain HTTP is sent on to HTTPS', async () => {
    const answer = await fetch(`http://127.0.0.1:${proxy.plainPort}/ui`, {
      redirect: 'manual',
      headers: { host: 'proxbox.example.com' },
    });

    expect(answer.status).toBeGreaterThan(300);
    expect(answer.headers.get('location')).toMatch(/^https:\/\/\S+\/ui$/);
  });
});

describe.each(proxyNames)('who the client is, behind %s,', (name) => {
  const wrong = { 'x-proxbox-api-key': 'wrong-key-wrong-key-wrong-key-wrong-key' };
  /** Statuses of requests with a wrong key from these addresses, of which each has said something else in the header. */
  async function tried(variables: Readonly<Record<string, string>>, addresses: readonly string[]) {
    const world = await openWorld({ estate: exampleEstate(), variables });
    const proxy = await startProxy(name, world.url, certificate);
    const statuses: number[] = [];
    for (const [n, localAddress] of addresses.entries()) {
      const headers = { ...wrong, 'x-forwarded-for': `198.51.100.${n}` };
      statuses.push((await ask(proxy.port, '/version', { headers, localAddress })).status);
    }
    await proxy.stop();
    await world.close();
    return statuses;
  }
  const clients = [...Array<string>(6).fill('127.0.0.2'), '127.0.0.3'];
  const [refused, lockedOut] = [Array<number>(5).fill(401), 429];

  it('is told by the proxy, where the service trusts it, and not by the client itself', async () => {
    expect(await tried(trusting, clients)).toEqual([...refused, lockedOut, 401]);
  });

  it('is the proxy, where the service trusts nobody', async () => {
    expect(await tried({}, clients)).toEqual([...refused, lockedOut, lockedOut]);
  });
});
