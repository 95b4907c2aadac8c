import { parseNetwork } from '../addresses.js';
import { choicesOf } from '../input/custom-fields.js';
import { ancestors, rangesIn } from '../places.js';
import { hangingOn } from '../store/store.js';
import type { Row } from '../types.js';
import { asNumber, asText, isRecord } from '../values.js';
import type { World } from '../world.js';

/** What a computed field may ask for: other rows, and their nested form. */
export interface Rendering {
  readonly world: World;
  /** Brief form of a related object; null when it is not there. */
  readonly nested: (model: string, id: unknown, show?: string) => unknown;
}

type Compute = (rendering: Rendering, row: Row) => unknown;

const vm = 'virtualization.virtualmachine';

const family: Compute = (_rendering, row) => {
  const network = parseNetwork(asText(row['address'] ?? row['prefix']));
  return network === undefined ? null : { value: network.version, label: `IPv${network.version}` };
};

const addressKeys = 'id url display family address nat_inside nat_outside dns_name description';

/** NetBox prefers IPv6 unless PREFER_IPV4 is set, which it is not by default. */
const primaryIp: Compute = ({ nested }, row) =>
  nested('ipam.ipaddress', row['primary_ip6'] ?? row['primary_ip4'], addressKeys);

const generic =
  (typeField: string, idField: string): Compute =>
  ({ nested }, row) =>
    nested(asText(row[typeField]), row[idField]);

const macAddresses =
  (model: string): Compute =>
  (rendering, row) =>
    hangingOn(rendering.world.store, 'dcim.macaddress', 'assigned_object', { model, id: row.id }).map((mac) =>
      rendering.nested('dcim.macaddress', mac.id),
    );

const primaryMac: Compute = ({ world }, row) =>
  world.store.get('dcim.macaddress', row['primary_mac_address'])?.['mac_address'] ?? null;

const addressCount =
  (model: string): Compute =>
  ({ world }, row) =>
    hangingOn(world.store, 'ipam.ipaddress', 'assigned_object', { model, id: row.id }).length;

const fhrpGroupCount =
  (model: string): Compute =>
  ({ world }, row) =>
    hangingOn(world.store, 'ipam.fhrpgroupassignment', 'interface', { model, id: row.id }).length;

/** How far below the root of its tree a place stands. */
const depth =
  (model: string): Compute =>
  ({ world }, row) =>
    ancestors(world.store, model, row.id).length - 1;

/** Sites of a place and of all places below it. */
const siteCount =
  (model: string, field: 'region' | 'group'): Compute =>
  ({ world }, row) =>
    world.store
      .need('dcim.site')
      .byId()
      .filter((site) => ancestors(world.store, model, site[field]).includes(row.id)).length;

const vlanIds = (row: Row): number => rangesIn(row['vid_ranges']).reduce((sum, [low, high]) => sum + high - low + 1, 0);

const utilization: Compute = ({ world }, row) => {
  const total = vlanIds(row);
  const used = world.store.need('ipam.vlan').where('group', row.id).length;
  return String(Math.round((used / total) * 10_000) / 100);
};

const allocated =
  (field: string): Compute =>
  ({ world }, row) => {
    const sizes = world.store
      .need(vm)
      .where('cluster', row.id)
      .flatMap((machine) => asNumber(machine[field]) ?? []);
    return sizes.length === 0 ? null : sizes.reduce((sum, size) => sum + size, 0);
  };

const natOutside: Compute = ({ world, nested }, row) =>
  world.store
    .need('ipam.ipaddress')
    .where('nat_inside', row.id)
    .map((outside) => nested('ipam.ipaddress', outside.id, 'id url display family address'));

const taggedItems: Compute = ({ world }, row) =>
  world.store.kinds
    .filter((kind) => kind.fields['tags'] !== undefined)
    .reduce((sum, kind) => sum + world.store.need(kind.model).where('tags', row.id).length, 0);

const dataTypes: Readonly<Record<string, string>> = {
  integer: 'integer',
  decimal: 'decimal',
  boolean: 'boolean',
  json: 'object',
  object: 'object',
  multiselect: 'array',
  multiobject: 'array',
};

const contextOf: Compute = (_rendering, row) => (isRecord(row['local_context_data']) ? row['local_context_data'] : {});

const share =
  (part: string, whole?: string): Compute =>
  (_rendering, row) => {
    const used = asNumber(row[part]);
    const total = whole === undefined ? 1 : asNumber(row[whole]);
    return used === undefined || !total ? null : Math.round((used / total) * 10_000) / 100;
  };

const isPrimaryMac: Compute = ({ world }, row) =>
  world.store.get(asText(row['assigned_object_type']), row['assigned_object_id'])?.['primary_mac_address'] === row.id;

const port = 'virtualization.vminterface';

/** Fields that are worked out when an object is answered, by model and field. */
export const computations: Readonly<Record<string, Compute>> = {
  'extras.tag.tagged_items': taggedItems,
  'extras.customfield.data_type': (_rendering, row) => dataTypes[asText(row['type'])] ?? 'string',
  'extras.customfieldchoiceset.choices_count': ({ world }, row) => choicesOf(world.store, row.id).size,
  'dcim.region._depth': depth('dcim.region'),
  'dcim.region.site_count': siteCount('dcim.region', 'region'),
  'dcim.sitegroup._depth': depth('dcim.sitegroup'),
  'dcim.sitegroup.site_count': siteCount('dcim.sitegroup', 'group'),
  'extras.journalentry.assigned_object': generic('assigned_object_type', 'assigned_object_id'),
  'core.objectchange.changed_object': generic('changed_object_type', 'changed_object_id'),
  'virtualization.cluster.scope': generic('scope_type', 'scope_id'),
  'virtualization.cluster.allocated_vcpus': allocated('vcpus'),
  'virtualization.cluster.allocated_memory': allocated('memory'),
  'virtualization.cluster.allocated_disk': allocated('disk'),
  [`${vm}.primary_ip`]: primaryIp,
  [`${vm}.config_context`]: contextOf,
  'dcim.device.primary_ip': primaryIp,
  'dcim.device.config_context': contextOf,
  [`${port}.mac_address`]: primaryMac,
  [`${port}.mac_addresses`]: macAddresses(port),
  [`${port}.count_ipaddresses`]: addressCount(port),
  [`${port}.count_fhrp_groups`]: fhrpGroupCount(port),
  'dcim.interface.mac_address': primaryMac,
  'dcim.interface.mac_addresses': macAddresses('dcim.interface'),
  'dcim.interface.count_ipaddresses': addressCount('dcim.interface'),
  'dcim.interface.count_fhrp_groups': fhrpGroupCount('dcim.interface'),
  'dcim.interface.bridge_interfaces': ({ world, nested }, row) =>
    world.store
      .need('dcim.interface')
      .where('bridge', row.id)
      .map((member) => nested('dcim.interface', member.id)),
  'dcim.macaddress.assigned_object': generic('assigned_object_type', 'assigned_object_id'),
  'dcim.macaddress.is_primary': isPrimaryMac,
  'ipam.ipaddress.family': family,
  'ipam.service.parent': generic('parent_object_type', 'parent_object_id'),
  'ipam.ipaddress.assigned_object': generic('assigned_object_type', 'assigned_object_id'),
  'ipam.ipaddress.nat_outside': natOutside,
  'ipam.vlangroup.scope': generic('scope_type', 'scope_id'),
  'ipam.vlangroup.total_vlan_ids': (_rendering, row) => vlanIds(row),
  'ipam.vlangroup.utilization': utilization,
  'ipam.fhrpgroup.ip_addresses': ({ world, nested }, row) =>
    hangingOn(world.store, 'ipam.ipaddress', 'assigned_object', { model: 'ipam.fhrpgroup', id: row.id }).map(
      (address) => nested('ipam.ipaddress', address.id),
    ),
  'ipam.fhrpgroupassignment.interface': generic('interface_type', 'interface_id'),
  'tenancy.contactassignment.object': generic('object_type', 'object_id'),
  'extras.imageattachment.parent': generic('object_type', 'object_id'),
  'vpn.tunneltermination.termination': generic('termination_type', 'termination_id'),
  'vpn.l2vpntermination.assigned_object': generic('assigned_object_type', 'assigned_object_id'),
  'ipam.prefix.family': family,
  'ipam.prefix.scope': generic('scope_type', 'scope_id'),
  'ipam.prefix.children': () => 0,
  'netbox_proxbox.proxmoxcluster.node_count': (_rendering, row) => row['nodes_count'],
  'netbox_proxbox.proxmoxnode.cpu_usage_percent': share('cpu_usage'),
  'netbox_proxbox.proxmoxnode.memory_usage_percent': share('memory_usage', 'max_memory'),
  'netbox_proxbox.proxboxvirtualdisksyncstate.proxbox_storage_id': (_rendering, row) => row['proxbox_storage'],
};
