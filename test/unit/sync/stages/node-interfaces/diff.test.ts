import { describe, expect, it } from 'vitest';
import type { ObjectKind } from '../../../../../src/netbox/records/kinds.js';
import { parseNodeInterface } from '../../../../../src/proxmox/parse/node-interfaces.js';
import { planNodeInterfaces, type InterfaceInput } from '../../../../../src/sync/stages/node-interfaces/diff.js';
import type { NodeNetwork } from '../../../../../src/sync/stages/node-interfaces/collect.js';
import type { Plan } from '../../../../../src/sync/types.js';
import { aDevice } from '../../../../support/factories/netbox-records.js';
import { syncOptions, type OptionChanges } from '../../../../support/factories/sync.js';

type Row = Readonly<Record<string, unknown>>;

const device = { ...aDevice(3, 'pve1', { site: { id: 4 }, tenant: { id: 5 } }), primary_ip4: null, primary_ip6: null };
const source = { endpointId: 1, cluster: 'lab', node: 'pve1' };

function aNodeWith(rows: readonly Row[], changes: Partial<NodeNetwork> = {}): NodeNetwork {
  const interfaces = rows.map((row) => parseNodeInterface(row)!);
  return {
    key: '1/pve1',
    name: 'pve1',
    source,
    device: { device },
    network: { status: 'read', interfaces },
    ...changes,
  };
}

function planFor(rows: readonly Row[], input: Partial<InterfaceInput> = {}, options: OptionChanges = {}): Plan {
  return planNodeInterfaces({
    nodes: [aNodeWith(rows)],
    interfaces: [],
    vlans: [],
    addresses: [],
    refused: new Set(),
    options: syncOptions(options),
    supportIds: new Map([['tag:proxbox', 1]]),
    ...input,
  });
}

/** `create vlan 50/4/5`, `skip ip-address ...: mode_disabled`, `update ... {patch}`. */
function told({ changes }: Plan): string[] {
  return changes.map((change) => {
    const { kind, key } = 'desired' in change ? change.desired : change;
    const rest =
      change.action === 'update'
        ? ` ${JSON.stringify(change.patch)}`
        : 'reason' in change
          ? `: ${change.reason.code}`
          : '';
    return `${change.action} ${kind} ${key}${rest}`;
  });
}

function fieldsOf({ changes }: Plan, kind: ObjectKind): object | undefined {
  const found = changes.find((change) => 'desired' in change && change.desired.kind === kind);
  return found !== undefined && 'desired' in found ? found.desired.fields : undefined;
}

const vmbr0 = { iface: 'vmbr0', type: 'bridge', cidr: '192.0.2.1/24', address: '192.0.2.1', gateway: '192.0.2.254' };
const stored = (fields: Row = {}) => ({
  id: 7,
  device: { id: 3 },
  name: 'vmbr0',
  type: { value: 'bridge' },
  mode: null,
  untagged_vlan: null,
  tags: [{ id: 1 }],
  ...fields,
});

describe('the plan of the interfaces of a node', () => {
  it.each<[string, Row, object]>([
    ['a bridge', vmbr0, { type: 'bridge' }],
    ['an Open vSwitch bond', { iface: 'bond1', type: 'OVSBond' }, { type: 'lag' }],
    ['a port', { iface: 'eno1', type: 'eth' }, { type: 'other' }],
    ['loopback', { iface: 'lo', type: 'loopback' }, { type: 'virtual' }],
    ['a VLAN', { iface: 'vmbr0.50', type: 'vlan', 'vlan-id': '50' }, { type: 'virtual', mode: 'access' }],
    [
      'an internal port with a tag',
      { iface: 'in0', type: 'OVSIntPort', ovs_tag: 50 },
      { type: 'virtual', mode: 'access' },
    ],
  ])('creates %s with the type NetBox has for it', (_what, row, fields) => {
    expect(fieldsOf(planFor([row]), 'node-interface')).toMatchObject({ name: row['iface'], ...fields });
  });

  it.each<[string, Row, string[]]>([
    ['address and netmask', { address: '192.0.2.1', netmask: '255.255.255.0' }, ['192.0.2.1/24']],
    ['both families', { cidr: '192.0.2.1/24', cidr6: '2001:db8::1/64' }, ['192.0.2.1/24', '2001:db8::1/64']],
    ['loopback and link-local addresses', { cidr: '127.0.0.1/8', cidr6: 'fe80::1/64' }, []],
  ])('takes %s', (_what, row, addresses) => {
    const { changes } = planFor([{ iface: 'vmbr0', type: 'bridge', ...row }]);
    const planned = changes.flatMap((change) =>
      'desired' in change && change.desired.kind === 'ip-address' ? [change.desired.fields['address']] : [],
    );
    expect(planned).toEqual(addresses);
  });

  it('writes nothing for what is there already', () => {
    const address = {
      id: 8,
      address: '192.0.2.1/24',
      assigned_object_type: 'dcim.interface',
      assigned_object_id: 7,
      status: { value: 'active' },
      tags: [{ id: 1 }],
    };
    const known = { ...device, primary_ip4: { id: 8 } };
    const plan = planFor([vmbr0], {
      nodes: [aNodeWith([vmbr0], { device: { device: known } })],
      interfaces: [stored()],
      addresses: [address],
    });
    expect(told(plan)).toEqual(['keep node-interface 1/pve1/vmbr0', 'keep ip-address 1/pve1/vmbr0/192.0.2.1/24']);
  });

  it('does not take an interface of another device for ours', () => {
    expect(
      told(planFor([{ iface: 'vmbr0', type: 'bridge' }], { interfaces: [stored({ device: { id: 99 } })] })),
    ).toEqual(['create node-interface 1/pve1/vmbr0']);
  });

  it('corrects a type, but not what a physical port is made of', () => {
    const plan = planFor(
      [
        { iface: 'vmbr0', type: 'bridge' },
        { iface: 'eno1', type: 'eth' },
      ],
      {
        interfaces: [
          stored({ type: { value: 'other' } }),
          stored({ id: 9, name: 'eno1', type: { value: '10gbase-t' } }),
        ],
      },
    );
    expect(told(plan)).toEqual([
      'update node-interface 1/pve1/vmbr0 {"type":"bridge"}',
      'keep node-interface 1/pve1/eno1',
    ]);
  });

  it.each([true, false])(
    'adds the tag when overwrite_node_interface_tags is %s only to what has none or may be changed',
    (flag) => {
      const plan = planFor(
        [{ iface: 'vmbr0', type: 'bridge' }],
        { interfaces: [stored({ tags: [{ id: 42 }] })] },
        { overwrite: { overwrite_node_interface_tags: flag } },
      );
      expect(told(plan)).toEqual([
        flag ? 'update node-interface 1/pve1/vmbr0 {"tags":[1,42]}' : 'keep node-interface 1/pve1/vmbr0',
      ]);
    },
  );

  describe('VLANs', () => {
    const rows = [{ iface: 'vmbr0.50', type: 'vlan', 'vlan-id': '50' }];
    const vlan = (id: number, site: number | null, tenant: number | null) => ({
      id,
      vid: 50,
      name: 'Storage',
      site: site === null ? null : { id: site },
      tenant: tenant === null ? null : { id: tenant },
    });

    it('are made in the site and tenant of the device', () => {
      expect(fieldsOf(planFor(rows), 'vlan')).toMatchObject({ vid: 50, name: 'VLAN 50', site: 4, tenant: 5 });
    });

    it('of another site or tenant are not used', () => {
      const plan = planFor(rows, { vlans: [vlan(1, 9, 5), vlan(2, 4, null), vlan(3, null, null)] });
      expect(told(plan)).toContain('create vlan 50/4/5');
    });

    it('that exist are used as they are', () => {
      expect(told(planFor(rows, { vlans: [vlan(6, 4, 5)] }))).toEqual([
        'keep vlan 50/4/5',
        'create node-interface 1/pve1/vmbr0.50',
      ]);
    });

    it('that an operator chose stay, when the number is right', () => {
      const own = stored({
        name: 'vmbr0.50',
        type: { value: 'virtual' },
        mode: { value: 'access' },
        untagged_vlan: { id: 77, vid: 50 },
      });
      expect(told(planFor(rows, { interfaces: [own] }))).toEqual(['keep node-interface 1/pve1/vmbr0.50']);
      const wrong = { ...own, untagged_vlan: { id: 77, vid: 51 } };
      expect(told(planFor(rows, { interfaces: [wrong], vlans: [vlan(6, 4, 5)] }))).toEqual([
        'keep vlan 50/4/5',
        'update node-interface 1/pve1/vmbr0.50 {"untagged_vlan":6}',
      ]);
    });
  });

  describe('the primary address of the device', () => {
    const wanted = (plan: Plan) => fieldsOf(plan, 'device-primary-address');

    it('is the one beside the gateway, of each family', () => {
      const other = { iface: 'vmbr1', type: 'bridge', cidr: '10.0.0.1/24' };
      const both = { ...vmbr0, cidr6: '2001:db8::1/64', gateway6: '2001:db8::fe' };
      expect(wanted(planFor([other, both]))).toEqual({
        primary_ip4: { ref: 'ip-address:1/pve1/vmbr0/192.0.2.1/24' },
        primary_ip6: { ref: 'ip-address:1/pve1/vmbr0/2001:db8::1/64' },
      });
      expect(wanted(planFor([other]))).toBeUndefined();
    });

    it('is never replaced', () => {
      const nodes = [aNodeWith([vmbr0], { device: { device: { ...device, primary_ip4: { id: 1 } } } })];
      expect(wanted(planFor([vmbr0], { nodes }))).toBeUndefined();
    });

    it('waits for an address that NetBox may refuse', () => {
      const foreign = {
        id: 8,
        address: '192.0.2.1/24',
        assigned_object_type: 'dcim.interface',
        assigned_object_id: 99,
      };
      expect(wanted(planFor([vmbr0], { addresses: [foreign] }))).toBeUndefined();
    });
  });

  it('leaves addresses alone when they are switched off', () => {
    expect(told(planFor([vmbr0], {}, { modes: { ip_address: 'disabled' } }))).toEqual([
      'create node-interface 1/pve1/vmbr0',
      'skip ip-address 1/pve1/vmbr0/192.0.2.1/24: mode_disabled',
    ]);
  });

  it('skips the interfaces of a node without a device, and tells of a node that was not read', () => {
    const reason = { code: 'device_missing', message: 'sync the devices first' } as const;
    expect(told(planFor([], { nodes: [aNodeWith([vmbr0], { device: { reason } })] }))).toEqual([
      'skip node-interface 1/pve1/vmbr0: device_missing',
    ]);
    const offline = { code: 'node_offline', message: 'offline' } as const;
    const plan = planFor([], { nodes: [aNodeWith([], { network: { status: 'unread', reason: offline } })] });
    expect([plan.changes, plan.warnings]).toEqual([[], [{ ...offline, source }]]);
  });
});
