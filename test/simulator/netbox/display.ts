import { hangingOn, type Store } from './store/store.js';
import type { Row } from './types.js';
import { asText, pythonText } from './values.js';

type Writer = (row: Row, of: (model: string, id: unknown) => string, store: Store) => string;

const ofVm =
  (field: string): Writer =>
  (row, of) =>
    `${of('virtualization.virtualmachine', row['virtual_machine'])} - ${pythonText(row[field])}`;

/** How NetBox's own `str()` names an object, where that is not simply its name. */
const writers: Readonly<Record<string, Writer>> = {
  'dcim.devicetype': (row) => asText(row['model']),
  'dcim.macaddress': (row) => asText(row['mac_address']),
  'dcim.device': (row, of) => asText(row['name']) || `${of('dcim.devicetype', row['device_type'])} (${row.id})`,
  'ipam.ipaddress': (row) => asText(row['address']),
  'ipam.prefix': (row) => asText(row['prefix']),
  'ipam.fhrpgroup': (row, _of, store) => {
    const { choices } = store.need('ipam.fhrpgroup').kind.fields['protocol'] ?? {};
    const label = choices?.[asText(row['protocol'])] ?? '';
    const [address] = hangingOn(store, 'ipam.ipaddress', 'assigned_object', { model: 'ipam.fhrpgroup', id: row.id });
    const shown = `${asText(row['name'])} ${label}: ${pythonText(row['group_id'])}`.trim();
    return address === undefined ? shown : `${shown} (${asText(address['address'])})`;
  },
  'ipam.fhrpgroupassignment': (row, of) =>
    `${of(asText(row['interface_type']), row['interface_id'])}: ${of('ipam.fhrpgroup', row['group'])} (${pythonText(row['priority'])})`,
  'ipam.vlan': (row) => `${asText(row['name'])} (${pythonText(row['vid'])})`,
  'ipam.vrf': (row) =>
    asText(row['rd']) === '' ? asText(row['name']) : `${asText(row['name'])} (${asText(row['rd'])})`,
  'tenancy.contactassignment': (row, of) =>
    `${of('tenancy.contact', row['contact'])} -> ${of(asText(row['object_type']), row['object_id'])}`,
  'vpn.tunneltermination': (row, of) => `${of('vpn.tunnel', row['tunnel'])}: Termination ${row.id}`,
  'vpn.l2vpn': (row) =>
    row['identifier'] === null ? asText(row['name']) : `${asText(row['name'])} (${pythonText(row['identifier'])})`,
  'vpn.l2vpntermination': (row, of) =>
    `${of(asText(row['assigned_object_type']), row['assigned_object_id'])} <> ${of('vpn.l2vpn', row['l2vpn'])}`,
  'users.user': (row) => asText(row['username']),
  'users.token': (row) => asText(row['key']),
  'extras.customfield': (row) => asText(row['label']) || humanName(asText(row['name'])),
  'extras.journalentry': (row) => asText(row['created']),
  'core.objectchange': (row) =>
    `${asText(row['changed_object_type'])} ${asText(row['object_repr'])} ${asText(row['action'])}d by ${asText(row['user_name'])}`,
  'netbox_proxbox.proxmoxendpoint': (row, of) =>
    asText(row['name']) || asText(row['domain']) || of('ipam.ipaddress', row['ip_address']).replace(/\/.*/, ''),
  'netbox_proxbox.proxmoxcluster': (row, of) =>
    `${asText(row['name'])} (${of('netbox_proxbox.proxmoxendpoint', row['endpoint'])})`,
  'netbox_proxbox.proxmoxnode': (row, of) =>
    `${asText(row['name'])} (${of('netbox_proxbox.proxmoxendpoint', row['endpoint'])})`,
  'netbox_proxbox.proxmoxstorage': (row, of) =>
    `${of('virtualization.cluster', row['cluster'])}/${asText(row['name'])}`,
  'netbox_proxbox.proxboxpluginsettings': () => 'Proxbox plugin settings',
  'netbox_proxbox.vmbackup': (row, of, store) =>
    ofVm(row['creation_time'] ? 'creation_time' : 'volume_id')(row, of, store),
  'netbox_proxbox.vmsnapshot': ofVm('name'),
  'netbox_proxbox.vmtaskhistory': ofVm('description'),
  'netbox_proxbox.replication': ofVm('replication_id'),
  'netbox_proxbox.backuproutine': (row, of) =>
    `${asText(row['job_id'])} (${of('netbox_proxbox.proxmoxendpoint', row['endpoint'])})`,
  'netbox_proxbox.proxmoxvmcloudinit': (row, of) =>
    `${of('virtualization.virtualmachine', row['virtual_machine'])} cloud-init`,
  'netbox_proxbox.guestvminterfaceaddress': (row, of) =>
    `${of('netbox_proxbox.guestvminterface', row['guest_interface'])} - ${of('ipam.ipaddress', row['ip_address'])}`,
};

const humanName = (name: string): string => {
  const words = name.replaceAll('_', ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** The parent of a sync-state row is its first relation. */
const ofSidecar = (store: Store, model: string, row: Row): string => {
  const parent = Object.entries(store.need(model).kind.fields).find(([, field]) => field.type === 'relation');
  const name = parent === undefined ? '' : displayOf(store, parent[1].to ?? '', row[parent[0]]);
  return `${name} Proxbox sync state`;
};

const displayOfId = (store: Store, model: string, id: unknown): string => {
  const row = store.get(model, id);
  return row === undefined ? 'None' : displayOfRow(store, model, row);
};

export const displayOfRow = (store: Store, model: string, row: Row): string => {
  const write = writers[model];
  if (write !== undefined) return write(row, (other, id) => displayOfId(store, other, id), store);
  return model.endsWith('syncstate') ? ofSidecar(store, model, row) : asText(row['name']);
};

/** The text NetBox shows for an object, `None` for one that is not there. */
export const displayOf = displayOfId;
