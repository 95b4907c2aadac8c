import { overwriteFlags, syncResources } from '../../../src/sync/plan/options.js';

/** What the netbox-proxbox plugin puts into the query of every stage. */
export function bundle(endpointId: number): string {
  const query = new URLSearchParams({
    proxmox_endpoint_ids: String(endpointId),
    netbox_endpoint_ids: '1',
    use_guest_agent_interface_name: 'true',
    vm_interface_sync_strategy: 'guest_os_model',
    fetch_max_concurrency: '8',
    ignore_ipv6_link_local_addresses: 'true',
    primary_ip_preference: 'ipv4',
    parse_description_metadata: 'false',
  });
  for (const flag of overwriteFlags) query.set(flag, String(flag !== 'overwrite_vm_platform'));
  for (const resource of syncResources)
    query.set(`sync_mode_${resource}`, resource.startsWith('sdn') ? 'disabled' : 'always');
  return query.toString();
}

const vms = '/virtualization/virtual-machines';

/** The stages of one endpoint as its job calls them, one after another. */
export function stages(endpointId: number): readonly string[] {
  const query = bundle(endpointId);
  const own = 'sync_task_history=false&sync_vm_network=false&run_id=11111111-2222-4333-8444-555555555555';
  return [
    `/dcim/devices/create/stream?${query}`,
    `${vms}/storage/create/stream?${query}`,
    `${vms}/create/stream?${query}&${own}`,
    `${vms}/task-history/create/stream?${query}`,
    `${vms}/virtual-disks/create/stream?${query}`,
    `${vms}/backups/all/create/stream?${query}&delete_nonexistent_backup=true`,
    `${vms}/snapshots/all/create/stream?${query}&delete_nonexistent_snapshot=true`,
    `/dcim/devices/interfaces/create/stream?${query}`,
    `${vms}/interfaces/create/stream?${query}`,
    `${vms}/interfaces/ip-address/create/stream?${query}`,
    `/proxmox/replication/stream?${query}`,
    `/proxmox/cluster/backup/stream?${query}`,
  ];
}
