import { describe, expect, it } from 'vitest';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { parsePermissions } from '../../../src/proxmox/parse/permissions.js';
import { readerPrivileges } from '../../../src/proxmox/privileges.js';
import { diagnose } from '../../../src/proxmox-doctor/diagnose.js';
import { reportText } from '../../../src/proxmox-doctor/text.js';
import type { Certificate, Findings, OpenFindings } from '../../../src/proxmox-doctor/types.js';
import { anEndpoint } from '../proxmox/fakes.js';

const now = new Date('2026-06-01T00:00:00Z');

const certificate: Certificate = {
  subject: 'pve1.lab',
  issuer: 'Proxmox Virtual Environment',
  names: ['pve1.lab'],
  validFrom: new Date('2026-01-01T00:00:00Z'),
  validTo: new Date('2028-01-01T00:00:00Z'),
  isSelfSigned: false,
  isTrusted: true,
  isForHost: true,
  fingerprint: 'AA:BB',
};

const node = { id: 'node/pve1', name: 'pve1', ip: '10.0.0.10', nodeid: 1, online: true, local: true, level: '' };
const cluster = { id: 'cluster', name: 'lab', nodes: 1, quorate: true, version: 1 };

function grants(on: Readonly<Record<string, readonly string[]>>, propagates: 0 | 1 = 1) {
  const rows = Object.entries(on).map(
    ([path, names]) => [path, Object.fromEntries(names.map((name) => [name, propagates]))] as const,
  );
  return parsePermissions(Object.fromEntries(rows));
}

const all = [...readerPrivileges(9), 'Datastore.AllocateSpace', 'VM.Backup'];

function opened(changes: Partial<OpenFindings> = {}): Findings['session'] {
  const open: OpenFindings = {
    version: { version: '9.1.4', release: '9.1', repoid: '' },
    name: 'lab',
    mode: 'cluster',
    status: { cluster, nodes: [node] },
    permissions: grants({ '/': all }),
    roles: new Map([['NetBoxReadOnly', readerPrivileges(9)]]),
    access: { acl: [], groups: [], isSeparated: false },
    reads: [],
    silentNodes: [],
    hidden: { vmids: [], asked: 0, isCut: false },
    ...changes,
  };
  return { ok: true, open };
}

function findings(changes: Partial<Findings> = {}): Findings {
  return {
    endpoint: anEndpoint({ verifySsl: true }),
    account: { user: 'netbox@pve', token: null },
    addresses: [{ target: { host: 'pve1.lab', port: 8006 }, greeting: { kind: 'tls', certificate } }],
    session: opened(),
    ...changes,
  };
}

const problemsOf = (changes: Partial<Findings>) => diagnose(findings(changes), now).problems;

describe('diagnose', () => {
  it('says nothing of an endpoint that has everything', () => {
    expect(diagnose(findings(), now)).toMatchObject({ ok: true, reachable: true, problems: [] });
  });

  it.each([
    ['expired', { validTo: new Date('2026-05-31T00:00:00Z') }],
    ['not_yet_valid', { validFrom: new Date('2026-06-02T00:00:00Z') }],
    ['wrong_name', { isForHost: false, isTrusted: false }],
    ['unknown_authority', { isTrusted: false }],
    ['self_signed', { isTrusted: false, isSelfSigned: true }],
    ['verified', {}],
  ])('tells that a certificate is %s', (tls, changes) => {
    const [address] = findings().addresses;
    const greeting = { kind: 'tls', certificate: { ...certificate, ...changes } } as const;
    expect(diagnose(findings({ addresses: [{ ...address!, greeting }] }), now).addresses[0]!.tls).toBe(tls);
  });

  it('adds what the role lacks, makes it when there is none, and does either when roles are unknown', () => {
    const permissions = grants({ '/': ['Sys.Audit'] });
    const first = (roles: OpenFindings['roles']) =>
      problemsOf({ session: opened({ permissions, roles }) })[0]!.commands[0];
    expect(first(new Map([['NetBoxReadOnly', ['Sys.Audit', 'VM.Audit']]]))).toBe(
      'pveum role modify NetBoxReadOnly --append 1 --privs "Datastore.Audit,Pool.Audit,SDN.Audit,VM.GuestAgent.Audit"',
    );
    expect(first(new Map())).toMatch(/^pveum role add NetBoxReadOnly --privs "[^"]+"$/);
    expect(first(null)).toMatch(/^pveum role add .* \|\| pveum role modify .*--append 1/);
    expect(first(new Map([['NetBoxReadOnly', readerPrivileges(9)]]))).toMatch(/^pveum acl modify \//);
  });

  it('takes Datastore.Allocate for all that backups need', () => {
    const withAllocate = (names: readonly string[]) =>
      problemsOf({ session: opened({ permissions: grants({ '/': [...readerPrivileges(9), ...names] }) }) });
    expect(withAllocate(['Datastore.Allocate'])).toEqual([]);
    expect(withAllocate(['Datastore.AllocateSpace'])[0]).toMatchObject({
      code: 'backups_hidden',
      commands: [expect.stringContaining('"VM.Backup"'), expect.stringContaining('NetBoxBackups')],
    });
  });

  it('says that what is granted on / is not passed on', () => {
    const [problem] = problemsOf({ session: opened({ permissions: grants({ '/': all }, 0) }) });
    expect(problem).toMatchObject({ code: 'privileges_missing', cause: expect.stringContaining('propagate') });
    expect(problem!.commands.at(-1)).toContain('--propagate 1');
  });

  it('tells the worst first', () => {
    const status = { cluster: { ...cluster, quorate: false }, nodes: [node, { ...node, name: 'pve2', online: false }] };
    const addresses = [
      { target: { host: 'old.lab', port: 8006 }, greeting: { kind: 'unreachable', reason: 'ENOTFOUND' } },
      ...findings().addresses,
    ] as const;
    const session = opened({ status, permissions: grants({ '/': ['Sys.Audit'] }) });
    expect(problemsOf({ session, addresses }).map(({ code }) => code)).toEqual([
      'privileges_missing',
      'node_offline',
      'no_quorum',
      'address_unreachable',
    ]);
  });

  it('does not guess when Proxmox does not tell the permissions', () => {
    const read = {
      read: 'snapshots',
      path: 'nodes/pve1/qemu/100/snapshot',
      outcome: 'refused',
      detail: 'HTTP 403',
    } as const;
    const report = diagnose(findings({ session: opened({ permissions: null, reads: [read] }) }), now);
    expect(report.problems.map(({ code }) => code)).toEqual(['privileges_unknown', 'read_refused']);
    expect(report.privileges.every(({ state }) => state === 'unknown')).toBe(true);
  });

  it('quotes a read that failed', () => {
    const read = { read: 'tasks', path: 'nodes/pve1/tasks', outcome: 'failed', detail: 'HTTP 596 timeout' } as const;
    const [problem] = problemsOf({ session: opened({ reads: [read] }) });
    expect(problem).toMatchObject({ code: 'read_failed', severity: 'warning' });
    expect(problem!.cause).toContain('HTTP 596 timeout');
  });

  it('names nodes that are online and tell nothing of their guests, with the command that helps', () => {
    const [problem] = problemsOf({ session: opened({ silentNodes: ['pve1'] }) });
    expect(problem).toMatchObject({ code: 'node_silent', severity: 'warning' });
    expect(problem!.cause).toContain('pve1');
    expect(problem!.commands).toContain('systemctl restart pvestatd');
  });

  it('says why stored credentials cannot be used', () => {
    const error = new ProxboxError(
      'not_configured',
      "Proxmox endpoint 'lab' has neither an API token nor a password.",
      {
        detail: 'Store token_name and token_value, or a password, for the endpoint.',
      },
    );
    const report = diagnose(findings({ account: null, session: { ok: false, error } }), now);
    expect(report.problems[0]).toMatchObject({ code: 'credentials_unusable', severity: 'error' });
    expect(report.login).toEqual({ kind: null, account: '', accepted: null });
    expect(reportText({ ok: false, endpoints: [report] })).toContain('neither an API token nor a password');
  });

  it('asks for the encryption key before it proposes to store credentials again', () => {
    const error = new ProxboxError('credentials_unreadable', 'Could not decrypt Proxmox endpoint credentials', {
      detail: "Endpoint 'lab' has encrypted password data, but no usable encryption key was available.",
    });
    const [problem] = problemsOf({ account: null, session: { ok: false, error } });
    expect(problem!.cause).toContain("credentials: Endpoint 'lab'");
    expect(problem!.cure).toMatch(/PROXBOX_ENCRYPTION_KEY.*save the endpoint again/);
  });
});

it('a report of no endpoint says so', () => {
  expect(reportText({ ok: false, endpoints: [] })).toContain('nothing to examine');
});
