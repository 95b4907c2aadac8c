/** What bulk creating, changing and deleting have in common: one request a batch, and what a refusal of it means. */
import type { ProxboxError } from '../errors/proxbox-error.js';
import {
  arrayBody,
  endsTheCall,
  failUnsettled,
  idsOf,
  mayBeOneObject,
  runBatches,
  type Batch,
  type BatchDeps,
  type Item,
  type Outcomes,
  type Stop,
  type Unsent,
} from './batches.js';
import { refusedObjects, type Refusal } from './bulk-refusals.js';
import { protocolError } from './error-mapping.js';
import type { NetBoxResult } from './pipeline.js';
import { endsTheRun } from './run-ending.js';
import type { BulkOptions, ClientScope } from './types.js';
import { isObject } from '../values/plain-object.js';
import { sendWrite, type WriteDeps } from './write-request.js';

export interface BulkCall {
  readonly path: string;
  readonly options: BulkOptions;
  readonly scope: ClientScope;
}

export interface BulkDeps extends WriteDeps, BatchDeps {}

export interface BulkWrite {
  readonly verb: keyof typeof methods;
  readonly call: BulkCall;
  readonly deps: BulkDeps;
  readonly outcomes: Outcomes;
}

const methods = { create: 'POST', patch: 'PATCH', delete: 'DELETE' } as const;

export function sendBatch(
  { verb, call: { path, scope }, deps }: BulkWrite,
  batch: Batch,
  lookFirst?: () => Promise<'repeat' | 'stop'>,
): Promise<NetBoxResult> {
  const operation = `bulk ${verb} ${path}`;
  const request = { method: methods[verb], path, body: arrayBody(batch), operation, scope, lookFirst };
  if (verb === 'create') return sendWrite({ ...request, kind: 'create' }, deps);
  return sendWrite({ ...request, kind: 'idempotent', ids: idsOf(batch) }, deps);
}

/** The objects were written, or not: the answer does not tell. */
export function failUnanswered({ verb, call: { path }, deps, outcomes }: BulkWrite, batch: Batch, text: string): void {
  const context = { operation: `bulk ${verb} ${path}`, path, endpointId: deps.endpointId };
  const message = `NetBox answered a bulk ${verb} of ${path} without the objects`;
  failUnsettled(outcomes, batch, protocolError(context, message, text));
}

/** Ends the call, or the run, when every further object would meet the same. */
export function failAll({ outcomes }: BulkWrite, batch: Batch, error: ProxboxError): Stop {
  if (endsTheRun(error)) return error;
  failUnsettled(outcomes, batch, error);
  return endsTheCall(error) ? error : undefined;
}

/** The batch without what can be taken out of it; as it is where that is nothing. */
async function mend({ call: { options } }: BulkWrite, batch: Batch, error: ProxboxError): Promise<Batch> {
  const { mending } = options;
  if (mending === undefined || !mayBeOneObject(error)) return batch;
  await mending.learn(error);
  return batch.map(({ key, json }) => {
    const body: unknown = JSON.parse(json);
    return { key, json: isObject(body) ? JSON.stringify(mending.without(body)) : json };
  });
}

export interface RefusalHandlers {
  /** NetBox names the objects that it refuses: they get their outcomes, and the rest is sent again. */
  readonly setAside: (refused: ReadonlyMap<Item, Refusal>) => Promise<Stop>;
  /** Something is wrong with the batch, and NetBox does not say with which of its objects. */
  readonly isolate: () => Promise<Stop>;
  /** The batch can be sent without what is wrong with it. */
  readonly again: (mended: Batch) => Promise<Stop>;
}

export async function refuseBatch(
  write: BulkWrite,
  batch: Batch,
  error: ProxboxError,
  { setAside, isolate, again }: RefusalHandlers,
): Promise<Stop> {
  const mended = await mend(write, batch, error);
  if (mended.some(({ json }, position) => json !== batch[position]?.json)) return again(mended);
  const refused = endsTheRun(error) ? undefined : refusedObjects(error, write.call.path, batch);
  if (refused !== undefined) return setAside(refused);
  return !endsTheRun(error) && mayBeOneObject(error) ? isolate() : failAll(write, batch, error);
}

/** Parts of a batch one after the other, until one says that the rest need not be sent. */
export async function sendParts(parts: readonly Batch[], send: (part: Batch) => Promise<Stop>): Promise<Stop> {
  for (const part of parts) {
    const stop = await send(part);
    if (stop !== undefined) return stop;
  }
  return undefined;
}

export function sendAll(
  { call: { options, scope }, deps, outcomes }: BulkWrite,
  objects: readonly Unsent[],
  write: (batch: Batch) => Promise<Stop>,
): Promise<void> {
  return runBatches({ objects, options, signal: scope.signal, outcomes, write }, deps);
}
