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
  ['netbox_proxbox.proxboxclustersyncstate', [`${proxbox}sync-state/clusters/`]],
  ['netbox_proxbox.proxboxdevicesyncstate', [`${proxbox}sync-state/devices/`]],
  ['netbox_proxbox.proxboxvirtualmachinesyncstate', [`${proxbox}sync-state/virtual-machines/`]],
  ['netbox_proxbox.proxboxvminterfacesyncstate', [`${proxbox}sync-state/vm-interfaces/`]],
  ['netbox_proxbox.proxboxvirtualdisksyncstate', [`${proxbox}sync-state/virtual-disks/`]],
  ['netbox_proxbox.guestvminterface', [`${proxbox}guest-vm-interfaces/`]],
  ['netbox_proxbox.guestvminterfaceaddress', [`${proxbox}guest-vm-interface-addresses/`]],
  ['netbox_proxbox.proxmoxstorage', [`${proxbox}storage/`]],
  ['netbox_proxbox.proxmoxvmcloudinit', [`${proxbox}vm-cloudinit/`]],
  ['netbox_proxbox.vmsnapshot', [snapshots]],
  ['netbox_proxbox.vmbackup', [`${proxbox}backups/`]],
  ['netbox_proxbox.vmtaskhistory', [`${proxbox}task-history/`]],
  ['netbox_proxbox.replication', [`${proxbox}replications/`]],
  ['netbox_proxbox.backuproutine', [`${proxbox}backup-routines/`]],
]);

/** Nothing of these shows in what we read, nor changes it unsaid. */
const unrelatedApps: ReadonlySet<string> = new Set(['account', 'circuits', 'core', 'users', 'vpn', 'wireless']);
const unrelatedModels: ReadonlySet<string> = new Set([
  'dcim.cable',
  'dcim.cabletermination',
  'dcim.inventoryitem',
  'extras.bookmark',
  'extras.configcontext',
  'extras.eventrule',
  'extras.exporttemplate',
  'extras.imageattachment',
  'extras.savedfilter',
  'extras.tableconfig',
  'extras.webhook',
  'ipam.aggregate',
  'ipam.asn',
  'ipam.fhrpgroupassignment',
  'ipam.iprange',
  'ipam.prefix',
  'tenancy.contact',
  'tenancy.contactassignment',
]);

/** Their values in objects are changed without a row, and by NetBox's jobs at some later time. */
const changedLater: ReadonlySet<string> = new Set(['extras.customfield', 'extras.customfieldchoiceset']);

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

function isRelated(model: string): boolean {
  const [app = ''] = model.split('.');
  if (unrelatedApps.has(app) || unrelatedModels.has(model)) return false;
  // Other tables of the plugin: firewall, networks, metrics.
  return app !== 'netbox_proxbox' || shownIn.has(model);
}
