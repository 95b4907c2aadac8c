import { atOnce } from '../../../../support/at-once.js';
import { describe, expect, it } from 'vitest';
import type { RecordOf } from '../../../../../src/netbox/kinds/index.js';
import { planAddresses } from '../../../../../src/sync/stages/ip-addresses/diff.js';
import type { AddressedGuest, CollectedAddresses } from '../../../../../src/sync/stages/ip-addresses/types.js';
import type { Change, Plan } from '../../../../../src/sync/types.js';
import { currentIdOf, kindOf } from '../../../../support/changes.js';
import { aVirtualMachine, aVirtualMachineState, stored, tagsOf } from '../../../../support/factories/netbox-records.js';
import { aGuestResource } from '../../../../support/factories/proxmox.js';
import { aClusterView, syncOptions, type OptionChanges } from '../../../../support/factories/sync.js';

const supportIds = new Map([
  ['tag:proxbox', 1],
  ['tag:bootstrap-only', 9],
] as const);
const ours = { tags: tagsOf([1, 'proxbox']) };
const view = aClusterView();

/** Machine <vmid> has the interface <vmid> `net0`. */
const on = (port: number) => ({ assigned_object_type: 'virtualization.vminterface', assigned_object_id: port });
const free = { assigned_object_type: null, assigned_object_id: null };
const aPort = (id: number, name = 'net0', fields: object = ours): RecordOf<'vm-interface'> =>
  stored('vm-interface', { id, name, virtual_machine: { id: Math.floor(id) }, ...fields });
const aRow = (id: number, address: string, ...fields: readonly object[]): RecordOf<'ip-address'> =>
  stored(
    'ip-address',
    Object.assign({ id, address, status: { value: 'active' }, dns_name: '', ...free, ...ours }, ...fields),
  );

interface GuestChanges extends Partial<Pick<AddressedGuest, 'network' | 'hostName' | 'formerNames'>> {
  readonly machine?: Readonly<Record<string, unknown>>;
}

/** A guest that answered, with these addresses on its one network device. */
function aGuest(
  vmid: number,
  addresses: readonly string[],
  { machine = {}, ...more }: GuestChanges = {},
): AddressedGuest {
  const resource = aGuestResource({ vmid });
  const name = `vm${vmid}`;
  const virtualMachine = aVirtualMachine(vmid, { name, primary_ip4: null, primary_ip6: null, tags: [], ...machine });
  const source = { endpointId: 1, cluster: 'lab', vmid };
  const wanted = addresses.map((address) => ({ address, family: address.includes(':') ? (6 as const) : (4 as const) }));
  return {
    guest: {
      cluster: { view, sessions: [] },
      resource,
      key: `1/qemu/${vmid}`,
      virtualMachine,
      state: aVirtualMachineState(vmid, vmid, { proxmox_vm_id: vmid }),
      source,
    },
    config: {},
    network: { status: 'told', interfaces: [] },
    nics: [{ name: 'net0', addresses: wanted, ignored: 0, unusable: [], inside: [], partial: new Set<4 | 6>() }],
    hostName: { status: 'told', name: null },
    formerNames: [],
    ...more,
  };
}

interface Case {
  readonly guests?: readonly AddressedGuest[];
  readonly ports?: readonly RecordOf<'vm-interface'>[];
  readonly rows?: readonly RecordOf<'ip-address'>[];
  readonly links?: readonly RecordOf<'guest-vm-interface-address'>[];
  readonly options?: OptionChanges;
}

function plan({ guests = [aGuest(100, ['10.0.0.5/24'])], ports, rows = [], links = [], options = {} }: Case): Plan {
  const collected: CollectedAddresses = {
    roster: {
      guests: guests.map(({ guest }) => guest),
      omitted: [],
      clusters: [],
      listedClusters: new Set(['1']),
      states: [],
      virtualMachines: [],
      netboxClusters: new Map(),
      warnings: [],
    },
    guests,
    unread: [],
    interfaces: ports ?? guests.map(({ guest }) => aPort(guest.virtualMachine.id)),
    addresses: rows,
    hidden: new Set(),
    ofNodes: { letGo: new Map(), wanted: new Map(), concerned: [] },
    abandoned: new Map(),
    marks: { ofServices: new Set(), claims: new Map(), warnings: [] },
    refused: new Set(),
    guestInterfaces: [],
    guestAddresses: links,
  };
  return atOnce(planAddresses(collected, { options: syncOptions(options), supportIds }));
}

/** `create 10.0.0.5/24`, `keep 4`, `update 4 status,tags`, `delete 4`, `skip ip_conflict`. */
function line(change: Change): string {
  if (change.action === 'create') return `create ${change.desired.label}`;
  if (change.action === 'update') return `update ${change.current.id} ${Object.keys(change.patch).sort().join(',')}`;
  return `${change.action} ${currentIdOf(change) ?? ('reason' in change ? change.reason.code : '')}`;
}

const lines = (what: Case, kind = 'ip-address'): string[] =>
  plan(what)
    .changes.filter((change) => kindOf(change) === kind)
    .map(line);

describe('an address of a guest', () => {
  const mine = { tags: tagsOf(77) };

  it.each<[string, Case, readonly string[]]>([
    ['is made when nobody has it', {}, ['create 10.0.0.5/24']],
    ['is the row of the interface', { rows: [aRow(4, '10.0.0.5/24', on(100))] }, ['keep 4']],
    ['takes a free row', { rows: [aRow(4, '10.0.0.5/24')] }, ['update 4 assigned_object_id,assigned_object_type']],
    ['takes its mask from the guest', { rows: [aRow(4, '10.0.0.5/32', on(100))] }, ['update 4 address']],
    ['leaves the mask of an operator', { rows: [aRow(4, '10.0.0.5/32', on(100), mine)] }, ['keep 4']],
    [
      'leaves the mask of a free row',
      { rows: [aRow(4, '10.0.0.5/32')] },
      ['update 4 assigned_object_id,assigned_object_type'],
    ],
    [
      'of somebody else is not taken: NetBox decides',
      { rows: [aRow(4, '10.0.0.5/24', on(55), mine)] },
      ['create 10.0.0.5/24'],
    ],
    ['has no place without an interface', { ports: [] }, ['skip interface_missing']],
    [
      'gets its status back',
      { rows: [aRow(4, '10.0.0.5/24', on(100), { status: { value: 'dhcp' } })] },
      ['update 4 status'],
    ],
    [
      'keeps its status with the flag off',
      {
        rows: [aRow(4, '10.0.0.5/24', on(100), { status: { value: 'dhcp' } })],
        options: { overwrite: { overwrite_ip_status: false } },
      },
      ['keep 4'],
    ],
    [
      'keeps a name that the guest did not tell',
      { rows: [aRow(4, '10.0.0.5/24', on(100), { dns_name: 'web.example.org' })] },
      ['keep 4'],
    ],
    [
      'gets the name that the guest told, in place of one that it told earlier',
      {
        guests: [
          aGuest(100, ['10.0.0.5/24'], {
            hostName: { status: 'told', name: 'new.example.org' },
            formerNames: ['Web.example.org'],
          }),
        ],
        rows: [aRow(4, '10.0.0.5/24', on(100), { dns_name: 'web.example.org' })],
      },
      ['update 4 dns_name'],
    ],
    [
      'keeps a name that no guest of it ever had',
      {
        guests: [aGuest(100, ['10.0.0.5/24'], { hostName: { status: 'told', name: 'new.example.org' } })],
        rows: [aRow(4, '10.0.0.5/24', on(100), { dns_name: 'shop.example.org' })],
      },
      ['keep 4'],
    ],
    [
      'keeps its name with the flag off',
      {
        guests: [
          aGuest(100, ['10.0.0.5/24'], {
            hostName: { status: 'told', name: 'new.example.org' },
            formerNames: ['web.example.org'],
          }),
        ],
        rows: [aRow(4, '10.0.0.5/24', on(100), { dns_name: 'web.example.org' })],
        options: { overwrite: { overwrite_ip_address_dns_name: false } },
      },
      ['keep 4'],
    ],
    [
      'stays with the guest that has it, though another one says so too',
      {
        guests: [aGuest(100, ['10.0.0.5/24']), aGuest(101, ['10.0.0.5/24'])],
        rows: [aRow(4, '10.0.0.5/24', on(101))],
      },
      ['create 10.0.0.5/24', 'keep 4'],
    ],
    [
      'moves with the guest that has it now',
      {
        guests: [aGuest(100, []), aGuest(101, ['10.0.0.5/24'])],
        rows: [aRow(4, '10.0.0.5/24', on(100))],
      },
      ['update 4 assigned_object_id,assigned_object_type'],
    ],
  ])('%s', (_behaviour, what, expected) => {
    expect(lines(what)).toEqual(expected);
  });
});

describe('an address of two guests', () => {
  it('goes to the one with the lower VMID, and the other one is told why', () => {
    const { changes } = plan({ guests: [aGuest(101, ['10.0.0.5/24']), aGuest(100, ['10.0.0.5/24'])] });
    const addresses = changes.filter((change) => kindOf(change) === 'ip-address');
    expect(addresses).toMatchObject([
      { action: 'create', desired: { key: '1/qemu/100/net0/10.0.0.5' } },
      {
        action: 'create',
        desired: {
          key: '1/qemu/101/net0/10.0.0.5',
          after: 'ip-address:1/qemu/100/net0/10.0.0.5',
          ifDuplicate: { code: 'ip_conflict', message: expect.stringContaining('"net0" of "vm100" has the same') },
        },
      },
    ]);
  });
});

describe('an address that the guest no longer has', () => {
  const silent = { status: 'untold', reason: { code: 'agent_not_running', message: 'x' }, isProblem: true } as const;
  const rows = [aRow(4, '10.0.0.9/24', on(100))];
  const many = Array.from({ length: 40 }, (_, n) => aRow(200 + n, `10.1.0.${n}/24`, on(100)));

  it.each<[string, Case, readonly string[]]>([
    ['goes', { rows }, ['delete 4']],
    ['stays without our tag', { rows: [aRow(4, '10.0.0.9/24', on(100), { tags: tagsOf(77) })] }, []],
    ['stays when the guest did not answer', { guests: [aGuest(100, [], { network: silent })], rows }, []],
    ['stays on an interface of another machine', { rows: [aRow(4, '10.0.0.9/24', on(55))] }, []],
    [
      'stays on a device',
      { rows: [aRow(4, '10.0.0.9/24', { ...on(100), assigned_object_type: 'dcim.interface' })] },
      [],
    ],
    ['goes from an interface of ours whose device is gone', { ports: [aPort(100, 'net7')], rows }, ['delete 4']],
    ["stays on an operator's interface without a device", { ports: [aPort(100, 'vpn', { tags: [] })], rows }, []],
    [
      'stays with the bootstrap-only tag in that mode',
      {
        rows: [aRow(4, '10.0.0.9/24', on(100), { tags: tagsOf([1, 'proxbox'], 9) })],
        options: { modes: { ip_address: 'bootstrap_only' } },
      },
      [],
    ],
    ['goes however many are gone: the guest has told of each', { rows: many }, many.map(({ id }) => `delete ${id}`)],
  ])('%s', (_behaviour, { guests = [aGuest(100, [])], ...what }, expected) => {
    expect(lines({ guests, ...what })).toEqual(expected);
  });

  it('goes after the row of the plugin that protects it', () => {
    const link = stored('guest-vm-interface-address', { id: 31, ip_address: { id: 4 }, guest_interface: { id: 1 } });
    const { changes } = plan({ guests: [aGuest(100, [])], rows, links: [link] });
    const deletes = changes.filter((change) => change.action === 'delete');
    expect(deletes.map((change) => `${kindOf(change)} ${line(change)}`)).toEqual([
      'guest-vm-interface-address delete 31',
      'ip-address delete 4',
    ]);
  });
});

describe('the primary addresses of a machine', () => {
  const both = ['10.0.0.5/24', '10.0.0.6/24', '2001:db8::5/64'];
  const three = [aRow(4, '10.0.0.5/24', on(100)), aRow(5, '10.0.0.6/24', on(100)), aRow(6, '2001:db8::5/64', on(100))];

  /** By field: the key of the address, without that of the machine. */
  function primaries(what: Case): Readonly<Record<string, string>> {
    const [change] = plan(what).changes.filter((one) => kindOf(one) === 'primary-address');
    if (change?.action !== 'update') return {};
    return Object.fromEntries(
      Object.entries(change.desired.fields).map(([field, value]) => [
        field,
        [Object(value).ref, ...Object(value).or].map((key) => String(key).split('/').at(-1)!).join(' or '),
      ]),
    );
  }

  const v4 = (id: number) => ({ primary_ip4: { id } });

  it.each<[string, Case, Readonly<Record<string, string>>]>([
    [
      'are the first of each family',
      { guests: [aGuest(100, both)] },
      { primary_ip4: '10.0.0.5 or 10.0.0.6', primary_ip6: '2001:db8::5' },
    ],
    [
      'that are there stay',
      { guests: [aGuest(100, both, { machine: v4(5) })], rows: three },
      { primary_ip6: '2001:db8::5' },
    ],
    ['that an operator took from elsewhere stay', { guests: [aGuest(100, both.slice(0, 1), { machine: v4(88) })] }, {}],
    [
      'that go are followed by the next',
      {
        guests: [aGuest(100, ['10.0.0.6/24'], { machine: v4(4) })],
        rows: three.slice(0, 2),
      },
      { primary_ip4: '10.0.0.6' },
    ],
    [
      'that go without another are left to NetBox, which forgets them',
      { guests: [aGuest(100, [], { machine: v4(4) })], rows: three.slice(0, 1) },
      {},
    ],
    [
      'are the first one even where NetBox may refuse it: then the next one is',
      { guests: [aGuest(100, both.slice(0, 2))], rows: [aRow(4, '10.0.0.5/24', on(55))] },
      { primary_ip4: '10.0.0.5 or 10.0.0.6' },
    ],
    ['are none without an interface', { guests: [aGuest(100, both)], ports: [] }, {}],
    [
      'of a machine with the bootstrap-only tag stay open in that mode',
      {
        guests: [aGuest(100, both, { machine: { tags: tagsOf(9) } })],
        options: { modes: { vm: 'bootstrap_only' } },
      },
      {},
    ],
  ])('%s', (_behaviour, what, expected) => {
    expect(primaries(what)).toEqual(expected);
  });
});
