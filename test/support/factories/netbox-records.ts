/** Objects as NetBox holds them: written here as NetBox renders them, read as the product reads them. */
import { decode } from '../../../src/netbox/kinds/decode.js';
import type { ObjectKind, RecordOf } from '../../../src/netbox/kinds/index.js';

type Rendered = Readonly<Record<string, unknown>>;

/** An object of a kind, from NetBox's rendering of it; what is not given was not rendered. */
export function stored<K extends ObjectKind>(kind: K, rendered: Rendered & { readonly id: number }): RecordOf<K> {
  return decode(kind, rendered);
}

/** Tags as NetBox renders them in an object. */
export function tagsOf(...tags: readonly (number | string | readonly [number, string])[]): readonly object[] {
  return tags.map((tag, index) => {
    if (typeof tag === 'number') return { id: tag, name: `tag ${tag}`, slug: `tag-${tag}` };
    if (typeof tag === 'string') return { id: 900 + index, name: tag, slug: tag };
    return { id: tag[0], name: tag[1], slug: tag[1] };
  });
}

/** A machine as an earlier run wrote it: guest 100 of cluster 1, on device 1, in site 1. */
export function aVirtualMachine(id: number, fields: Rendered = {}): RecordOf<'virtual-machine'> {
  return stored('virtual-machine', {
    id,
    name: 'vm100',
    status: { value: 'active', label: 'Active' },
    cluster: { id: 1, name: 'lab' },
    device: { id: 1, name: 'pve1' },
    site: { id: 1, name: 'Proxmox Default Site - lab' },
    role: null,
    virtual_machine_type: { id: 1, slug: 'qemu-virtual-machine' },
    tenant: null,
    vcpus: 2,
    memory: 2048,
    disk: 32_768,
    description: 'Synced from Proxmox node pve1',
    tags: tagsOf([1, 'proxbox']),
    custom_fields: {},
    virtual_disk_count: 0,
    ...fields,
  });
}

/** The sidecar of a machine: guest 100 of endpoint 1. */
export function aVirtualMachineState(
  id: number,
  virtualMachineId: number,
  fields: Rendered = {},
): RecordOf<'vm-state'> {
  return stored('vm-state', {
    id,
    virtual_machine: { id: virtualMachineId },
    proxmox_vm_id: 100,
    proxmox_vm_type: 'qemu',
    proxmox_vm_name: 'vm100',
    proxmox_endpoint_raw_id: 1,
    proxmox_cluster_name: 'lab',
    proxmox_node_name: 'pve1',
    proxmox_start_at_boot: false,
    proxmox_unprivileged_container: false,
    proxmox_qemu_agent: false,
    proxmox_search_domain: '',
    proxmox_status: 'running',
    proxmox_link: 'https://10.0.0.10:8006/#v1:0:=qemu/100',
    proxmox_last_updated: '2025-12-31T00:00:00Z',
    last_run_id: 'R0',
    ...fields,
  });
}

export function aCluster(id: number, fields: Rendered = {}): RecordOf<'cluster'> {
  return stored('cluster', {
    id,
    name: 'lab',
    type: { id: 1, name: 'Cluster' },
    scope_type: 'dcim.site',
    scope_id: 1,
    tenant: null,
    description: 'Proxmox cluster cluster.',
    tags: tagsOf([1, 'proxbox']),
    ...fields,
  });
}

export function aDevice(id: number, name: string, fields: Rendered = {}): RecordOf<'device'> {
  return stored('device', {
    id,
    name,
    cluster: { id: 1, name: 'lab' },
    status: { value: 'active', label: 'Active' },
    description: `Proxmox Node ${name}`,
    device_type: { id: 1 },
    role: { id: 1 },
    site: { id: 1 },
    tags: tagsOf([1, 'proxbox']),
    tenant: null,
    ...fields,
  });
}

/** The sidecar of a device. */
export function aDeviceState(id: number, deviceId: number, fields: Rendered = {}): RecordOf<'device-state'> {
  return stored('device-state', { id, device: { id: deviceId }, ...fields });
}

/** The plugin's row of a node. */
export function aNodeLink(id: number, name: string, fields: Rendered = {}): RecordOf<'node-link'> {
  return stored('node-link', { id, name, ...fields });
}

export function aSite(id: number, name: string, fields: Rendered = {}): RecordOf<'site'> {
  return stored('site', { id, name, slug: name.toLowerCase(), ...fields });
}
