/**
 * Changes many objects in few requests. A bulk PATCH is one transaction. NetBox 4.7 names the objects it refuses, so
 * the rest is sent again; before, a refusal did not say which object it is about, so the batch is halved. Ids that do not
 * exist are refused by 4.7 and skipped in silence before: an answer is read by id.
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
import { refusedObjects, withoutRefused } from './bulk-refusals.js';
import { protocolError } from './error-mapping.js';
import { recordsIn } from './records-in.js';
import { endsTheRun } from './run-ending.js';
import type { BulkOptions, ClientScope, JsonObject, PatchItem, PatchOutcome } from './types.js';
import { sendWrite, type WriteDeps } from './write-request.js';

export interface BulkPatchDeps extends WriteDeps, BatchDeps {}

export interface BulkPatchCall {
  readonly path: string;
  readonly items: readonly PatchItem[];
  readonly options: BulkOptions;
  readonly scope: ClientScope;
}

interface Patching {
  readonly call: BulkPatchCall;
  readonly deps: BulkPatchDeps;
  /** By object id: this is what `Item.index` holds here. */
  readonly outcomes: Map<number, PatchOutcome>;
}

function accept({ call, deps, outcomes }: Patching, batch: Batch, body: unknown): void {
  const records = recordsIn(body);
  if (records === undefined) {
    const { path } = call;
    const context = { operation: `bulk patch ${path}`, path, endpointId: deps.endpointId };
    const message = `NetBox answered a bulk patch of ${path} without the objects`;
    failUnsettled(outcomes, batch, protocolError(context, message, 'the answer is not a list of objects'));
    return;
  }
  const byId = new Map(records.map((record) => [record.id, record]));
  for (const { index: id } of batch) {
    const record = byId.get(id);
    outcomes.set(id, record === undefined ? { status: 'gone' } : { status: 'updated', record });
  }
}

async function patchBatch(patching: Patching, batch: Batch): Promise<Stop> {
  if (batch.length === 0) return undefined;
  const { path, scope } = patching.call;
  const operation = `bulk patch ${path}`;
  const result = await sendWrite(
    { method: 'PATCH', path, body: arrayBody(batch), operation, scope, kind: 'idempotent' },
    patching.deps,
  );
  if (!result.ok) return refuse(patching, batch, result.error);
  accept(patching, batch, result.body);
  return undefined;
}

async function refuse(patching: Patching, batch: Batch, error: ProxboxError): Promise<Stop> {
  if (endsTheRun(error)) return error;
  const refused = refusedObjects(error, patching.call.path, batch);
  if (refused !== undefined) {
    for (const [{ index: id }, refusal] of refused) {
      patching.outcomes.set(id, refusal.missing ? { status: 'gone' } : { status: 'failed', error: refusal.error });
    }
    return patchBatch(patching, withoutRefused(batch, refused));
  }
  if (mayBeOneObject(error) && batch.length > 1) {
    const [first, second] = halves(batch);
    return (await patchBatch(patching, first)) ?? patchBatch(patching, second);
  }
  failUnsettled(patching.outcomes, batch, error);
  return endsTheCall(error) ? error : undefined;
}

/** One body per id: NetBox 4.7 refuses two changes of one object, and before applied the later alone. */
function merged(items: readonly PatchItem[]): readonly Item[] {
  const bodies = new Map<number, JsonObject>();
  for (const { id, body } of items) bodies.set(id, { ...bodies.get(id), ...body, id });
  return [...bodies].map(([id, body]) => ({ index: id, json: JSON.stringify(body) }));
}

/** One outcome per item, in their order. */
export async function bulkPatch(call: BulkPatchCall, deps: BulkPatchDeps): Promise<readonly PatchOutcome[]> {
  const patching: Patching = { call, deps, outcomes: new Map() };
  const { outcomes } = patching;
  const write = (batch: Batch): Promise<Stop> => patchBatch(patching, batch);
  await runBatches(
    { items: merged(call.items), options: call.options, signal: call.scope.signal, outcomes, write },
    deps,
  );
  return call.items.map(({ id }) => outcomes.get(id) ?? noOutcome(call.path));
}
