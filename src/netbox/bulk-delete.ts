/**
 * Deletes many objects in few requests. A bulk DELETE is one transaction: one object that others depend on (409) keeps
 * all. NetBox 4.7 names such objects and ids that do not exist, so the rest is sent again; before, it did not, so the
 * batch is halved, and missing ids were skipped in silence. A single id uses the object's own path.
 */
import type { ProxboxError } from '../errors/proxbox-error.js';
import { halves, noOutcome, type Batch, type Item, type Stop } from './batches.js';
import { withoutRefused, type Refusal } from './bulk-refusals.js';
import {
  failAll,
  refuseBatch,
  sendAll,
  sendBatch,
  sendParts,
  type BulkCall,
  type BulkDeps,
  type BulkWrite,
} from './bulk-write.js';
import { objectPath } from './paths.js';
import type { ClientScope, DeleteOutcome } from './types.js';
import { sendWrite, type WriteDeps } from './write-request.js';

export interface BulkDeleteCall extends BulkCall {
  readonly ids: readonly number[];
}

interface Deletion extends BulkWrite {
  /** By object id: this is what `Item.key` holds here. */
  readonly outcomes: Map<number, DeleteOutcome>;
}

export type SingleDelete =
  { readonly ok: true; readonly existed: boolean } | { readonly ok: false; readonly error: ProxboxError };

/** An object that is missing after a repeated DELETE was deleted by the attempt whose answer was lost. */
function wasRepeated(error: ProxboxError): boolean {
  return Number(error.where.attempts) > 1;
}

/** DELETE on the object's path; 404 is success. */
export async function deleteOne(path: string, id: number, scope: ClientScope, deps: WriteDeps): Promise<SingleDelete> {
  const operation = `delete record ${path}`;
  const result = await sendWrite(
    { method: 'DELETE', path: objectPath(path, id), operation, scope, kind: 'idempotent' },
    deps,
  );
  if (result.ok) return { ok: true, existed: true };
  if (result.error.upstream?.status !== 404) return { ok: false, error: result.error };
  return { ok: true, existed: wasRepeated(result.error) };
}

async function deleteSingly(deletion: Deletion, item: Item): Promise<Stop> {
  const { call, deps, outcomes } = deletion;
  const result = await deleteOne(call.path, item.key, call.scope, deps);
  if (!result.ok) return failAll(deletion, [item], result.error);
  outcomes.set(item.key, { status: result.existed ? 'deleted' : 'gone' });
  return undefined;
}

async function deleteBatch(deletion: Deletion, batch: Batch): Promise<Stop> {
  const [only] = batch;
  if (only === undefined) return undefined;
  if (batch.length === 1) return deleteSingly(deletion, only);
  const result = await sendBatch(deletion, batch);
  if (!result.ok) return refuse(deletion, batch, result.error);
  for (const { key } of batch) deletion.outcomes.set(key, { status: 'deleted' });
  return undefined;
}

function outcomeOf({ error, missing }: Refusal, repeated: boolean): DeleteOutcome {
  if (!missing) return { status: 'failed', error };
  return { status: repeated ? 'deleted' : 'gone' };
}

function refuse(deletion: Deletion, batch: Batch, error: ProxboxError): Promise<Stop> {
  const again = (part: Batch): Promise<Stop> => deleteBatch(deletion, part);
  // This path deletes no lists: the objects one by one.
  if (error.upstream?.status === 405)
    return sendParts(
      batch.map((item) => [item]),
      again,
    );
  return refuseBatch(deletion, batch, error, {
    setAside: (refused) => {
      for (const [{ key }, refusal] of refused) deletion.outcomes.set(key, outcomeOf(refusal, wasRepeated(error)));
      return again(withoutRefused(batch, refused));
    },
    isolate: () => sendParts(halves(batch), again),
    again,
  });
}

/** One outcome per id, in their order. */
export async function bulkDelete(call: BulkDeleteCall, deps: BulkDeps): Promise<readonly DeleteOutcome[]> {
  const deletion: Deletion = { verb: 'delete', call, deps, outcomes: new Map() };
  const objects = [...new Set(call.ids)].map((id) => ({ key: id, body: { id } }));
  await sendAll(deletion, objects, (batch) => deleteBatch(deletion, batch));
  return call.ids.map((id) => deletion.outcomes.get(id) ?? noOutcome(call.path));
}
