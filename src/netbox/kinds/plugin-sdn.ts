/**
 * Kinds of the plugin netbox-proxbox for Proxmox's software-defined networks. Facts: its models, serializers and filters
 * (docs/netbox-facts.md). The plugin renders `endpoint` and links to NetBox's objects as bare ids.
 */
import { to } from './fields.js';
import { kind } from './kind.js';

const own = { endpoint: to(), cluster_name: 'text' } as const;
const state = { status: 'choice', raw_config: 'json', tags: 'tags' } as const;

export const pluginSdn = {
  'sdn-controller': kind({
    path: '/api/plugins/proxbox/sdn-controllers/',
    noun: 'SDN controller',
    fields: {
      ...own,
      controller_name: 'text',
      controller_type: 'text',
      asn: 'number',
      peers: 'json',
      nodes: 'json',
      loopback: 'text',
      state: 'text',
      ...state,
    },
    natural: { fields: ['controller_name', 'endpoint', 'cluster_name'] },
    unique: [{ fields: ['endpoint', 'cluster_name', 'controller_name'] }],
  }),
  'sdn-zone': kind({
    path: '/api/plugins/proxbox/sdn-zones/',
    noun: 'SDN zone',
    fields: {
      ...own,
      zone_name: 'text',
      zone_type: 'text',
      controller: 'text',
      vrf_vxlan: 'number',
      tag: 'number',
      mtu: 'number',
      dns: 'text',
      ipam: 'text',
      rt_import: 'json',
      state: 'text',
      ...state,
    },
    natural: { fields: ['zone_name', 'endpoint', 'cluster_name'] },
    unique: [{ fields: ['endpoint', 'cluster_name', 'zone_name'] }],
  }),
  'sdn-vnet': kind({
    path: '/api/plugins/proxbox/sdn-vnets/',
    noun: 'SDN VNet',
    fields: {
      ...own,
      vnet_name: 'text',
      zone_name: 'text',
      vnet_type: 'text',
      tag: 'number',
      alias: 'text',
      vlanaware: 'boolean',
      state: 'text',
      l2vpn: to('l2vpn'),
      ...state,
    },
    natural: { fields: ['vnet_name', 'endpoint', 'cluster_name'] },
    unique: [{ fields: ['endpoint', 'cluster_name', 'vnet_name'] }],
  }),
  'sdn-subnet': kind({
    path: '/api/plugins/proxbox/sdn-subnets/',
    noun: 'SDN subnet',
    fields: {
      ...own,
      vnet_name: 'text',
      subnet: 'text',
      zone_name: 'text',
      subnet_type: 'text',
      gateway: 'text',
      snat: 'boolean',
      prefix: to('prefix'),
      skip_reason: 'text',
      ...state,
    },
    natural: { fields: ['subnet', 'vnet_name', 'endpoint', 'cluster_name'] },
    unique: [{ fields: ['endpoint', 'cluster_name', 'vnet_name', 'subnet'] }],
  }),
  'sdn-fabric': kind({
    path: '/api/plugins/proxbox/sdn-fabrics/',
    noun: 'SDN fabric',
    fields: {
      ...own,
      fabric_name: 'text',
      fabric_type: 'choice',
      asn: 'number',
      ...state,
    },
    natural: { fields: ['fabric_name', 'endpoint', 'cluster_name'] },
    unique: [{ fields: ['endpoint', 'cluster_name', 'fabric_name'] }],
  }),
  'sdn-route-map': kind({
    path: '/api/plugins/proxbox/sdn-route-maps/',
    noun: 'SDN route map entry',
    fields: {
      ...own,
      name: 'text',
      order: 'number',
      action: 'text',
      match_peer: 'text',
      match_ip: 'text',
      set_community: 'text',
      ...state,
    },
    // The plugin has no filter for the order.
    natural: { fields: ['name', 'order', 'endpoint', 'cluster_name'] },
    unique: [{ fields: ['endpoint', 'cluster_name', 'name', 'order'] }],
  }),
  'sdn-prefix-list': kind({
    path: '/api/plugins/proxbox/sdn-prefix-lists/',
    noun: 'SDN prefix list entry',
    fields: { ...own, name: 'text', cidr: 'text', action: 'text', le: 'number', ge: 'number', ...state },
    // Nor for the prefix.
    natural: { fields: ['name', 'cidr', 'endpoint', 'cluster_name'] },
    unique: [{ fields: ['endpoint', 'cluster_name', 'name', 'cidr'] }],
  }),
  /** What a network is in NetBox, and how nodes have it. `status` is any word. */
  'sdn-binding': kind({
    path: '/api/plugins/proxbox/sdn-bindings/',
    noun: 'SDN binding',
    fields: {
      ...own,
      source_type: 'text',
      source_name: 'text',
      node: 'text',
      zone_name: 'text',
      vnet_name: 'text',
      target_type: 'text',
      target_id: to('l2vpn', 'prefix', 'vm-interface'),
      conflict_reason: 'text',
      status: 'text',
      raw_config: 'json',
      tags: 'tags',
    },
    natural: { fields: ['source_name', 'source_type', 'endpoint', 'cluster_name'] },
    unique: [{ fields: ['endpoint', 'cluster_name', 'source_type', 'source_name'], parks: 'source_name' }],
  }),
} as const;
