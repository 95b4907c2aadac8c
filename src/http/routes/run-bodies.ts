/** Runs, stages and items as the routes about runs answer them, and what the API document says of that. */
import { z } from 'zod';
import type { RunComparison } from '../../ledger/compare.js';
import {
  itemOutcomes,
  runStatuses,
  triggers,
  type StoredItem,
  type StoredRun,
  type StoredStage,
} from '../../ledger/types.js';

const text = z.string();
const nullableText = text.nullable();
const nullableNumber = z.number().nullable();
const counts = z.record(text, z.number());
/** What is read back as it was written. */
const kept = z.looseObject({});

export const Run = z.object({
  id: text,
  job_id: nullableText.describe('The run_id of the request; several runs may have it'),
  kind: text.describe('full-update, the name of a stage, or individual'),
  trigger: z.enum(triggers),
  actor: text,
  branch: text,
  scope: kept.describe('What was asked for'),
  netbox_endpoint_id: nullableNumber,
  endpoint_ids: z.array(z.number()).describe('Stored Proxmox endpoints'),
  status: z.enum(runStatuses),
  message: nullableText,
  errors: z.array(kept),
  totals: z.record(text, counts).describe('By kind, then by outcome'),
  netbox: z.object({ requests: z.number(), writes: z.number() }),
  proxmox: z.object({ requests: z.number() }),
  items: z.number(),
  started_at: text,
  ended_at: nullableText,
  seconds: z.number(),
  version: text,
});
export const Stage = z.object({
  stage: text,
  title: text,
  status: text,
  message: nullableText,
  counts,
  kinds: z.record(text, counts),
  reasons: counts,
  warnings: z.array(z.object({ reason: text, message: text })),
  items: z.number(),
  items_left_out: z.number().describe('Counted, and not listed as they were too many'),
  ended_at: text,
  seconds: z.number(),
});
export const RunWithStages = Run.extend({ stages: z.array(Stage) });
export const Item = z.object({
  position: z.number(),
  stage: text,
  kind: text,
  key: text,
  label: text,
  outcome: z.enum(itemOutcomes),
  reason: nullableText,
  message: nullableText,
  netbox_id: nullableNumber,
  netbox_url: nullableText,
  endpoint_id: nullableNumber,
  cluster: nullableText,
  node: nullableText,
  vmid: nullableNumber,
  changes: z.array(z.looseObject({ field: text })).describe('Fields with from and to; of an update'),
});

const Compared = z.object({ count: z.number(), items: z.array(Item).describe('The first of them') });
export const Comparison = z.object({
  before: Run.nullable().describe('The newest before it that reached its end and was asked for the same'),
  appeared: Compared.describe('Skipped or failed in this run and not in the one before'),
  ended: Compared.describe('Skipped or failed in the one before and not in this run'),
  remaining: z.number().describe('How many both left undone, for the same reason'),
  is_whole: z.boolean().describe('False where only the first objects of either run were compared'),
});

/** `most`: so many objects of each list are shown. */
export function comparisonBody({ before, appeared, ended, remaining, isWhole }: RunComparison, most: number): object {
  const shown = (items: RunComparison['appeared']): object => ({
    count: items.length,
    items: items.slice(0, most).map(itemBody),
  });
  return {
    before: before === null ? null : runBody(before),
    appeared: shown(appeared),
    ended: shown(ended),
    remaining,
    is_whole: isWhole,
  };
}

export function runBody(run: StoredRun): object {
  const { id, kind, trigger, actor, branch, scope, status, message, errors, totals, items, seconds, version } = run;
  return {
    id,
    job_id: run.jobId,
    kind,
    trigger,
    actor,
    branch,
    scope,
    netbox_endpoint_id: run.netboxEndpointId,
    endpoint_ids: run.endpointIds,
    status,
    message,
    errors,
    totals,
    netbox: { requests: run.netboxRequests, writes: run.netboxWrites },
    proxmox: { requests: run.proxmoxRequests },
    items,
    started_at: run.startedAt,
    ended_at: run.endedAt,
    seconds,
    version,
  };
}

export function stageBody({ itemsLeftOut, endedAt, ...stage }: StoredStage): object {
  return { ...stage, items_left_out: itemsLeftOut, ended_at: endedAt };
}

export function itemBody({ netboxId, netboxUrl, endpointId, ...item }: StoredItem): object {
  return { ...item, netbox_id: netboxId, netbox_url: netboxUrl, endpoint_id: endpointId };
}
