/** Which endpoint a request leads to, how it logs in there, and whom it trusts: over real HTTP and TLS, with full access lists. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createFixtureEstate } from '../../simulator/estate/index.js';
import {
  createProxmoxSimulator,
  type ProxmoxSimulator,
  type ProxmoxSimulatorOptions,
} from '../../simulator/proxmox/index.js';
import { makeCertificates, type TestCertificates } from '../../support/certificates.js';
import { anApp } from './app-fixture.js';
import type { Json } from './proxmox-lab.js';

type Stored = Readonly<Record<string, unknown>>;
type Read = (url: string) => Promise<{ readonly status: number; readonly body: Json }>;

const simulators: ProxmoxSimulator[] = [];
afterEach(async () => {
  for (const simulator of simulators.splice(0)) await simulator.close();
});

async function simulate(
  name: 'lab' | 'edge' | 'solo',
  options: Partial<ProxmoxSimulatorOptions> = {},
): Promise<ProxmoxSimulator> {
  const cluster = createFixtureEstate().clusters.find((one) => one.name === name)!;
  const simulator = createProxmoxSimulator({ ...options, cluster });
  await simulator.listen();
  simulators.push(simulator);
  return simulator;
}

const byPassword = ({ username, password }: ProxmoxSimulator): Stored => ({ username, password });
const byToken = ({ username, tokenName, tokenValue }: ProxmoxSimulator): Stored => ({
  username,
  token_name: tokenName,
  token_value: tokenValue,
});
const at = ({ port }: ProxmoxSimulator): Stored => ({ ip_address: '127.0.0.1', port, verify_ssl: false });

/** The service on a socket with these endpoints. */
async function aService(endpoints: readonly Stored[], variables: Readonly<Record<string, string>> = {}): Promise<Read> {
  const { app, headers } = await anApp({ variables });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const ask = async (method: string, below: string, payload?: Stored) => {
    const body = payload === undefined ? null : JSON.stringify(payload);
    const answer = await fetch(`${url}${below}`, {
      method,
      headers: { ...headers, ...(body === null ? {} : { 'content-type': 'application/json' }) },
      body,
    });
    return { status: answer.status, body: (await answer.json()) as Json };
  };
  for (const endpoint of endpoints)
    expect(await ask('POST', '/proxmox/endpoints', endpoint)).toMatchObject({ status: 200 });
  return (below) => ask('GET', below);
}

describe('a selector', () => {
  it.each([
    ['name=lab', 'lab'],
    ['name=edge', 'edge'],
    ['domain=localhost', 'lab'],
    ['ip_address=127.0.0.1', 'edge'],
    ['ip_address=127.0.0.1&domain=localhost&name=lab', 'edge'],
    ['domain=localhost&name=edge', 'lab'],
    ['name=edge&proxmox_endpoint_ids=1,2', 'edge'],
  ])('%s leads to %s and asks nobody else', async (query, expected) => {
    const [lab, edge] = [await simulate('lab'), await simulate('edge')];
    const read = await aService([
      // Nobody has this address; the domain is tried first.
      { ...at(lab), ...byToken(lab), name: 'lab', domain: 'localhost', ip_address: '192.0.2.77' },
      { ...at(edge), ...byPassword(edge), name: 'edge' },
    ]);

    const { status, body } = await read(`/proxmox/version?${query}`);

    expect([status, body.flatMap(Object.keys)]).toEqual([200, [expected]]);
    expect((expected === 'lab' ? edge : lab).counters.total).toBe(0);
  });

  it('cannot name an endpoint outside of the ids beside it', async () => {
    const lab = await simulate('lab');
    const read = await aService([{ ...at(lab), ...byToken(lab), name: 'lab' }]);

    const { status, body } = await read('/proxmox/version?name=lab&proxmox_endpoint_ids=7');

    expect([status, body.message]).toEqual([400, 'No result found for Proxmox Sessions based on the provided name']);
    expect(lab.counters.total).toBe(0);
  });
});

describe('a login', () => {
  it.each([
    ['full', 'password', byPassword, true],
    ['full', 'token', byToken, true],
    ['read-only', 'password', byPassword, true],
    ['read-only', 'token', byToken, true],
    // What the user may do is not what its separated token may do.
    ['token-without-acl', 'password', byPassword, true],
    ['token-without-acl', 'token', byToken, false],
    ['nothing', 'password', byPassword, false],
  ] as const)('under %s with a %s sees what its access list allows', async (acl, _how, login, mayRead) => {
    const lab = await simulate('lab', { acl });
    const read = await aService([{ ...at(lab), ...login(lab), name: 'lab' }]);

    const [session] = (await read('/proxmox/sessions')).body;
    const [guests] = (await read('/proxmox/cluster/resources?type=vm')).body;
    const config = await read('/proxmox/pve1/qemu/100/config');

    expect(session.mode).toBe(mayRead ? 'cluster' : 'restricted');
    expect(guests[mayRead ? 'lab' : '127.0.0.1'].length > 0).toBe(mayRead);
    expect(config.status).toBe(mayRead ? 200 : 502);
    if (!mayRead) expect(config.body.detail).toMatch(/^proxmox_forbidden: .*VM\.Audit/);
  });

  it('with a second factor is refused in words that say what to do', async () => {
    const lab = await simulate('lab', { users: [{ userid: 'two@pve', password: 'pw', needsTfa: true }] });
    const read = await aService([{ ...at(lab), username: 'two@pve', password: 'pw', name: 'lab' }]);

    const { status, body } = await read('/proxmox/version?name=lab');

    expect([status, body.reason]).toEqual([502, 'proxmox_unauthorized']);
    expect(body.detail).toMatch(/two@pve requires two-factor authentication.*API token/);
    expect(lab.requestLog.map(({ method, path: below }) => `${method} ${below}`)).toEqual(['POST /access/ticket']);
  });
});

describe('the certificate', () => {
  let certificates: TestCertificates;
  const folder = mkdtempSync(path.join(tmpdir(), 'proxbox-authority-'));
  const bundleFile = path.join(folder, 'ca.pem');
  beforeAll(() => {
    certificates = makeCertificates();
    writeFileSync(bundleFile, certificates.ca);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const served = ({ key, cert }: TestCertificates['signed']) => ({ certificate: cert, privateKey: key });

  it.each<
    [string, keyof Omit<TestCertificates, 'ca'>, { readonly verify: boolean; readonly bundle: boolean }, RegExp | null]
  >([
    ['self-signed, not verified', 'selfSigned', { verify: false, bundle: false }, null],
    ['self-signed', 'selfSigned', { verify: true, bundle: false }, /self-signed/],
    [
      'of a private authority, without its bundle',
      'signed',
      { verify: true, bundle: false },
      /unable to verify|issuer|authority/i,
    ],
    ['of a private authority, with its bundle', 'signed', { verify: true, bundle: true }, null],
    ['of a private authority for another name', 'wrongName', { verify: true, bundle: true }, /does not match/],
    ['of a private authority, expired', 'expired', { verify: true, bundle: true }, /expired/],
    ['self-signed, with a bundle of somebody else', 'selfSigned', { verify: true, bundle: true }, /self-signed/],
    ['of a private authority, expired, not verified', 'expired', { verify: false, bundle: true }, null],
  ])('%s', async (_text, kind, { verify, bundle }, refusal) => {
    const lab = await simulate('lab', { tls: served(certificates[kind]) });
    const read = await aService(
      [{ ...at(lab), ...byToken(lab), name: 'lab', verify_ssl: verify }],
      bundle ? { PROXBOX_CA_BUNDLE: bundleFile } : {},
    );

    const { status, body } = await read('/proxmox/version?name=lab');

    if (refusal === null) return expect(status).toBe(200);
    expect([status, body.reason]).toEqual([502, 'proxmox_tls_error']);
    expect(body.detail).toMatch(refusal);
    expect(lab.requestLog).toEqual([]);
  });
});
