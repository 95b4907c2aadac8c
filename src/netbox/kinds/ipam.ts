/** Kinds of NetBox's area "ipam": VLANs, addresses, prefixes and route targets. */
import { theirs, to } from './fields.js';
import { kind } from './kind.js';

export const ipam = {
  vlan: kind({
    path: '/api/ipam/vlans/',
    noun: 'VLAN',
    fields: { vid: 'number', name: 'text', status: 'choice', site: to('site'), tenant: to('tenant'), tags: 'tags' },
    reads: { group: 'relation', custom_fields: 'custom-fields' },
    natural: { fields: ['vid', 'site'] },
  }),
  prefix: kind({
    path: '/api/ipam/prefixes/',
    noun: 'prefix',
    fields: { prefix: 'address', status: 'choice', description: 'text', tags: 'tags' },
    reads: { vrf: 'relation', custom_fields: 'custom-fields' },
    // Only in the global table: prefixes of VRFs are others.
    natural: { fields: ['prefix'], isOurs: (_body, row) => (row['vrf'] ?? null) === null },
  }),
  'route-target': kind({
    path: '/api/ipam/route-targets/',
    noun: 'route target',
    fields: { name: 'text', description: 'text', tags: 'tags' },
    reads: { custom_fields: 'custom-fields' },
    natural: { fields: ['name'] },
    unique: [{ fields: ['name'] }],
  }),
  'ip-address': kind({
    path: '/api/ipam/ip-addresses/',
    noun: 'IP address',
    fields: {
      address: 'address',
      assigned_object_type: 'content-type',
      assigned_object_id: to('vm-interface', 'node-interface'),
      status: 'choice',
      dns_name: 'text',
      tags: 'tags',
    },
    reads: {
      assigned_object: 'assigned-object',
      tenant: theirs('relation', 'a tenant'),
      vrf: theirs('relation', 'a VRF'),
      role: theirs('choice', 'a role'),
      nat_inside: theirs('relation', 'a NAT address'),
      nat_outside: theirs('json', 'a NAT address'),
      description: theirs('text', 'a description'),
      owner: theirs('relation', 'an owner'),
      comments: theirs('text', 'comments'),
      custom_fields: 'custom-fields',
    },
    // An address of another object is never taken over because it was met by chance.
    natural: { fields: ['address', 'assigned_object_type', 'assigned_object_id'] },
    // NetBox moves no address that is the primary one of a machine or device.
    after: ['released-primary', 'released-device-primary', 'address-claim'],
    askedAs: { type: 'ip', nameParam: 'ip_address' },
  }),
} as const;
