/**
 * Changes many objects in few requests. A bulk PATCH is one transaction; a refusal does not say which object it is
 * about, so the batch is halved. Ids that do not exist are skipped by NetBox in silence: the answer is read by id.
 */
import type { Clock } from '../config/clock.js';
import type { ProxboxError } from '../errors/proxbox-error.js';
import { arrayBody, endsTheCall, endsTheRun, halves, mayBeOneObject, runBatches, type Item } from './batches.js';
import { protocolError } from './error-mapping.js';
import { recordsIn } from './records-in.js';
import type { BulkOptions, ClientScope, JsonObject, PatchItem, PatchOutcome } from './types.js';
import { sendWrite, type WriteDeps } from './write-request.js';

export interface BulkPatchDeps extends WriteDeps {
  readonly endpointId: number;
  readonly clock: Clock;
}

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

type Batch = readonly Item[];

function failAll({ outcomes }: Patching, batch: Batch, error: ProxboxError): void {
  for (const { index } of batch) outcomes.set(index, { status: 'failed', error });
}

function accept(patching: Patching, batch: Batch, body: unknown): void {
  const records = recordsIn(body);
  if (records === undefined) {
    const { path } = patching.call;
    const context = { operation: `bulk patch ${path}`, path, endpointId: patching.deps.endpointId };
    failAll(
      patching,
      batch,
      protocolError(
        context,
        `NetBox answered a bulk patch of ${path} without the objects`,
        'the answer is not a list of objects',
      ),
    );
    return;
  }
  const byId = new Map(records.map((record) => [record.id, record]));
  for (const { index: id } of batch) {
    const record = byId.get(id);
    patching.outcomes.set(id, record === undefined ? { status: 'gone' } : { status: 'updated', record });
  }
}

async function patchBatch(patching: Patching, batch: Batch): Promise<ProxboxError | undefined> {
  const { path, scope } = patching.call;
  const operation = `bulk patch ${path}`;
  const result = await sendWrite(
    { method: 'PATCH', path, body: arrayBody(batch), operation, scope, kind: 'idempotent' },
    patching.deps,
  );
  if (result.ok) {
    accept(patching, batch, result.body);
    return undefined;
  }
  const { error } = result;
  if (endsTheRun(error)) throw error;
  if (!mayBeOneObject(error) || batch.length === 1) {
    failAll(patching, batch, error);
    return endsTheCall(error) ? error : undefined;
  }
  const [first, second] = halves(batch);
  const stop = await patchBatch(patching, first);
  if (stop === undefined) return patchBatch(patching, second);
  failAll(patching, second, stop);
  return stop;
}

/** One body per id: of two changes of one object NetBox would apply the later alone. */
function merged(items: readonly PatchItem[]): readonly Item[] {
  const bodies = new Map<number, JsonObject>();
  for (const { id, body } of items) bodies.set(id, { ...bodies.get(id), ...body, id });
  return [...bodies].map(([id, body]) => ({ index: id, json: JSON.stringify(body) }));
}

/** One outcome per item, in their order. Throws only what ends the run. */
export async function bulkPatch(call: BulkPatchCall, deps: BulkPatchDeps): Promise<readonly PatchOutcome[]> {
  const patching: Patching = { call, deps, outcomes: new Map() };
  await runBatches({
    items: merged(call.items),
    options: call.options,
    clock: deps.clock,
    signal: call.scope.signal,
    write: (batch) => patchBatch(patching, batch),
    refuse: (item, error) => failAll(patching, [item], error),
  });
  return call.items.map(({ id }) => patching.outcomes.get(id) ?? { status: 'gone' });
}
