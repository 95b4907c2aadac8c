import { describe, expect, it } from 'vitest';
import {
  decideRole,
  defaultRoleOf,
  type DefaultRoles,
} from '../../../../../src/sync/stages/virtual-machines/map-roles.js';
import { type ObjectKey, ref } from '../../../../../src/sync/types.js';
import { aNodeLink } from '../../../../support/factories/netbox-records.js';

const known = new Map<ObjectKey, number>([['device-role:container-lxc', 5]]);

describe('the role of a machine', () => {
  it.each<[string, number | null, number | null, number | null, boolean, object]>([
    // what, recorded, stored, configured, overwrite_vm_role, decision
    ['is the configured one where there is none', null, null, 5, true, { role: 5, record: 5 }],
    [
      'is the configured one where there is none, also without overwriting',
      null,
      null,
      5,
      false,
      { role: 5, record: 5 },
    ],
    ['is nothing where none is configured', null, null, null, true, {}],
    ['is recorded and stays where nothing is recorded', null, 7, 5, true, { record: 7 }],
    ['is recorded and stays, also without overwriting', null, 7, 5, false, { record: 7 }],
    ['is not recorded as long as none is configured', null, 7, null, true, {}],
    ["is an operator's where it differs from the recorded one", 6, 7, 5, false, {}],
    ["is an operator's where somebody took it away", 6, null, 5, false, {}],
    ['of an operator is taken back with overwrite_vm_role', 6, 7, 5, true, { role: 5, record: 5 }],
    ['of an operator stays where none is configured', 6, 7, null, true, {}],
    ['follows the configured one where it is the recorded one', 6, 6, 5, false, { role: 5, record: 5 }],
    ['stays where it is the configured one', 5, 5, 5, true, {}],
    ['stays where none is configured any more', 6, 6, null, true, {}],
  ])('%s', (_what, lastSynced, stored, wanted, overwrite, expected) => {
    expect(decideRole({ lastSynced, stored, wanted, overwrite, known })).toEqual(expected);
  });

  it('that the run makes itself is compared by its id', () => {
    const wanted = ref('device-role', 'container-lxc');
    expect(decideRole({ lastSynced: 5, stored: 5, wanted, overwrite: true, known })).toEqual({});
    expect(decideRole({ lastSynced: 6, stored: 6, wanted, overwrite: true, known })).toEqual({
      role: wanted,
      record: wanted,
    });
  });
});

describe('the configured role', () => {
  const roles: DefaultRoles = {
    nodes: [
      aNodeLink(1, 'pve1', { endpoint: { id: 9 }, default_role_qemu: 11, default_role_lxc: null }),
      aNodeLink(2, 'pve1', { endpoint: { id: 8 }, default_role_qemu: 99, default_role_lxc: 99 }),
    ],
    endpoints: [
      { id: 9, default_role_qemu: 21, default_role_lxc: { id: 22 } },
      { id: 8, default_role_qemu: 98, default_role_lxc: 98 },
      { id: 7 },
    ],
    settings: { qemu: 31, lxc: 32 },
  };

  it.each([
    ['of the node comes first', 'pve1', 'qemu', 9, 11],
    ['of the endpoint comes next, also as an object', 'pve1', 'lxc', 9, 22],
    ['of the endpoint, on a node without a row', 'pve2', 'qemu', 9, 21],
    ['of another endpoint with a node of that name is not used', 'pve1', 'qemu', 7, 31],
    ['of the settings, where the endpoint is not known', 'pve1', 'lxc', null, 32],
  ] as const)('%s', (_what, node, type, pluginEndpointId, expected) => {
    expect(defaultRoleOf({ node, type }, pluginEndpointId, roles)).toBe(expected);
  });

  it('is none where nobody configured one', () => {
    const none = { ...roles, settings: { qemu: null, lxc: null } };
    expect(defaultRoleOf({ node: 'pve1', type: 'qemu' }, 7, none)).toBeNull();
  });
});
