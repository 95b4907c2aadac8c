/**
 * Deletes many objects in few requests. A bulk DELETE is one transaction: one object that others depend on (409) keeps
 * all, so the batch is halved. Ids that do not exist are skipped by NetBox. A single id uses the object's own path.
 */
import type { Clock } from '../config/clock.js';
import type { ProxboxError } from '../errors/proxbox-error.js';
import { arrayBody, endsTheCall, endsTheRun, halves, mayBeOneObject, runBatches, type Item } from './batches.js';
import { objectPath } from './paths.js';
import type { BulkOptions, ClientScope, DeleteOutcome } from './types.js';
import { sendWrite, type WriteDeps } from './write-request.js';

export interface BulkDeleteDeps extends WriteDeps {
  readonly clock: Clock;
}

export interface BulkDeleteCall {
  readonly path: string;
  readonly ids: readonly number[];
  readonly options: BulkOptions;
  readonly scope: ClientScope;
}

interface Deletion {
  readonly call: BulkDeleteCall;
  readonly deps: BulkDeleteDeps;
  readonly outcomes: Map<number, DeleteOutcome>;
}

type Batch = readonly Item[];

export type SingleDelete =
  { readonly ok: true; readonly existed: boolean } | { readonly ok: false; readonly error: ProxboxError };

/** DELETE on the object's path; 404 is success, and after a lost answer it means that the earlier attempt did it. */
export async function deleteOne(path: string, id: number, scope: ClientScope, deps: WriteDeps): Promise<SingleDelete> {
  const operation = `delete record ${path}`;
  const result = await sendWrite(
    { method: 'DELETE', path: objectPath(path, id), operation, scope, kind: 'idempotent' },
    deps,
  );
  if (result.ok) return { ok: true, existed: true };
  if (result.error.upstream?.status !== 404) return { ok: false, error: result.error };
  return { ok: true, existed: Number(result.error.where.attempts) > 1 };
}

function failAll({ outcomes }: Deletion, batch: Batch, error: ProxboxError): void {
  for (const { index } of batch) outcomes.set(index, { status: 'failed', error });
}

async function deleteSingly(deletion: Deletion, { index: id }: Item): Promise<ProxboxError | undefined> {
  const { call, deps, outcomes } = deletion;
  const result = await deleteOne(call.path, id, call.scope, deps);
  if (result.ok) {
    outcomes.set(id, { status: result.existed ? 'deleted' : 'gone' });
    return undefined;
  }
  if (endsTheRun(result.error)) throw result.error;
  outcomes.set(id, { status: 'failed', error: result.error });
  return endsTheCall(result.error) ? result.error : undefined;
}

/** Parts of a batch one after the other; what follows a part that ends the call is not sent. */
async function deleteParts(deletion: Deletion, parts: readonly Batch[]): Promise<ProxboxError | undefined> {
  let stop: ProxboxError | undefined;
  for (const part of parts) {
    if (stop === undefined) stop = await deleteBatch(deletion, part);
    else failAll(deletion, part, stop);
  }
  return stop;
}

async function deleteBatch(deletion: Deletion, batch: Batch): Promise<ProxboxError | undefined> {
  const [only] = batch;
  if (batch.length === 1 && only !== undefined) return deleteSingly(deletion, only);
  const { path, scope } = deletion.call;
  const operation = `bulk delete ${path}`;
  const result = await sendWrite(
    { method: 'DELETE', path, body: arrayBody(batch), operation, scope, kind: 'idempotent' },
    deletion.deps,
  );
  if (result.ok) {
    for (const { index } of batch) deletion.outcomes.set(index, { status: 'deleted' });
    return undefined;
  }
  const { error } = result;
  if (endsTheRun(error)) throw error;
  // This path deletes no lists: the objects one by one.
  if (error.upstream?.status === 405)
    return deleteParts(
      deletion,
      batch.map((item) => [item]),
    );
  if (mayBeOneObject(error)) return deleteParts(deletion, halves(batch));
  failAll(deletion, batch, error);
  return endsTheCall(error) ? error : undefined;
}

/** One outcome per id, in their order. Throws only what ends the run. */
export async function bulkDelete(call: BulkDeleteCall, deps: BulkDeleteDeps): Promise<readonly DeleteOutcome[]> {
  const deletion: Deletion = { call, deps, outcomes: new Map() };
  await runBatches({
    items: [...new Set(call.ids)].map((id) => ({ index: id, json: JSON.stringify({ id }) })),
    options: call.options,
    clock: deps.clock,
    signal: call.scope.signal,
    write: (batch) => deleteBatch(deletion, batch),
    refuse: (item, error) => failAll(deletion, [item], error),
  });
  return call.ids.map((id) => deletion.outcomes.get(id) ?? { status: 'gone' });
}
