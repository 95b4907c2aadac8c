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
  | 'custom-fields'
  | 'mac'
  | 'address';

export interface KindDefinition {
  readonly path: string;
  /** In messages: singular, NetBox's word. */
  readonly noun: string;
  readonly fields: Readonly<Record<string, FieldType>>;
  /** Fields read besides the compared ones. */
  readonly alsoRead?: readonly string[];
  /** Sidecars and links of the plugin: failing to write one never fails the object it belongs to. */
  readonly plugin?: boolean;
  /**
   * The plugin makes the rows itself. Those that it makes in a branch are in no change log, so NetBox refuses to change them
   * there, and a merge leaves them behind and fails over whatever points at them.
   */
  readonly madeByPlugin?: boolean;
  /** A note about another object: written only when that was created or updated, and its failure is nobody's. */
  readonly isNote?: boolean;
  /**
   * The same NetBox objects as this kind, of which another part is written later (the primary address of a machine, once
   * its addresses exist). What is read and remembered is the other kind's.
   */
  readonly viewOf?: string;
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
    madeByPlugin: true,
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
    alsoRead: ['display_url', 'tenant', 'primary_ip4', 'primary_ip6'],
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
    alsoRead: ['name', 'endpoint', 'proxmox_cluster', 'default_role_qemu', 'default_role_lxc'],
    plugin: true,
    madeByPlugin: true,
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
    alsoRead: ['display_url', 'tenant', 'virtual_disk_count', 'primary_ip4', 'primary_ip6'],
  },
  'vm-state': {
    path: '/api/plugins/proxbox/sync-state/virtual-machines/',
    noun: 'virtual machine sync state',
    fields: {
      virtual_machine: 'relation',
      endpoint: 'relation',
      proxmox_node: 'relation',
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
      proxmox_last_synced_role_id: 'number',
    },
    plugin: true,
  },
  'vm-state-role': {
    path: '/api/plugins/proxbox/sync-state/virtual-machines/',
    noun: 'record of the role of a virtual machine',
    fields: { proxmox_last_synced_role_id: 'number' },
    plugin: true,
    viewOf: 'vm-state',
  },
  vlan: {
    path: '/api/ipam/vlans/',
    noun: 'VLAN',
    fields: { vid: 'number', name: 'text', status: 'choice', site: 'relation', tenant: 'relation', tags: 'tags' },
  },
  'node-interface': {
    path: '/api/dcim/interfaces/',
    noun: 'device interface',
    fields: {
      device: 'relation',
      name: 'text',
      type: 'choice',
      untagged_vlan: 'relation',
      mode: 'choice',
      tags: 'tags',
    },
  },
  'vm-interface': {
    path: '/api/virtualization/interfaces/',
    noun: 'VM interface',
    fields: {
      virtual_machine: 'relation',
      name: 'text',
      enabled: 'boolean',
      untagged_vlan: 'relation',
      mode: 'choice',
      mac_address: 'mac',
      primary_mac_address: 'relation',
      tags: 'tags',
    },
    alsoRead: ['mac_addresses'],
  },
  'mac-address': {
    path: '/api/dcim/mac-addresses/',
    noun: 'MAC address',
    fields: {
      mac_address: 'mac',
      assigned_object_type: 'content-type',
      assigned_object_id: 'number',
      tags: 'tags',
    },
    alsoRead: ['description', 'comments'],
  },
  'vm-interface-state': {
    path: '/api/plugins/proxbox/sync-state/vm-interfaces/',
    noun: 'VM interface sync state',
    fields: { vm_interface: 'relation', proxbox_bridge: 'relation' },
    plugin: true,
  },
  'ip-address': {
    path: '/api/ipam/ip-addresses/',
    noun: 'IP address',
    fields: {
      address: 'address',
      assigned_object_type: 'content-type',
      assigned_object_id: 'number',
      status: 'choice',
      dns_name: 'text',
      tags: 'tags',
    },
    alsoRead: ['assigned_object', 'role', 'vrf'],
  },
  'guest-vm-interface': {
    path: '/api/plugins/proxbox/guest-vm-interfaces/',
    noun: 'guest interface',
    fields: {
      virtual_machine: 'relation',
      vm_interface: 'relation',
      name: 'text',
      mac_address: 'text',
      enabled: 'boolean',
      mtu: 'number',
      tags: 'tags',
    },
    plugin: true,
  },
  'guest-vm-interface-address': {
    path: '/api/plugins/proxbox/guest-vm-interface-addresses/',
    noun: 'guest interface address',
    fields: { guest_interface: 'relation', ip_address: 'relation' },
    plugin: true,
  },
  'primary-address': {
    path: '/api/virtualization/virtual-machines/',
    noun: 'primary address of a virtual machine',
    fields: { primary_ip4: 'relation', primary_ip6: 'relation' },
    viewOf: 'virtual-machine',
  },
  'device-primary-address': {
    path: '/api/dcim/devices/',
    noun: 'primary address of a device',
    fields: { primary_ip4: 'relation', primary_ip6: 'relation' },
    viewOf: 'device',
  },
  'virtual-disk': {
    path: '/api/virtualization/virtual-disks/',
    noun: 'virtual disk',
    fields: { virtual_machine: 'relation', name: 'text', size: 'number', description: 'text', tags: 'tags' },
  },
  'virtual-disk-state': {
    path: '/api/plugins/proxbox/sync-state/virtual-disks/',
    noun: 'virtual disk sync state',
    fields: { virtual_disk: 'relation', proxbox_storage: 'relation' },
    plugin: true,
  },
  'machine-disk': {
    path: '/api/virtualization/virtual-machines/',
    noun: 'disk size of a virtual machine',
    fields: { disk: 'number' },
    viewOf: 'virtual-machine',
  },
  snapshot: {
    path: '/api/plugins/proxbox/snapshots/',
    noun: 'snapshot',
    fields: {
      virtual_machine: 'relation',
      proxmox_storage: 'relation',
      name: 'text',
      description: 'text',
      vmid: 'number',
      node: 'text',
      snaptime: 'time',
      parent: 'text',
      subtype: 'choice',
      status: 'choice',
      tags: 'tags',
    },
  },
  backup: {
    path: '/api/plugins/proxbox/backups/',
    noun: 'backup',
    fields: {
      virtual_machine: 'relation',
      proxmox_storage: 'relation',
      storage: 'text',
      subtype: 'choice',
      format: 'choice',
      creation_time: 'time',
      size: 'number',
      used: 'number',
      notes: 'text',
      volume_id: 'text',
      vmid: 'number',
      encrypted: 'text',
      verification_state: 'text',
      verification_upid: 'text',
      tags: 'tags',
    },
  },
  'backup-journal': {
    path: '/api/extras/journal-entries/',
    noun: 'journal entry',
    fields: { assigned_object_type: 'content-type', assigned_object_id: 'number', kind: 'choice', comments: 'text' },
    plugin: true,
    isNote: true,
  },
  'task-history': {
    path: '/api/plugins/proxbox/task-history/',
    noun: 'task history row',
    fields: {
      virtual_machine: 'relation',
      vm_type: 'text',
      upid: 'text',
      node: 'text',
      pid: 'number',
      pstart: 'number',
      task_id: 'text',
      task_type: 'text',
      username: 'text',
      start_time: 'time',
      end_time: 'time',
      description: 'text',
      status: 'text',
      task_state: 'text',
      exitstatus: 'text',
      tags: 'tags',
    },
  },
  replication: {
    path: '/api/plugins/proxbox/replications/',
    noun: 'replication job',
    fields: {
      endpoint: 'relation',
      replication_id: 'text',
      virtual_machine: 'relation',
      proxmox_node: 'relation',
      guest: 'number',
      target: 'text',
      job_type: 'choice',
      schedule: 'text',
      rate: 'number',
      comment: 'text',
      disable: 'boolean',
      source: 'text',
      jobnum: 'number',
      remove_job: 'choice',
      status: 'choice',
      raw_config: 'json',
      tags: 'tags',
    },
  },
  'backup-routine': {
    path: '/api/plugins/proxbox/backup-routines/',
    noun: 'backup routine',
    fields: {
      endpoint: 'relation',
      job_id: 'text',
      enabled: 'boolean',
      schedule: 'text',
      node: 'relation',
      storage: 'relation',
      fleecing_storage: 'relation',
      selection: 'json',
      comment: 'text',
      status: 'choice',
      keep_last: 'number',
      keep_daily: 'number',
      keep_weekly: 'number',
      keep_monthly: 'number',
      keep_yearly: 'number',
      keep_all: 'boolean',
      notes_template: 'text',
      bwlimit: 'number',
      zstd: 'number',
      io_workers: 'number',
      fleecing: 'text',
      repeat_missed: 'boolean',
      pbs_change_detection_mode: 'text',
      raw_config: 'json',
      tags: 'tags',
    },
  },
  'cloud-init': {
    path: '/api/plugins/proxbox/vm-cloudinit/',
    noun: 'cloud-init row',
    fields: {
      virtual_machine: 'relation',
      ciuser: 'text',
      sshkeys: 'text',
      ipconfig0: 'text',
      sshkeys_truncated: 'boolean',
      tags: 'tags',
    },
    alsoRead: ['is_intent'],
    plugin: true,
  },
} as const satisfies Record<string, KindDefinition>;

export type ObjectKind = keyof typeof kinds;

export function kindDefinition(kind: ObjectKind): KindDefinition {
  return kinds[kind];
}

/** The kind under which objects are read and remembered: itself, or the kind it is a view of. */
export function storedKind(kind: ObjectKind): ObjectKind {
  const { viewOf } = kindDefinition(kind);
  return viewOf !== undefined && isKind(viewOf) ? viewOf : kind;
}

function isKind(name: string): name is ObjectKind {
  return Object.hasOwn(kinds, name);
}

/** The `fields=` list of a kind: what we compare and what we read besides. */
export function readFields(kind: ObjectKind): string {
  const definition = kindDefinition(kind);
  return ['id', ...Object.keys(definition.fields), ...(definition.alsoRead ?? [])].join(',');
}
