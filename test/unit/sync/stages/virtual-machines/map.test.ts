import { describe, expect, it } from 'vitest';
import type { GuestConfig, GuestResource } from '../../../../../src/proxmox/types.js';
import type { PlannedCluster } from '../../../../../src/sync/plan/infrastructure-types.js';
import {
  stateFields,
  stateRules,
  typeRole,
  virtualMachineFields,
  virtualMachineRules,
  type MapOptions,
} from '../../../../../src/sync/stages/virtual-machines/map.js';
import { type Fields, ref } from '../../../../../src/sync/types.js';
import { aVirtualMachine } from '../../../../support/factories/netbox-records.js';
import { aGuestResource } from '../../../../support/factories/proxmox.js';
import { aClusterView, now, syncOptions } from '../../../../support/factories/sync.js';

const home: PlannedCluster = {
  view: aClusterView(),
  cluster: ref('cluster', '1'),
  pluginEndpointId: null,
  current: undefined,
  site: 3,
  nodeSite: 3,
  devices: new Map([
    ['pve1', { device: ref('device', '1/pve1'), site: 3, inCluster: true }],
    ['pve2', { device: ref('device', '1/pve2'), site: 7, inCluster: false }],
  ]),
};

const options: MapOptions = {
  options: syncOptions(),
  virtualMachineTypes: true,
  legacyFields: new Set(),
  runId: 'R1',
  now,
  stampEveryRun: false,
};

function fieldsOf(
  resource: Partial<GuestResource> = {},
  config: GuestConfig = {},
  changes: Partial<MapOptions> = {},
  where: Partial<PlannedCluster> = {},
): Fields {
  const guest = {
    view: aClusterView(),
    resource: aGuestResource(resource),
    config,
    home: { ...home, ...where },
    name: 'web',
    role: {},
    platform: null,
    metadata: {},
  };
  return virtualMachineFields(guest, { ...options, ...changes });
}

function stateOf(
  resource: Partial<GuestResource> = {},
  config: GuestConfig = {},
  view = aClusterView(),
  where: Partial<PlannedCluster> = {},
): Fields {
  const guest = {
    view,
    resource: aGuestResource(resource),
    config,
    home: { ...home, ...where },
    name: 'resolved',
    role: {},
    platform: null,
    metadata: {},
  };
  return stateFields(guest, ref('virtual-machine', 'x'), options);
}

describe('the processors of a machine', () => {
  it.each<[number | null, GuestConfig, number | undefined]>([
    [2, {}, 2],
    // Clamped by Proxmox to what the host has.
    [2, { cores: 8 }, 8],
    [4, { cores: 4, sockets: 2 }, 8],
    [8, { cores: 4, sockets: 2, vcpus: 3 }, 3],
    [1.5, {}, 1.5],
    [0.333, {}, 0.33],
    [0, { cores: 4, sockets: 2 }, 8],
    [null, { cores: '4' }, 4],
    [null, { sockets: 2 }, 2],
    [0, {}, undefined],
    [-1, {}, undefined],
  ])('maxcpu %j with the configuration %j: %j', (maxcpu, config, expected) => {
    expect(fieldsOf({ maxcpu }, config).vcpus).toBe(expected);
  });

  it('are not among the fields when they are unknown, because NetBox refuses 0', () => {
    expect(fieldsOf({ maxcpu: 0 })).not.toHaveProperty('vcpus');
  });
});

describe('the memory of a machine', () => {
  it.each([
    [2_147_483_648, 2048],
    [1_572_863, 1],
    [1_048_575, 0],
    [0, 0],
    [-5, 0],
  ])('%j bytes are %j MiB', (maxmem, expected) => expect(fieldsOf({ maxmem }).memory).toBe(expected));
});

describe('the disk of a machine', () => {
  it.each<[string, GuestConfig, number]>([
    ['the sum of all disks', { scsi0: 'a:b,size=32G', virtio1: 'a:c,size=512M' }, 33_280],
    ['a container root and its mount points', { rootfs: 'a:b,size=8G', mp0: 'a:c,size=1T' }, 8192 + 1_048_576],
    ['rounded up from kilobytes', { efidisk0: 'a:b,size=528K' }, 1],
    ['bytes without a unit', { tpmstate0: 'a:b,size=4194304' }, 4],
    ['without CD-ROM', { ide2: 'a:iso/x.iso,media=cdrom,size=600M', scsi0: 'a:b,size=1G' }, 1024],
    ['without unused disks', { unused0: 'a:b,size=9G' }, 0],
    ['without disks of unknown size', { scsi0: '/dev/sdb' }, 0],
    ['nothing without disks', {}, 0],
    ['no more than NetBox can hold', { scsi0: 'a:b,size=9000000T' }, 2_147_483_647],
  ])('is %s', (_what, config, expected) => expect(fieldsOf({ maxdisk: 5 }, config).disk).toBe(expected));

  it.each([
    [undefined, 'always'],
    [0, 'always'],
    [2, 'create-only'],
  ])('with %j virtual disks in NetBox it is written %s', (count, expected) => {
    const current = count === undefined ? undefined : aVirtualMachine(1, { virtual_disk_count: count });
    expect(virtualMachineRules(syncOptions(), current).disk).toBe(expected);
  });
});

describe('the status of a machine', () => {
  it.each([
    ['running', 'active'],
    ['Running', 'active'],
    ['stopped', 'offline'],
    ['paused', 'offline'],
    ['suspended', 'offline'],
    ['prelaunch', 'offline'],
    ['planned', 'planned'],
    ['', 'active'],
    ['io-error', 'active'],
  ])('%j is %s', (status, expected) => expect(fieldsOf({ status }).status).toBe(expected));
});

describe('whether a machine starts with its host', () => {
  it.each([
    [{ onboot: 1 }, 'on'],
    [{ onboot: '0' }, 'off'],
    [{}, 'off'],
  ])('%j is %s', (config, expected) => expect(fieldsOf({}, config).start_on_boot).toBe(expected));

  it.each([
    ['on', 'always'],
    ['off', 'always'],
    ['laststate', 'create-only'],
  ])('%s in NetBox is written %s', (stored, expected) => {
    const current = aVirtualMachine(1, { start_on_boot: { value: stored, label: '' } });
    expect(virtualMachineRules(syncOptions(), current).start_on_boot).toBe(expected);
  });
});

describe('type and role of a machine', () => {
  it.each([
    ['qemu', 'qemu-virtual-machine', 'virtual-machine-qemu'],
    ['lxc', 'lxc-container', 'container-lxc'],
  ] as const)('%s has a type from NetBox 4.6 on, and may have a role before', (type, typeSlug, roleSlug) => {
    const newer = fieldsOf({ type });
    const optional = { otherwise: 'dependency_failed' };
    expect([newer.virtual_machine_type, newer.role]).toEqual([{ ...ref('vm-type', typeSlug), ...optional }, undefined]);
    const older = fieldsOf({ type }, {}, { virtualMachineTypes: false });
    expect([older.virtual_machine_type, older.role]).toEqual([undefined, undefined]);
    expect(typeRole(aGuestResource({ type }))).toEqual(ref('device-role', roleSlug));
  });
});

describe('the place of a machine', () => {
  it('is the cluster, its site and the device of the node', () => {
    expect(fieldsOf()).toMatchObject({ cluster: ref('cluster', '1'), site: 3, device: ref('device', '1/pve1') });
  });

  it('is taken off a device that is not in the cluster: NetBox refuses every change of such a machine', () => {
    expect(fieldsOf({ node: 'pve2' })).toMatchObject({ device: null });
  });

  it('says nothing about the device when that of the node is not known', () => {
    expect(fieldsOf({ node: 'pve3' })).not.toHaveProperty('device');
  });

  it.each([
    ['pve1', 3],
    ['pve2', undefined],
    ['pve3', undefined],
  ])('is at the site of its device where the cluster is at none, and of no device outside: %s', (node, site) => {
    expect(fieldsOf({ node }, {}, {}, { site: null }).site).toBe(site);
  });
});

describe('the tags of a machine', () => {
  const proxbox = ref('tag', 'proxbox');

  it('are ours and those of Proxmox, in lower case and once', () => {
    expect(fieldsOf({}, { tags: 'Prod;web,prod x' }).tags).toEqual([
      proxbox,
      ref('tag', 'prod'),
      ref('tag', 'web'),
      ref('tag', 'x'),
    ]);
  });

  it('are ours alone when Proxmox tags are switched off, also at creation', () => {
    const off = syncOptions({ overwrite: { overwrite_vm_proxmox_tags: false } });
    expect(fieldsOf({}, { tags: 'prod' }, { options: off }).tags).toEqual([proxbox]);
  });
});

describe('legacy custom fields', () => {
  it('are written where NetBox has them, and only those', () => {
    const exists = new Set(['proxmox_vm_id', 'proxmox_vm_type']);
    expect(fieldsOf({ vmid: 7 }, {}, { legacyFields: exists }).custom_fields).toEqual({
      proxmox_vm_id: 7,
      proxmox_vm_type: 'qemu',
    });
    expect(fieldsOf()).not.toHaveProperty('custom_fields');
  });
});

it.each(['tenant', 'platform', 'comments', 'primary_ip4', 'primary_ip6', 'serial'])('never writes %s', (field) => {
  expect(fieldsOf({}, { description: 'x' })).not.toHaveProperty(field);
});

describe('the sidecar of a machine', () => {
  it('records the name of Proxmox, never the resolved one', () => {
    expect(stateOf({ name: 'live' }).proxmox_vm_name).toBe('live');
    expect(stateOf({ name: 'x'.repeat(300) }).proxmox_vm_name).toBe('x'.repeat(255));
  });

  it.each<[GuestConfig, Fields]>([
    [
      { onboot: 1, unprivileged: '1', agent: '1,fstrim_cloned_disks=1', searchdomain: 'lan' },
      {
        proxmox_start_at_boot: true,
        proxmox_unprivileged_container: true,
        proxmox_qemu_agent: true,
        proxmox_search_domain: 'lan',
      },
    ],
    [
      { onboot: 0, agent: 'enabled=0' },
      {
        proxmox_start_at_boot: false,
        proxmox_unprivileged_container: false,
        proxmox_qemu_agent: false,
        proxmox_search_domain: '',
      },
    ],
    [{}, { proxmox_start_at_boot: false, proxmox_qemu_agent: false }],
  ])('reads the configuration %j', (config, expected) => expect(stateOf({}, config)).toMatchObject(expected));

  it.each([
    ['pve.example.org', 8006, 'https://pve.example.org:8006/#v1:0:=lxc/7'],
    ['2001:db8::1', 443, 'https://[2001:db8::1]:443/#v1:0:=lxc/7'],
    ['[2001:db8::1]', 8006, 'https://[2001:db8::1]:8006/#v1:0:=lxc/7'],
  ])('links to the web interface at %s', (host, port, expected) => {
    expect(stateOf({ type: 'lxc', vmid: 7 }, {}, aClusterView({ host, port })).proxmox_link).toBe(expected);
  });

  it('names the endpoint that owns the cluster, not the member that answered', () => {
    const view = { ...aClusterView({ endpointId: 2 }), endpointIds: [2, 5] };
    expect(stateOf({}, {}, view).proxmox_endpoint_raw_id).toBe(2);
  });

  it("refers to the plugin's endpoint only when it is known", () => {
    expect(stateOf()).not.toHaveProperty('endpoint');
    expect(stateOf({}, {}, aClusterView(), { pluginEndpointId: 12 }).endpoint).toBe(12);
  });

  it.each([
    [false, 'stamp'],
    [true, 'always'],
  ])('with stampEveryRun %j the run id is written as %s', (stampEveryRun, rule) => {
    const rules = stateRules({ ...options, stampEveryRun });
    expect([rules.last_run_id, rules.proxmox_last_updated]).toEqual([rule, rule]);
  });

  it('keeps what identifies the guest true when custom fields are not to be overwritten', () => {
    const rules = stateRules({
      ...options,
      options: syncOptions({ overwrite: { overwrite_vm_custom_fields: false } }),
    });
    for (const field of [
      'proxmox_vm_id',
      'proxmox_vm_type',
      'proxmox_vm_name',
      'proxmox_endpoint_raw_id',
      'proxmox_node_name',
      'proxmox_cluster_name',
    ] as const)
      expect(rules[field] ?? 'always').toBe('always');
    for (const field of ['proxmox_status', 'proxmox_link', 'proxmox_start_at_boot', 'proxmox_search_domain'] as const)
      expect(rules[field]).toBe('create-only');
  });
});
