import { describe, expect, it } from 'vitest';
import { parseNodeInterface, seemsToLackBridges } from '../../../../src/proxmox/parse/node-interfaces.js';

const up = (iface: string) => ({ iface, type: 'eth', active: 1 });
const bridge = { iface: 'vmbr0', type: 'bridge', bridge_ports: 'eno1' };

describe('bridges seem to be missing in the list of a node', () => {
  it.each<[string, readonly object[], boolean]>([
    ['not when every interface has a use', [up('eno1'), bridge], false],
    ['when there is none', [up('eno1')], true],
    ['when an interface is up without a use', [up('eno1'), up('eno2'), bridge], true],
    ['not when it has an address', [up('eno1'), { ...up('eno2'), cidr: '192.0.2.1/24' }, bridge], false],
    ['not when it is down', [up('eno1'), { iface: 'eno2', type: 'eth' }, bridge], false],
    [
      'when a VLAN stands on one that is not listed',
      [up('eno1'), bridge, { iface: 'vmbr1.5', type: 'vlan', 'vlan-raw-device': 'vmbr1' }],
      true,
    ],
    [
      'not when a bond in use has its slaves',
      [
        up('eno1'),
        up('eno2'),
        { iface: 'bond0', type: 'bond', active: 1, slaves: 'eno1 eno2' },
        { ...bridge, bridge_ports: 'bond0' },
      ],
      false,
    ],
  ])('%s', (_what, rows, expected) => {
    const interfaces = rows.flatMap((row) => parseNodeInterface({ ...row }) ?? []);
    expect(seemsToLackBridges(interfaces)).toBe(expected);
  });
});
