/** Kinds of NetBox's area "virtualization": clusters, machines, their interfaces and disks. */
import type { JsonObject, NetBoxRecord } from '../types.js';
import { supportFields } from './dcim.js';
import { inside, theirs, to } from './fields.js';
import { kind } from './kind.js';
import { tagIds } from './values.js';

const machines = '/api/virtualization/virtual-machines/';

export const virtualization = {
  'cluster-type': kind({
    path: '/api/virtualization/cluster-types/',
    noun: 'cluster type',
    fields: supportFields,
    natural: { fields: ['slug'] },
  }),
  'vm-type': kind({
    path: '/api/virtualization/virtual-machine-types/',
    noun: 'virtual machine type',
    fields: supportFields,
    natural: { fields: ['slug'] },
  }),
  cluster: kind({
    path: '/api/virtualization/clusters/',
    noun: 'cluster',
    foundByTag: true,
    fields: {
      name: 'text',
      type: to('cluster-type'),
      scope_type: 'content-type',
      scope_id: to('site'),
      tenant: to('tenant'),
      description: 'text',
      tags: 'tags',
    },
    reads: { created: 'time' },
    natural: { fields: ['name', 'scope_type', 'scope_id'] },
    unique: [{ fields: ['scope_type', 'scope_id', 'name'], parks: 'name' }],
    askedAs: { type: 'cluster' },
  }),
  'virtual-machine': kind({
    path: machines,
    noun: 'virtual machine',
    foundByTag: true,
    fields: {
      name: 'text',
      status: 'choice',
      cluster: to('cluster'),
      device: to('device'),
      site: to('site'),
      role: to('device-role'),
      virtual_machine_type: to('vm-type'),
      platform: to('platform'),
      vcpus: 'decimal',
      memory: 'number',
      disk: 'number',
      start_on_boot: 'choice',
      description: 'text',
      tags: 'tags',
      custom_fields: 'custom-fields',
    },
    reads: {
      display_url: 'text',
      tenant: theirs('relation', 'a tenant'),
      platform_name: inside('platform', 'name', 'text'),
      type_slug: inside('virtual_machine_type', 'slug', 'text'),
      serial: theirs('text', 'a serial number'),
      config_template: theirs('relation', 'a configuration template'),
      local_context_data: theirs('json', 'local context data'),
      owner: theirs('relation', 'an owner'),
      comments: theirs('text', 'comments'),
      virtual_disk_count: 'number',
      primary_ip4: 'relation',
      primary_ip6: 'relation',
    },
    natural: { fields: ['name', 'cluster'], anyCase: 'name', isOurs: sharesTag },
    unique: [{ fields: ['name', 'cluster', 'tenant'], anyCase: 'name', mayBeEmpty: 'tenant', parks: 'name' }],
    query: { exclude: 'config_context' },
    askedAs: { type: 'vm' },
  }),
  'vm-interface': kind({
    path: '/api/virtualization/interfaces/',
    noun: 'VM interface',
    fields: {
      virtual_machine: to('virtual-machine'),
      name: 'text',
      enabled: 'boolean',
      untagged_vlan: to('vlan'),
      mode: 'choice',
      mac_address: 'mac',
      primary_mac_address: to('mac-address'),
      tags: 'tags',
    },
    reads: {
      untagged_vid: inside('untagged_vlan', 'vid', 'number'),
      parent: theirs('relation', 'a parent interface'),
      bridge: theirs('relation', 'a bridge'),
      mtu: theirs('number', 'an MTU'),
      tagged_vlans: theirs('relations', 'tagged VLANs'),
      qinq_svlan: theirs('relation', 'a service VLAN'),
      vlan_translation_policy: theirs('relation', 'a VLAN translation policy'),
      vrf: theirs('relation', 'a VRF'),
      description: theirs('text', 'a description'),
      owner: theirs('relation', 'an owner'),
      custom_fields: 'custom-fields',
    },
    natural: { fields: ['virtual_machine', 'name'] },
    unique: [{ fields: ['virtual_machine', 'name'], parks: 'name' }],
    batch: 'interfaces',
    askedAs: { type: 'interface', nameParam: 'interface_name' },
  }),
  'released-mac': kind({
    path: '/api/virtualization/interfaces/',
    noun: 'primary MAC address that a VM interface gives up',
    fields: { primary_mac_address: to() },
    natural: null,
    viewOf: 'vm-interface',
    makesRoom: true,
  }),
  'virtual-disk': kind({
    path: '/api/virtualization/virtual-disks/',
    noun: 'virtual disk',
    fields: {
      virtual_machine: to('virtual-machine'),
      name: 'text',
      size: 'number',
      description: 'text',
      tags: 'tags',
    },
    reads: { owner: theirs('relation', 'an owner'), custom_fields: 'custom-fields' },
    natural: { fields: ['virtual_machine', 'name'] },
    unique: [{ fields: ['virtual_machine', 'name'], parks: 'name' }],
    askedAs: { type: 'disk', nameParam: 'disk_name' },
  }),
  'machine-disk': kind({
    path: machines,
    noun: 'disk size of a virtual machine',
    fields: { disk: 'number' },
    natural: null,
    viewOf: 'virtual-machine',
    after: ['virtual-disk'],
  }),
  'machine-mark': kind({
    path: machines,
    noun: 'mark of a machine whose guest is gone',
    fields: { status: 'choice', tags: 'tags' },
    natural: null,
    viewOf: 'virtual-machine',
  }),
  'freed-name': kind({
    path: machines,
    noun: 'name of a machine whose guest is gone',
    fields: { name: 'text' },
    natural: null,
    viewOf: 'virtual-machine',
    makesRoom: true,
  }),
  'released-primary': kind({
    path: machines,
    noun: 'primary address that a virtual machine gives up',
    fields: { primary_ip4: to(), primary_ip6: to() },
    natural: null,
    viewOf: 'virtual-machine',
  }),
  'primary-address': kind({
    path: machines,
    noun: 'primary address of a virtual machine',
    fields: { primary_ip4: to('ip-address'), primary_ip6: to('ip-address') },
    natural: null,
    viewOf: 'virtual-machine',
    companionOf: 'ip-address',
  }),
} as const;

/** Only what carries one of the tags that we give to new objects is ours to adopt. */
function sharesTag(body: JsonObject, row: NetBoxRecord): boolean {
  const ours = tagIds(body['tags']);
  return tagIds(row['tags']).some((id) => ours.includes(id));
}
