import { afterEach, describe, expect, it } from 'vitest';
import type { Tunables } from '../../../src/config/types.js';
import { aMoment, eventually, turns } from '../../support/eventually.js';
import { createGate } from '../../../src/transport/gate.js';
import { createFixtureEstate } from '../../simulator/estate/index.js';
import {
  createProxmoxSimulator,
  type ProxmoxSimulator,
  type ProxmoxSimulatorOptions,
} from '../../simulator/proxmox/index.js';
import { fakeClock, someCredentials } from '../../unit/proxmox/fakes.js';
import { endpointOf, openSessions, passwordOf, type TestSessions, tokenOf } from './open-sessions.js';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((item) => item.close()));
});

async function simulate(
  cluster = 'lab',
  options: Omit<ProxmoxSimulatorOptions, 'cluster'> = {},
): Promise<ProxmoxSimulator> {
  const found = createFixtureEstate().clusters.find((candidate) => candidate.name === cluster)!;
  const simulator = createProxmoxSimulator({ cluster: found, ...options });
  await simulator.listen();
  open.push(simulator);
  return simulator;
}

function sessionsWith(options: Parameters<typeof openSessions>[0] = {}): TestSessions {
  const sessions = openSessions(options);
  open.push(sessions);
  return sessions;
}

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
const paths = (simulator: ProxmoxSimulator) => simulator.requestLog.map((entry) => `${entry.method} ${entry.path}`);

describe('opening a session', () => {
  it.each([
    ['lab', 'cluster', 'lab', '8.4'],
    ['edge', 'cluster', 'edge', '9.1'],
    ['solo', 'standalone', 'solo', undefined],
  ])('recognises %s as %s named %s', async (cluster, mode, name, release) => {
    const simulator = await simulate(cluster);
    const session = await sessionsWith().open(endpointOf(simulator), tokenOf(simulator));
    expect(session).toMatchObject({
      mode,
      name,
      endpointId: 1,
      endpointName: 'lab (nb:3)',
      host: '127.0.0.1',
      port: simulator.port,
    });
    if (release !== undefined) expect(session.version.release).toBe(release);
    expect(paths(simulator)).toEqual(['GET /version', 'GET /cluster/status']);
  });

  it('is restricted without Sys.Audit and still reads what it may', async () => {
    const simulator = await simulate('lab', { acl: 'nothing' });
    const session = await sessionsWith().open(endpointOf(simulator), tokenOf(simulator));
    expect(session).toMatchObject({ mode: 'restricted', name: '127.0.0.1' });
    expect(await session.clusterStatus()).toEqual({ cluster: null, nodes: [] });
    expect(await session.guests()).toEqual([]);
  });

  it('tries the address when the domain does not answer, and links to the domain', async () => {
    const simulator = await simulate();
    const endpoint = endpointOf(simulator, { domain: 'localhost:1' });
    const session = await sessionsWith().open(endpoint, tokenOf(simulator));
    expect(session).toMatchObject({ name: 'lab', host: 'localhost', port: 1 });
  });

  it('reports the reasons of both when neither answers', async () => {
    const simulator = await simulate();
    const endpoint = endpointOf(simulator, { domain: 'localhost:1', ipAddress: '127.0.0.1:1' });
    expect(await caught(sessionsWith().open(endpoint, tokenOf(simulator)))).toMatchObject({
      code: 'proxmox_unreachable',
      status: 502,
      message: "Error trying to initialize Proxmox API connection to 'localhost:1' using token authentication",
      detail: expect.stringMatching(/^localhost:1: .*connection refused.*; 127\.0\.0\.1:1: .*connection refused/i),
    });
  });

  it('says that an endpoint without domain and address has none', async () => {
    const simulator = await simulate();
    const endpoint = endpointOf(simulator, { domain: ' ', ipAddress: '' });
    const error = await caught(sessionsWith().open(endpoint, tokenOf(simulator)));
    expect(error).toMatchObject({
      code: 'not_configured',
      message: expect.stringContaining('neither a domain nor an address'),
    });
  });

  it('tells a timeout from an absence', async () => {
    const simulator = await simulate();
    simulator.faults.add({ match: { path: /version/ }, action: 'hang' });
    const endpoint = endpointOf(simulator, { timeoutS: 0.1 });
    expect(await caught(sessionsWith().open(endpoint, tokenOf(simulator)))).toMatchObject({
      code: 'proxmox_timeout',
      status: 504,
      detail: expect.stringContaining('timed out'),
    });
  });

  it('fails with the reason when cluster/status fails for more than a privilege', async () => {
    const simulator = await simulate();
    simulator.faults.add({ match: { path: /cluster\/status/ }, action: { status: 500, reason: 'corosync is away' } });
    expect(await caught(sessionsWith().open(endpointOf(simulator), tokenOf(simulator)))).toMatchObject({
      code: 'proxmox_error',
      message: expect.stringMatching(/^After initializing object connection, .* using token name 'sync'\.$/),
      detail: 'HTTP 500 corosync is away',
    });
  });

  it('says that a web page is not Proxmox', async () => {
    const simulator = await simulate();
    simulator.faults.add({ match: { path: /version/ }, action: 'html' });
    expect(await caught(sessionsWith().open(endpointOf(simulator), tokenOf(simulator)))).toMatchObject({
      code: 'remote_protocol',
    });
  });

  it('survives an answer that is cut off when it may ask again', async () => {
    const simulator = await simulate();
    simulator.faults.add({ match: { path: /version/, times: 1 }, action: 'truncate' });
    const session = await sessionsWith().open(endpointOf(simulator, { maxRetries: 1 }), tokenOf(simulator));
    expect(session.counters()).toEqual({ requests: 3, retries: 1, logins: 0 });
  });
});

describe('TLS', () => {
  it('refuses a self-signed certificate and names the setting', async () => {
    const simulator = await simulate();
    expect(
      await caught(sessionsWith().open(endpointOf(simulator, { verifySsl: true }), tokenOf(simulator))),
    ).toMatchObject({
      code: 'proxmox_tls_error',
      retryable: false,
      detail: expect.stringMatching(/self-signed.*pve-root-ca\.pem in PROXBOX_CA_BUNDLE, or set verify_ssl/),
    });
    expect(simulator.requestLog).toEqual([]);
  });

  it('trusts a certificate of the CA bundle', async () => {
    const simulator = await simulate();
    const sessions = sessionsWith({ caBundle: simulator.certificate });
    expect((await sessions.open(endpointOf(simulator, { verifySsl: true }), tokenOf(simulator))).name).toBe('lab');
  });

  it.each([
    ['wrong-host', /does not match.*name that the certificate is for, as its domain/],
    ['expired', /expired.*Renew the certificate on the node/],
  ] as const)('says what is wrong with a %s certificate, and how to mend it', async (tls, detail) => {
    const simulator = await simulate('lab', { tls });
    const sessions = sessionsWith({ caBundle: simulator.certificate });
    const error = await caught(sessions.open(endpointOf(simulator, { verifySsl: true }), tokenOf(simulator)));
    expect(error).toMatchObject({ code: 'proxmox_tls_error', detail: expect.stringMatching(detail) });
  });

  it('is lax only for the endpoint that asks for it', async () => {
    const simulator = await simulate();
    const sessions = sessionsWith();
    await sessions.open(endpointOf(simulator), tokenOf(simulator));
    const strict = endpointOf(simulator, { id: 2, verifySsl: true });
    expect(await caught(sessions.open(strict, tokenOf(simulator)))).toMatchObject({ code: 'proxmox_tls_error' });
  });
});

describe('login', () => {
  it('works with a password and proves writes with the CSRF token', async () => {
    const simulator = await simulate();
    const session = await sessionsWith().open(endpointOf(simulator), passwordOf(simulator));
    const upid = await session.write('POST', 'nodes/pve1/qemu/100/snapshot', {
      snapname: 'before',
      description: 'ä & b',
    });
    expect(upid).toMatch(/^UPID:/);
    expect(session.counters()).toEqual({ requests: 3, retries: 0, logins: 1 });
  });

  it('is repeated once when the ticket has expired', async () => {
    let nowMs = Date.now();
    const simulator = await simulate('lab', { ticketTtlS: 60, now: () => nowMs });
    const session = await sessionsWith().open(endpointOf(simulator), passwordOf(simulator));
    nowMs += 3_600_000;
    expect((await session.guests()).length).toBeGreaterThan(5);
    expect(session.counters().logins).toBe(2);
  });

  it('renews the ticket with itself', async () => {
    const clock = fakeClock({ hold: true });
    const simulator = await simulate();
    const session = await sessionsWith({ clock }).open(endpointOf(simulator), passwordOf(simulator));
    clock.advance(3_600_000);
    await session.storages();
    expect(session.counters().logins).toBe(2);
    expect(
      simulator.requestLog.filter((entry) => entry.path === '/access/ticket').map((entry) => entry.status),
    ).toEqual([200, 200]);
  });

  it('is tried once in 30 s with a refused password, whoever asks', async () => {
    const clock = fakeClock({ hold: true });
    const simulator = await simulate();
    const sessions = sessionsWith({ clock });
    const logins = () => simulator.requestLog.filter((entry) => entry.path === '/access/ticket').length;
    const attempt = (revision = 'r1') =>
      caught(sessions.open(endpointOf(simulator, { revision }), passwordOf(simulator, 'wrong')));
    const expected = {
      code: 'proxmox_unauthorized',
      status: 502,
      message: expect.stringContaining('using password authentication'),
      detail: expect.stringContaining('HTTP 401 authentication failure'),
    };
    for (let n = 0; n < 3; n += 1) expect(await attempt()).toMatchObject(expected);
    expect(logins()).toBe(1);
    await attempt('r2');
    expect(logins()).toBe(2);
    clock.advance(30_000);
    await attempt();
    expect(logins()).toBe(3);
  });

  it.each([
    ['nobody@nowhere', 'authentication failure'],
    ['nobody@pve', 'authentication failure'],
  ])('of %s is refused with the reason "%s"', async (username, reason) => {
    const simulator = await simulate();
    const error = await caught(sessionsWith().open(endpointOf(simulator, { username }), passwordOf(simulator)));
    expect(error).toMatchObject({ code: 'proxmox_unauthorized', detail: expect.stringContaining(reason) });
  });

  it('with a second factor recommends a token', async () => {
    const simulator = await simulate('lab', { users: [{ userid: 'two@pve', password: 'pw', needsTfa: true }] });
    const error = await caught(
      sessionsWith().open(endpointOf(simulator, { username: 'two@pve' }), someCredentials({ password: 'pw' })),
    );
    expect(error).toMatchObject({ code: 'proxmox_unauthorized', detail: expect.stringContaining('API token') });
  });

  it('with a wrong token is refused', async () => {
    const simulator = await simulate();
    const credentials = someCredentials({ tokenName: simulator.tokenName, tokenValue: 'wrong' });
    expect(await caught(sessionsWith().open(endpointOf(simulator), credentials))).toMatchObject({
      code: 'proxmox_unauthorized',
    });
  });

  it('keeps the user of the endpoint and warns about a token of another', async () => {
    const simulator = await simulate();
    const sessions = sessionsWith();
    const credentials = someCredentials({
      tokenName: `root@pam!${simulator.tokenName}`,
      tokenValue: simulator.tokenValue,
    });
    await sessions.open(endpointOf(simulator), credentials);
    expect(sessions.logged).toMatchObject([{ level: 'warn', message: expect.stringContaining('root@pam') }]);
  });
});

describe('the session cache', () => {
  it('connects once for all who open at the same time', async () => {
    const simulator = await simulate();
    const sessions = sessionsWith();
    const opened = await Promise.all([1, 2, 3].map(() => sessions.open(endpointOf(simulator), tokenOf(simulator))));
    expect(opened.map((session) => session.name)).toEqual(['lab', 'lab', 'lab']);
    expect(paths(simulator)).toEqual(['GET /version', 'GET /cluster/status']);
  });

  it('shares status and resources for 5 s and asks again after that', async () => {
    const clock = fakeClock({ hold: true });
    const simulator = await simulate();
    const sessions = sessionsWith({ clock });
    const first = await sessions.open(endpointOf(simulator), tokenOf(simulator));
    await Promise.all([first.guests(), first.guests(), first.resources('vm'), first.clusterStatus()]);
    const second = await sessions.open(endpointOf(simulator), tokenOf(simulator));
    await second.guests();
    expect(paths(simulator)).toEqual(['GET /version', 'GET /cluster/status', 'GET /cluster/resources']);
    clock.advance(5_000);
    await sessions.open(endpointOf(simulator), tokenOf(simulator));
    await second.guests();
    await second.resources('storage');
    expect(paths(simulator).slice(3)).toEqual([
      'GET /cluster/status',
      'GET /cluster/resources',
      'GET /cluster/resources',
    ]);
  });

  it('connects anew for another revision and after a minute without use', async () => {
    const clock = fakeClock({ hold: true });
    const simulator = await simulate();
    const sessions = sessionsWith({ clock });
    const probes = () => paths(simulator).filter((path) => path === 'GET /version').length;
    await sessions.open(endpointOf(simulator), tokenOf(simulator));
    await sessions.open(endpointOf(simulator, { revision: 'r2' }), tokenOf(simulator));
    expect(probes()).toBe(2);
    clock.advance(60_000);
    await new Promise((resolve) => setImmediate(resolve));
    await sessions.open(endpointOf(simulator), tokenOf(simulator));
    expect(probes()).toBe(3);
  });

  it('lets a run that was busy elsewhere for a minute go on with its session', async () => {
    const clock = fakeClock({ hold: true });
    const simulator = await simulate();
    const sessions = sessionsWith({ clock });
    const session = await sessions.open(endpointOf(simulator), tokenOf(simulator));
    clock.advance(300_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect((await session.guests()).length).toBeGreaterThan(5);
    await sessions.close();
    expect(await caught(session.storages())).toMatchObject({
      code: 'cancelled',
      detail: expect.stringContaining('start the run again'),
    });
  });

  it('connects anew when the limits of the connection change', async () => {
    const simulator = await simulate();
    const limits: Partial<Tunables> = {};
    const sessions = sessionsWith({ tunables: limits });
    const probes = () => paths(simulator).filter((path) => path === 'GET /version').length;
    const changes = [{}, { proxmoxMaxRetries: 0 }, { proxmoxMaxRetries: 2 }, { proxmoxTimeoutS: 9 }];
    const counted: number[] = [];
    for (const change of changes) {
      Object.assign(limits, change);
      await sessions.open(endpointOf(simulator), tokenOf(simulator));
      counted.push(probes());
    }
    expect(counted).toEqual([1, 1, 2, 3]);
  });

  it('finds the address again when the domain dies between two runs', async () => {
    const clock = fakeClock({ hold: true });
    const [first, second] = [await simulate(), await simulate('edge')];
    const sessions = sessionsWith({ clock });
    const endpoint = endpointOf(second, { domain: `localhost:${first.port}`, ipAddress: `127.0.0.1:${second.port}` });
    expect((await sessions.open(endpoint, tokenOf(first))).name).toBe('lab');
    await first.close();
    clock.advance(5_000);
    expect((await sessions.open(endpoint, tokenOf(second))).name).toBe('edge');
  });

  it('lets sessions of a dropped endpoint go on, and gives its connection to nobody new', async () => {
    const simulator = await simulate();
    const sessions = sessionsWith();
    const probes = () => paths(simulator).filter((path) => path === 'GET /version').length;
    const session = await sessions.open(endpointOf(simulator), tokenOf(simulator));
    await sessions.open(endpointOf(simulator, { id: 11 }), tokenOf(simulator));
    sessions.drop(1);
    expect((await session.guests()).length).toBeGreaterThan(5);
    expect(probes()).toBe(2);
    await sessions.open(endpointOf(simulator, { id: 11 }), tokenOf(simulator));
    expect(probes()).toBe(2);
    await sessions.open(endpointOf(simulator), tokenOf(simulator));
    expect(probes()).toBe(3);
  });

  it('opens nothing after it was closed', async () => {
    const simulator = await simulate();
    const sessions = openSessions();
    await sessions.close();
    expect(await caught(sessions.open(endpointOf(simulator), tokenOf(simulator)))).toMatchObject({ code: 'cancelled' });
  });
});

describe('a session', () => {
  it('aborts its requests and leaves those of others alone', async () => {
    const simulator = await simulate();
    const sessions = sessionsWith();
    const abort = new AbortController();
    const mine = await sessions.open(endpointOf(simulator), tokenOf(simulator), { signal: abort.signal });
    const theirs = await sessions.open(endpointOf(simulator), tokenOf(simulator));
    const answered = aMoment();
    simulator.faults.add({ match: { path: /resources/ }, action: { until: answered.come } });
    simulator.faults.add({ match: { path: /^\/storage/ }, action: 'hang' });
    const [hanging, shared, kept] = [caught(mine.storages()), caught(mine.guests()), theirs.guests()];
    setImmediate(() => abort.abort());
    expect(await hanging).toMatchObject({ code: 'cancelled' });
    expect(await shared).toMatchObject({ code: 'cancelled' });
    answered.now();
    expect((await kept).length).toBeGreaterThan(5);
    expect(await caught(mine.get('version'))).toMatchObject({ code: 'cancelled' });
  });

  it('counts into the counters of the run as well', async () => {
    const simulator = await simulate();
    const counters = { requests: 10, retries: 0, logins: 0 };
    const session = await sessionsWith().open(endpointOf(simulator), passwordOf(simulator), { counters });
    await session.storages();
    expect(counters).toEqual({ requests: 13, retries: 0, logins: 1 });
    expect(session.counters()).toEqual({ requests: 3, retries: 0, logins: 1 });
  });

  it.each([
    [{ proxmoxFetchConcurrency: 2 }, undefined, 2],
    [{}, undefined, 8],
    [{}, 3, 3],
  ])('reads with the width of %j and a run gate of %j: %i at a time', async (tunables, width, expected) => {
    const simulator = await simulate();
    const sessions = sessionsWith({ tunables });
    const options = width === undefined ? {} : { gate: createGate(width) };
    const session = await sessions.open(endpointOf(simulator), tokenOf(simulator), options);
    simulator.resetCounters();
    const answered = aMoment();
    simulator.faults.add({ match: {}, action: { until: answered.come } });
    const reads = Promise.all(Array.from({ length: 24 }, () => session.get('version')));
    await eventually(() => expect(simulator.counters.total).toBe(expected));
    await turns();
    expect(simulator.counters.total).toBe(expected);
    answered.now();
    await reads;
    expect(simulator.counters).toMatchObject({ total: 24, maxConcurrency: expected });
  });

  it('retries a node that is away for a moment', async () => {
    const simulator = await simulate();
    const session = await sessionsWith().open(endpointOf(simulator, { maxRetries: 2 }), tokenOf(simulator));
    simulator.faults.add({
      match: { path: /config/, times: 2 },
      action: { status: 596, reason: 'Connection timed out' },
    });
    expect(await session.guestConfig({ node: 'pve1', type: 'qemu', vmid: 100 })).toHaveProperty('scsi0');
    expect(session.counters().retries).toBe(2);
  });

  it('read what is compressed without having been asked for', async () => {
    const simulator = await simulate();
    const session = await sessionsWith().open(endpointOf(simulator), tokenOf(simulator));

    expect(await session.get('nodes/pve1/journal')).toContain('-- Journal begins --');
  });

  it('names the node that stays away', async () => {
    const simulator = await simulate();
    const session = await sessionsWith().open(endpointOf(simulator), tokenOf(simulator));
    expect(await caught(session.get('nodes/pve3/network'))).toMatchObject({
      code: 'proxmox_node_unreachable',
      message: expect.stringContaining('nodes/pve3/network'),
    });
  });

  it('has no cluster options when they cannot be read, except when it was cancelled', async () => {
    const simulator = await simulate();
    const session = await sessionsWith().open(endpointOf(simulator), tokenOf(simulator));
    simulator.faults.add({ match: { path: /options/ }, action: { status: 501, reason: 'not implemented' } });
    expect(await session.clusterOptions()).toEqual({});
    expect(await caught(session.clusterOptions({ signal: AbortSignal.abort() }))).toMatchObject({ code: 'cancelled' });
  });

  it.each(['../access', 'nodes/../x', 'a b', 'a?b=c', '', 'a#b', 'nodes/x\n', 'nodes/%2e%2E/x', 'nodes/.'])(
    'refuses the path %j',
    async (path) => {
      const simulator = await simulate();
      const session = await sessionsWith().open(endpointOf(simulator), tokenOf(simulator));
      expect(await caught(session.get(path))).toMatchObject({ code: 'invalid_request' });
    },
  );
});
