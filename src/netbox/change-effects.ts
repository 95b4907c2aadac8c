/**
 * Which cached answers are no longer true after somebody else's changes, as NetBox's change log names them. What is not
 * known to be harmless makes everything untrue.
 */
import type { CacheAddress } from './cache-keys.js';
import { splitPath } from './paths.js';

export interface LoggedChange {
  /** `virtualization.virtualmachine`. */
  readonly model: string;
  readonly objectId: number;
}

const proxbox = '/api/plugins/proxbox/';
const machines = '/api/virtualization/virtual-machines/';
const machineInterfaces = '/api/virtualization/interfaces/';
const deviceInterfaces = '/api/dcim/interfaces/';
const devices = '/api/dcim/devices/';
const macs = '/api/dcim/mac-addresses/';
const addresses = '/api/ipam/ip-addresses/';
const services = '/api/ipam/services/';
const snapshots = `${proxbox}snapshots/`;
const interfaces = [machineInterfaces, deviceInterfaces];

/**
 * Models whose objects show in few lists: their own, and those in which we read more of them than their id. What NetBox
 * deletes along with one, or empties because of it, has rows of its own.
 */
const shownIn: ReadonlyMap<string, readonly string[]> = new Map([
  ['virtualization.virtualmachine', [machines, addresses, macs, snapshots]],
  ['virtualization.vminterface', [machineInterfaces, addresses, macs]],
  ['virtualization.virtualdisk', ['/api/virtualization/virtual-disks/', machines]],
  ['dcim.interface', [deviceInterfaces, addresses, macs]],
  ['dcim.macaddress', [macs, ...interfaces]],
  ['ipam.ipaddress', [addresses, services, machines, devices]],
  ['ipam.service', [services]],
  ['ipam.vlan', ['/api/ipam/vlans/', ...interfaces]],
  ['ipam.fhrpgroup', [addresses]],
  ['extras.journalentry', ['/api/extras/journal-entries/']],
  ['extras.imageattachment', ['/api/extras/image-attachments/']],
  ['tenancy.contactassignment', ['/api/tenancy/contact-assignments/']],
  ['ipam.fhrpgroupassignment', ['/api/ipam/fhrp-group-assignments/']],
  ['vpn.tunneltermination', ['/api/vpn/tunnel-terminations/']],
  // What the plugin's rows say of the two is emptied without a row when they are deleted.
  ['vpn.l2vpn', ['/api/vpn/l2vpns/', `${proxbox}sdn-vnets/`]],
  ['ipam.prefix', ['/api/ipam/prefixes/', `${proxbox}sdn-subnets/`]],
  ['ipam.routetarget', ['/api/ipam/route-targets/', '/api/vpn/l2vpns/']],
  ['vpn.l2vpntermination', ['/api/vpn/l2vpn-terminations/']],
  ['netbox_proxbox.proxboxclustersyncstate', [`${proxbox}sync-state/clusters/`]],
  ['netbox_proxbox.proxboxdevicesyncstate', [`${proxbox}sync-state/devices/`]],
  ['netbox_proxbox.proxboxvirtualmachinesyncstate', [`${proxbox}sync-state/virtual-machines/`]],
  ['netbox_proxbox.proxboxvminterfacesyncstate', [`${proxbox}sync-state/vm-interfaces/`]],
  ['netbox_proxbox.proxboxvirtualdisksyncstate', [`${proxbox}sync-state/virtual-disks/`]],
  ['netbox_proxbox.proxmoxendpoint', [`${proxbox}endpoints/proxmox/`]],
  ['netbox_proxbox.proxmoxcluster', [`${proxbox}proxmox-clusters/`]],
  ['netbox_proxbox.proxmoxnode', [`${proxbox}proxmox-nodes/`]],
  ['netbox_proxbox.guestvminterface', [`${proxbox}guest-vm-interfaces/`]],
  ['netbox_proxbox.guestvminterfaceaddress', [`${proxbox}guest-vm-interface-addresses/`]],
  ['netbox_proxbox.proxmoxstorage', [`${proxbox}storage/`]],
  ['netbox_proxbox.proxmoxvmcloudinit', [`${proxbox}vm-cloudinit/`]],
  ['netbox_proxbox.vmsnapshot', [snapshots]],
  ['netbox_proxbox.vmbackup', [`${proxbox}backups/`]],
  ['netbox_proxbox.vmtaskhistory', [`${proxbox}task-history/`]],
  ['netbox_proxbox.replication', [`${proxbox}replications/`]],
  ['netbox_proxbox.backuproutine', [`${proxbox}backup-routines/`]],
  ['netbox_proxbox.proxmoxsdncontroller', [`${proxbox}sdn-controllers/`]],
  ['netbox_proxbox.proxmoxsdnzone', [`${proxbox}sdn-zones/`]],
  ['netbox_proxbox.proxmoxsdnvnet', [`${proxbox}sdn-vnets/`]],
  ['netbox_proxbox.proxmoxsdnsubnet', [`${proxbox}sdn-subnets/`]],
  ['netbox_proxbox.proxmoxsdnbinding', [`${proxbox}sdn-bindings/`]],
  ['netbox_proxbox.proxmoxsdnfabric', [`${proxbox}sdn-fabrics/`]],
  ['netbox_proxbox.proxmoxsdnroutemap', [`${proxbox}sdn-route-maps/`]],
  ['netbox_proxbox.proxmoxsdnprefixlist', [`${proxbox}sdn-prefix-lists/`]],
]);

/** Models of which nothing shows in what we read from the cache, nor changes it unsaid, by why that is so. */
const harmlessBecause: Readonly<Record<string, readonly string[]>> = {
  'no run reads objects of these areas, nor relations to them': [
    'account.*',
    'circuits.*',
    'core.*',
    'users.*',
    'wireless.*',
  ],
  'of tunnels a run reads where they end': [
    'vpn.ikepolicy',
    'vpn.ikeproposal',
    'vpn.ipsecpolicy',
    'vpn.ipsecprofile',
    'vpn.ipsecproposal',
    'vpn.tunnel',
    'vpn.tunnelgroup',
  ],
  'cables and parts hang on devices and interfaces; of those no run reads them': [
    'dcim.cable',
    'dcim.cabletermination',
    'dcim.inventoryitem',
  ],
  'an aid for people or other programs': [
    'extras.bookmark',
    'extras.eventrule',
    'extras.exporttemplate',
    'extras.savedfilter',
    'extras.tableconfig',
    'extras.webhook',
  ],
  'machines are read without their context': ['extras.configcontext'],
  'the address space around addresses, which have no relation to it': ['ipam.aggregate', 'ipam.asn', 'ipam.iprange'],
  people: ['tenancy.contact'],
  'settings are read without the cache': ['netbox_proxbox.proxboxpluginsettings'],
  'endpoints of other services': [
    'netbox_proxbox.fastapiendpoint',
    'netbox_proxbox.netboxendpoint',
    'netbox_proxbox.pbsendpoint',
    'netbox_proxbox.pdmendpoint',
    'netbox_proxbox.pdmremote',
  ],
  'sidecars that no run reads': [
    'netbox_proxbox.proxboxclustergroupsyncstate',
    'netbox_proxbox.proxboxclustertypesyncstate',
    'netbox_proxbox.proxboxdevicerolesyncstate',
    'netbox_proxbox.proxboxdevicetypesyncstate',
    'netbox_proxbox.proxboxinterfacesyncstate',
    'netbox_proxbox.proxboxipaddresssyncstate',
    'netbox_proxbox.proxboxmanufacturersyncstate',
    'netbox_proxbox.proxboxsitesyncstate',
    'netbox_proxbox.proxboxvlansyncstate',
  ],
  'the firewall is pushed to the plugin and not read in a run': [
    'netbox_proxbox.proxmoxfirewallalias',
    'netbox_proxbox.proxmoxfirewallipset',
    'netbox_proxbox.proxmoxfirewallipsetentry',
    'netbox_proxbox.proxmoxfirewalloptions',
    'netbox_proxbox.proxmoxfirewallrule',
    'netbox_proxbox.proxmoxfirewallsecuritygroup',
  ],
  'what the plugin keeps for its own pages and jobs': [
    'netbox_proxbox.cloudimagetemplate',
    'netbox_proxbox.deletionrequest',
    'netbox_proxbox.firecrackerhost',
    'netbox_proxbox.firecrackerhostpool',
    'netbox_proxbox.firecrackerimagetemplate',
    'netbox_proxbox.firecrackermicrovm',
    'netbox_proxbox.nodesshcredential',
    'netbox_proxbox.proxboxbranchintent',
    'netbox_proxbox.proxboxsensitivedataaccess',
    'netbox_proxbox.proxmoxapplyjob',
    'netbox_proxbox.proxmoxdatacentercpumodel',
    'netbox_proxbox.proxmoxmetricsinfluxdb',
    'netbox_proxbox.proxmoxservicecollection',
    'netbox_proxbox.proxmoxservicesample',
    'netbox_proxbox.proxmoxservicestatus',
    'netbox_proxbox.proxmoxvmintent',
    'netbox_proxbox.proxmoxvmtemplate',
  ],
};
const harmless: ReadonlySet<string> = new Set(Object.values(harmlessBecause).flat());

/** Their values in objects are changed without a row, and by NetBox's jobs at some later time. */
export const changedLater: ReadonlySet<string> = new Set(['extras.customfield', 'extras.customfieldchoiceset']);

/**
 * Lists that are read again whatever the change log says, as NetBox and the plugin write them without a row: a machine's
 * disk and site (UPDATE statements) and tenant (jobs of the plugin), and what those jobs make and bind themselves.
 */
const writtenUnsaid: ReadonlySet<string> = new Set([
  machines,
  `${proxbox}sync-state/virtual-machines/`,
  `${proxbox}proxmox-clusters/`,
  `${proxbox}proxmox-nodes/`,
  `${proxbox}endpoints/proxmox/`,
]);

export function isWrittenUnsaid({ path }: CacheAddress): boolean {
  return writtenUnsaid.has(splitPath(path).collection);
}

/** Whether the values of custom fields may change from now on without a further row. */
export function changesFieldsLater(changes: readonly LoggedChange[]): boolean {
  return changes.some(({ model }) => changedLater.has(model));
}

/** The model of the objects of a core collection that we write; undefined where the change log need not name all we make. */
export function modelAt(collection: string): string | undefined {
  if (collection.startsWith(proxbox)) return undefined;
  return [...shownIn].find(([, [own]]) => own === collection)?.[0];
}

/** A test for cached addresses of the NetBox that the changes are of: true = no longer true. */
export function madeUntrueByOthers(changes: readonly LoggedChange[]): (address: CacheAddress) => boolean {
  const models = new Set(changes.map(({ model }) => model).filter(isRelated));
  const lists = new Set<string>();
  for (const model of models) {
    const shown = shownIn.get(model);
    if (shown === undefined) return () => true;
    for (const path of shown) lists.add(path);
  }
  return ({ path }) => lists.has(splitPath(path).collection);
}

/** What nobody has looked at yet is related: a model of a newer NetBox or plugin, or of another plugin. */
function isRelated(model: string): boolean {
  const [app = ''] = model.split('.');
  return !harmless.has(model) && !harmless.has(`${app}.*`);
}
