/** The diagnosis over real HTTP and TLS. `npx vitest run <this file> -u` writes the golden files anew: read them then. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { reportText } from '../../../src/proxmox-doctor/text.js';
import type { EndpointReport, Problem } from '../../../src/proxmox-doctor/types.js';
import { createFixtureEstate } from '../../simulator/estate/index.js';
import { pveum, root } from '../../support/pveum.js';
import { aDoctorWorld, byToken, steady, type DoctorWorldOptions } from './proxmox-doctor-world.js';

interface Seeded {
  readonly world: DoctorWorldOptions;
  /** The one problem that is no note. */
  readonly problem: Partial<Problem>;
  readonly cause: RegExp;
  readonly cure: RegExp;
  readonly commands: readonly string[];
  readonly missing: RegExp;
}

const seeded: Readonly<Record<string, Seeded>> = {
  'wrong-password': {
    world: { endpoint: () => ({ password: 'not-the-password' }) },
    problem: { code: 'login_refused', severity: 'error' },
    cause: /refused the password of proxbox@pve: authentication failure/,
    cure: /PUT \/proxmox\/endpoints\/1/,
    commands: ['pveum realm list', 'pveum user list', 'pveum passwd proxbox@pve'],
    missing: /everything of this endpoint/,
  },
  'token-without-privileges': {
    world: { acl: 'token-without-acl', endpoint: byToken },
    problem: { code: 'token_without_privileges', severity: 'error' },
    cause: /proxbox@pve!sync logs in but holds no privilege anywhere. With privilege separation/,
    cure: /Give the read-only role to the user and to the token.*takes nothing away/,
    commands: [
      'pveum group add NetBoxReaders',
      'pveum user modify proxbox@pve --groups NetBoxReaders --append 1',
      'pveum acl modify / --groups NetBoxReaders --roles NetBoxReadOnly --propagate 1',
      "pveum acl modify / --tokens 'proxbox@pve!sync' --roles NetBoxReadOnly --propagate 1",
    ],
    missing: /virtual machines/,
  },
  'pve9-role-without-agent': {
    world: { cluster: 'edge', acl: 'no-agent', endpoint: byToken },
    problem: { code: 'privileges_missing', severity: 'error' },
    cause:
      /lacks VM.GuestAgent.Audit on \/vms. The role NetBoxReadOnly of this cluster does not have VM.GuestAgent.Audit/,
    cure: /Run the commands as root/,
    commands: ['pveum role modify NetBoxReadOnly --append 1 --privs "VM.GuestAgent.Audit"'],
    missing: /^IP addresses and DNS names of QEMU machines$/,
  },
  'expired-certificate': {
    world: { tls: 'expired', trusted: true, endpoint: () => ({ verify_ssl: true }) },
    problem: { code: 'tls_rejected', severity: 'error' },
    cause: /certificate of 127.0.0.1:\d+ is refused: it expired on 2020-01-01/,
    cure: /renew a certificate that the cluster made itself/,
    commands: ['pvecm updatecerts --force', 'systemctl restart pveproxy'],
    missing: /everything of this endpoint/,
  },
  'wrong-port': {
    world: { endpoint: () => ({ port: 1 }) },
    problem: { code: 'unreachable', severity: 'error' },
    cause: /Nothing answers at 127.0.0.1:1: .*connection refused.* Proxmox listens on 8006/,
    cure: /Check ip_address, domain and port/,
    commands: ['systemctl status pveproxy', 'ss -tlnp | grep pveproxy'],
    missing: /everything of this endpoint/,
  },
  'node-offline': {
    world: { allOnline: false },
    problem: { code: 'node_offline', severity: 'warning' },
    cause: /Cluster "lab" does not reach its node pve3 \(192.0.2.3\)/,
    cure: /Start the node/,
    commands: ['pvecm status', 'systemctl status pve-cluster corosync'],
    missing: /guests on it/,
  },
};

const golden = (name: string): string => path.join(import.meta.dirname, 'golden/proxmox-doctor', name);
const troubles = ({ problems }: EndpointReport): readonly Problem[] =>
  problems.filter(({ severity }) => severity !== 'note');

describe('GET /proxmox/doctor names cause and cure of', () => {
  it.each(Object.entries(seeded))('%s', async (name, { world, problem, cause, cure, commands, missing }) => {
    const { examine, simulator } = await aDoctorWorld(world);

    const { status, report } = await examine();

    expect(status).toBe(200);
    expect(report.ok).toBe(false);
    const [endpoint] = report.endpoints;
    const [trouble, ...others] = troubles(endpoint!);
    expect(others).toEqual([]);
    expect(trouble).toMatchObject(problem);
    expect(trouble!.cause).toMatch(cause);
    expect(trouble!.cure).toMatch(cure);
    expect(trouble!.commands).toEqual(commands);
    expect(trouble!.missing.join('; ')).toMatch(missing);
    const json = `${JSON.stringify(report, null, 2)}\n`;
    expect(json).not.toContain(simulator.password);
    expect(json).not.toContain(simulator.tokenValue);
    await expect(steady(json, simulator)).toMatchFileSnapshot(golden(`${name}.json`));
    await expect(steady(reportText(report), simulator)).toMatchFileSnapshot(golden(`${name}.txt`));
  });
});

describe('GET /proxmox/doctor', () => {
  it.each(['lab', 'edge'] as const)('finds %s well with the documented role', async (cluster) => {
    const { examine, simulator } = await aDoctorWorld({
      cluster,
      trusted: true,
      endpoint: (one) => ({ ...byToken(one), verify_ssl: true }),
    });

    const { report } = await examine();

    expect(troubles(report.endpoints[0]!)).toEqual([]);
    expect(report.ok).toBe(true);
    expect(report.endpoints[0]!.reads.map(({ outcome }) => outcome)).not.toContain('failed');
    await expect(steady(reportText(report), simulator)).toMatchFileSnapshot(golden(`well-${cluster}.txt`));
  });

  it('needs a key', async () => {
    const { app } = await aDoctorWorld();
    expect((await app.inject('/proxmox/doctor')).statusCode).toBe(401);
  });

  it('examines only the endpoints that are asked for, and none is not well', async () => {
    const { examine } = await aDoctorWorld();
    expect((await examine('?proxmox_endpoint_ids=1')).report.endpoints).toHaveLength(1);
    expect((await examine('?proxmox_endpoint_ids=77')).report).toEqual({ ok: false, endpoints: [] });
    expect((await examine('?proxmox_endpoint_ids=x')).status).toBe(400);
  });
});

describe('the commands of the report', () => {
  it.each<[string, DoctorWorldOptions]>([
    ['8.4, token without privileges', { acl: 'token-without-acl' }],
    ['8.4, role without the agent', { acl: 'no-agent' }],
    ['9.1, role without the agent', { acl: 'no-agent', cluster: 'edge' }],
    ['9.1, nothing at all', { acl: 'nothing', cluster: 'edge' }],
  ])('make an endpoint well: %s', async (_, world) => {
    const { examine, simulator, clock } = await aDoctorWorld({ ...world, users: [root], endpoint: byToken });
    const before = await examine();
    expect(before.report.ok).toBe(false);

    for (const { commands } of troubles(before.report.endpoints[0]!))
      for (const command of commands) await pveum(command, simulator.url);
    clock.advance(10_000);

    const after = await examine();
    expect(troubles(after.report.endpoints[0]!)).toEqual([]);
    expect(after.report.ok).toBe(true);
  });

  it('show backups', async () => {
    const { examine, simulator } = await aDoctorWorld({ users: [root], endpoint: byToken });
    const notes = (await examine()).report.endpoints[0]!.problems;
    const { commands } = notes.find(({ code }) => code === 'backups_hidden')!;

    for (const command of commands) await pveum(command, simulator.url);

    const codes = (await examine()).report.endpoints[0]!.problems.map(({ code }) => code);
    expect(codes).not.toContain('backups_hidden');
  });
});

describe('an endpoint that cannot be opened', () => {
  const faults: readonly [string, DoctorWorldOptions, RegExp, RegExp][] = [
    [
      'two_factor',
      {
        users: [{ userid: 'tfa@pve', password: 'pw', needsTfa: true }],
        endpoint: () => ({ username: 'tfa@pve', password: 'pw' }),
      },
      /needs a second factor/,
      /API token/,
    ],
    [
      'login_refused',
      { endpoint: () => ({ username: 'x@nowhere' }) },
      /password of x@nowhere: authentication failure.* its realm does not exist/,
      /pveum realm list/,
    ],
    [
      'login_refused',
      { endpoint: () => ({ token_name: 'other', token_value: 'v' }) },
      /Authentication failed!.* there is no such user or token/,
      /pveum user token list proxbox@pve/,
    ],
    [
      'login_refused',
      { endpoint: (one) => ({ ...byToken(one), token_value: 'v' }) },
      /Authentication failed!.* the secret is wrong/,
      /token add proxbox@pve sync-new/,
    ],
    [
      'tls_rejected',
      { tls: 'self-signed', endpoint: () => ({ verify_ssl: true }) },
      /self-signed/,
      /PROXBOX_CA_BUNDLE/,
    ],
    [
      'tls_rejected',
      { tls: 'wrong-host', trusted: true, endpoint: () => ({ verify_ssl: true }) },
      /for other.example.org, not for 127.0.0.1/,
      /domain/,
    ],
  ];
  it.each(faults)('%s', async (code, world, cause, cure) => {
    const { examine } = await aDoctorWorld(world);
    const [problem, ...others] = (await examine()).report.endpoints[0]!.problems;

    expect(others).toEqual([]);
    expect(problem!.code).toBe(code);
    expect(problem!.cause).toMatch(cause);
    expect([problem!.cure, ...problem!.commands].join('\n')).toMatch(cure);
  });

  it('not_proxmox: a port without TLS', async () => {
    const plain = createServer((_request, response) => void response.end('hello')).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const { port } = plain.address() as AddressInfo;
    const { examine } = await aDoctorWorld({ endpoint: () => ({ port }) });

    const [problem] = (await examine()).report.endpoints[0]!.problems;
    plain.close();

    expect(problem).toMatchObject({ code: 'not_proxmox', cure: expect.stringContaining('8006') });
  });
});

describe('entries on deeper paths', () => {
  const acl = (privileges: readonly string[], path: string) => ({ path, privileges });
  const reader = ['Datastore.Audit', 'Pool.Audit', 'SDN.Audit', 'Sys.Audit', 'VM.Audit', 'VM.Monitor'];
  const as = (entries: ReturnType<typeof acl>[]): DoctorWorldOptions => ({
    users: [{ userid: 'ops@pve', password: 'pw', acl: entries }],
    endpoint: () => ({ username: 'ops@pve', password: 'pw' }),
  });

  it.each([
    [
      'privileges_partial',
      as([acl(['Sys.Audit', 'Datastore.Audit'], '/'), acl(['VM.Audit', 'VM.Monitor'], '/vms/100')]),
    ],
    ['read_refused', as([acl(reader, '/'), acl(['VM.Audit'], '/vms/100'), acl(['VM.Audit'], '/pool')])],
  ])('are told as %s', async (code, world) => {
    const { examine } = await aDoctorWorld(world);
    const problems = troubles((await examine()).report.endpoints[0]!);
    expect(problems.map((problem) => problem.code)).toContain(code);
  });

  it('tells of a guest that NoAccess hides from every list, and looks at a bounded number of VMIDs', async () => {
    const { examine, simulator } = await aDoctorWorld({
      users: [root, { userid: 'ops@pve', password: 'pw', acl: [acl(reader, '/')] }],
      endpoint: () => ({ username: 'ops@pve', password: 'pw' }),
    });
    const lab = createFixtureEstate().clusters.find(({ name }) => name === 'lab')!;
    const vmid = [...lab.guests.keys()].sort((a, b) => a - b)[1]!;
    expect(troubles((await examine()).report.endpoints[0]!)).toEqual([]);
    await pveum(`pveum acl modify /vms/${vmid} --users ops@pve --roles NoAccess --propagate 1`, simulator.url);
    simulator.resetCounters();

    const { report } = await examine();

    const problem = troubles(report.endpoints[0]!).find(({ code }) => code === 'guests_hidden')!;
    expect(problem).toMatchObject({ severity: 'warning', commands: ['pveum acl list'] });
    expect(problem.cause).toContain(`${vmid}`);
    expect(report.endpoints[0]!.ok).toBe(false);
    const asked = simulator.requestLog.filter(({ path: at }) => at.includes('/cluster/nextid'));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThanOrEqual(30);
  });

  it('NoAccess on /vms itself is a missing privilege, although the grant on / has a row', async () => {
    const { examine, simulator } = await aDoctorWorld({
      users: [root, { userid: 'ops@pve', password: 'pw', acl: [acl(reader, '/')] }],
      endpoint: () => ({ username: 'ops@pve', password: 'pw' }),
    });
    await pveum('pveum acl modify /vms --users ops@pve --roles NoAccess --propagate 1', simulator.url);

    const [endpoint] = (await examine()).report.endpoints;

    expect(
      endpoint!.privileges.find(({ privilege, path: at }) => privilege === 'VM.Audit' && at === '/vms')?.state,
    ).toBe('missing');
  });
});
