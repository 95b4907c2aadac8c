import { choice, flag, integer, integer32, plain, pluginHead, relation, tail, text } from './fields.js';
import type { FieldSpec, KindSpec } from '../types.js';

const states = { active: 'Active', stale: 'Stale', error: 'Error' };
const number = integer({ ...integer32, nullable: true, default: null });
const endpoint = relation('netbox_proxbox.proxmoxendpoint', {
  nullable: true,
  default: null,
  bare: true,
  label: 'Proxmox endpoint',
  onDelete: 'cascade',
});
const clusterName = text(255, { required: true });
const free = (max?: number): FieldSpec => text(max, { blank: true });
const list = plain('json', { default: [] });

interface SdnTable {
  readonly path: string;
  readonly model: string;
  readonly noun: string;
  /** What is unique within endpoint and cluster. */
  readonly key: readonly string[];
  readonly constraint: string;
  readonly fields: Readonly<Record<string, FieldSpec>>;
  readonly filters: Pick<KindSpec['filters'], 'text' | 'choice'>;
  /** Bindings: any word. */
  readonly status?: FieldSpec;
}

const table = ({ path, model, noun, key, constraint, fields, filters, status }: SdnTable): KindSpec => ({
  path: `plugins/proxbox/sdn-${path}`,
  model: `netbox_proxbox.${model.toLowerCase()}`,
  objectName: model,
  noun,
  plugin: true,
  ordering: ['endpoint', 'cluster_name', ...key],
  brief: 'id url display',
  fields: {
    ...pluginHead,
    endpoint,
    cluster_name: clusterName,
    ...fields,
    status: status ?? choice(states, { default: 'active' }),
    raw_config: plain('json', { default: {} }),
    ...tail,
  },
  constraints: [{ fields: ['endpoint', 'cluster_name', ...key], name: constraint }],
  filters: {
    ...filters,
    text: `cluster_name ${filters.text ?? ''}`,
    number: 'id',
    ...(status === undefined ? { choice: `status ${filters.choice ?? ''}`.trim() } : {}),
    single: 'endpoint',
  },
});

/** Software-defined networks as the Proxbox plugin keeps them. Field by field as netbox-proxbox 0.0.29 serializes them. */
export const pluginSdnKinds: readonly KindSpec[] = [
  table({
    path: 'controllers',
    model: 'ProxmoxSdnController',
    noun: 'SDN Controller',
    key: ['controller_name'],
    constraint: 'nbpx_sdncontroller_unique_endpoint_cluster_name',
    fields: {
      controller_name: text(255, { required: true }),
      controller_type: free(32),
      asn: number,
      peers: list,
      nodes: list,
      loopback: free(255),
      state: free(32),
    },
    filters: { text: 'controller_name controller_type' },
  }),
  table({
    path: 'zones',
    model: 'ProxmoxSdnZone',
    noun: 'SDN Zone',
    key: ['zone_name'],
    constraint: 'nbpx_sdnzone_unique_endpoint_cluster_name',
    fields: {
      zone_name: text(255, { required: true }),
      zone_type: free(32),
      controller: free(255),
      vrf_vxlan: number,
      tag: number,
      mtu: number,
      dns: free(255),
      ipam: free(255),
      rt_import: list,
      state: free(32),
    },
    filters: { text: 'zone_name zone_type' },
  }),
  table({
    path: 'vnets',
    model: 'ProxmoxSdnVNet',
    noun: 'SDN VNet',
    key: ['vnet_name'],
    constraint: 'nbpx_sdnvnet_unique_endpoint_cluster_name',
    fields: {
      zone_name: free(255),
      vnet_name: text(255, { required: true }),
      vnet_type: free(32),
      tag: number,
      alias: free(255),
      vlanaware: flag(false),
      state: free(32),
      l2vpn: relation('vpn.l2vpn', { nullable: true, default: null, bare: true, onDelete: 'set-null' }),
    },
    filters: { text: 'zone_name vnet_name vnet_type' },
  }),
  table({
    path: 'subnets',
    model: 'ProxmoxSdnSubnet',
    noun: 'SDN Subnet',
    key: ['vnet_name', 'subnet'],
    constraint: 'nbpx_sdnsubnet_unique_endpoint_cluster_vnet_subnet',
    fields: {
      zone_name: free(255),
      vnet_name: text(255, { required: true }),
      subnet: text(128, { required: true }),
      subnet_type: free(32),
      gateway: free(128),
      snat: flag(false),
      prefix: relation('ipam.prefix', { nullable: true, default: null, bare: true, onDelete: 'set-null' }),
      skip_reason: free(),
    },
    filters: { text: 'zone_name vnet_name subnet' },
  }),
  table({
    path: 'bindings',
    model: 'ProxmoxSdnBinding',
    noun: 'SDN Binding',
    key: ['source_type', 'source_name'],
    constraint: 'nbpx_sdnbinding_unique_endpoint_cluster_source',
    fields: {
      source_type: text(64, { required: true }),
      source_name: text(512, { required: true }),
      node: free(255),
      zone_name: free(255),
      vnet_name: free(255),
      target_type: free(64),
      target_id: integer({ min: 0, nullable: true, default: null }),
      conflict_reason: free(),
    },
    status: text(64, { default: 'active' }),
    filters: { text: 'source_type source_name target_type status' },
  }),
  table({
    path: 'fabrics',
    model: 'ProxmoxSdnFabric',
    noun: 'SDN Fabric',
    key: ['fabric_name'],
    constraint: 'netbox_proxbox_sdnfabric_unique_endpoint_cluster_fabric',
    fields: {
      fabric_name: text(255, { required: true }),
      fabric_type: choice({ wireguard: 'WireGuard', bgp: 'BGP', vxlan: 'VXLAN', ospf: 'OSPF' }, { filled: true }),
      asn: number,
      advertise_subnets: flag(false),
      disable_arp_nd_suppression: flag(false),
      vrf_vxlan: number,
      peers: list,
    },
    filters: { text: 'fabric_name', choice: 'fabric_type' },
  }),
  table({
    path: 'route-maps',
    model: 'ProxmoxSdnRouteMap',
    noun: 'SDN Route Map',
    key: ['name', 'order'],
    constraint: 'netbox_proxbox_sdnroutemap_unique_endpoint_cluster_name_order',
    fields: {
      name: text(255, { required: true }),
      action: free(16),
      match_peer: free(255),
      match_ip: free(255),
      set_community: free(255),
      order: integer({ ...integer32, default: 0 }),
    },
    filters: { text: 'name action' },
  }),
  table({
    path: 'prefix-lists',
    model: 'ProxmoxSdnPrefixList',
    noun: 'SDN Prefix List',
    key: ['name', 'cidr'],
    constraint: 'netbox_proxbox_sdnprefixlist_unique_endpoint_cluster_name_cidr',
    fields: {
      name: text(255, { required: true }),
      cidr: free(64),
      action: free(16),
      le: number,
      ge: number,
    },
    filters: { text: 'name action' },
  }),
];
