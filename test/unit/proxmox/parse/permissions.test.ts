import { describe, expect, it } from 'vitest';
import { parsePermissions } from '../../../../src/proxmox/parse/permissions.js';

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

  it('tells where a privilege is held and whether there is any', () => {
    expect(permissions.pathsWith('VM.Audit')).toEqual(['/', '/vms']);
    expect(permissions.isEmpty).toBe(false);
    expect(parsePermissions({ '/': {} }).isEmpty).toBe(true);
    expect(parsePermissions(null).isEmpty).toBe(true);
  });
});
