import { describe, expect, it } from 'vitest';
import type { ObjectKind } from '../../../../../src/netbox/kinds/index.js';
import { parseNodeInterface } from '../../../../../src/proxmox/parse/node-interfaces.js';
import { planNodeInterfaces, type InterfaceInput } from '../../../../../src/sync/stages/node-interfaces/diff.js';
import type { NodeNetwork } from '../../../../../src/sync/plan/node-addresses.js';
import type { Plan } from '../../../../../src/sync/types.js';
import { fieldsOf, kindOf } from '../../../../support/changes.js';
import { aDevice, stored } from '../../../../support/factories/netbox-records.js';
import { syncOptions, type OptionChanges } from '../../../../support/factories/sync.js';

type Row = Readonly<Record<string, unknown>>;

const place = { site: { id: 4 }, tenant: { id: 5 } };
const device = aDevice(3, 'pve1', { ...place, primary_ip4: null, primary_ip6: null });
/** The device, with an address already. */
const addressed = (id: number) => aDevice(3, 'pve1', { ...place, primary_ip4: { id }, primary_ip6: null });
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
    warnings: [],
    vlans: { rows: [], ofGroups: new Map(), hidden: [] },
    addresses: [],
    refused: new Set(),
    letGo: new Map(),
    marks: { ofServices: new Set(), claims: new Map(), warnings: [] },
    guestHosts: undefined,
    abandoned: new Map(),
    guestAddresses: [],
    options: syncOptions(options),
    supportIds: new Map([['tag:proxbox', 1]]),
    ...input,
  });
}

/** `create vlan 50/4`, `skip ip-address ...: mode_disabled`, `update ... {patch}`. */
function told({ changes }: Plan): string[] {
  return changes.map((change) => {
    const { key } = 'desired' in change ? change.desired : change;
    const rest =
      change.action === 'update'
        ? ` ${JSON.stringify(change.patch)}`
        : 'reason' in change
          ? `: ${change.reason.code}`
          : '';
    return `${change.action} ${kindOf(change)} ${key}${rest}`;
  });
}

function wanted({ changes }: Plan, kind: ObjectKind): object | undefined {
  const found = changes.find((change) => 'desired' in change && kindOf(change) === kind);
  return found === undefined ? undefined : fieldsOf(found);
}

const vmbr0 = { iface: 'vmbr0', type: 'bridge', cidr: '192.0.2.1/24', address: '192.0.2.1', gateway: '192.0.2.254' };
const anInterface = (fields: Row = {}) =>
  stored('node-interface', {
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
    expect(wanted(planFor([row]), 'node-interface')).toMatchObject({ name: row['iface'], ...fields });
  });

  it.each<[string, Row, string[]]>([
    ['address and netmask', { address: '192.0.2.1', netmask: '255.255.255.0' }, ['192.0.2.1/24']],
    ['both families', { cidr: '192.0.2.1/24', cidr6: '2001:db8::1/64' }, ['192.0.2.1/24', '2001:db8::1/64']],
    ['loopback and link-local addresses', { cidr: '127.0.0.1/8', cidr6: 'fe80::1/64' }, []],
  ])('takes %s', (_what, row, addresses) => {
    const { changes } = planFor([{ iface: 'vmbr0', type: 'bridge', ...row }]);
    const planned = changes.flatMap((change) => (kindOf(change) === 'ip-address' ? [fieldsOf(change)['address']] : []));
    expect(planned).toEqual(addresses);
  });

  it('writes nothing for what is there already', () => {
    const address = stored('ip-address', {
      id: 8,
      address: '192.0.2.1/24',
      assigned_object_type: 'dcim.interface',
      assigned_object_id: 7,
      status: { value: 'active' },
      tags: [{ id: 1 }],
    });
    const plan = planFor([vmbr0], {
      nodes: [aNodeWith([vmbr0], { device: { device: addressed(8) } })],
      interfaces: [anInterface()],
      addresses: [address],
    });
    expect(told(plan)).toEqual(['keep node-interface 1/pve1/vmbr0', 'keep ip-address 1/pve1/vmbr0/192.0.2.1/24']);
  });

  it('does not take an interface of another device for ours', () => {
    expect(
      told(planFor([{ iface: 'vmbr0', type: 'bridge' }], { interfaces: [anInterface({ device: { id: 99 } })] })),
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
          anInterface({ type: { value: 'other' } }),
          anInterface({ id: 9, name: 'eno1', type: { value: '10gbase-t' } }),
        ],
      },
    );
    expect(told(plan)).toEqual([
      'update node-interface 1/pve1/vmbr0 {"type":"bridge"}',
      'keep node-interface 1/pve1/eno1',
    ]);
  });

  it.each([true, false])(
    'adds no tag to an interface that was there, whatever overwrite_node_interface_tags says: %s',
    (flag) => {
      const plan = planFor(
        [{ iface: 'vmbr0', type: 'bridge' }],
        { interfaces: [anInterface({ tags: [{ id: 42 }] })] },
        { overwrite: { overwrite_node_interface_tags: flag } },
      );
      expect(told(plan)).toEqual(['keep node-interface 1/pve1/vmbr0']);
    },
  );

  describe('VLANs', () => {
    const rows = [{ iface: 'vmbr0.50', type: 'vlan', 'vlan-id': '50' }];
    const vlan = (id: number, site: number | null, tenant: number | null) =>
      stored('vlan', {
        id,
        vid: 50,
        name: 'Storage',
        site: site === null ? null : { id: site },
        tenant: tenant === null ? null : { id: tenant },
      });

    const among = (...rows: ReturnType<typeof vlan>[]) => ({ vlans: { rows, ofGroups: new Map(), hidden: [] } });

    it('are made in the site of the device, and for nobody', () => {
      expect(wanted(planFor(rows), 'vlan')).toMatchObject({ vid: 50, name: 'VLAN 50', site: 4 });
      expect(wanted(planFor(rows), 'vlan')).not.toHaveProperty('tenant');
    });

    it('of another site are not used', () => {
      expect(told(planFor(rows, among(vlan(1, 9, 5))))).toContain('create vlan 50/4');
    });

    it('that exist are used as they are, whoever is their tenant', () => {
      const used = ['keep vlan 50/4', 'create node-interface 1/pve1/vmbr0.50'];
      expect(told(planFor(rows, among(vlan(6, 4, 5))))).toEqual(used);
      expect(told(planFor(rows, among(vlan(6, 4, 9))))).toEqual(used);
      expect(told(planFor(rows, among(vlan(6, null, null))))).toEqual(used);
    });

    it('that an operator chose stay, when the number is right', () => {
      const own = { name: 'vmbr0.50', type: { value: 'virtual' }, mode: { value: 'access' } };
      const right = anInterface({ ...own, untagged_vlan: { id: 77, vid: 50 } });
      expect(told(planFor(rows, { interfaces: [right] }))).toEqual(['keep node-interface 1/pve1/vmbr0.50']);
      const wrong = anInterface({ ...own, untagged_vlan: { id: 77, vid: 51 } });
      expect(told(planFor(rows, { interfaces: [wrong], ...among(vlan(6, 4, 5)) }))).toEqual([
        'keep vlan 50/4',
        'update node-interface 1/pve1/vmbr0.50 {"untagged_vlan":6}',
      ]);
    });
  });

  describe('the primary address of the device', () => {
    const primary = (plan: Plan) => wanted(plan, 'device-primary-address');

    it('is the one beside the gateway, of each family', () => {
      const other = { iface: 'vmbr1', type: 'bridge', cidr: '10.0.0.1/24' };
      const both = { ...vmbr0, cidr6: '2001:db8::1/64', gateway6: '2001:db8::fe' };
      expect(primary(planFor([other, both]))).toEqual({
        primary_ip4: { ref: 'ip-address:1/pve1/vmbr0/192.0.2.1/24', or: [] },
        primary_ip6: { ref: 'ip-address:1/pve1/vmbr0/2001:db8::1/64', or: [] },
      });
      expect(primary(planFor([other]))).toBeUndefined();
    });

    it('is never replaced', () => {
      const nodes = [aNodeWith([vmbr0], { device: { device: addressed(1) } })];
      expect(primary(planFor([vmbr0], { nodes }))).toBeUndefined();
    });

    it('is left open by the executor where NetBox refuses the address', () => {
      const foreign = stored('ip-address', {
        id: 8,
        address: '192.0.2.1/24',
        assigned_object_type: 'dcim.interface',
        assigned_object_id: 99,
      });
      expect(primary(planFor([vmbr0], { addresses: [foreign] }))).toMatchObject({ primary_ip4: { or: [] } });
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
