/**
 * Deletes many objects in few requests. A bulk DELETE is one transaction: one object that others depend on (409) keeps
 * all. NetBox 4.7 names such objects and ids that do not exist, so the rest is sent again; before, it did not, so the
 * batch is halved, and missing ids were skipped in silence. A single id uses the object's own path.
 */
import type { ProxboxError } from '../errors/proxbox-error.js';
import {
  arrayBody,
  endsTheCall,
  failUnsettled,
  halves,
  mayBeOneObject,
  noOutcome,
  runBatches,
  type Batch,
  type BatchDeps,
  type Item,
  type Stop,
} from './batches.js';
import { refusedObjects, withoutRefused, type Refusal } from './bulk-refusals.js';
import { objectPath } from './paths.js';
import { endsTheRun } from './run-ending.js';
import type { BulkOptions, ClientScope, DeleteOutcome } from './types.js';
import { sendWrite, type WriteDeps } from './write-request.js';

export interface BulkDeleteDeps extends WriteDeps, BatchDeps {}

export interface BulkDeleteCall {
  readonly path: string;
  readonly ids: readonly number[];
  readonly options: BulkOptions;
  readonly scope: ClientScope;
}

interface Deletion {
  readonly call: BulkDeleteCall;
  readonly deps: BulkDeleteDeps;
  /** By object id: this is what `Item.index` holds here. */
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

async function deleteSingly({ call, deps, outcomes }: Deletion, item: Item): Promise<Stop> {
  const { index: id } = item;
  const result = await deleteOne(call.path, id, call.scope, deps);
  if (result.ok) {
    outcomes.set(id, { status: result.existed ? 'deleted' : 'gone' });
    return undefined;
  }
  const { error } = result;
  if (endsTheRun(error)) return error;
  failUnsettled(outcomes, [item], error);
  return endsTheCall(error) ? error : undefined;
}

/** Parts of a batch one after the other, until one says that the rest need not be sent. */
async function deleteParts(deletion: Deletion, parts: readonly Batch[]): Promise<Stop> {
  for (const part of parts) {
    const stop = await deleteBatch(deletion, part);
    if (stop !== undefined) return stop;
  }
  return undefined;
}

async function deleteBatch(deletion: Deletion, batch: Batch): Promise<Stop> {
  const [only] = batch;
  if (only === undefined) return undefined;
  if (batch.length === 1) return deleteSingly(deletion, only);
  const { path, scope } = deletion.call;
  const operation = `bulk delete ${path}`;
  const result = await sendWrite(
    { method: 'DELETE', path, body: arrayBody(batch), operation, scope, kind: 'idempotent' },
    deletion.deps,
  );
  if (!result.ok) return refuse(deletion, batch, result.error);
  for (const { index } of batch) deletion.outcomes.set(index, { status: 'deleted' });
  return undefined;
}

function outcomeOf({ error, missing }: Refusal, repeated: boolean): DeleteOutcome {
  if (!missing) return { status: 'failed', error };
  return { status: repeated ? 'deleted' : 'gone' };
}

async function refuse(deletion: Deletion, batch: Batch, error: ProxboxError): Promise<Stop> {
  if (endsTheRun(error)) return error;
  const refused = refusedObjects(error, deletion.call.path, batch);
  if (refused !== undefined) {
    for (const [{ index }, refusal] of refused) {
      deletion.outcomes.set(index, outcomeOf(refusal, wasRepeated(error)));
    }
    return deleteBatch(deletion, withoutRefused(batch, refused));
  }
  // This path deletes no lists: the objects one by one.
  if (error.upstream?.status === 405) {
    const singles = batch.map((item) => [item]);
    return deleteParts(deletion, singles);
  }
  if (mayBeOneObject(error)) return deleteParts(deletion, halves(batch));
  failUnsettled(deletion.outcomes, batch, error);
  return endsTheCall(error) ? error : undefined;
}

/** One outcome per id, in their order. */
export async function bulkDelete(call: BulkDeleteCall, deps: BulkDeleteDeps): Promise<readonly DeleteOutcome[]> {
  const deletion: Deletion = { call, deps, outcomes: new Map() };
  const { outcomes } = deletion;
  const items = [...new Set(call.ids)].map((id) => ({ index: id, json: JSON.stringify({ id }) }));
  const write = (batch: Batch): Promise<Stop> => deleteBatch(deletion, batch);
  await runBatches({ items, options: call.options, signal: call.scope.signal, outcomes, write }, deps);
  return call.ids.map((id) => outcomes.get(id) ?? noOutcome(call.path));
}
