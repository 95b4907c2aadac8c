/**
 * The custom fields in which older releases mirrored Proxmox. Names, labels and descriptions are what those NetBoxes have:
 * they are compared, so a changed word here is a change in every NetBox.
 */

export interface FieldDefinition {
  readonly name: string;
  readonly label: string;
  readonly type: 'boolean' | 'datetime' | 'integer' | 'object' | 'text' | 'url';
  /** `app_label.model`. */
  readonly objectTypes: readonly string[];
  readonly uiVisible: 'always' | 'if-set';
  readonly description: string;
  readonly weight: number;
  readonly groupName: string;
  /** Only of `object` fields. */
  readonly relatedObjectType?: string;
}

const VM = 'virtualization.virtualmachine';
const DEVICE = 'dcim.device';
const INTERFACE = 'dcim.interface';
const ADDRESS = 'ipam.ipaddress';
const VLAN = 'ipam.vlan';
const CLUSTER = 'virtualization.cluster';
const CLUSTER_GROUP = 'virtualization.clustergroup';
const DISK = 'virtualization.virtualdisk';
const VM_INTERFACE = 'virtualization.vminterface';
const stamped = [
  DEVICE, 'dcim.devicerole', 'dcim.devicetype', INTERFACE, 'dcim.manufacturer', 'dcim.site', ADDRESS, VLAN, CLUSTER,
  'virtualization.clustertype', DISK, VM, VM_INTERFACE,
]; // prettier-ignore

type Types = readonly string[];
type Line = readonly [name: string, label: string, type: FieldDefinition['type'], description: string];

const common = { weight: 100, groupName: 'Proxmox' } as const;

function fields(uiVisible: FieldDefinition['uiVisible'], objectTypes: Types, lines: readonly Line[]) {
  return lines.map(([name, label, type, description]): FieldDefinition => ({
    ...common,
    name,
    label,
    type,
    objectTypes,
    uiVisible,
    description,
  }));
}

const ofVirtualMachines = [
  ...fields('always', [VM], [
    ['proxmox_vm_id', 'VM ID', 'integer', 'Proxmox Virtual Machine or Container ID'],
    ['proxmox_vm_type', 'VM Type', 'text', 'Proxmox VM type (qemu or lxc)'],
    ['proxmox_start_at_boot', 'Start at Boot', 'boolean', 'Proxmox Start at Boot Option'],
    ['proxmox_status', 'Proxmox Status', 'text', 'Current status in Proxmox'],
  ]),
  ...fields('if-set', [VM], [
    ['proxmox_unprivileged_container', 'Unprivileged Container', 'boolean', 'Proxmox Unprivileged Container'],
    ['proxmox_qemu_agent', 'QEMU Guest Agent', 'boolean', 'Proxmox QEMU Guest Agent'],
    ['proxmox_search_domain', 'Search Domain', 'text', 'Proxmox Search Domain'],
    ['proxmox_uptime', 'Uptime (seconds)', 'integer', 'VM uptime in seconds'],
    ['proxmox_migration_duration', 'Migration Duration', 'integer', 'Migration duration in seconds'],
    ['proxmox_migration_type', 'Migration Type', 'text', 'Migration type (live / offline)'],
    ['proxmox_endpoint_id', 'Proxmox Endpoint ID', 'integer', 'proxbox-api ProxmoxEndpoint database ID for console access'],
  ]),
]; // prettier-ignore

const ofDevicesAndVirtualMachines = [
  ...fields('always', [DEVICE, VM], [
    ['proxmox_link', 'Proxmox Link', 'url', 'Link to Proxmox web interface'],
    ['proxmox_node', 'Proxmox Node', 'text', 'Proxmox node hosting this device/VM'],
    ['proxmox_cluster', 'Proxmox Cluster', 'text', 'Proxmox cluster name'],
  ]),
  ...fields('if-set', [DEVICE, VM], [
    ['proxmox_tags', 'Proxmox Tags', 'text', 'Comma-separated tags from Proxmox'],
    ['proxmox_os', 'Operating System', 'text', 'Operating system from Proxmox'],
    ['proxmox_storage', 'Storage', 'text', 'Storage disk size'],
    ['proxmox_disk', 'Disk (GB)', 'text', 'Total disk size in GB'],
    ['proxmox_interfaces', 'Network Interfaces', 'text', 'Network interface count'],
    ['proxmox_vmid', 'Proxmox VMID', 'text', 'VM ID for reference'],
    ['proxmox_notes', 'Proxmox Notes', 'text', 'Notes from Proxmox'],
    ['proxmox_tcp_states', 'TCP States', 'text', 'TCP connection states'],
    ['proxmox_cpu_type', 'CPU Type', 'text', 'CPU type from Proxmox'],
    ['proxmox_storage_ids', 'Storage IDs', 'text', 'Comma-separated storage IDs'],
    ['proxmox_storage_names', 'Storage Names', 'text', 'Comma-separated storage names'],
    ['proxmox_device_names', 'Device Names', 'text', 'Comma-separated device names'],
  ]),
]; // prettier-ignore

const ofNetworksAndClusters = [
  ...fields('if-set', [ADDRESS], [
    ['proxmox_interface', 'Proxmox Interface', 'text', 'Proxmox network interface name'],
    ['proxmox_mac', 'Proxmox MAC', 'text', 'MAC address from Proxmox'],
    ['proxmox_ip_addresses', 'IP Addresses', 'text', 'All IP addresses from Proxmox'],
  ]),
  ...fields('if-set', [VLAN], [['proxmox_vlan_id', 'Proxmox VLAN ID', 'integer', 'VLAN ID from Proxmox']]),
  ...fields('always', [CLUSTER, CLUSTER_GROUP], [
    ['proxmox_cluster_name', 'Cluster Name', 'text', 'Cluster name from Proxmox'],
    ['proxmox_cluster_status', 'Cluster Status', 'text', 'Cluster status from Proxmox'],
  ]),
  ...fields('always', [CLUSTER], [['proxmox_cluster_id', 'Cluster ID', 'integer', 'Proxmox cluster ID']]),
]; // prettier-ignore

const related = [
  ...fields('always', [DISK], [
    ['proxbox_storage_id', 'Proxbox Storage', 'object', 'Proxmox storage hosting this virtual disk'],
  ]).map((field) => ({ ...field, relatedObjectType: 'netbox_proxbox.proxmoxstorage' })),
  ...fields('always', [VM_INTERFACE], [
    ['proxbox_bridge', 'Proxbox Bridge', 'object', 'Node-level bridge interface (vmbr) used by this VM interface'],
  ]).map((field) => ({ ...field, relatedObjectType: 'dcim.interface' })),
]; // prettier-ignore

const runs = [
  ...fields('always', stamped, [
    ['proxmox_last_updated', 'Last Updated', 'datetime', 'Proxmox Plugin last modified this object'],
  ]).map((field) => ({ ...field, weight: 200 })),
  ...fields('if-set', [DEVICE, CLUSTER, VM], [
    ['proxbox_last_run_id', 'Last Run ID', 'text', 'UUID of the most recent Proxbox sync run that touched this object.'],
  ]).map((field) => ({ ...field, weight: 250, groupName: 'Proxbox' })),
]; // prettier-ignore

const hardware = [
  ...fields('if-set', [DEVICE], [
    ['hardware_chassis_serial', 'Chassis Serial', 'text', 'Chassis serial reported by dmidecode -t 3'],
    ['hardware_chassis_manufacturer', 'Chassis Manufacturer', 'text', 'Chassis manufacturer reported by dmidecode -t 3'],
    ['hardware_chassis_product', 'Chassis Product', 'text', 'System product name reported by dmidecode -t 1'],
  ]),
  ...fields('if-set', [INTERFACE], [
    ['nic_speed_gbps', 'NIC Speed (Gbps)', 'integer', 'Negotiated link speed reported by ethtool, in Gbps'],
    ['nic_duplex', 'NIC Duplex', 'text', 'Duplex mode reported by ethtool'],
    ['nic_link', 'NIC Link Up', 'boolean', 'Link-detected status reported by ethtool'],
  ]),
].map((field) => ({ ...field, weight: 300 })); // prettier-ignore

export const fieldInventory: readonly FieldDefinition[] = [
  ...ofVirtualMachines,
  ...ofDevicesAndVirtualMachines,
  ...ofNetworksAndClusters,
  ...related,
  ...runs,
  ...hardware,
];
