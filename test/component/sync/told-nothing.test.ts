/** What Proxmox or a guest has not told is neither changed nor gone. */
import { describe, expect, it } from 'vitest';
import type { AgentInterface } from '../../simulator/estate/types.js';
import { setAgent } from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, sync, watchedSync, type SyncTarget } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const addresses = '/api/ipam/ip-addresses/';
const ofGuests = (target: SyncTarget) => all(target, addresses, '&assigned_object_type=virtualization.vminterface');
const mac = (vmid: number): string => `BC:24:11:00:00:${vmid % 100 < 10 ? '0' : ''}${vmid % 100}`;
const loopback: AgentInterface = {
  name: 'lo',
  'hardware-address': '00:00:00:00:00:00',
  'ip-addresses': [{ 'ip-address': '127.0.0.1', 'ip-address-type': 'ipv4', prefix: 8 }],
};
const ens18 = (vmid: number, ...hosts: readonly string[]): AgentInterface => ({
  name: 'ens18',
  'hardware-address': mac(vmid).toLowerCase(),
  'ip-addresses': hosts.map((host) => ({
    'ip-address': host,
    'ip-address-type': host.includes(':') ? 'ipv6' : 'ipv4',
    prefix: host.includes(':') ? 64 : 24,
  })),
});

/** Docker's own network: an address that says nothing of the guest's devices. */
const bridge: AgentInterface = {
  name: 'docker0',
  'hardware-address': '02:42:ac:11:00:01',
  'ip-addresses': [{ 'ip-address': '172.17.0.1', 'ip-address-type': 'ipv4', prefix: 16 }],
};

const machine = (vmid: number) => ({
  vmid,
  config: { agent: 1, scsi0: `ceph:vm-${vmid}-disk-0,size=8G`, net0: `virtio=${mac(vmid)},bridge=vmbr0` },
  agent: {
    state: 'running' as const,
    interfaces: [loopback, ens18(vmid, `10.1.0.${vmid}`, `2001:db8::${vmid}`), bridge],
  },
});
const container = (vmid: number) => ({
  vmid,
  type: 'lxc' as const,
  config: { rootfs: `ceph:vm-${vmid}-disk-0,size=8G`, net0: `name=eth0,bridge=vmbr0,hwaddr=${mac(vmid)},ip=dhcp` },
  containerInterfaces: [{ name: 'eth0', hwaddr: mac(vmid).toLowerCase(), inet: `10.2.0.${vmid}/24` }],
});

describe('addresses, their rows and the primary ones stay', () => {
  it('while agents forbid the command, guests boot and containers start', async () => {
    const answers: readonly [
      string,
      { readonly interfaces: readonly AgentInterface[] } | { readonly answer: unknown },
    ][] = [
      [
        'agent_failed',
        { answer: { result: { error: { class: 'CommandDisabled', desc: 'has been disabled for this instance' } } } },
      ],
      [
        'agent_failed',
        { answer: { result: { error: { class: 'Unsupported', desc: 'this feature is not supported' } } } },
      ],
      ['no_addresses', { answer: null }],
      ['no_addresses', { interfaces: [] }],
      ['no_addresses', { interfaces: [loopback, { name: 'ens18', 'hardware-address': mac(4).toLowerCase() }] }],
      ['no_addresses', { interfaces: [loopback, ens18(105, 'fe80::be24:11ff:fe0e:6600', '169.254.1.1')] }],
      ['no_matching_nic', { interfaces: [loopback, ens18(106), bridge] }],
    ];
    const guests = [...answers.map((_, n) => machine(100 + n)), container(120), container(121)];
    const cluster = aCluster({ guests });
    const target = await openSimulated(anEstate(cluster));
    try {
      await sync(target);
      const before = await ofGuests(target);
      expect(before).toHaveLength(2 * answers.length + 2);
      for (const { id } of before) await edit(target, addresses, id, { description: 'keep me' });
      const primaries = await all(target, path.vms);

      for (const [n, [, agent]] of answers.entries()) setAgent(cluster, 100 + n, agent);
      cluster.guests.set(120, { ...cluster.guests.get(120)!, containerInterfaces: [] });
      target.world.proxmox[0]!.faults.add({
        match: { path: /lxc\/121\/interfaces/ },
        action: { status: 200, reason: 'OK', body: { data: null } },
      });
      await target.world.restart(); // what guests told is reused for a minute
      const run = await watchedSync(target);

      expect(run.writes).toEqual([]);
      const after = await ofGuests(target);
      expect(after.map(({ address, description }) => [address, description])).toEqual(
        before.map(({ address }) => [address, 'keep me']),
      );
      expect((await all(target, path.vms)).map(({ primary_ip4 }) => primary_ip4.address)).toEqual(
        primaries.map(({ primary_ip4 }) => primary_ip4.address),
      );
      const told = run.frames.map((frame) => JSON.stringify(frame)).join();
      expect(told).toContain('has been disabled for this instance (CommandDisabled)');
      for (const [code] of answers) expect(told).toContain(code);
    } finally {
      await target.close();
    }
  });

  it('and go as soon as the guest names others', async () => {
    const cluster = aCluster({ guests: [machine(100)] });
    const target = await openSimulated(anEstate(cluster));
    try {
      await sync(target);
      setAgent(cluster, 100, { interfaces: [loopback, ens18(100, '10.1.0.77')] });
      await target.world.restart();

      await sync(target);

      expect((await ofGuests(target)).map(({ address }) => address)).toEqual(['10.1.0.77/24']);
      expect((await machineOf(target, 100)).machine.primary_ip4.address).toBe('10.1.0.77/24');
    } finally {
      await target.close();
    }
  });

  it('of a guest that tells no MAC addresses are on its only device; a mask may stand in the address', async () => {
    const nameless: AgentInterface = {
      name: 'Ethernet0',
      'ip-addresses': [{ 'ip-address': '172.20.0.54/22', 'ip-address-type': 'ipv4' }],
    };
    const lo = { name: 'Loopback Pseudo-Interface 1', 'ip-addresses': loopback['ip-addresses'] ?? [] };
    const cluster = aCluster({
      guests: [{ ...machine(100), agent: { state: 'running', interfaces: [nameless, lo] } }],
    });
    const target = await openSimulated(anEstate(cluster));
    try {
      await sync(target);

      expect(await ofGuests(target)).toMatchObject([{ address: '172.20.0.54/22', assigned_object: { name: 'net0' } }]);
    } finally {
      await target.close();
    }
  });
});

describe('what every answer of Proxmox has', () => {
  const everything =
    '/full-update/stream?delete_nonexistent_backup=true&delete_nonexistent_snapshot=true&force_deletes=true';
  const variables = { PROXBOX_DELETE_ORPHANS: 'true', PROXBOX_ORPHAN_ACTION: 'delete' };

  /** Nothing is written while Proxmox answers so, and nothing after it. Returns the reasons. */
  async function expectNothing(target: SimulatedTarget, at: RegExp, data: unknown): Promise<readonly unknown[]> {
    target.world.proxmox[0]!.faults.add({ match: { path: at }, action: { status: 200, body: { data } } });
    await target.world.restart();
    let run: Awaited<ReturnType<typeof target.world.stream>> | undefined;
    const seen = await target.watch(async () => {
      run = await target.world.stream(everything);
    });
    expect(seen).toMatchObject({ writes: [], changes: 0 });
    expect(run!.complete).toMatchObject({ ok: false });
    target.world.proxmox[0]!.faults.clear();
    await target.world.restart();
    expect((await watchedSync(target, everything)).writes).toEqual([]);
    return run!.complete.errors.map((error) => error.reason);
  }

  it.each([
    ['a configuration without its digest', /qemu\/101\/config$/, { name: 'guest-101' }, 'config_unreadable'],
    ['a configuration without anything', /qemu\/101\/config$/, {}, 'config_unreadable'],
    ['a status of the cluster without a node', /cluster\/status$/, [], null],
    ['a status of the cluster without what is in it', /cluster\/status$/, [null, {}], null],
    [
      'a status of the cluster with the cluster alone',
      /cluster\/status$/,
      [{ type: 'cluster', id: 'cluster', name: 'lab', nodes: 3, quorate: 1, version: 3 }],
      null,
    ],
  ])('%s tells nothing: nothing is written, and the run says so', async (_what, at, data, reason) => {
    const cluster = aCluster({ guests: [machine(100), machine(101)] });
    const target = await openSimulated(anEstate(cluster), { variables });
    try {
      await sync(target);
      const reasons = await expectNothing(target, at, data);
      if (reason !== null) expect(reasons).toEqual([reason]);
    } finally {
      await target.close();
    }
  });

  const config = { digest: 'as ever', name: 'guest-100', agent: '1', scsi0: 'ceph:vm-100-disk-0,size=8G' };
  it.each([
    ['a disk', /qemu\/100\/config$/, { ...config, scsi1: null }, 'config_unreadable'],
    ['a network device', /qemu\/100\/config$/, { ...config, net0: {} }, 'config_unreadable'],
    ['a snapshot', /qemu\/100\/snapshot$/, [{ name: 'current' }, { name: null, snaptime: 9 }], 'remote_protocol'],
    ['a backup', /pve1\/storage\/local\/content$/, [{ volid: null, vmid: 100, ctime: 9 }], 'read_incomplete'],
    ['a storage', /^\/storage$/, [{ storage: 'ceph', type: 'rbd' }, { type: 'dir' }], null],
    ['an interface of a node', /pve1\/network$/, [{ iface: '', type: 'bridge', active: 1 }], 'read_incomplete'],
    ['a replication', /cluster\/replication$/, [{ id: null, guest: 100 }], 'remote_protocol'],
    ['a backup job', /cluster\/backup$/, [null], 'remote_protocol'],
  ])('%s in a list that cannot be read is not gone, nor is what the list lacks', async (_what, at, data, reason) => {
    const { config: own, ...guest } = machine(100);
    const disks = { scsi0: 'ceph:vm-100-disk-0,size=8G', scsi1: 'ceph:vm-100-disk-1,size=9G' };
    const snapshots = [{ name: 'before', description: '', snaptime: 1_777_000_000 }];
    const cluster = aCluster({ guests: [{ ...guest, config: { ...own, ...disks }, snapshots }] });
    const volid = 'local:backup/vzdump-qemu-100-2026_05_01-00_00_00.vma.zst';
    const backup = { volid, content: 'backup', format: 'vma.zst', size: 9, ctime: 1_777_000_000, vmid: 100 } as const;
    cluster.storages[0]!.volumes.push({ ...backup, node: 'pve1', extra: {} });
    cluster.replicationJobs.push({ id: '100-0', type: 'local', guest: 100, jobnum: 0, source: 'pve1', target: 'pve2' });
    cluster.backupJobs.push({ id: 'nightly', vmid: '100' });
    const target = await openSimulated(anEstate(cluster), { variables });
    try {
      await sync(target, everything);
      for (const kept of [path.snapshots, path.backups, path.replications, path.backupRoutines])
        expect(await all(target, kept)).toHaveLength(1);
      const reasons = await expectNothing(target, at, data);
      if (reason !== null) expect(reasons).toContain(reason);
    } finally {
      await target.close();
    }
  });
});
