/**
 * Changes many objects in few requests. A bulk PATCH is one transaction. NetBox 4.7 names the objects it refuses, so
 * the rest is sent again; before, a refusal did not say which object it is about, so the batch is halved. Ids that do not
 * exist are refused by 4.7 and skipped in silence before: an answer is read by id.
 */
import type { ProxboxError } from '../errors/proxbox-error.js';
import { failUnsettled, halves, noOutcome, type Batch, type Stop, type Unsent } from './batches.js';
import { withoutRefused } from './bulk-refusals.js';
import {
  failUnanswered,
  refuseBatch,
  sendAll,
  sendBatch,
  sendParts,
  type BulkCall,
  type BulkDeps,
  type BulkWrite,
} from './bulk-write.js';
import { recordsIn } from './records-in.js';
import type { JsonObject, PatchItem, PatchOutcome } from './types.js';

export interface BulkPatchCall extends BulkCall {
  readonly items: readonly PatchItem[];
}

interface Patching extends BulkWrite {
  /** By object id: this is what `Item.key` holds here. */
  readonly outcomes: Map<number, PatchOutcome>;
}

function accept(patching: Patching, batch: Batch, body: unknown): void {
  const records = recordsIn(body);
  if (records === undefined) return failUnanswered(patching, batch, 'the answer is not a list of objects');
  const { keep } = patching.call.options;
  const byId = new Map(records.map((record) => [record.id, keep?.(record) ?? record]));
  for (const { key: id } of batch) {
    const record = byId.get(id);
    patching.outcomes.set(id, record === undefined ? { status: 'gone' } : { status: 'updated', record });
  }
}

async function patchBatch(patching: Patching, batch: Batch): Promise<Stop> {
  if (batch.length === 0) return undefined;
  const result = await sendBatch(patching, batch);
  if (!result.ok) return refuse(patching, batch, result.error);
  accept(patching, batch, result.body);
  return undefined;
}

function refuse(patching: Patching, batch: Batch, error: ProxboxError): Promise<Stop> {
  const { outcomes } = patching;
  const again = (part: Batch): Promise<Stop> => patchBatch(patching, part);
  return refuseBatch(patching, batch, error, {
    setAside: (refused) => {
      for (const [{ key: id }, refusal] of refused)
        outcomes.set(id, refusal.missing ? { status: 'gone' } : { status: 'failed', error: refusal.error });
      return again(withoutRefused(batch, refused));
    },
    isolate: async () => {
      if (batch.length > 1) return sendParts(halves(batch), again);
      failUnsettled(outcomes, batch, error);
      return undefined;
    },
    again: (mended) => again(withoutEmpty(patching, mended)),
  });
}

/** What is left to write once all that NetBox refuses was taken out. */
function withoutEmpty({ outcomes }: Patching, batch: Batch): Batch {
  const isEmpty = ({ key, json }: Batch[number]): boolean => json === JSON.stringify({ id: key });
  for (const { key } of batch.filter(isEmpty)) outcomes.set(key, { status: 'unchanged' });
  return batch.filter((item) => !isEmpty(item));
}

/** One body per id: NetBox 4.7 refuses two changes of one object, and before applied the later alone. */
function merged(items: readonly PatchItem[]): readonly Unsent[] {
  const bodies = new Map<number, JsonObject>();
  for (const { id, body } of items) bodies.set(id, { ...bodies.get(id), ...body, id });
  return [...bodies].map(([key, body]) => ({ key, body }));
}

/** One outcome per item, in their order. */
export async function bulkPatch(call: BulkPatchCall, deps: BulkDeps): Promise<readonly PatchOutcome[]> {
  const patching: Patching = { verb: 'patch', call, deps, outcomes: new Map() };
  await sendAll(patching, merged(call.items), (batch) => patchBatch(patching, batch));
  return call.items.map(({ id }) => patching.outcomes.get(id) ?? noOutcome(call.path));
}
