/**
 * What people hang on objects, by the type and id of these: read only, as NetBox deletes it along with them. Journal entries,
 * which we write as well, are in extras.ts.
 */
import { to } from './fields.js';
import { kind } from './kind.js';

const onObject = { object_type: 'content-type', object_id: to() } as const;

export const attached = {
  'contact-assignment': kind({
    path: '/api/tenancy/contact-assignments/',
    noun: 'contact assignment',
    fields: onObject,
    natural: null,
  }),
  'image-attachment': kind({
    path: '/api/extras/image-attachments/',
    noun: 'image attachment',
    fields: onObject,
    natural: null,
  }),
  /** What an operator says runs on a machine, and at which of its addresses. */
  service: kind({
    path: '/api/ipam/services/',
    noun: 'service',
    fields: { parent_object_type: 'content-type', parent_object_id: to() },
    reads: { ipaddresses: 'json' },
    natural: null,
  }),
  'fhrp-group-assignment': kind({
    path: '/api/ipam/fhrp-group-assignments/',
    noun: 'FHRP group assignment',
    fields: { interface_type: 'content-type', interface_id: to() },
    natural: null,
  }),
  'tunnel-termination': kind({
    path: '/api/vpn/tunnel-terminations/',
    noun: 'tunnel termination',
    fields: { termination_type: 'content-type', termination_id: to() },
    natural: null,
  }),
} as const;
