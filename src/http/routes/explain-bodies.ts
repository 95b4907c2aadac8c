/** What the routes that explain answer, and what the API document says of it. */
import { z } from 'zod';
import { Item } from './run-bodies.js';

const nullableText = z.string().nullable();
const Field = z.object({
  field: z.string(),
  proxmox: z.unknown().describe('As it would stand in NetBox'),
  netbox: z.unknown(),
  rule: z.string(),
  setting: nullableText.describe('The setting that chose the rule'),
  verdict: z.string(),
});
const Verdict = z.object({
  kind: z.string(),
  label: z.string(),
  netbox_id: z.number().nullable(),
  action: z.enum(['create', 'update', 'keep', 'skip', 'refuse', 'delete']),
  verdict: z.string(),
  reason: nullableText,
  suggestion: nullableText,
  fields: z.array(Field),
});
const Finding = z.object({ reason: z.string(), message: z.string(), suggestion: nullableText });
const Named = z.object({ netbox_id: z.number(), name: z.string() });
const shared = {
  recognised_by: z.string(),
  summary: z.string(),
  objects: z.array(Verdict),
  findings: z.array(Finding),
  history: z.array(Item.extend({ run_id: z.string(), at: z.string() })).describe('What runs did to it last'),
};
export const Explanation = z.object({
  machine: Named,
  ...shared,
  guest: z
    .object({
      endpoint_id: z.number(),
      cluster: z.string(),
      node: nullableText,
      vmid: z.number().nullable(),
      type: nullableText,
    })
    .nullable(),
});
export const DeviceExplanation = z.object({
  device: Named,
  ...shared,
  node: z.object({ endpoint_id: z.number(), cluster: z.string(), node: z.string() }).nullable(),
});

export const FoundMachines = z.object({
  machines: z.array(
    Named.extend({
      status: z.string(),
      cluster: nullableText.describe('In Proxmox, as its sync state says; null: it has none'),
      vmid: z.number().nullable(),
      endpoint_id: z.number().nullable().describe('Of a stored Proxmox endpoint'),
      found_by: z.enum(['vmid', 'name', 'address', 'mac']),
    }),
  ),
  has_more: z.boolean(),
});
