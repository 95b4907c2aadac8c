import { choice, computed, constant, head, integer, plain, relations, tail, text } from './fields.js';
import type { KindSpec } from '../types.js';

/** What runs at addresses. Field by field as NetBox 4.6.8 serializes it. */
export const ipamServicesKinds: readonly KindSpec[] = [
  {
    path: 'ipam/services',
    model: 'ipam.service',
    objectName: 'Service',
    noun: 'service',
    ordering: ['protocol', 'ports', 'id'],
    brief: 'id url display name protocol ports description',
    fields: {
      ...head,
      parent_object_type: plain('object-type', { required: true }),
      parent_object_id: integer({ min: 0, required: true }),
      parent: computed,
      name: text(100, { required: true }),
      protocol: choice({ tcp: 'TCP', udp: 'UDP', sctp: 'SCTP' }, { required: true }),
      ports: plain('json', { required: true }),
      ipaddresses: relations('ipam.ipaddress'),
      description: text(200, { blank: true }),
      owner: constant(null),
      comments: text(undefined, { blank: true }),
      ...tail,
    },
    filters: {
      text: 'name description',
      number: 'id parent_object_id',
      choice: 'protocol',
      objectType: 'parent_object_type',
      relation: 'ip_address_id=ipaddresses ip_address=ipaddresses.address',
    },
  },
];
