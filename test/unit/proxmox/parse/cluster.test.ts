import { describe, expect, it } from 'vitest';
import { identifySession, parseClusterStatus } from '../../../../src/proxmox/parse/cluster-status.js';
import { parseGuestResources } from '../../../../src/proxmox/parse/guest-resources.js';
import { parseNodeInterface } from '../../../../src/proxmox/parse/node-interfaces.js';
import { withoutSecrets } from '../../../../src/proxmox/parse/secrets.js';
import { isStorageOnNode, parseStorage } from '../../../../src/proxmox/parse/storages.js';

const node = (name: string, more = {}) => ({ type: 'node', id: `node/${name}`, name, ...more });

describe('cluster status', () => {
  it('reads cluster and nodes with their defaults', () => {
    const rows = [
      { type: 'cluster', id: 'cluster', name: 'lab', nodes: '2', quorate: 1, version: 4 },
      node('pve1', { ip: '10.0.0.10', nodeid: 1, online: 1, local: 1, level: '' }),
      node('pve2'),
      { type: 'node' },
    ];
    expect(parseClusterStatus(rows)).toEqual({
      cluster: { id: 'cluster', name: 'lab', nodes: 2, quorate: true, version: 4 },
      nodes: [
        { id: 'node/pve1', name: 'pve1', ip: '10.0.0.10', nodeid: 1, online: true, local: true, level: '' },
        { id: 'node/pve2', name: 'pve2', ip: '', nodeid: 0, online: false, local: false, level: '' },
      ],
    });
  });

  it.each([
    ['a cluster of one node', [{ type: 'cluster', name: 'lab' }, node('pve1')], 'cluster', 'lab'],
    ['a single node', [node('pve1')], 'standalone', 'pve1'],
    ['several nodes without cluster row', [node('a'), node('b')], 'cluster', 'the endpoint'],
    ['a nameless cluster row beside one node', [{ type: 'cluster' }, node('pve1')], 'standalone', 'pve1'],
    ['nothing', [], 'cluster', 'the endpoint'],
  ])('recognises %s', (_, rows, mode, name) => {
    expect(identifySession(parseClusterStatus(rows), 'the endpoint')).toEqual({ mode, name });
  });
});

describe('guest resources', () => {
  it('keeps guests once, coerces numbers and passes every key', () => {
    const row = {
      id: 'qemu/100',
      type: 'qemu',
      vmid: '100',
      node: 'pve1',
      status: 'running',
      maxmem: '1024',
      newkey: 1,
    };
    const unreadable: string[] = [];
    const guests = parseGuestResources(
      [
        row,
        { ...row, name: 'second answer' },
        { type: 'lxc', vmid: 200, node: 'pve1', status: 'stopped', template: 1, maxcpu: 0.5, maxmem: 5, name: 'ct' },
        { type: 'storage', id: 'storage/x', node: 'pve1' },
        { type: 'qemu', vmid: 'x', node: 'pve1' },
        { type: 'qemu', vmid: 5 },
      ],
      (names) => unreadable.push(...names),
    );
    expect(unreadable).toEqual(['storage/x', 'VMID x', 'VMID 5']);
    expect(guests).toEqual([
      {
        isDescribed: true,
        id: 'qemu/100',
        type: 'qemu',
        vmid: 100,
        name: '',
        node: 'pve1',
        status: 'running',
        template: false,
        maxcpu: null,
        maxmem: 1024,
        maxdisk: null,
        raw: row,
      },
      expect.objectContaining({ id: 'lxc/200', template: true, maxcpu: 0.5, name: 'ct' }),
    ]);
  });
});

describe('storages', () => {
  it('coerces flags, writes the retention as text and hides secrets', () => {
    const row = {
      storage: 'pbs1',
      type: 'pbs',
      content: 'backup, images',
      shared: '0',
      disable: '0',
      nodes: 'pve1, pve2',
      'prune-backups': { 'keep-last': 3 },
      'max-protected-backups': '-1',
      is_mountpoint: 1,
      port: '8007',
      password: 'x',
      'encryption-key': 'x',
      'master-pubkey': 'x',
      keyring: 'x',
      client_secret: 'x',
      digest: 'abc',
    };
    const storage = parseStorage(row);
    expect(storage).toMatchObject({
      name: 'pbs1',
      contentKinds: ['backup', 'images'],
      shared: false,
      enabled: true,
      nodeNames: ['pve1', 'pve2'],
      pruneBackups: 'keep-last=3',
      maxProtectedBackups: -1,
      isMountpoint: '1',
      port: 8007,
      server: null,
    });
    expect(Object.keys(storage?.rawConfig ?? {})).toEqual([
      'content',
      'digest',
      'disable',
      'is_mountpoint',
      'max-protected-backups',
      'nodes',
      'port',
      'prune-backups',
      'shared',
      'storage',
      'type',
    ]);
  });

  it('takes a row with nothing but a name', () => {
    expect(parseStorage({ storage: 'x' })).toMatchObject({
      content: null,
      contentKinds: [],
      enabled: true,
      shared: false,
    });
    expect(parseStorage({ type: 'dir' })).toBeNull();
  });

  it.each([
    [undefined, 'pve10', true],
    ['pve1', 'pve1', true],
    ['pve1', 'pve10', false],
    ['pve1,pve10', 'pve10', true],
  ])('with nodes %j and node %s answers %j', (nodes, name, expected) => {
    const storage = parseStorage({ storage: 's', nodes });
    expect(storage !== null && isStorageOnNode(storage, name)).toBe(expected);
  });

  it('hides secrets at any depth and keeps the description', () => {
    expect(
      withoutSecrets({ description: 'd', a: { password: 1, b: [{ Secret_Key: 1, c: 2 }] }, cipassword: 'x' }),
    ).toEqual({
      description: 'd',
      a: { b: [{ c: 2 }] },
    });
  });
});

describe('node interfaces', () => {
  it.each([
    ['vmbr0', 'bridge', 'bridge'],
    ['vmbr1', 'OVSBridge', 'bridge'],
    ['bond0', 'bond', 'lag'],
    ['bond1', 'OVSBond', 'lag'],
    ['vmbr0.5', 'vlan', 'virtual'],
    ['int0', 'OVSIntPort', 'virtual'],
    ['lo', 'loopback', 'virtual'],
    ['eno1', 'eth', 'other'],
    ['x', undefined, 'other'],
  ])('maps %s of type %s to %s', (iface, type, netboxType) => {
    expect(parseNodeInterface({ iface, type })).toMatchObject({ name: iface, netboxType });
  });

  it.each([
    [{ cidr: '10.0.0.10/24', address: '10.0.0.10' }, ['10.0.0.10/24']],
    [{ address: '10.0.0.10', netmask: '255.255.255.0' }, ['10.0.0.10/24']],
    [{ address: '10.0.0.10', netmask: '24', cidr6: '2001:db8::1/64' }, ['10.0.0.10/24', '2001:db8::1/64']],
    [{ address: '10.0.0.10/23' }, ['10.0.0.10/23']],
    [{ address: '10.0.0.10' }, ['10.0.0.10/32']],
    [{ address6: '2001:db8::1', netmask6: 64 }, ['2001:db8::1/64']],
    [{ address: 'dhcp', cidr: '' }, []],
  ])('finds the addresses of %j', (row, addresses) => {
    expect(parseNodeInterface({ iface: 'vmbr0', type: 'bridge', ...row })).toMatchObject({ addresses });
  });

  it.each(['vlan-id', 'vlan_id', 'ovs_tag'])('reads the VLAN from %s', (key) => {
    expect(parseNodeInterface({ iface: 'v', type: 'vlan', [key]: '5' })).toMatchObject({ vlanId: 5 });
  });

  it('leaves out a row without name', () => expect(parseNodeInterface({ type: 'eth' })).toBeNull());
});
