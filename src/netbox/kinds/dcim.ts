/** Kinds of NetBox's area "dcim": what a node is made of. Facts: NetBox 4.5-4.7 serializers (docs/netbox-facts.md). */
import type { JsonObject, NetBoxRecord } from '../types.js';
import { inside, theirs, to } from './fields.js';
import { kind } from './kind.js';
import { relationId } from './values.js';

/** The fields that support objects have in common. */
export const supportFields = { name: 'text', slug: 'text', description: 'text', tags: 'tags' } as const;

export const dcim = {
  manufacturer: kind({
    path: '/api/dcim/manufacturers/',
    noun: 'manufacturer',
    fields: supportFields,
    reads: { custom_fields: 'custom-fields' },
    natural: { fields: ['slug'] },
  }),
  'device-type': kind({
    path: '/api/dcim/device-types/',
    noun: 'device type',
    fields: { model: 'text', slug: 'text', manufacturer: to('manufacturer'), tags: 'tags' },
    reads: { custom_fields: 'custom-fields' },
    natural: { fields: ['slug'] },
  }),
  'device-role': kind({
    path: '/api/dcim/device-roles/',
    noun: 'role',
    fields: { ...supportFields, color: 'text', vm_role: 'boolean' },
    reads: { custom_fields: 'custom-fields' },
    natural: { fields: ['slug'] },
  }),
  platform: kind({
    path: '/api/dcim/platforms/',
    noun: 'platform',
    fields: { name: 'text', slug: 'text', tags: 'tags' },
    reads: { manufacturer: 'relation', custom_fields: 'custom-fields' },
    // NetBox keeps both unique for each manufacturer, and once for those that have none.
    natural: { fields: ['slug'], isOurs: (_body, row) => (row['manufacturer'] ?? null) === null },
  }),
  site: kind({
    path: '/api/dcim/sites/',
    noun: 'site',
    fields: { name: 'text', slug: 'text', status: 'choice', tags: 'tags' },
    reads: { custom_fields: 'custom-fields' },
    natural: { fields: ['slug'] },
  }),
  device: kind({
    path: '/api/dcim/devices/',
    noun: 'device',
    foundByTag: true,
    fields: {
      name: 'text',
      cluster: to('cluster'),
      status: 'choice',
      description: 'text',
      device_type: to('device-type'),
      role: to('device-role'),
      site: to('site'),
      tags: 'tags',
    },
    reads: {
      display_url: 'text',
      tenant: 'relation',
      primary_ip4: 'relation',
      primary_ip6: 'relation',
      oob_ip: 'relation',
      custom_fields: 'custom-fields',
    },
    natural: { fields: ['name', 'site'], anyCase: 'name', isOurs: isInSameCluster },
    unique: [{ fields: ['name', 'site', 'tenant'], anyCase: 'name', mayBeEmpty: 'tenant', parks: 'name' }],
    query: { exclude: 'config_context' },
    askedAs: { type: 'node', nameParam: 'node_name' },
  }),
  'released-device-primary': kind({
    path: '/api/dcim/devices/',
    noun: 'primary or out-of-band address that a device gives up',
    fields: { primary_ip4: to(), primary_ip6: to(), oob_ip: to() },
    natural: null,
    viewOf: 'device',
  }),
  'device-primary-address': kind({
    path: '/api/dcim/devices/',
    noun: 'primary address of a device',
    fields: { primary_ip4: to('ip-address'), primary_ip6: to('ip-address') },
    natural: null,
    viewOf: 'device',
  }),
  'node-interface': kind({
    path: '/api/dcim/interfaces/',
    noun: 'device interface',
    fields: {
      device: to('device'),
      name: 'text',
      type: 'choice',
      untagged_vlan: to('vlan'),
      mode: 'choice',
      tags: 'tags',
    },
    reads: { untagged_vid: inside('untagged_vlan', 'vid', 'number'), custom_fields: 'custom-fields' },
    natural: { fields: ['device', 'name'] },
    unique: [{ fields: ['device', 'name'], parks: 'name' }],
  }),
  'mac-address': kind({
    path: '/api/dcim/mac-addresses/',
    noun: 'MAC address',
    fields: {
      mac_address: 'mac',
      assigned_object_type: 'content-type',
      assigned_object_id: 'number',
      tags: 'tags',
    },
    reads: {
      assigned_object: 'assigned-object',
      description: theirs('text', 'a description'),
      owner: theirs('relation', 'an owner'),
      comments: theirs('text', 'comments'),
      custom_fields: 'custom-fields',
    },
    natural: { fields: ['mac_address', 'assigned_object_type', 'assigned_object_id'] },
    // NetBox moves no MAC address that is the primary one of an interface.
    after: ['released-mac'],
    replacedWith: 'vm-interface',
  }),
} as const;

/** A device of another cluster that happens to have the node's name is not ours to take. */
function isInSameCluster(body: JsonObject, row: NetBoxRecord): boolean {
  const cluster = relationId(row['cluster']);
  return cluster === null || cluster === relationId(body['cluster']);
}
