import { describe, expect, it } from 'vitest';
import { addGuest, type Estate } from '../../simulator/estate/index.js';
import type { AgentInterface } from '../../simulator/estate/types.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, sync, syncQuietly, watchedSync, type SyncTarget } from '../../contract/sync/target.js';
import { openSimulated } from './simulated-target.js';

const stage = '/virtualization/virtual-machines/interfaces/ip-address/create/stream';
const addresses = '/api/ipam/ip-addresses/';
const interfaces = '/api/virtualization/interfaces/';

const macOf = (vmid: number): string => `BC:24:11:00:00:${String(vmid % 100).padStart(2, '0')}`;

const agent = (mac: string, ...hosts: readonly string[]): AgentInterface[] => [
  {
    name: 'ens18',
    'hardware-address': mac.toLowerCase(),
    'ip-addresses': hosts.map((host) => ({
      'ip-address': host,
      'ip-address-type': host.includes(':') ? 'ipv6' : 'ipv4',
      prefix: host.includes(':') ? 64 : 24,
    })),
  },
];

function guest(vmid: number, ...hosts: readonly string[]) {
  return {
    vmid,
    node: 'pve1',
    status: 'running' as const,
    config: { agent: 1, scsi0: `ceph:vm-${vmid}-disk-0,size=8G`, net0: `virtio=${macOf(vmid)},bridge=vmbr0` },
    agent: { state: 'running' as const, hostName: `host${vmid}.example.org`, interfaces: agent(macOf(vmid), ...hosts) },
  };
}

function estateOf(...clusters: Parameters<typeof aCluster>[0][]): Estate {
  return anEstate(...clusters.map((plan) => aCluster(plan)));
}

/** The machines, and an interface net0 on each as the interface stage makes it. */
async function opened(
  estate: Estate,
): Promise<SyncTarget & { simulator: Awaited<ReturnType<typeof openSimulated>>['simulator'] }> {
  const target = await openSimulated(estate);
  await sync(target, '/dcim/devices/create/stream');
  await sync(target, '/virtualization/virtual-machines/create/stream?sync_vm_network=false&sync_task_history=false');
  for (const machine of await all(target, '/api/virtualization/virtual-machines/'))
    await target.netbox.post(interfaces, { virtual_machine: machine.id, name: 'net0' });
  return target;
}

const told = (rows: readonly { address: string; dns_name: string }[]) =>
  rows.map(({ address, dns_name }) => `${address} ${dns_name}`).sort();

describe('the addresses of guests', () => {
  it('are what the guest agent says, named by the guest; the first of each family is primary', async () => {
    const target = await opened(
      estateOf({ guests: [guest(100, '10.0.0.5', '2001:db8::5', 'fe80::1'), guest(101, '10.0.0.6')] }),
    );
    try {
      const { complete } = await sync(target, stage);
      expect(complete.result).toMatchObject({ count: 3, created: 3, failed: 0, reasons: { address_ignored: 1 } });
      expect(told(await all(target, addresses))).toEqual([
        '10.0.0.5/24 host100.example.org',
        '10.0.0.6/24 host101.example.org',
        '2001:db8::5/64 host100.example.org',
      ]);
      const { machine } = await machineOf(target, 100);
      expect(machine).toMatchObject({
        primary_ip4: { address: '10.0.0.5/24' },
        primary_ip6: { address: '2001:db8::5/64' },
      });
      await syncQuietly(target, stage);
    } finally {
      await target.close();
    }
  });

  it.each([
    ['of a virtual machine that is a container now', 'lxc', ''],
    ['where interfaces inside guests are no longer recorded', 'qemu', '?vm_interface_sync_strategy=legacy_rename'],
  ] as const)('%s go along with what the plugin keeps of them', async (_what, type, query) => {
    const estate = estateOf({ guests: [guest(100, '10.0.0.5')] });
    const target = await openSimulated(estate);
    try {
      await sync(target);
      const { guests } = estate.clusters[0]!;
      guests.delete(100);
      if (type === 'qemu') addGuest(estate.clusters[0]!, guest(100, '10.0.0.9'));
      else
        addGuest(estate.clusters[0]!, {
          vmid: 100,
          type,
          node: 'pve1',
          config: { rootfs: 'ceph:vm-100-disk-0,size=8G', net0: `name=eth0,bridge=vmbr0,hwaddr=${macOf(100)},ip=dhcp` },
          containerInterfaces: [
            {
              name: 'eth0',
              hwaddr: macOf(100).toLowerCase(),
              inet: '10.0.0.9/24',
              'ip-addresses': [{ 'ip-address': '10.0.0.9', 'ip-address-type': 'inet', prefix: '24' }],
            },
          ],
        });
      await target.world.restart();

      await sync(target, `/full-update/stream${query}`);

      const ofGuests = await all(target, addresses, '&assigned_object_type=virtualization.vminterface');
      expect(ofGuests.map(({ address }) => address)).toEqual(['10.0.0.9/24']);
      await syncQuietly(target, `/full-update/stream${query}`);
    } finally {
      await target.close();
    }
  });

  it('that the guest no longer has go, if they are ours; the next one becomes primary', async () => {
    const estate = estateOf({ guests: [guest(100, '10.0.0.5', '10.0.0.6')] });
    const target = await opened(estate);
    try {
      await sync(target, stage);
      const { machine } = await machineOf(target, 100);
      const [port] = await all(target, interfaces);
      await target.netbox.post(addresses, {
        address: '10.9.9.9/24',
        assigned_object_type: 'virtualization.vminterface',
        assigned_object_id: port.id,
      });
      expect(machine.primary_ip4.address).toBe('10.0.0.5/24');
      estate.clusters[0]!.guests.get(100)!.agent = {
        ...estate.clusters[0]!.guests.get(100)!.agent,
        interfaces: agent(macOf(100), '10.0.0.6', '10.0.0.7'),
      };

      const { complete } = await sync(
        target,
        '/virtualization/virtual-machines/create/stream?sync_vm_network=false&sync_task_history=false',
      ).then(() => sync(target, stage));

      expect(complete.result).toMatchObject({ created: 1, unchanged: 1, deleted: 1 });
      expect(told(await all(target, addresses))).toEqual([
        '10.0.0.6/24 host100.example.org',
        '10.0.0.7/24 host100.example.org',
        '10.9.9.9/24 ',
      ]);
      expect((await machineOf(target, 100)).machine.primary_ip4.address).toBe('10.0.0.6/24');
    } finally {
      await target.close();
    }
  });

  it('stay when the guest cannot be asked, with the reason', async () => {
    const estate = estateOf({ guests: [guest(100, '10.0.0.5')] });
    const target = await opened(estate);
    try {
      await sync(target, stage);
      estate.clusters[0]!.guests.get(100)!.agent.state = 'silent';
      await sync(
        target,
        '/virtualization/virtual-machines/create/stream?sync_vm_network=false&sync_task_history=false',
      );

      const seen = await watchedSync(target, stage);

      expect(seen.writes).toEqual([]);
      expect(seen.complete.result).toMatchObject({ reasons: { agent_not_running: 1 } });
      expect(await all(target, addresses)).toHaveLength(1);
    } finally {
      await target.close();
    }
  });

  it('of another object are left alone, and a free one is taken', async () => {
    const target = await opened(estateOf({ guests: [guest(100, '10.0.0.5', '10.0.0.6')] }));
    try {
      const [site] = await all(target, '/api/dcim/sites/');
      const other = await target.netbox.post('/api/virtualization/virtual-machines/', {
        name: 'theirs',
        site: site.id,
      });
      const port = await target.netbox.post(interfaces, { virtual_machine: other.body.id, name: 'eth0' });
      const theirs = await target.netbox.post(addresses, {
        address: '10.0.0.5/32',
        assigned_object_type: 'virtualization.vminterface',
        assigned_object_id: port.body.id,
      });
      const free = await target.netbox.post(addresses, { address: '10.0.0.6/24', description: 'reserved for web' });

      const seen = await watchedSync(target, stage);

      expect(seen.complete.result).toMatchObject({ updated: 1, skipped: 1, failed: 0, reasons: { ip_conflict: 1 } });
      expect((await target.netbox.get(`${addresses}${theirs.body.id}/`)).body).toMatchObject({
        assigned_object_id: port.body.id,
        tags: [],
      });
      expect((await target.netbox.get(`${addresses}${free.body.id}/`)).body).toMatchObject({
        description: 'reserved for web',
        assigned_object: { name: 'net0' },
      });
      await syncQuietly(target, stage);
    } finally {
      await target.close();
    }
  });

  it('keep the primary address, tags and texts that an operator chose', async () => {
    const target = await opened(estateOf({ guests: [guest(100, '10.0.0.5', '10.0.0.6')] }));
    try {
      await sync(target, stage);
      const second = (await all(target, addresses)).find(({ address }) => address === '10.0.0.6/24');
      await edit(target, addresses, second.id, {
        description: 'mine',
        tags: [...second.tags.map(({ slug }: { slug: string }) => ({ slug })), { slug: 'proxbox-discovered-qemu' }],
      });
      const { machine } = await machineOf(target, 100);
      await edit(target, '/api/virtualization/virtual-machines/', machine.id, { primary_ip4: second.id });

      await syncQuietly(target, stage);
    } finally {
      await target.close();
    }
  });

  it('move with the guest that has them now, in one run', async () => {
    const estate = estateOf({ guests: [guest(100, '10.0.0.5'), guest(101, '10.0.0.6')] });
    const target = await opened(estate);
    try {
      await sync(target, stage);
      const [first, second] = [100, 101].map((vmid) => estate.clusters[0]!.guests.get(vmid)!);
      first!.agent = { ...first!.agent, interfaces: agent(macOf(100), '10.0.0.7') };
      second!.agent = { ...second!.agent, interfaces: agent(macOf(101), '10.0.0.5') };
      await sync(
        target,
        '/virtualization/virtual-machines/create/stream?sync_vm_network=false&sync_task_history=false',
      );

      const { complete } = await sync(target, stage);

      expect(complete.result).toMatchObject({ created: 1, updated: 1, deleted: 1, skipped: 0 });
      expect(told(await all(target, addresses))).toEqual([
        '10.0.0.5/24 host101.example.org',
        '10.0.0.7/24 host100.example.org',
      ]);
      await syncQuietly(target, stage);
    } finally {
      await target.close();
    }
  });

  it('are written for the selected machine only, and nothing of another cluster with the same VMID', async () => {
    const target = await opened(
      estateOf(
        { guests: [guest(100, '10.0.0.5')] },
        { name: 'other', nodes: ['pve1'], guests: [guest(100, '10.0.0.6')] },
      ),
    );
    try {
      const { machine } = await machineOf(target, 100, 'other');

      await sync(target, `${stage}?netbox_vm_ids=${machine.id}`);

      expect(told(await all(target, addresses))).toEqual(['10.0.0.6/24 host100.example.org']);
      await sync(target, stage);
      expect(await all(target, addresses)).toHaveLength(2);
      await syncQuietly(target, stage);
    } finally {
      await target.close();
    }
  });
});
