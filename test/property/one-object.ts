/** The call that syncs one object, as the plugin's buttons do. */
import type { Estate } from '../simulator/estate/index.js';

const objects = [
  'vm',
  'disk',
  'interface',
  'ip',
  'snapshot',
  'backup',
  'storage',
  'node',
  'cluster',
  'backup-routines',
] as const;

/** One query for every kind: what a route does not ask for passes. Some objects exist, some do not. */
export function oneObject({ clusters }: Estate, index: number, target: number): string {
  const cluster = clusters[index];
  const guests = [...(cluster?.guests.values() ?? [])];
  const guest = guests[target % Math.max(1, guests.length)];
  const volumes = cluster?.storages.find(({ name }) => name === 'pbs')?.volumes ?? [];
  const query = new URLSearchParams({
    cluster_name: cluster?.name ?? '',
    node_name: 'pve1',
    node: guest?.node ?? 'pve1',
    type: guest?.type ?? 'qemu',
    vmid: String(guest?.vmid ?? 100),
    disk_name: guest?.type === 'lxc' ? 'rootfs' : 'scsi0',
    interface_name: 'eth0',
    ip_address: guest?.agent.interfaces[0]?.['ip-addresses']?.[0]?.['ip-address'] ?? '10.9.9.9',
    snapshot_name: 'snap0',
    storage_name: 'pbs',
    storage: 'pbs',
    volid: volumes.find(({ vmid }) => vmid === guest?.vmid)?.volid ?? 'pbs:backup/vm/1/none',
    job_id: 'all',
  });
  return `/sync/individual/${objects[target % objects.length] ?? 'vm'}?${query.toString()}`;
}
