/** What NetBox calls the objects at each path: of custom fields, change log and what hangs on objects. Facts: docs/netbox-facts.md. */
import { kinds, type ObjectKind } from './index.js';

/** Of a list that has a kind. */
export type KindPath = (typeof kinds)[ObjectKind]['path'];

const models: Readonly<Record<KindPath, string>> = {
  '/api/extras/tags/': 'extras.tag',
  '/api/extras/custom-fields/': 'extras.customfield',
  '/api/tenancy/tenants/': 'tenancy.tenant',
  '/api/extras/journal-entries/': 'extras.journalentry',
  '/api/dcim/manufacturers/': 'dcim.manufacturer',
  '/api/dcim/device-types/': 'dcim.devicetype',
  '/api/dcim/device-roles/': 'dcim.devicerole',
  '/api/dcim/platforms/': 'dcim.platform',
  '/api/dcim/sites/': 'dcim.site',
  '/api/dcim/devices/': 'dcim.device',
  '/api/dcim/interfaces/': 'dcim.interface',
  '/api/dcim/mac-addresses/': 'dcim.macaddress',
  '/api/virtualization/cluster-types/': 'virtualization.clustertype',
  '/api/virtualization/virtual-machine-types/': 'virtualization.virtualmachinetype',
  '/api/virtualization/clusters/': 'virtualization.cluster',
  '/api/virtualization/virtual-machines/': 'virtualization.virtualmachine',
  '/api/virtualization/interfaces/': 'virtualization.vminterface',
  '/api/virtualization/virtual-disks/': 'virtualization.virtualdisk',
  '/api/ipam/vlans/': 'ipam.vlan',
  '/api/ipam/prefixes/': 'ipam.prefix',
  '/api/ipam/route-targets/': 'ipam.routetarget',
  '/api/ipam/ip-addresses/': 'ipam.ipaddress',
  '/api/tenancy/contact-assignments/': 'tenancy.contactassignment',
  '/api/extras/image-attachments/': 'extras.imageattachment',
  '/api/ipam/services/': 'ipam.service',
  '/api/ipam/fhrp-group-assignments/': 'ipam.fhrpgroupassignment',
  '/api/vpn/tunnel-terminations/': 'vpn.tunneltermination',
  '/api/plugins/proxbox/sync-state/clusters/': 'netbox_proxbox.proxboxclustersyncstate',
  '/api/plugins/proxbox/proxmox-clusters/': 'netbox_proxbox.proxmoxcluster',
  '/api/plugins/proxbox/sync-state/devices/': 'netbox_proxbox.proxboxdevicesyncstate',
  '/api/plugins/proxbox/proxmox-nodes/': 'netbox_proxbox.proxmoxnode',
  '/api/plugins/proxbox/storage/': 'netbox_proxbox.proxmoxstorage',
  '/api/plugins/proxbox/sync-state/virtual-machines/': 'netbox_proxbox.proxboxvirtualmachinesyncstate',
  '/api/plugins/proxbox/sync-state/vm-interfaces/': 'netbox_proxbox.proxboxvminterfacesyncstate',
  '/api/plugins/proxbox/guest-vm-interfaces/': 'netbox_proxbox.guestvminterface',
  '/api/plugins/proxbox/guest-vm-interface-addresses/': 'netbox_proxbox.guestvminterfaceaddress',
  '/api/plugins/proxbox/sync-state/virtual-disks/': 'netbox_proxbox.proxboxvirtualdisksyncstate',
  '/api/plugins/proxbox/snapshots/': 'netbox_proxbox.vmsnapshot',
  '/api/plugins/proxbox/backups/': 'netbox_proxbox.vmbackup',
  '/api/plugins/proxbox/task-history/': 'netbox_proxbox.vmtaskhistory',
  '/api/plugins/proxbox/replications/': 'netbox_proxbox.replication',
  '/api/plugins/proxbox/backup-routines/': 'netbox_proxbox.backuproutine',
  '/api/plugins/proxbox/vm-cloudinit/': 'netbox_proxbox.proxmoxvmcloudinit',
  '/api/vpn/l2vpns/': 'vpn.l2vpn',
  '/api/vpn/l2vpn-terminations/': 'vpn.l2vpntermination',
  '/api/plugins/proxbox/sdn-controllers/': 'netbox_proxbox.proxmoxsdncontroller',
  '/api/plugins/proxbox/sdn-zones/': 'netbox_proxbox.proxmoxsdnzone',
  '/api/plugins/proxbox/sdn-vnets/': 'netbox_proxbox.proxmoxsdnvnet',
  '/api/plugins/proxbox/sdn-subnets/': 'netbox_proxbox.proxmoxsdnsubnet',
  '/api/plugins/proxbox/sdn-fabrics/': 'netbox_proxbox.proxmoxsdnfabric',
  '/api/plugins/proxbox/sdn-route-maps/': 'netbox_proxbox.proxmoxsdnroutemap',
  '/api/plugins/proxbox/sdn-prefix-lists/': 'netbox_proxbox.proxmoxsdnprefixlist',
  '/api/plugins/proxbox/sdn-bindings/': 'netbox_proxbox.proxmoxsdnbinding',
};

/** `app.model` of the objects of a kind: one for all kinds that are views of them. */
export function modelOf(kind: ObjectKind): string {
  return models[kinds[kind].path];
}
