import { createServer } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTransport } from '../../../src/transport/undici-transport.js';
import type {
  HttpRequest,
  HttpResult,
  TransportFailure,
  Transport,
  TransportOptions,
} from '../../../src/transport/types.js';
import { makeCertificates, type Certificate, type TestCertificates } from '../../support/certificates.js';
import { turns } from '../../support/eventually.js';
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer } from '../../support/scripted-server.js';
import { freePort } from '../../demo/free-port.js';

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const thing of opened.splice(0)) await thing.close();
});

function openTransport(origin: string, options: Partial<TransportOptions> = {}): Transport {
  const transport = createTransport({ origin, verifyTls: true, connections: 2, connectTimeoutMs: 60_000, ...options });
  opened.push(transport);
  return transport;
}

async function openServer(certificate?: Certificate): Promise<ScriptedServer> {
  const server = await startScriptedServer(certificate === undefined ? {} : { tls: certificate });
  opened.unshift(server);
  return server;
}

const get: HttpRequest = { method: 'GET', path: '/api/', timeoutMs: 60_000 };

function failureOf(result: HttpResult): TransportFailure {
  if (result.ok) throw new Error(`an answer arrived: ${result.response.status}`);
  return result.failure;
}

async function sendTo(
  answer: ScriptedAnswer,
  request: Partial<HttpRequest> = {},
  options: Partial<TransportOptions> = {},
): Promise<HttpResult> {
  const server = await openServer();
  server.script(answer);
  return openTransport(server.origin, options).send({ ...get, ...request });
}

/** Sends to a server that never ends its answer, and lets the time of the request pass when it has arrived there. */
async function timedOut(answer: ScriptedAnswer): Promise<HttpResult> {
  const server = await openServer();
  server.script(answer);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const result = openTransport(server.origin).send(get);
    while (server.requests.length === 0) await turns(1);
    await turns();
    vi.advanceTimersByTime(get.timeoutMs);
    return await result;
  } finally {
    vi.useRealTimers();
  }
}

describe('the addresses of a host that were looked at', () => {
  it.each([[['127.0.0.1']], [['127.0.0.1', '127.0.0.2']]])(
    '%j are the only ones to connect to, whatever its name says by now',
    async (addresses) => {
      const server = await openServer();
      server.script({ json: { here: true } });
      const origin = `http://name-that-nobody-has.invalid:${server.port}`;

      const pinned = await openTransport(origin, { addresses }).send(get);

      expect(pinned).toMatchObject({ ok: true, response: { status: 200 } });
      expect(failureOf(await openTransport(origin).send(get)).kind).toBe('dns');
    },
  );
});

describe('an answer', () => {
  it('comes with status, reason phrase, headers and text', async () => {
    const result = await sendTo({
      status: 403,
      statusText: 'Permission check failed',
      text: 'nein – no',
      headers: { 'X-Request-ID': 'abc' },
    });
    expect(result).toMatchObject({
      ok: true,
      response: {
        status: 403,
        statusText: 'Permission check failed',
        text: 'nein – no',
        headers: { 'x-request-id': 'abc' },
      },
    });
  });

  it('is not followed when it redirects, so no header goes elsewhere', async () => {
    const other = await openServer();
    const server = await openServer();
    server.script({ status: 302, headers: { location: `${other.origin}/login/` } });
    const result = await openTransport(server.origin).send({ ...get, headers: { authorization: 'Token secret' } });
    expect(result).toMatchObject({ ok: true, response: { status: 302 } });
    expect(other.requests).toHaveLength(0);
  });
});

describe('no answer', () => {
  it('from a closed port: surely not sent', async () => {
    const result = await openTransport(`http://127.0.0.1:${await freePort()}`).send({
      ...get,
      method: 'POST',
      body: '{}',
    });
    expect(failureOf(result)).toMatchObject({
      kind: 'connect',
      maybeSent: false,
      message: expect.stringContaining('connection refused'),
    });
  });

  it('from a name that does not exist: surely not sent', async () => {
    const result = await openTransport('http://netbox.invalid:80').send(get);
    expect(failureOf(result)).toMatchObject({ kind: 'dns', maybeSent: false });
  });

  it('because the connection is reset after the request: perhaps carried out', async () => {
    const result = await sendTo({ kind: 'reset' }, { method: 'POST', body: '{}' });
    expect(failureOf(result)).toMatchObject({ kind: 'reset', maybeSent: true });
  });

  it('because a kept-alive connection is reset under the next request: perhaps carried out', async () => {
    const server = await openServer();
    server.script({ json: 1 }, { kind: 'reset' });
    const transport = openTransport(server.origin);
    expect((await transport.send(get)).ok).toBe(true);
    expect(failureOf(await transport.send({ ...get, method: 'POST', body: '{}' }))).toMatchObject({
      kind: 'reset',
      maybeSent: true,
    });
    expect(server.requests).toHaveLength(2);
  });

  it('in time: the total of one attempt is bounded and the request was perhaps carried out', async () => {
    const result = await timedOut({ kind: 'silence' });
    expect(failureOf(result)).toMatchObject({
      kind: 'timeout',
      maybeSent: true,
      message: expect.stringContaining('timed out'),
    });
  });

  it('in time, although bytes keep dripping in', async () => {
    const result = await timedOut({ kind: 'drip' });
    expect(failureOf(result)).toMatchObject({
      kind: 'timeout',
      maybeSent: true,
      message: expect.stringContaining('reading the answer'),
    });
  });

  it('to the end: a cut off body is a protocol failure', async () => {
    const result = await sendTo({ kind: 'truncated', text: '{"results": [' });
    expect(failureOf(result)).toMatchObject({
      kind: 'protocol',
      maybeSent: true,
      message: expect.stringContaining('cut off'),
    });
  });

  it('that fits: a body over the limit is given up', async () => {
    const result = await sendTo({ text: 'x'.repeat(2_000) }, {}, { maxResponseBytes: 1_000 });
    expect(failureOf(result)).toMatchObject({ kind: 'too_large', maybeSent: true });
  });

  it('that is HTTP: garbage is a protocol failure', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n', () => socket.destroy()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.unshift({ close: () => new Promise((resolve) => server.close(() => resolve())) });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(failureOf(await openTransport(`http://127.0.0.1:${port}`).send(get))).toMatchObject({ kind: 'protocol' });
  });

  it('because the caller gave up before or while it was sent', async () => {
    const server = await openServer();
    const abort = new AbortController();
    server.respond(() => {
      abort.abort();
      return { kind: 'silence' };
    });
    const transport = openTransport(server.origin);
    expect(failureOf(await transport.send({ ...get, signal: AbortSignal.abort() }))).toMatchObject({
      kind: 'aborted',
      maybeSent: false,
    });
    expect(failureOf(await transport.send({ ...get, signal: abort.signal }))).toMatchObject({
      kind: 'aborted',
      maybeSent: true,
    });
    expect(server.requests).toHaveLength(1);
  });

  it('from a closed transport: surely not sent', async () => {
    const server = await openServer();
    const transport = openTransport(server.origin);
    await transport.close();
    opened.splice(opened.indexOf(transport), 1);
    expect(failureOf(await transport.send(get))).toMatchObject({ kind: 'aborted', maybeSent: false });
    expect(server.requests).toHaveLength(0);
  });
});

describe('TLS', () => {
  let certificates: TestCertificates;
  beforeAll(() => {
    certificates = makeCertificates();
  });

  it.each([
    ['selfSigned', 'self-signed'],
    ['signed', 'unknown certificate authority'],
  ] as const)('a certificate that is %s is refused, saying %s', async (name, said) => {
    const server = await openServer(certificates[name]);
    const failure = failureOf(await openTransport(server.origin).send(get));
    const fault = { kind: 'tls', tlsFault: 'untrusted', maybeSent: false };
    expect(failure).toMatchObject({ ...fault, message: expect.stringContaining(said) });
    expect(server.requests).toHaveLength(0);
  });

  it.each([
    ['wrongName', 'name of the host does not match', 'other_name'],
    ['expired', 'expired', 'out_of_date'],
  ] as const)(
    'a certificate of the trusted authority that is %s is refused, saying %s',
    async (name, said, tlsFault) => {
      const server = await openServer(certificates[name]);
      const failure = failureOf(await openTransport(server.origin, { ca: certificates.ca }).send(get));
      expect(failure).toMatchObject({
        kind: 'tls',
        tlsFault,
        maybeSent: false,
        message: expect.stringContaining(said),
      });
      expect(server.requests).toHaveLength(0);
    },
  );

  it('accepts what an additional authority signed', async () => {
    const server = await openServer(certificates.signed);
    server.script({ json: 'hello' });
    expect((await openTransport(server.origin, { ca: certificates.ca }).send(get)).ok).toBe(true);
  });

  it('without verification is so for that transport alone', async () => {
    const server = await openServer(certificates.selfSigned);
    server.script({ json: 'hello' });
    expect((await openTransport(server.origin, { verifyTls: false }).send(get)).ok).toBe(true);
    expect(failureOf(await openTransport(server.origin).send(get)).kind).toBe('tls');
  });

  it('spoken to a port without TLS is named so', async () => {
    const server = await openServer();
    const origin = server.origin.replace('http:', 'https:');
    const failure = failureOf(await openTransport(origin).send(get));
    expect(failure).toMatchObject({
      kind: 'tls',
      tlsFault: 'plain_http',
      maybeSent: false,
      message: expect.stringContaining('does not speak TLS'),
    });
  });
});

describe('a compressed answer', () => {
  const json = '{"data":"ü"}';
  const sent = (encoding: string, text: Uint8Array): ScriptedAnswer => ({
    text,
    headers: { 'content-encoding': encoding },
  });

  it.each([
    ['gzip', gzipSync(json)],
    ['GZIP', gzipSync(json)],
    ['deflate', deflateSync(json)],
    ['br', brotliCompressSync(json)],
    ['gzip, br', brotliCompressSync(gzipSync(json))],
    ['identity', Buffer.from(json)],
    ['gzip', Buffer.from('')],
  ])('is read, asked for or not: %s', async (encoding, text) => {
    const result = await sendTo(sent(encoding, text));

    expect(result).toMatchObject({ ok: true, response: { text: text.length === 0 ? '' : json } });
  });

  it.each([
    ['gzip', Buffer.from(json), 'protocol', /the compressed answer cannot be read/],
    ['gzip', gzipSync(json).subarray(0, 12), 'protocol', /the compressed answer was cut off/],
    ['zstd', Buffer.from(json), 'protocol', /content-encoding that nobody asked for/],
  ])('that cannot be read is a failure: %s', async (encoding, text, kind, message) => {
    expect(failureOf(await sendTo(sent(encoding, text)))).toMatchObject({
      kind,
      maybeSent: true,
      message: expect.stringMatching(message),
    });
  });

  it('is held to the limit after it is decompressed, too', async () => {
    const result = await sendTo(sent('gzip', gzipSync('0'.repeat(5000))), {}, { maxResponseBytes: 1000 });

    expect(failureOf(result)).toMatchObject({ kind: 'too_large' });
  });
});
