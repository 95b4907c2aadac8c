import { describe, expect, it } from 'vitest';
import {
  agentPrivilege,
  missingBackupPrivileges,
  missingReaderPrivileges,
  parsePermissions,
  readerRoleCommand,
} from '../../../../src/proxmox/parse/permissions.js';

describe('permissions', () => {
  const permissions = parsePermissions({
    '/': { 'Sys.Audit': 1, 'VM.Audit': 0 },
    '/vms': { 'VM.Audit': 1 },
    '/storage/pbs1': { 'Datastore.Audit': 1 },
    odd: 'text',
  });

  it.each([
    ['/', 'Sys.Audit', true],
    ['/nodes/pve1', 'Sys.Audit', true],
    ['/', 'VM.Audit', true],
    ['/nodes', 'VM.Audit', false],
    ['/vms/100', 'VM.Audit', true],
    ['/vms/100', 'Sys.Audit', false],
    ['/storage/pbs1', 'Datastore.Audit', true],
    ['/storage/pbs10', 'Datastore.Audit', false],
  ])('on %s for %s says %j', (aclPath, privilege, expected) =>
    expect(permissions.has(aclPath, privilege)).toBe(expected),
  );

  it('names what a reader lacks by release', () => {
    expect(missingReaderPrivileges(permissions, '9.1')).toEqual(['Datastore.Audit', 'VM.GuestAgent.Audit']);
    expect(missingReaderPrivileges(parsePermissions(null), '8.4')).toEqual([
      'Datastore.Audit',
      'Sys.Audit',
      'VM.Audit',
      'VM.Monitor',
    ]);
    expect([agentPrivilege('8.4'), agentPrivilege('9.0'), agentPrivilege('10.1'), agentPrivilege('')]).toEqual([
      'VM.Monitor',
      'VM.GuestAgent.Audit',
      'VM.GuestAgent.Audit',
      'VM.Monitor',
    ]);
    expect(readerRoleCommand('8.4')).not.toContain('VM.GuestAgent');
    expect(readerRoleCommand('9.1')).not.toContain('VM.Monitor');
  });

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
