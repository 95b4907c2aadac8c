/**
 * Creates many objects in few requests. A bulk POST is one transaction: one bad object refuses all. Objects that NetBox
 * names are set aside and the rest is sent again. Where it says "duplicate" and not of which (sidecar rows, constraints
 * that only the database knows), those that exist are looked up; where it says nothing useful, the batch is halved.
 */
import { ProxboxError } from '../errors/proxbox-error.js';
import {
  arrayBody,
  endsTheCall,
  errorMet,
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
import { isDuplicate } from './duplicate.js';
import { findAgain, type Finder } from './find-again.js';
import { protocolError } from './error-mapping.js';
import { recordsIn } from './records-in.js';
import { endsTheRun } from './run-ending.js';
import type { BulkCreateOptions, ClientScope, CreateOutcome, JsonObject, NetBoxRecord } from './types.js';
import { unresolved } from './unresolved.js';
import { sendWrite, type WriteDeps } from './write-request.js';

export interface BulkCreateDeps extends WriteDeps, BatchDeps {
  /** The caller's look-up, bound to a client that reads past the cache. */
  readonly finder: Finder | undefined;
}

export interface BulkCreateCall {
  readonly path: string;
  readonly bodies: readonly JsonObject[];
  readonly options: BulkCreateOptions;
  readonly scope: ClientScope;
}

interface Creation {
  readonly call: BulkCreateCall;
  readonly deps: BulkCreateDeps;
  readonly outcomes: Map<number, CreateOutcome>;
}

type Rows = readonly (NetBoxRecord | undefined)[];

function bodiesOf({ call }: Creation, batch: Batch): readonly JsonObject[] {
  return batch.map(({ index }) => call.bodies[index] ?? {});
}

function acceptAll(creation: Creation, batch: Batch, body: unknown): void {
  const records = recordsIn(body);
  if (records?.length !== batch.length) {
    const { path } = creation.call;
    const context = { operation: `bulk create ${path}`, path, endpointId: creation.deps.endpointId };
    const text = `the answer does not hold the ${batch.length} created objects`;
    const error = protocolError(context, `NetBox answered a bulk create of ${path} without the objects`, text);
    failUnsettled(creation.outcomes, batch, error);
    return;
  }
  accept(creation, batch, records, 'created');
}

/** Gives the objects that have a row this status; returns those that have none. */
function accept({ outcomes }: Creation, batch: Batch, rows: Rows, status: 'created' | 'exists'): Batch {
  return batch.filter(({ index }, position) => {
    const record = rows[position];
    if (record !== undefined) outcomes.set(index, { status, record });
    return record === undefined;
  });
}

/** After the rest of the batch was sent, because the object that one of them collides with may be among it. */
async function settleDuplicates(creation: Creation, refused: ReadonlyMap<Item, ProxboxError>): Promise<Stop> {
  const { call, deps, outcomes } = creation;
  const { finder } = deps;
  const duplicates = [...refused].filter(([, error]) => isDuplicate(error));
  if (finder === undefined || duplicates.length === 0) return undefined;
  const bodies = bodiesOf(
    creation,
    duplicates.map(([item]) => item),
  );
  let rows: Rows = [];
  const problem = await errorMet(async () => {
    rows = await findAgain(bodies, finder, deps.clock, call.scope.signal);
    return undefined;
  });
  const stop = problem !== undefined && endsTheRun(problem) ? problem : undefined;
  for (const [position, [{ index }, error]] of duplicates.entries()) {
    const record = rows[position];
    if (record !== undefined) outcomes.set(index, { status: 'exists', record });
    else outcomes.set(index, { status: 'failed', error: stop ?? unresolved(call.path, error) });
  }
  return stop;
}

async function setAside(creation: Creation, batch: Batch, refused: ReadonlyMap<Item, ProxboxError>): Promise<Stop> {
  for (const [{ index }, error] of refused) creation.outcomes.set(index, { status: 'failed', error });
  const stop = await createBatch(creation, withoutRefused(batch, refused));
  return stop !== undefined && endsTheRun(stop) ? stop : ((await settleDuplicates(creation, refused)) ?? stop);
}

/** Something is wrong with the batch, and NetBox did not say with which of its objects. */
async function isolate(creation: Creation, batch: Batch, error: ProxboxError): Promise<Stop> {
  const [only] = batch;
  if (batch.length === 1 && only !== undefined) return setAside(creation, batch, new Map([[only, error]]));
  if (isDuplicate(error)) {
    const rows = (await creation.deps.finder?.(bodiesOf(creation, batch))) ?? [];
    const missing = accept(creation, batch, rows, 'exists');
    if (missing.length < batch.length) return createBatch(creation, missing);
  }
  const [first, second] = halves(batch);
  return (await createBatch(creation, first)) ?? createBatch(creation, second);
}

async function createBatch(creation: Creation, batch: Batch): Promise<Stop> {
  if (batch.length === 0) return undefined;
  const { call, deps } = creation;
  const { finder } = deps;
  let landed: Rows | undefined;
  const lookFirst = async (): Promise<'repeat' | 'stop'> => {
    const rows = await finder?.(bodiesOf(creation, batch));
    if (rows?.some((row) => row !== undefined) !== true) return 'repeat';
    landed = rows;
    return 'stop';
  };
  const { path, scope } = call;
  const operation = `bulk create ${path}`;
  const request = { method: 'POST', path, body: arrayBody(batch), operation, scope, kind: 'create' } as const;
  const result = await sendWrite({ ...request, lookFirst: finder === undefined ? undefined : lookFirst }, deps);
  if (result.ok) {
    acceptAll(creation, batch, result.body);
    return undefined;
  }
  if (landed !== undefined) return createBatch(creation, accept(creation, batch, landed, 'created'));
  return refuse(creation, batch, result.error);
}

async function refuse(creation: Creation, batch: Batch, error: ProxboxError): Promise<Stop> {
  if (endsTheRun(error)) return error;
  const refused = refusedObjects(error, creation.call.path, batch);
  if (refused !== undefined)
    return setAside(creation, batch, new Map([...refused].map(([item, refusal]) => [item, refusal.error])));
  if (mayBeOneObject(error)) return isolate(creation, batch, error);
  failUnsettled(creation.outcomes, batch, error);
  return endsTheCall(error) ? error : undefined;
}

function sameTwice(path: string, key: string): ProxboxError {
  return new ProxboxError('conflict', `Two objects of one bulk create for ${path} are the same: ${key}`, {
    detail: `conflict: only the first of the objects '${key}' was sent; give them different names in Proxmox.`,
    where: { path },
  });
}

/** The objects to send; the later ones of an equal key have failed already. */
function distinct({ call, outcomes }: Creation): readonly Item[] {
  const { keyOf } = call.options;
  const seen = new Set<string>();
  const items: Item[] = [];
  for (const [index, body] of call.bodies.entries()) {
    const key = keyOf?.(body);
    if (key !== undefined && seen.has(key)) {
      outcomes.set(index, { status: 'failed', error: sameTwice(call.path, key) });
      continue;
    }
    if (key !== undefined) seen.add(key);
    items.push({ index, json: JSON.stringify(body) });
  }
  return items;
}

/** One outcome per body, in their order. */
export async function bulkCreate(call: BulkCreateCall, deps: BulkCreateDeps): Promise<readonly CreateOutcome[]> {
  const creation: Creation = { call, deps, outcomes: new Map() };
  const { outcomes } = creation;
  const write = (batch: Batch): Promise<Stop> => createBatch(creation, batch);
  await runBatches(
    { items: distinct(creation), options: call.options, signal: call.scope.signal, outcomes, write },
    deps,
  );
  return call.bodies.map((_, index) => outcomes.get(index) ?? noOutcome(call.path));
}
