/**
 * The NetBox objects we manage, as data: where they live, which of their fields we read, and how two values of a field
 * are compared. A field that is not named here is never compared and never written. Facts: NetBox 4.5-4.7 serializers
 * and the netbox-proxbox models (docs/netbox-facts.md).
 */

/** How two values of a field are compared; see compare.ts. */
export type FieldType =
  | 'text'
  | 'number'
  | 'decimal'
  | 'boolean'
  | 'relation'
  | 'choice'
  | 'tags'
  | 'time'
  | 'json'
  | 'content-type'
  | 'custom-fields';

export interface KindDefinition {
  readonly path: string;
  /** In messages: singular, NetBox's word. */
  readonly noun: string;
  readonly fields: Readonly<Record<string, FieldType>>;
  /** Fields read besides the compared ones. */
  readonly alsoRead?: readonly string[];
  /** Sidecars and links of the plugin: failing to write one never fails the object it belongs to. */
  readonly plugin?: boolean;
}

const support = { name: 'text', slug: 'text', description: 'text', tags: 'tags' } as const;

export const kinds = {
  tag: {
    path: '/api/extras/tags/',
    noun: 'tag',
    fields: { name: 'text', slug: 'text', color: 'text', description: 'text' },
  },
  'cluster-type': { path: '/api/virtualization/cluster-types/', noun: 'cluster type', fields: support },
  manufacturer: { path: '/api/dcim/manufacturers/', noun: 'manufacturer', fields: support },
  'device-type': {
    path: '/api/dcim/device-types/',
    noun: 'device type',
    fields: { model: 'text', slug: 'text', manufacturer: 'relation', tags: 'tags' },
  },
  'device-role': {
    path: '/api/dcim/device-roles/',
    noun: 'role',
    fields: { ...support, color: 'text', vm_role: 'boolean' },
  },
  'vm-type': { path: '/api/virtualization/virtual-machine-types/', noun: 'virtual machine type', fields: support },
  site: {
    path: '/api/dcim/sites/',
    noun: 'site',
    fields: { name: 'text', slug: 'text', status: 'choice', tags: 'tags' },
  },
  tenant: { path: '/api/tenancy/tenants/', noun: 'tenant', fields: { name: 'text', slug: 'text' } },
  cluster: {
    path: '/api/virtualization/clusters/',
    noun: 'cluster',
    fields: {
      name: 'text',
      type: 'relation',
      scope_type: 'content-type',
      scope_id: 'number',
      tenant: 'relation',
      description: 'text',
      tags: 'tags',
    },
  },
  'cluster-state': {
    path: '/api/plugins/proxbox/sync-state/clusters/',
    noun: 'cluster sync state',
    fields: { cluster: 'relation', proxmox_cluster_name: 'text', proxmox_last_updated: 'time' },
    plugin: true,
  },
  'cluster-link': {
    path: '/api/plugins/proxbox/proxmox-clusters/',
    noun: 'Proxmox cluster row',
    fields: { netbox_cluster: 'relation' },
    alsoRead: ['name', 'endpoint'],
    plugin: true,
  },
  device: {
    path: '/api/dcim/devices/',
    noun: 'device',
    fields: {
      name: 'text',
      cluster: 'relation',
      status: 'choice',
      description: 'text',
      device_type: 'relation',
      role: 'relation',
      site: 'relation',
      tags: 'tags',
    },
    alsoRead: ['display_url', 'tenant'],
  },
  'device-state': {
    path: '/api/plugins/proxbox/sync-state/devices/',
    noun: 'device sync state',
    fields: {
      device: 'relation',
      proxmox_node_name: 'text',
      proxmox_cluster_name: 'text',
      proxmox_endpoint_raw_id: 'number',
      proxmox_last_updated: 'time',
    },
    plugin: true,
  },
  'node-link': {
    path: '/api/plugins/proxbox/proxmox-nodes/',
    noun: 'Proxmox node row',
    fields: { netbox_device: 'relation' },
    alsoRead: ['name', 'endpoint', 'proxmox_cluster'],
    plugin: true,
  },
  storage: {
    path: '/api/plugins/proxbox/storage/',
    noun: 'storage',
    fields: {
      cluster: 'relation',
      name: 'text',
      storage_type: 'text',
      content: 'text',
      path: 'text',
      nodes: 'text',
      shared: 'boolean',
      enabled: 'boolean',
      server: 'text',
      port: 'number',
      username: 'text',
      export: 'text',
      share: 'text',
      pool: 'text',
      monhost: 'text',
      namespace: 'text',
      datastore: 'text',
      subdir: 'text',
      mountpoint: 'text',
      is_mountpoint: 'text',
      preallocation: 'text',
      format: 'text',
      prune_backups: 'text',
      max_protected_backups: 'number',
      raw_config: 'json',
      tags: 'tags',
    },
  },
  'virtual-machine': {
    path: '/api/virtualization/virtual-machines/',
    noun: 'virtual machine',
    fields: {
      name: 'text',
      status: 'choice',
      cluster: 'relation',
      device: 'relation',
      site: 'relation',
      role: 'relation',
      virtual_machine_type: 'relation',
      vcpus: 'decimal',
      memory: 'number',
      disk: 'number',
      description: 'text',
      tags: 'tags',
      custom_fields: 'custom-fields',
    },
    alsoRead: ['display_url', 'tenant', 'virtual_disk_count'],
  },
  'vm-state': {
    path: '/api/plugins/proxbox/sync-state/virtual-machines/',
    noun: 'virtual machine sync state',
    fields: {
      virtual_machine: 'relation',
      endpoint: 'relation',
      proxmox_vm_id: 'number',
      proxmox_vm_type: 'text',
      proxmox_vm_name: 'text',
      proxmox_start_at_boot: 'boolean',
      proxmox_unprivileged_container: 'boolean',
      proxmox_qemu_agent: 'boolean',
      proxmox_search_domain: 'text',
      proxmox_status: 'text',
      proxmox_link: 'text',
      proxmox_endpoint_raw_id: 'number',
      proxmox_node_name: 'text',
      proxmox_cluster_name: 'text',
      proxmox_last_updated: 'time',
      last_run_id: 'text',
    },
    plugin: true,
  },
} as const satisfies Record<string, KindDefinition>;

export type ObjectKind = keyof typeof kinds;

export function kindDefinition(kind: ObjectKind): KindDefinition {
  return kinds[kind];
}

/** The `fields=` list of a kind: what we compare and what we read besides. */
export function readFields(kind: ObjectKind): string {
  const definition = kindDefinition(kind);
  return ['id', ...Object.keys(definition.fields), ...(definition.alsoRead ?? [])].join(',');
}
