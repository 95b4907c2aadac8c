/**
 * The cluster that the recordings were made of, as far as the contract needs it: who may do what, which guests, storages,
 * pools, jobs and rules there are, so that the simulator can be asked the recorded calls.
 */
import { makeNode } from '../../simulator/estate/generate-node.js';
import {
  formatUpid,
  type EstateCluster,
  type EstateFirewall,
  type EstateStorage,
  type PveRow,
} from '../../simulator/estate/index.js';
import { makeCluster } from '../../simulator/estate/make-cluster.js';
import { makeGuest } from '../../simulator/estate/make-guest.js';
import type { AclEntry, SimulatedUser } from '../../simulator/proxmox/types.js';

const epochS = 1_795_782_000;
const GIB = 1024 ** 3;

export type Release = '8.4' | '9.2';

const at = (role: string, path = '/'): AclEntry => ({ path, role, privileges: [] });
const netboxRoles = [at('NetBoxOperator'), at('NetBoxReadOnly'), at('NetBoxBackups')];

/** The secret of each account is its name. */
export const users: readonly SimulatedUser[] = [
  {
    userid: 'root@pam',
    password: 'root@pam',
    tokens: [
      { name: 'root', value: 'root@pam!root', privilegeSeparation: false },
      { name: 'sep', value: 'root@pam!sep' },
    ],
  },
  {
    userid: 'netbox@pve',
    password: 'netbox@pve',
    acl: netboxRoles,
    groups: ['sync'],
    tokens: [
      { name: 'sync', value: 'netbox@pve!sync', privilegeSeparation: false, acl: netboxRoles },
      { name: 'priv', value: 'netbox@pve!priv', acl: [at('PVEAuditor')] },
    ],
  },
  {
    userid: 'ro@pve',
    password: 'ro@pve',
    acl: [at('NetBoxReadOnly')],
    tokens: [{ name: 'tok', value: 'ro@pve!tok', privilegeSeparation: false }],
  },
  { userid: 'ops@pve', password: 'ops@pve', acl: [at('Ops')] },
  { userid: 'limited@pve', password: 'limited@pve', acl: [at('PVEAuditor', '/pool/web'), at('PVEVMUser', '/vms/104')] },
  { userid: 'nobody@pve', password: 'nobody@pve' },
  { userid: 'disabled@pve', password: 'disabled@pve' },
  { userid: 'expired@pve', password: 'expired@pve' },
];

export const groups = { sync: [at('NetBoxSync')] };

export const rolesOf = (release: Release): Readonly<Record<string, readonly string[]>> => ({
  NetBoxReadOnly: ['Datastore.Audit', 'Sys.Audit', 'VM.Audit', ...(release === '8.4' ? [] : ['VM.GuestAgent.Audit'])],
  NetBoxBackups: ['Datastore.AllocateSpace', 'VM.Backup'],
  NetBoxOperator: ['VM.Migrate', 'VM.PowerMgmt', 'VM.Snapshot'],
  NetBoxSync: ['Datastore.Audit', 'Mapping.Audit', 'Pool.Audit', 'SDN.Audit', 'Sys.Audit', 'VM.Audit'],
  Ops: [
    'Datastore.Audit',
    'Sys.Audit',
    'VM.Audit',
    'VM.Migrate',
    'VM.PowerMgmt',
    'VM.Snapshot',
    'VM.Snapshot.Rollback',
  ],
});

const stopped = { status: 'stopped', node: 'pve1' } as const;
const template = { template: true } as const;
const agent = { state: 'running' } as const;

const qemu = [
  makeGuest(epochS, {
    ...stopped,
    vmid: 100,
    name: 'web01.example.com',
    cpus: 4,
    memoryMb: 4096,
    tags: 'prod;db;a-b_c.d+e',
    pool: 'web',
    description: 'Web server\n',
    agent,
    config: {
      agent: 'enabled=1,fstrim_cloned_disks=1',
      balloon: 2048,
      sockets: 2,
      scsi0: 'local:100/vm-100-disk-0.qcow2,size=32G',
      efidisk0: 'local:100/vm-100-disk-1.qcow2,size=528K',
      ide0: 'local:100/vm-100-cloudinit.qcow2,media=cdrom,size=4M',
      scsi1: 'fast:100/vm-100-disk-0.qcow2,size=100G',
      net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,tag=10',
      cipassword: 'secret',
      onboot: 1,
    },
    pending: { set: { memory: '8192' }, delete: ['scsi1', 'balloon'] },
    snapshots: [
      { name: 'initial', description: '', snaptime: 1_710_000_000, vmstate: 0 },
      { name: 'before-upgrade', description: 'state', snaptime: 1_720_000_000, parent: 'initial', vmstate: 1 },
    ],
  }),
  makeGuest(epochS, {
    ...stopped,
    vmid: 101,
    name: 'win-server',
    config: { virtio0: 'local:101/vm-101-disk-0.raw,size=10G', serial0: 'socket' },
  }),
  makeGuest(epochS, {
    ...stopped,
    ...template,
    vmid: 102,
    name: 'tmpl-debian',
    memoryMb: 512,
    config: { scsi0: 'local:102/base-102-disk-0.qcow2,size=2G' },
  }),
  makeGuest(epochS, {
    ...stopped,
    vmid: 103,
    name: 'locked',
    memoryMb: 512,
    config: { protection: 1, scsi0: 'fast:103/vm-103-disk-0.raw,size=512M' },
  }),
  makeGuest(epochS, {
    ...stopped,
    vmid: 104,
    name: 'linked',
    memoryMb: 256,
    tags: 'prod',
    agent,
    config: { agent: 'enabled=1', scsi0: 'local:104/vm-104-disk-0.qcow2,size=1G' },
    snapshots: [{ name: 'snap-a', description: 'x', snaptime: epochS - 100, vmstate: 0 }],
  }),
  makeGuest(epochS, {
    ...stopped,
    ...template,
    vmid: 105,
    name: 'x',
    memoryMb: 512,
    pool: 'p2',
    agent,
    config: {
      agent: 'enabled=1',
      serial0: 'socket',
      unused1: 'local:105/vm-105-disk-1.raw',
      tpmstate0: 'local:105/base-105-disk-2.raw,size=4M',
    },
  }),
  makeGuest(epochS, { ...stopped, vmid: 150, name: 'n', memoryMb: 128, agent, config: { agent: '1' } }),
  makeGuest(epochS, { vmid: 300, node: 'pve2', status: 'stopped', tags: 'prod' }),
];

const lxc = [
  makeGuest(epochS, {
    ...stopped,
    vmid: 200,
    type: 'lxc',
    name: 'ct-web',
    cpus: 2,
    tags: 'prod',
    pool: 'web',
    description: 'container: one\n',
    config: { arch: 'amd64', ostype: 'debian', swap: 512, rootfs: 'local:200/vm-200-disk-0.raw,size=8G' },
    snapshots: [{ name: 'snap1', description: 'first\n', snaptime: 1_715_000_000 }],
  }),
  makeGuest(epochS, {
    ...stopped,
    vmid: 201,
    type: 'lxc',
    name: 'ct-dhcp2',
    memoryMb: 256,
    config: { arch: 'amd64', ostype: 'alpine', swap: 0, rootfs: 'local-lvm:vm-201-disk-0,size=4G' },
  }),
  makeGuest(epochS, {
    ...stopped,
    ...template,
    vmid: 202,
    type: 'lxc',
    name: 'ct-template',
    memoryMb: 512,
    config: { arch: 'amd64', ostype: 'unmanaged', swap: 512, rootfs: 'fast:202/base-202-disk-0.raw,size=4G' },
  }),
  makeGuest(epochS, { vmid: 301, type: 'lxc', node: 'pve2', status: 'stopped' }),
];

const directory = { type: 'dir', shared: false, disabled: false, nodes: '' };
const archive = { content: 'backup', ctime: 1_795_222_803, node: 'pve1', extra: { subtype: 'qemu' } } as const;

/** Those without volumes of their own. */
const storages: readonly (Omit<EstateStorage, 'volumes'> & Partial<Pick<EstateStorage, 'volumes'>>)[] = [
  {
    ...directory,
    name: 'local',
    content: 'backup,images,iso,rootdir,snippets,vztmpl',
    totalBytes: 252 * GIB,
    usedBytes: 27 * GIB,
    options: { path: '/var/lib/vz', 'prune-backups': 'keep-all=1' },
    volumes: [
      {
        ...archive,
        vmid: 200,
        volid: 'local:backup/vzdump-lxc-200-2026_11_21-01_20_03.tar.zst',
        format: 'tar.zst',
        size: 2000,
        extra: { subtype: 'lxc' },
      },
      {
        ...archive,
        vmid: 100,
        volid: 'local:backup/vzdump-qemu-100-2026_11_20-01_00_03.vma.zst',
        format: 'vma.zst',
        size: 123_456,
        extra: { subtype: 'qemu', notes: 'nightly of web01', protected: 1 },
      },
      {
        ...archive,
        vmid: 100,
        volid: 'local:backup/vzdump-qemu-100-2026_11_21-01_00_03.vma.zst',
        format: 'vma.zst',
        size: 223_456,
      },
      {
        ...archive,
        vmid: 101,
        volid: 'local:backup/vzdump-qemu-101-2026_11_21-01_10_03.vma',
        format: 'vma',
        size: 1000,
      },
      {
        ...archive,
        vmid: 999,
        volid: 'local:backup/vzdump-qemu-999-2026_11_21-01_20_03.vma.lzo',
        format: 'vma.lzo',
        size: 500,
      },
      {
        ...archive,
        volid: 'local:backup/vzdump-weird.tar.zst',
        format: 'tar.zst',
        size: 500,
        extra: { subtype: 'unknown' },
      },
      {
        volid: 'local:iso/debian-12.iso',
        content: 'iso',
        format: 'iso',
        size: 4,
        ctime: epochS,
        node: 'pve1',
        extra: {},
      },
      {
        volid: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
        content: 'vztmpl',
        format: 'tzst',
        size: 4096,
        ctime: epochS,
        node: 'pve1',
        extra: {},
      },
    ],
  },
  {
    ...directory,
    name: 'fast',
    content: 'images,rootdir',
    nodes: 'pve1',
    totalBytes: 252 * GIB,
    usedBytes: 27 * GIB,
    options: { path: '/var/lib/fast' },
  },
  {
    ...directory,
    name: 'gone',
    content: 'backup,images',
    isInactive: true,
    totalBytes: 0,
    usedBytes: 0,
    options: { path: '/mnt/gone', is_mountpoint: '1' },
  },
  {
    ...directory,
    name: 'off',
    content: 'images',
    disabled: true,
    totalBytes: 0,
    usedBytes: 0,
    options: { path: '/var/lib/off' },
  },
  {
    ...directory,
    name: 'local-lvm',
    type: 'lvmthin',
    content: 'images,rootdir',
    isInactive: true,
    totalBytes: 0,
    usedBytes: 0,
    options: { thinpool: 'data', vgname: 'pve' },
  },
  {
    ...directory,
    name: 'nas',
    type: 'nfs',
    content: 'backup',
    shared: true,
    nodes: 'pve2',
    totalBytes: 0,
    usedBytes: 0,
    options: { server: '127.0.0.1', export: '/none', path: '/mnt/pve/nas' },
  },
  {
    ...directory,
    name: 'pbs1',
    type: 'pbs',
    content: 'backup',
    shared: true,
    isInactive: true,
    totalBytes: 0,
    usedBytes: 0,
    options: {
      server: '127.0.0.1',
      datastore: 'store1',
      username: 'netbox@pbs',
      fingerprint: '00:11',
      'prune-backups': 'keep-last=3',
    },
  },
];

const plain = { families: ['inet'], method: 'manual', method6: 'manual' };

const network: PveRow[] = [
  { ...plain, iface: 'eth0', type: 'eth', active: 1, exists: 1, priority: 3, comments: 'uplink\n' },
  {
    ...plain,
    iface: 'bond0',
    type: 'bond',
    autostart: 1,
    priority: 4,
    bond_mode: '802.3ad',
    bond_miimon: '100',
    bond_xmit_hash_policy: 'layer3+4',
    slaves: 'eno1 eno2',
  },
  {
    iface: 'vmbr0',
    type: 'bridge',
    autostart: 1,
    priority: 5,
    families: ['inet', 'inet6'],
    method: 'static',
    method6: 'static',
    address: '192.0.2.2',
    netmask: '24',
    cidr: '192.0.2.2/24',
    gateway: '192.0.2.1',
    address6: 'fd00::2',
    netmask6: '64',
    cidr6: 'fd00::2/64',
    bridge_ports: 'eth0',
    bridge_stp: 'off',
    bridge_fd: '0',
    bridge_vlan_aware: 1,
    bridge_vids: '2-4094',
    comments: 'LAN\n',
  },
  {
    ...plain,
    iface: 'vmbr0.10',
    type: 'vlan',
    autostart: 1,
    priority: 6,
    exists: null,
    method: 'static',
    address: '10.0.10.2',
    netmask: '24',
    cidr: '10.0.10.2/24',
    'vlan-id': '10',
    'vlan-raw-device': 'vmbr0',
  },
  {
    ...plain,
    iface: 'vlan20',
    type: 'vlan',
    autostart: 1,
    priority: 7,
    exists: null,
    'vlan-id': '20',
    'vlan-raw-device': 'bond0',
  },
  {
    ...plain,
    iface: 'vmbr1',
    type: 'bridge',
    autostart: 1,
    priority: 8,
    bridge_ports: '',
    bridge_stp: 'off',
    bridge_fd: '0',
  },
];

const backupJobs: PveRow[] = [
  {
    id: 'backup-daily',
    type: 'vzdump',
    enabled: 1,
    all: 1,
    exclude: '101,103',
    node: 'pve1',
    schedule: '01:00',
    storage: 'local',
    mode: 'snapshot',
    compress: 'zstd',
    mailto: 'a@example.com',
    mailnotification: 'failure',
    'notes-template': '{{guestname}}',
    'repeat-missed': 1,
    fleecing: { enabled: 1, storage: 'fast' },
    'prune-backups': { 'keep-daily': '7', 'keep-last': '3' },
    'next-run': epochS + 3600,
  },
  {
    id: 'backup-pool',
    type: 'vzdump',
    enabled: 0,
    pool: 'web',
    comment: 'weekly',
    schedule: 'sat 18:15',
    storage: 'nas',
    mode: 'stop',
    'next-run': epochS + 7200,
  },
  {
    id: 'backup-sel',
    type: 'vzdump',
    enabled: 1,
    vmid: '100,200,999',
    schedule: 'mon..fri 02:30',
    storage: 'local',
    mode: 'suspend',
    'next-run': epochS + 9000,
  },
];

interface TaskDraft {
  readonly pid: number;
  readonly pstart: number;
  readonly starttime: number;
  readonly id: string;
  readonly user: string;
  readonly status: string;
}

const taskOf = ({ status, ...draft }: TaskDraft): EstateCluster['nodes'][number]['tasks'][number] => {
  const parts = { node: 'pve1', type: 'qmstart', ...draft };
  return { upid: formatUpid(parts), ...parts, endtime: parts.starttime + 1, status };
};

const gone = "Configuration file 'nodes/pve1/qemu-server/9999.conf' does not exist";

const https = { type: 'in', action: 'ACCEPT', enable: 1, proto: 'tcp', dport: '443' };
const any = { type: 'in', action: 'ACCEPT', enable: 0, log: 'nolog' };

const firewalls: ReadonlyMap<string, Partial<EstateFirewall>> = new Map([
  [
    'cluster',
    {
      rules: [
        { type: 'in', action: 'ACCEPT', enable: 1, macro: 'SSH', source: '+mgmt', log: 'nolog' },
        { type: 'group', action: 'web', enable: 1 },
      ],
      aliases: [
        { name: 'al', cidr: '10.0.0.0/8' },
        { name: 'lan', cidr: '10.0.0.0/8', comment: 'the lan' },
      ],
      ipsets: [{ name: 'mgmt', comment: 'hosts', entries: [{ cidr: '10.0.0.1' }] }],
      groups: [
        {
          group: 'web',
          comment: 'web in',
          rules: [
            https,
            https,
            { ...https, dport: '80', comment: 'http', log: 'nolog' },
            { type: 'out', action: 'DROP', enable: 0 },
          ],
        },
      ],
      options: { enable: 1 },
    },
  ],
  [
    'guests/100',
    {
      rules: [any, any, { type: 'group', action: 'web', enable: 1, iface: 'net0' }],
      options: { enable: 1, policy_in: 'DROP' },
    },
  ],
]);

const copiedFirewalls = (): NonNullable<EstateCluster['firewalls']> =>
  new Map(
    [...firewalls].map(([place, firewall]) => [
      place,
      structuredClone({ rules: [], aliases: [], ipsets: [], groups: [], options: {}, ...firewall }),
    ]),
  );

/** A fresh copy: a test may change it. */
export const createLab = (release: Release): EstateCluster => {
  const nodes = [
    makeNode({
      name: 'pve1',
      nodeid: 1,
      address: '192.0.2.2',
      epochS,
      network: structuredClone(network),
      tasks: () => [
        taskOf({
          pid: 12_100,
          pstart: 401_309,
          starttime: epochS + 288,
          id: '9999',
          user: 'root@pam!root',
          status: gone,
        }),
        taskOf({ pid: 7598, pstart: 372_343, starttime: epochS - 2, id: '150', user: 'netbox@pve!sync', status: 'OK' }),
        taskOf({ pid: 4300, pstart: 352_980, starttime: epochS - 99, id: '104', user: 'root@pam', status: 'OK' }),
      ],
    }),
    makeNode({ name: 'pve2', nodeid: 2, address: '', epochS, online: false, network: [] }),
  ];
  return makeCluster({
    name: 'lab',
    profile: release,
    nodes,
    guests: structuredClone([...qemu, ...lxc]),
    storages: structuredClone(storages).map((storage) => ({ volumes: [], ...storage })),
    backupJobs: structuredClone(backupJobs),
    replicationJobs: [
      {
        id: '100-0',
        type: 'local',
        guest: 100,
        jobnum: 0,
        source: 'pve1',
        target: 'pve2',
        schedule: '*/15',
        rate: 10,
        comment: 'to pve2',
      },
      { id: '200-0', type: 'local', guest: 200, jobnum: 0, source: 'pve1', target: 'pve2', disable: 1 },
    ],
    firewalls: copiedFirewalls(),
    ha: {
      resources: [
        { sid: 'vm:100', type: 'vm', state: 'stopped', max_relocate: 2, comment: 'keep' },
        { sid: 'vm:105', type: 'vm', state: 'ignored' },
        { sid: 'ct:200', type: 'ct', state: 'ignored' },
      ],
      groups: [],
      rules: [
        {
          rule: 'na1',
          type: 'node-affinity',
          order: 1,
          nodes: 'pve1:2,pve2',
          resources: 'ct:200,vm:100',
          strict: 1,
          comment: 'keep here',
        },
        {
          rule: 'ra1',
          type: 'resource-affinity',
          order: 2,
          affinity: 'negative',
          resources: 'vm:100,vm:105',
          disable: 1,
        },
      ],
    },
    options: {
      keyboard: 'en-us',
      mac_prefix: 'BC:24:11',
      description: 'x\n',
      'tag-style': { shape: 'full' },
      'registered-tags': ['db', 'prod'],
    },
  });
};
