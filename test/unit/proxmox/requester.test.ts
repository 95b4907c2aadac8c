import { describe, expect, it } from 'vitest';
import { createAuthenticator } from '../../../src/proxmox/authenticator.js';
import { createRequester, type ProxmoxRequest } from '../../../src/proxmox/requester.js';
import { Secret } from '../../../src/config/secret.js';
import { createGate } from '../../../src/transport/gate.js';
import type { HttpRequest, HttpResult } from '../../../src/transport/types.js';
import { answer, data, failure, fakeClock, fakeTransport } from './fakes.js';

type Respond = (request: HttpRequest, times: number) => HttpResult | Promise<HttpResult>;

function setUp(
  respond: Respond,
  { maxRetries = 0, method = 'token' }: { maxRetries?: number; method?: 'token' | 'password' } = {},
) {
  const clock = fakeClock();
  const transport = fakeTransport(respond);
  const secret = new Secret('s3cret');
  const login =
    method === 'token'
      ? ({ method, account: 'netbox@pve!ci', tokenName: 'ci', secret } as const)
      : ({ method, account: 'netbox@pve', secret } as const);
  const authenticator = createAuthenticator(login, { endpointName: 'lab', transport, clock, timeoutMs: 5000 });
  const policy = { timeoutMs: 5000, maxRetries, retryBackoffMs: 500 };
  const request = createRequester({ endpointName: 'lab', transport, authenticator, policy, clock, random: () => 0 });
  const counters = { requests: 0, retries: 0, logins: 0 };
  const gate = createGate(4);
  const ask = (asked: Partial<ProxmoxRequest> = {}, signal?: AbortSignal) =>
    request(
      { method: 'GET', path: 'version', ...asked },
      { gate, signal, count: (what) => void (counters[what] += 1) },
    );
  return { ask, transport, clock, counters };
}

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('requests', () => {
  it('unwrap data and take an answer without data whole', async () => {
    expect(await setUp(() => data([1])).ask()).toEqual([1]);
    expect(await setUp(() => data(null)).ask()).toBeNull();
    expect(await setUp(() => answer(200, 'OK', { version: 1 })).ask()).toEqual({ version: 1 });
  });

  it('put parameters of reads into the query and of writes into a form', async () => {
    const parameters = { online: true, force: false, vmid: 5, none: null, list: ['a', 'b'] };
    const { ask, transport } = setUp(() => data('UPID'));
    await ask({ parameters });
    await ask({ parameters, method: 'POST', path: 'nodes/pve1/vzdump' });
    await ask({ parameters, method: 'DELETE' });
    const text = 'online=1&force=0&vmid=5&list=a&list=b';
    expect(transport.requests).toMatchObject([
      { path: `/api2/json/version?${text}`, headers: { accept: 'application/json' } },
      { path: '/api2/json/nodes/pve1/vzdump', body: text },
      { path: `/api2/json/version?${text}` },
    ]);
  });

  it.each([
    [401, 'invalid token value!', 'proxmox_unauthorized'],
    [403, 'Permission check failed (/vms/100, VM.Audit)', 'proxmox_forbidden'],
    [400, 'Parameter verification failed.', 'proxmox_error'],
    [500, 'VM 100 not running', 'proxmox_error'],
    [501, "Method 'GET /x' not implemented", 'proxmox_error'],
    [502, 'Bad Gateway', 'proxmox_unreachable'],
    [503, 'Service Unavailable', 'proxmox_unreachable'],
    [504, 'Gateway Timeout', 'proxmox_timeout'],
    [595, 'No route to host', 'proxmox_node_unreachable'],
    [596, 'Connection timed out', 'proxmox_node_unreachable'],
    [599, 'Too many redirections', 'proxmox_node_unreachable'],
    [302, 'Found', 'remote_protocol'],
  ])('report HTTP %i %s as %s with the reason of Proxmox', async (status, reason, code) => {
    const error = await caught(setUp(() => answer(status, reason, { data: null })).ask());
    expect(error).toMatchObject({
      code,
      message: expect.stringContaining(reason),
      upstream: { status, statusText: reason },
    });
  });

  it('quote reason, message and parameter errors once each', async () => {
    const body = {
      data: null,
      message: 'Parameter verification failed.\n',
      errors: { type: "value 'qemu' is not allowed" },
    };
    const error = await caught(setUp(() => answer(400, 'Parameter verification failed.', body)).ask());
    expect(error).toMatchObject({
      detail: `HTTP 400 Parameter verification failed. — {"type":"value 'qemu' is not allowed"}`,
      retryable: false,
      upstream: { body },
    });
  });

  it('name the missing privilege and the account', async () => {
    const error = await caught(setUp(() => answer(403, 'Permission check failed (/vms/100, VM.Audit)', {})).ask());
    expect(error).toMatchObject({
      message: expect.stringContaining('netbox@pve!ci lacks the privilege VM.Audit on /vms/100'),
    });
  });

  it('quote little of a web page', async () => {
    const page = `<html>${'x'.repeat(5000)}</html>`;
    const error = await caught(setUp(() => answer(502, 'Bad Gateway', page)).ask());
    expect((error as { detail: string }).detail.length).toBeLessThan(400);
  });

  it.each([
    ['connect', 'proxmox_unreachable'],
    ['dns', 'proxmox_unreachable'],
    ['reset', 'proxmox_unreachable'],
    ['timeout', 'proxmox_timeout'],
    ['tls', 'proxmox_tls_error'],
    ['too_large', 'remote_protocol'],
    ['protocol', 'remote_protocol'],
    ['aborted', 'cancelled'],
  ] as const)('report the failure %s as %s with its text', async (kind, code) => {
    const error = await caught(setUp(() => failure(kind, 'what happened')).ask());
    expect(error).toMatchObject({ code, detail: expect.stringContaining('what happened') });
  });

  it('report an answer that is not JSON as a broken protocol', async () => {
    const error = await caught(setUp(() => answer(200, 'OK', '<html>login</html>')).ask());
    expect(error).toMatchObject({ code: 'remote_protocol', detail: expect.stringContaining('<html>login') });
  });
});

describe('retries of reads', () => {
  it.each([
    ['timeout', failure('timeout')],
    ['reset', failure('reset')],
    ['connect', failure('connect')],
    ['502', answer(502, 'Bad Gateway', {})],
    ['503', answer(503, 'Service Unavailable', {})],
    ['504', answer(504, 'Gateway Timeout', {})],
    ['595', answer(595, 'No route to host', {})],
    ['596', answer(596, 'Connection timed out', {})],
    ['597', answer(597, 'x', {})],
    ['599', answer(599, 'x', {})],
  ])('cure a passing %s with growing pauses', async (_, trouble) => {
    const { ask, clock, counters } = setUp((_request, times) => (times < 3 ? trouble : data('ok')), { maxRetries: 2 });
    expect(await ask()).toBe('ok');
    expect(clock.slept).toEqual([500, 1000]);
    expect(counters).toEqual({ requests: 3, retries: 2, logins: 0 });
  });

  it.each([
    ['a TLS error', failure('tls')],
    ['400', answer(400, 'x', {})],
    ['403', answer(403, 'x', {})],
    ['500', answer(500, 'x', {})],
    ['501', answer(501, 'x', {})],
  ])('are not made after %s', async (_, trouble) => {
    const { ask, transport } = setUp(() => trouble, { maxRetries: 5 });
    await caught(ask());
    expect(transport.requests).toHaveLength(1);
  });

  it('end after max_retries', async () => {
    const { ask, transport } = setUp(() => failure('timeout'), { maxRetries: 2 });
    expect(await caught(ask())).toMatchObject({ code: 'proxmox_timeout' });
    expect(transport.requests).toHaveLength(3);
  });

  it.each([0, 5])('repeat a slow call once after a timeout, with %i retries configured', async (maxRetries) => {
    const { ask, transport } = setUp(() => failure('timeout'), { maxRetries });
    expect(await caught(ask({ timeoutMs: 15_000 }))).toMatchObject({ code: 'proxmox_timeout' });
    expect(transport.requests.map((request) => request.timeoutMs)).toEqual([15_000, 15_000]);
  });

  it('do not give slow calls more tries after other failures', async () => {
    const { ask, transport } = setUp(() => failure('reset'), { maxRetries: 1 });
    await caught(ask({ timeoutMs: 15_000 }));
    expect(transport.requests).toHaveLength(2);
  });

  it('never narrow the timeout of the endpoint', async () => {
    const { ask, transport } = setUp(() => data(1));
    await ask({ timeoutMs: 1000 });
    expect(transport.requests[0]?.timeoutMs).toBe(5000);
  });

  it('are not made for writes', async () => {
    const { ask, transport } = setUp(() => failure('timeout'), { maxRetries: 3 });
    await caught(ask({ method: 'POST' }));
    expect(transport.requests).toHaveLength(1);
  });
});

describe('expired tickets', () => {
  const login = (request: HttpRequest, times: number) =>
    request.method === 'POST' && request.path.endsWith('/ticket')
      ? data({ ticket: `t${times}`, CSRFPreventionToken: 'c' })
      : null;
  const expired = answer(401, 'permission denied - invalid PVE ticket', { data: null });

  it.each(['GET', 'PUT'] as const)('are replaced once and the %s is repeated', async (method) => {
    const respond: Respond = (request, times) =>
      login(request, times) ?? (request.headers?.cookie === 'PVEAuthCookie=t1' ? expired : data('ok'));
    const { ask, counters } = setUp(respond, { method: 'password' });
    expect(await ask({ method })).toBe('ok');
    expect(counters).toEqual({ requests: 2, retries: 0, logins: 2 });
  });

  it('give up when the new one is refused as well', async () => {
    const { ask, counters } = setUp((request, times) => login(request, times) ?? expired, { method: 'password' });
    expect(await caught(ask())).toMatchObject({ code: 'proxmox_unauthorized' });
    expect(counters).toEqual({ requests: 2, retries: 0, logins: 2 });
  });

  it('do not exist for tokens', async () => {
    const { ask, transport } = setUp(() => answer(401, 'invalid token value!', {}));
    await caught(ask());
    expect(transport.requests).toHaveLength(1);
  });
});

describe('cancelled requests', () => {
  it('send nothing when the signal fired before', async () => {
    const { ask, transport } = setUp(() => data(1));
    expect(await caught(ask({}, AbortSignal.abort()))).toMatchObject({ code: 'cancelled' });
    expect(transport.requests).toEqual([]);
  });

  it('do not wait for a login that hangs', async () => {
    const abort = new AbortController();
    const { ask } = setUp(() => new Promise<HttpResult>(() => abort.abort()), { method: 'password' });
    expect(await caught(ask({}, abort.signal))).toMatchObject({ code: 'cancelled' });
  });
});
