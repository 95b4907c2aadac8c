/** Kinds of NetBox's area "vpn": layer-2 networks and the interfaces that end them. Facts: NetBox 4.5-4.7 serializers. */
import { to, toMany } from './fields.js';
import { kind } from './kind.js';
import { relationId } from './values.js';

export const vpn = {
  l2vpn: kind({
    path: '/api/vpn/l2vpns/',
    noun: 'L2VPN',
    fields: {
      name: 'text',
      slug: 'text',
      type: 'choice',
      status: 'choice',
      identifier: 'number',
      description: 'text',
      import_targets: toMany('route-target'),
      tags: 'tags',
    },
    reads: { custom_fields: 'custom-fields' },
    natural: { fields: ['slug'] },
    unique: [{ fields: ['name'], parks: 'name' }, { fields: ['slug'] }],
  }),
  'l2vpn-termination': kind({
    path: '/api/vpn/l2vpn-terminations/',
    noun: 'L2VPN termination',
    fields: {
      l2vpn: to('l2vpn'),
      assigned_object_type: 'content-type',
      assigned_object_id: to('vm-interface'),
      tags: 'tags',
    },
    // An interface ends one L2VPN: that of somebody else is never taken.
    reads: { custom_fields: 'custom-fields' },
    natural: {
      fields: ['assigned_object_id', 'assigned_object_type'],
      filter: 'assigned_object_id',
      isOurs: (body, row) => relationId(row['l2vpn']) === relationId(body['l2vpn']),
    },
    unique: [{ fields: ['assigned_object_type', 'assigned_object_id'] }],
  }),
} as const;
