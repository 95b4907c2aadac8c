import { describe, expect, it } from 'vitest';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { parsePermissions } from '../../../src/proxmox/parse/permissions.js';
import {
  agentPrivilege,
  missingBackupPrivileges,
  readerPrivileges,
  readNeeds,
  requiredPrivileges,
  type ReadName,
} from '../../../src/proxmox/privileges.js';
import { addRoleCommand, bindNewAccountCommands, extendRoleCommand, grantHint } from '../../../src/proxmox/pveum.js';
import { privilegeReports } from '../../../src/proxmox-doctor/diagnose-privileges.js';
import { presetPrivileges } from '../../simulator/proxmox/privileges.js';

function lackedByReader(held: unknown, release: string): readonly string[] {
  const open = { version: { version: '', release, repoid: '' }, permissions: parsePermissions(held) };
  const lacking = privilegeReports(open).filter(({ reader, state }) => reader && state !== 'present');
  return [...new Set(lacking.map(({ privilege }) => privilege))].sort();
}

describe('privileges', () => {
  it('of a reader are those that the simulated role of each release has', () => {
    expect(readerPrivileges(8)).toEqual(presetPrivileges('read-only', '8.4'));
    expect(readerPrivileges(9)).toEqual(presetPrivileges('read-only', '9.2'));
  });

  it('are named once per path and role', () => {
    for (const major of [8, 9] as const) {
      const keys = requiredPrivileges(major).map(({ privilege, on, role }) => `${role} ${privilege} ${on}`);
      expect(new Set(keys).size).toBe(keys.length);
    }
    expect(new Set(readNeeds.map(({ read }) => read)).size).toBe(readNeeds.length);
  });

  it('names what a reader lacks by release', () => {
    const held = { '/': { 'Sys.Audit': 1, 'VM.Audit': 0 }, '/vms': { 'VM.Audit': 1 } };
    expect(lackedByReader(held, '9.1')).toEqual(['Datastore.Audit', 'Pool.Audit', 'SDN.Audit', 'VM.GuestAgent.Audit']);
    expect(lackedByReader(null, '8.4')).toEqual([
      'Datastore.Audit',
      'Pool.Audit',
      'SDN.Audit',
      'Sys.Audit',
      'VM.Audit',
      'VM.Monitor',
    ]);
  });

  it('counts what may do more than the documented one', () => {
    const held = { '/': { 'VM.GuestAgent.Unrestricted': 1, 'Datastore.AllocateSpace': 1, 'SDN.Use': 1 } };
    // SDN.Use is enough for bridges, not for zones.
    expect(lackedByReader(held, '9.1')).toEqual(['Pool.Audit', 'SDN.Audit', 'Sys.Audit', 'VM.Audit']);
  });

  it('does not take one on / that does not propagate for one on guests', () => {
    const all = Object.fromEntries(readerPrivileges(8).map((name) => [name, 0]));
    expect(lackedByReader({ '/': all }, '8.4')).toEqual(readerPrivileges(8));
  });

  it.each([
    ['8.4', 'VM.Monitor'],
    ['9.0', 'VM.GuestAgent.Audit'],
    ['10.1', 'VM.GuestAgent.Audit'],
    ['', 'VM.Monitor'],
  ])('of the guest agent on %j is %s', (release, expected) => expect(agentPrivilege(release)).toBe(expected));

  it.each([
    [{ '/': { 'Datastore.Audit': 1, 'VM.Audit': 1 } }, ['Datastore.AllocateSpace', 'VM.Backup']],
    [{ '/': { 'Datastore.AllocateSpace': 1, 'VM.Backup': 1 } }, []],
    [{ '/storage/pbs1': { 'Datastore.Allocate': 1 } }, []],
    [{ '/storage/other': { 'Datastore.Allocate': 1 } }, ['Datastore.AllocateSpace', 'VM.Backup']],
    [{ '/': { 'Datastore.AllocateSpace': 1 }, '/vms/100': { 'VM.Backup': 1 } }, ['VM.Backup']],
  ])('tells for %j that backups need %j', (data, expected) => {
    expect(missingBackupPrivileges(parsePermissions(data), 'pbs1')).toEqual(expected);
  });
});

describe('pveum', () => {
  it('adds a role that its release accepts', () => {
    expect(addRoleCommand(8)).toBe(
      'pveum role add NetBoxReadOnly --privs "Datastore.Audit,Pool.Audit,SDN.Audit,Sys.Audit,VM.Audit,VM.Monitor"',
    );
    expect(addRoleCommand(9)).not.toContain('VM.Monitor');
  });

  it('extends a role without taking anything from it', () => {
    expect(extendRoleCommand(['VM.Audit'])).toBe('pveum role modify NetBoxReadOnly --append 1 --privs "VM.Audit"');
  });

  it('binds users and tokens, quoted for a shell', () => {
    expect(bindNewAccountCommands({ user: 'netbox@pve', token: 'sync' })).toEqual([
      'pveum acl modify / --users netbox@pve --roles NetBoxReadOnly --propagate 1',
      "pveum acl modify / --tokens 'netbox@pve!sync' --roles NetBoxReadOnly --propagate 1",
    ]);
    expect(bindNewAccountCommands({ user: "o'hara; ls@pam", token: null })[0]).toContain("'o'\\''hara; ls@pam'");
  });

  describe('hints at what a refused read lacks:', () => {
    const refused = (statusText: string) =>
      new ProxboxError('proxmox_forbidden', 'refused', { upstream: { status: 403, statusText } });
    const hint = (read: ReadName, release: string, statusText = '') =>
      grantHint(read, refused(statusText), {
        account: { user: 'netbox@pve', token: 'sync' },
        version: { version: '', release, repoid: '' },
      });

    it.each<[ReadName, string, string]>([
      ['guest_agent', '8.4', 'VM.Monitor'],
      ['guest_agent', '9.1', 'VM.GuestAgent.Audit'],
    ])('%s on %s: %s', (read, release, privilege) => {
      expect(hint(read, release)).toBe(
        `Grant ${privilege} on /vms to netbox@pve!sync: pveum role modify NetBoxReadOnly --append 1 --privs "${privilege}"`,
      );
    });

    it('what the answer names, when every account may read it', () => {
      expect(hint('node_network', '9.1', 'Permission check failed (/nodes/pve1, Sys.Audit)')).toBe(
        'Grant Sys.Audit on /nodes/pve1 to netbox@pve!sync: pveum role modify NetBoxReadOnly --append 1 --privs "Sys.Audit"',
      );
      expect(hint('node_network', '9.1', 'Forbidden')).toContain('every account');
    });
  });
});
