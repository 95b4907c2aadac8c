/** The service with a certificate of its own: HTTPS and nothing else, new files without a restart. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect as connectPlain, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Agent, request as undici } from 'undici';
import { WebSocket } from 'ws';
import { buildApp } from '../../../src/compose/app.js';
import { createDeps } from '../../../src/compose/deps.js';
import { parseEnv } from '../../../src/config/env.js';
import { exchangeCertificate } from '../../../src/http/tls-server.js';
import {
  certificateWarning,
  readServerCertificate,
  watchServerCertificate,
} from '../../../src/transport/server-certificate.js';
import { variablesFor } from '../../demo/service-process.js';
import { makeCertificates, type TestCertificates } from '../../support/certificates.js';
import { eventually } from '../../support/eventually.js';

let certificates: TestCertificates;
let folder: string;
const closing: (() => Promise<unknown>)[] = [];
beforeAll(() => {
  certificates = makeCertificates();
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function place(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

async function aFolder(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'proxbox-tls-'));
  closing.push(() => rm(folder, { recursive: true, force: true }));
}

async function started(variables: Readonly<Record<string, string>>) {
  const { env, refusals } = parseEnv({ ...variablesFor(folder), ...variables });
  expect(refusals).toEqual([]);
  const app = await buildApp(createDeps({ env, bcryptCost: 4, console: { write: () => true } }));
  closing.push(() => app.close());
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { app, port: (app.server.address() as AddressInfo).port };
}

async function withCertificate() {
  await aFolder();
  const { cert, key } = certificates.signed;
  return started({
    PROXBOX_TLS_CERT_FILE: await place('tls.crt', cert),
    PROXBOX_TLS_KEY_FILE: await place('tls.key', key),
  });
}

async function get(url: string, ca: string) {
  const dispatcher = new Agent({ connect: { ca } });
  closing.push(() => dispatcher.close());
  const { statusCode, body } = await undici(url, { dispatcher });
  return [statusCode, await body.json()];
}

/** Who the server says that it is, to one new connection. */
async function subjectSeen(port: number): Promise<string | undefined> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const seen = socket.getPeerX509Certificate()?.fingerprint256;
  socket.destroy();
  return seen;
}

describe('a service with a certificate', () => {
  it('answers over TLS to who trusts its authority', async () => {
    const { port } = await withCertificate();

    expect(await get(`https://127.0.0.1:${port}/health`, certificates.ca)).toEqual([
      200,
      { status: 'ready', init_ok: true },
    ]);
    await expect(get(`https://127.0.0.1:${port}/health`, certificates.selfSigned.cert)).rejects.toThrow();
  });

  it('serves WebSockets as well', async () => {
    const { port } = await withCertificate();
    const socket = new WebSocket(`wss://127.0.0.1:${port}/ws`, { ca: certificates.ca });
    closing.push(async () => socket.terminate());

    await once(socket, 'open');
    socket.send('Sync Nodes');
    const [, reason] = (await once(socket, 'close')) as [number, Buffer];

    expect(reason.toString()).toContain('POST /auth/register-key');
  });

  it.each(['GET', 'POST'])('says to who asks by plain HTTP (%s) that it speaks HTTPS only', async (method) => {
    const { port } = await withCertificate();
    const asked = request({ port, host: '127.0.0.1', method, path: '/auth/register-key' });
    asked.end(method === 'POST' ? '{"api_key":"x"}' : undefined);
    const [answer] = (await once(asked, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
    let text = '';
    for await (const part of answer) text += String(part);

    expect([answer.statusCode, JSON.parse(text)]).toEqual([
      400,
      { error: 'plain_http_on_https_port', detail: expect.stringContaining('switch HTTPS on') },
    ]);
  });

  it('takes a client that sends its first bytes one by one, and leaves no silent one behind when it stops', async () => {
    const { app, port } = await withCertificate();
    const silent = connectPlain({ port, host: '127.0.0.1' });
    await once(silent, 'connect');
    const ended = once(silent, 'close');
    expect(await subjectSeen(port)).toBeDefined();

    await app.close();

    await ended;
  });

  it('refuses versions of TLS that nobody should use', async () => {
    const { port } = await withCertificate();
    const old = connect({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });

    await expect(once(old, 'secureConnect')).rejects.toThrow();
  });

  it('gives new connections a new certificate, without a restart, and stays with the old one where the new one is none', async () => {
    const { app, port } = await withCertificate();
    const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
    const told: string[] = [];
    const tell = (text: string): void => void told.push(text);
    const watching = watchServerCertificate({
      files,
      logger: { info: tell, warn: tell } as never,
      use: (certificate) => exchangeCertificate(app.server, certificate),
      everyMs: 20,
    });
    closing.push(async () => watching.stop());
    const before = await subjectSeen(port);

    await writeFile(files.cert, 'nothing');
    await eventually(() => expect(told.at(-1)).toMatch(/holds no certificate in PEM.*The one in use stays\.$/));
    expect(await subjectSeen(port)).toBe(before);
    await writeFile(files.key, certificates.selfSigned.key);
    await writeFile(files.cert, certificates.selfSigned.cert);

    await eventually(async () => expect(await subjectSeen(port)).not.toBe(before));
    expect(told.at(-1)).toBe('The certificate of this service was read again.');
  });
});

describe('where the certificate is', () => {
  it('is a folder as the images of the Python service have it', async () => {
    await aFolder();
    await place('cert.pem', certificates.signed.cert);
    await place('key.pem', certificates.signed.key);
    const { port } = await started({ MKCERT_CERT_DIR: folder });

    expect((await get(`https://127.0.0.1:${port}/livez`, certificates.ca))[0]).toBe(200);
  });

  it('is nowhere: the service speaks plain HTTP', async () => {
    await aFolder();
    await place('cert.pem', certificates.signed.cert);
    const { port } = await started({ MKCERT_CERT_DIR: folder });

    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
  });

  it.each(['PROXBOX_TLS_CERT_FILE', 'PROXBOX_TLS_KEY_FILE'])('is not told by %s alone: no start', (name) => {
    expect(parseEnv({ [name]: '/tls.pem' }).refusals).toEqual([
      'PROXBOX_TLS_CERT_FILE and PROXBOX_TLS_KEY_FILE are both needed. Set the other one, too.',
    ]);
  });

  it.each<[string, (given: TestCertificates) => readonly [cert: string, key: string], RegExp]>([
    ['no certificate', ({ signed }) => ['x', signed.key], /tls\.crt holds no certificate in PEM/],
    ['no key', ({ signed }) => [signed.cert, signed.cert], /tls\.key holds no private key in PEM/],
    [
      'the key of another one',
      ({ signed, selfSigned }) => [signed.cert, selfSigned.key],
      /is not that of the certificate/,
    ],
  ])('holds %s: it says which file', async (_what, of, sentence) => {
    await aFolder();
    const [cert, key] = of(certificates);
    const files = { cert: await place('tls.crt', cert), key: await place('tls.key', key) };

    expect(() => readServerCertificate(files)).toThrow(sentence);
    expect(() => readServerCertificate({ ...files, cert: join(folder, 'none') })).toThrow(/cannot be read: ENOENT/);
  });

  it('has run out: that is a warning with the date', () => {
    const { expired, signed } = certificates;

    expect(certificateWarning(expired, new Date())).toMatch(/expired on .* no restart is needed/);
    expect(certificateWarning(signed, new Date())).toBeUndefined();
  });
});
