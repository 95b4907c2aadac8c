import { describe, expect, it } from 'vitest';
import { resolveBody } from '../../../../src/sync/executor/resolve-body.js';
import { LeftOut } from '../../../../src/sync/executor/left-out.js';
import { type Outcome, ref } from '../../../../src/sync/types.js';

const vlan = { ...ref('vlan', '20'), otherwise: 'vlan_unavailable' } as const;

describe('a relation that an object can do without', () => {
  it('is left out of the body when the other object does not exist, and sent when it does', () => {
    expect(resolveBody({ name: 'net0', untagged_vlan: vlan }, new Map())).toEqual({
      body: { name: 'net0' },
      leftOut: [vlan],
    });
    expect(resolveBody({ untagged_vlan: vlan }, new Map([['vlan:20', 7]]))).toEqual({
      body: { untagged_vlan: 7 },
      leftOut: [],
    });
  });

  it('another relation blocks the object', () => {
    expect(resolveBody({ cluster: ref('cluster', 'lab') }, new Map())).toEqual({ missing: 'cluster:lab' });
  });

  it('is told once per missing object, with the number and names of the objects and the cause', () => {
    const outcome: Outcome = {
      kind: 'vlan',
      key: '20',
      label: 'VLAN 20',
      status: 'failed',
      reason: { code: 'forbidden', message: 'The token may not.' },
    };
    const leftOut = new LeftOut();
    leftOut.note({ kind: 'vm-interface', label: 'web/net0' }, [vlan]);
    leftOut.note({ kind: 'vm-interface', label: 'db/net0' }, [vlan]);

    expect(leftOut.warnings(new Map([['vlan:20', outcome]]))).toEqual([
      {
        code: 'vlan_unavailable',
        message: '2 of kind "VM interface" (web/net0, db/net0) written without the VLAN "VLAN 20": The token may not.',
      },
    ]);
  });
});
