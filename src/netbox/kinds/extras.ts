/** Kinds of NetBox's area "extras" and tenancy: tags, journal entries, tenants. */
import { to } from './fields.js';
import { kind } from './kind.js';

const journal = '/api/extras/journal-entries/';
const note = { assigned_object_type: 'content-type', kind: 'choice', comments: 'text' } as const;

export const extras = {
  tag: kind({
    path: '/api/extras/tags/',
    noun: 'tag',
    fields: { name: 'text', slug: 'text', color: 'text', description: 'text' },
    natural: { fields: ['slug'] },
  }),
  /** Read only: what NetBox gives every new object by itself. */
  'custom-field': kind({
    path: '/api/extras/custom-fields/',
    noun: 'custom field',
    fields: { name: 'text' },
    reads: { default: 'json' },
    natural: null,
  }),
  tenant: kind({
    path: '/api/tenancy/tenants/',
    noun: 'tenant',
    fields: { name: 'text', slug: 'text' },
    natural: null,
  }),
  'journal-entry': kind({
    path: journal,
    noun: 'journal entry',
    fields: { assigned_object_type: 'content-type', assigned_object_id: to(), kind: 'choice', comments: 'text' },
    natural: null,
  }),
  'machine-journal': kind({
    path: journal,
    noun: 'journal entry',
    fields: { ...note, assigned_object_id: to('virtual-machine', 'machine-mark') },
    natural: null,
    viewOf: 'journal-entry',
    companionOf: 'virtual-machine',
    isNote: true,
  }),
  'backup-journal': kind({
    path: journal,
    noun: 'journal entry',
    fields: { ...note, assigned_object_id: to('backup') },
    natural: null,
    viewOf: 'journal-entry',
    companionOf: 'backup',
    isNote: true,
  }),
  /** Written before the address is taken: without it no later run would know that it is to be given back. */
  'address-claim': kind({
    path: journal,
    noun: 'journal entry',
    fields: { ...note, assigned_object_id: to() },
    natural: null,
    viewOf: 'journal-entry',
  }),
  'address-journal': kind({
    path: journal,
    noun: 'journal entry',
    fields: { ...note, assigned_object_id: to('ip-address') },
    natural: null,
    viewOf: 'journal-entry',
    companionOf: 'ip-address',
    isNote: true,
  }),
} as const;
