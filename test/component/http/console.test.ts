/** Consoles of guests in a browser: who may open one, what passes, how it ends, and that no secret of Proxmox comes out. */
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../../src/config/clock.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { eventually } from '../../support/eventually.js';
import { aVerbWorld, switchInPlugin, type VerbWorld } from './verb-world.js';

const page = 'https://netbox.example.com';
const path = '/proxmox/console/browser-stream';
const on = { PROXBOX_CONSOLE: '1' };

const sockets: WebSocket[] = [];
afterEach(() => sockets.splice(0).forEach((socket) => socket.terminate()));

async function aConsoleWorld(options: Parameters<typeof aVerbWorld>[0] = {}): Promise<VerbWorld> {
  const world = await aVerbWorld({ variables: on, ...options });
  world.lab.state.guests.get(100)!.config['serial0'] = 'socket';
  return world;
}

/** As the plugin asks. */
const ask = (world: VerbWorld, more: object = {}) =>
  world.send('POST', '/proxmox/console/browser-sessions', {
    body: {
      endpoint_id: 1,
      vmid: 100,
      node: 'lab1',
      vm_type: 'qemu',
      console_type: 'term',
      origin: page,
      ...more,
    },
    headers: { 'x-proxbox-actor': 'ann' },
  });

interface Browser {
  readonly socket: WebSocket;
  /** All that came, as latin-1. */
  readonly seen: () => string;
  readonly closed: Promise<string>;
}

function connect(
  world: VerbWorld,
  token: string,
  { origin = page, protocols = ['binary', `proxbox-token.${token}`], at = path } = {},
): Browser {
  const socket = new WebSocket(`${world.url.replace(/^http/, 'ws')}${at}`, [...protocols], { origin });
  sockets.push(socket);
  let seen = '';
  socket.on('message', (data) => (seen += (data as Buffer).toString('latin1')));
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) =>
    socket.on('close', (code, reason) => resolve(`${code} ${reason.toString()}`.trimEnd())),
  );
  return { socket, seen: () => seen, closed };
}

async function openConsole(world: VerbWorld, more: object = {}): Promise<Browser> {
  const { status, body } = await ask(world, more);
  expect(status).toBe(201);
  return connect(world, body.stream_token);
}

describe('a session', () => {
  it('is answered with exactly what the plugin takes, recorded for whom it is, and asks nothing of Proxmox yet', async () => {
    const world = await aConsoleWorld();

    const { status, body } = await ask(world);

    expect(status).toBe(201);
    expect(body).toEqual({
      stream_token: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      websocket_path: path,
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      console_type: 'term',
    });
    expect(world.acts(world.lab)).toEqual([]);
    expect(world.journal()).toMatchObject([{ machine: 'lab-web' }]);
    expect(world.journal()[0]!.comments).toMatch(/- verb: console \(term\)\n- actor: ann\n- result: ok/);
  });

  it.each([
    ['a screen of a container', { vm_type: 'lxc', vmid: 200, console_type: 'novnc' }, /no screen/],
    ['a page without TLS', { origin: 'http://netbox.example.com' }, /https:\/\/host/],
    ['a page with a path', { origin: `${page}/dcim` }, /https:\/\/host/],
    ['a key that is not known', { command: 'rm' }, /command/],
    ['another kind of console', { console_type: 'spice' }, /console_type/],
  ])('is refused for %s', async (_what, more, expected) => {
    const world = await aConsoleWorld();
    const { status, body } = await ask(world, more);
    expect([status, JSON.stringify(body)]).toEqual([422, expect.stringMatching(expected)]);
    expect(world.journal()).toEqual([]);
  });

  it.each([
    ['an endpoint that is not there', { endpoint_id: 9 }, 404, 'endpoint_not_found'],
    ['a guest that is not there', { vmid: 999 }, 404, 'vm_not_found_in_cluster'],
    ['a guest that NetBox does not know', { vmid: 107 }, 409, 'netbox_vm_identity_required_for_audit'],
  ])('is refused for %s', async (_what, more, expected, reason) => {
    const world = await aConsoleWorld();
    const web = world.lab.state.guests.get(100)!;
    world.lab.state.guests.set(107, { ...web, vmid: 107, name: 'lab-new' });
    const { status, body } = await ask(world, more);
    expect([status, body.reason]).toEqual([expected, reason]);
    expect(world.journal()).toEqual([]);
  });

  it('is refused where consoles are not switched on, and where the endpoint may not be written to', async () => {
    const off = await aConsoleWorld({ variables: {} });
    expect(await ask(off)).toMatchObject({ status: 403, body: { reason: 'console_disabled' } });

    const world = await aConsoleWorld();
    await world.send('PUT', '/proxmox/endpoints/1', { body: { allow_writes: false } });
    expect(await ask(world)).toMatchObject({ status: 403, body: { reason: 'endpoint_writes_disabled' } });
  });
});

describe('a terminal', () => {
  it.each([
    ['of a machine', {}],
    ['of a container', { vm_type: 'lxc', vmid: 200 }],
  ])('%s takes what is typed and how large it is, and shows what is said', async (_what, more) => {
    const world = await aConsoleWorld();
    const browser = await openConsole(world, more);
    await eventually(() => expect(browser.seen()).toBe('dlogin: '));

    browser.socket.send('1:32:120:0');
    browser.socket.send('ä0\r');

    await eventually(() => expect(Buffer.from(browser.seen(), 'latin1').toString()).toBe('dlogin: dä0\r'));
    expect(world.lab.consoles).toMatchObject([{ kind: 'term', typed: 'ä0\r', size: '120x32' }]);
    expect(browser.socket.protocol).toBe('binary');
    // A keepalive would be answered by a 0, which nobody can tell from a typed one.
    expect(browser.seen().split('d')).not.toContain('0');
  });

  it('is kept alive for Proxmox, and ends after five minutes in which nothing was said', async () => {
    const clock = createSteppedClock();
    const sleeps = new Set([30_000, 300_000]);
    const world = await aConsoleWorld({
      clock: {
        ...systemClock,
        monotonicMs: () => clock.monotonicMs(),
        sleep: (ms, signal, options) =>
          sleeps.has(ms) ? clock.sleep(ms, signal) : systemClock.sleep(Math.min(ms, 50), signal, options),
      },
    });
    const browser = await openConsole(world);
    await eventually(() => expect(browser.seen()).toBe('dlogin: '));
    for (let n = 1; n <= 3; n += 1) {
      clock.step(30_000);
      await eventually(() => expect(world.lab.consoles[0]!.keepalives).toBe(n));
    }

    clock.step(210_000);

    expect(await browser.closed).toBe('1000 Nothing was said for five minutes.');
    await eventually(() => expect(world.lab.consoles[0]!.hasEnded).toBe(true));
  });

  it('ends with that of the guest, and the other way round', async () => {
    const world = await aConsoleWorld();
    const first = await openConsole(world);
    await eventually(() => expect(first.seen()).toBe('dlogin: '));
    world.lab.consoles[0]!.socket!.close();
    expect(await first.closed).toBe('1000 The console of the guest has ended.');

    const second = await openConsole(world);
    await eventually(() => expect(second.seen()).toBe('dlogin: '));
    second.socket.close(1000);
    await eventually(() => expect(world.lab.consoles[1]!.hasEnded).toBe(true));
  });
});

describe('a screen', () => {
  it('is shown without a password: the ticket is for Proxmox alone', async () => {
    const world = await aConsoleWorld();
    const browser = await openConsole(world, { console_type: 'novnc' });
    await eventually(() => expect(browser.seen()).toBe('RFB 003.008\n'));
    browser.socket.send(Buffer.from('RFB 003.008\n'));
    await eventually(() => expect(browser.seen()).toBe('RFB 003.008\n\u0001\u0001'));
    browser.socket.send(Buffer.of(1));
    await eventually(() => expect(browser.seen()).toBe('RFB 003.008\n\u0001\u0001\0\0\0\0'));

    browser.socket.send(Buffer.of(1));
    await eventually(() => expect(browser.seen()).toMatch(/guest 100$/));
    browser.socket.send(Buffer.from([4, 1, 0, 0, 0, 0, 0, 0x61]));

    await eventually(() => expect(world.lab.consoles).toMatchObject([{ kind: 'vnc', isOpen: true, typed: 'a' }]));
    expect(browser.seen()).not.toContain('PVEVNC');
  });
});

describe('a page is turned away', () => {
  it.each([
    ['from another place', { origin: 'https://evil.example.com' }],
    ['that names no place', { origin: 'null' }],
    ['without the protocol', { protocols: ['binary'] }],
    ['with one more', { protocols: ['binary', 'proxbox-token.TOKEN', 'x'] }],
    ['that writes its token into the address', { at: `${path}?token=TOKEN` }],
  ])('%s', async (_what, { protocols, at, ...more }: { origin?: string; protocols?: string[]; at?: string }) => {
    const world = await aConsoleWorld();
    const token = (await ask(world)).body.stream_token;
    const browser = connect(world, token, {
      ...more,
      ...(protocols === undefined ? {} : { protocols: protocols.map((one) => one.replace('TOKEN', token)) }),
      ...(at === undefined ? {} : { at: at.replace('TOKEN', token) }),
    });
    expect(await browser.closed).toBe('1008 Browser console session rejected.');
    expect(world.lab.consoles).toEqual([]);
  });

  it('with a token that was used, or that nobody gave', async () => {
    const world = await aConsoleWorld();
    const token = (await ask(world)).body.stream_token;
    const first = connect(world, token);
    await eventually(() => expect(first.seen()).toBe('dlogin: '));
    expect(await connect(world, token).closed).toBe('1008 Browser console session rejected.');
    expect(await connect(world, 'A'.repeat(43)).closed).toBe('1008 Browser console session rejected.');
    expect(world.lab.consoles).toHaveLength(1);
  });

  it('when writing was switched off here or in NetBox meanwhile', async () => {
    const world = await aConsoleWorld();
    const [inNetBox, here] = [(await ask(world)).body.stream_token, (await ask(world)).body.stream_token];
    switchInPlugin(world, false);
    expect(await connect(world, inNetBox).closed).toBe('1011 Console stream unavailable.');
    await world.send('PUT', '/proxmox/endpoints/1', { body: { allow_writes: false } });
    expect(await connect(world, here).closed).toBe('1011 Console stream unavailable.');
    expect(world.lab.consoles).toEqual([]);
  });

  it.each([
    ['Proxmox refuses', /termproxy/, { status: 403, reason: 'Permission check failed (/vms/100, VM.Console)' }],
    ['Proxmox answers without a ticket', /termproxy/, { status: 200, body: { data: { port: 5900 } } }],
  ])('when %s', async (_what, match, action) => {
    const world = await aConsoleWorld();
    const token = (await ask(world)).body.stream_token;
    world.lab.faults.add({ match: { path: match }, action });
    expect(await connect(world, token).closed).toBe('1011 Console stream unavailable.');
  });

  it('when the machine has no serial line, and the log says so without the ticket', async () => {
    const world = await aConsoleWorld();
    delete world.lab.state.guests.get(100)!.config['serial0'];
    const token = (await ask(world)).body.stream_token;
    expect(await connect(world, token).closed).toBe('1011 Console stream unavailable.');
    const { body } = await world.send('GET', '/admin/logs?limit=200');
    const text = JSON.stringify(body);
    expect(text).toContain('unable to find a serial interface');
    expect(text).not.toContain(token);
  });
});

describe('the policy of consoles', () => {
  const policy = async (world: VerbWorld) => (await world.send('GET', '/execution-policy')).body;

  it('says that there are none here, and never that all is ready', async () => {
    expect(await policy(await aVerbWorld())).toEqual({
      component: 'proxbox-api',
      capability: 'interactive-rpc-boundary-v1',
      mode: 'rpc_only',
      generation: null,
      quiescing: false,
      active: 0,
      cleanup_active: 0,
      remote_outcome_unknown: false,
      local_ready: false,
      aggregate_ready: false,
    });
  });

  it('counts those that are open', async () => {
    const world = await aConsoleWorld();
    const { socket, closed } = await openConsole(world);
    await eventually(async () => expect(await policy(world)).toMatchObject({ mode: 'legacy', active: 1 }));

    socket.close();
    await closed;

    await eventually(async () => expect(await policy(world)).toMatchObject({ active: 0 }));
  });
});
