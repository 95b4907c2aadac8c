/**
 * Creates many objects in few requests. A bulk POST is one transaction: one bad object refuses all. Objects that NetBox
 * names are set aside and the rest is sent again. Where it says "duplicate" and not of which (sidecar rows, constraints
 * that only the database knows), those that exist are looked up; where it says nothing useful, the batch is halved.
 */
import { ProxboxError } from '../errors/proxbox-error.js';
import { errorMet, halves, noOutcome, type Batch, type Item, type Stop, type Unsent } from './batches.js';
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
import { isDuplicate } from './duplicate.js';
import { findAgain, type Finder } from './find-again.js';
import { recordsIn } from './records-in.js';
import { endsTheRun } from './run-ending.js';
import type { BulkCreateOptions, CreateOutcome, JsonObject, NetBoxRecord } from './types.js';
import { unresolved } from './unresolved.js';

export interface BulkCreateDeps extends BulkDeps {
  /** The caller's look-up, bound to a client that reads past the cache. */
  readonly finder: Finder | undefined;
}

export interface BulkCreateCall extends BulkCall {
  readonly bodies: readonly JsonObject[];
  readonly options: BulkCreateOptions;
}

interface Creation extends BulkWrite {
  readonly call: BulkCreateCall;
  readonly deps: BulkCreateDeps;
  readonly outcomes: Map<number, CreateOutcome>;
}

type Rows = readonly (NetBoxRecord | undefined)[];

function bodiesOf({ call }: Creation, batch: Batch): readonly JsonObject[] {
  return batch.map(({ key: place }) => call.bodies[place] ?? {});
}

function acceptAll(creation: Creation, batch: Batch, body: unknown): void {
  const records = recordsIn(body);
  if (records?.length !== batch.length)
    return failUnanswered(creation, batch, `the answer does not hold the ${batch.length} created objects`);
  accept(creation, batch, records, 'created');
}

/** Gives the objects that have a row this status; returns those that have none. */
function accept({ outcomes, call }: Creation, batch: Batch, rows: Rows, status: 'created' | 'exists'): Batch {
  const kept = (record: NetBoxRecord): NetBoxRecord => call.options.keep?.(record) ?? record;
  return batch.filter(({ key }, position) => {
    const record = rows[position];
    if (record !== undefined) outcomes.set(key, { status, record: status === 'created' ? kept(record) : record });
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
  for (const [position, [{ key }, error]] of duplicates.entries()) {
    const record = rows[position];
    if (record !== undefined) outcomes.set(key, { status: 'exists', record });
    else outcomes.set(key, { status: 'failed', error: stop ?? unresolved(call.path, error) });
  }
  return stop;
}

async function setAside(creation: Creation, batch: Batch, refused: ReadonlyMap<Item, ProxboxError>): Promise<Stop> {
  for (const [{ key }, error] of refused) creation.outcomes.set(key, { status: 'failed', error });
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
  return sendParts(halves(batch), (part) => createBatch(creation, part));
}

async function createBatch(creation: Creation, batch: Batch): Promise<Stop> {
  if (batch.length === 0) return undefined;
  const { finder } = creation.deps;
  let landed: Rows | undefined;
  const lookFirst = async (): Promise<'repeat' | 'stop'> => {
    const rows = await finder?.(bodiesOf(creation, batch));
    if (rows?.some((row) => row !== undefined) !== true) return 'repeat';
    landed = rows;
    return 'stop';
  };
  const result = await sendBatch(creation, batch, finder === undefined ? undefined : lookFirst);
  if (result.ok) {
    acceptAll(creation, batch, result.body);
    return undefined;
  }
  if (landed !== undefined) return createBatch(creation, accept(creation, batch, landed, 'created'));
  return refuse(creation, batch, result.error);
}

function refuse(creation: Creation, batch: Batch, error: ProxboxError): Promise<Stop> {
  return refuseBatch(creation, batch, error, {
    setAside: (refused) =>
      setAside(creation, batch, new Map([...refused].map(([item, refusal]) => [item, refusal.error]))),
    isolate: () => isolate(creation, batch, error),
    again: (mended) => createBatch(creation, mended),
  });
}

export function sameTwice(path: string, key: string): ProxboxError {
  return new ProxboxError('conflict', `Two objects of one bulk create for ${path} are the same: ${key}`, {
    detail: `conflict: only the first of the objects '${key}' was sent; give them different names in Proxmox.`,
    where: { path },
  });
}

/** The objects to send; the later ones of an equal key have failed already. */
function distinct({ call, outcomes }: Creation): readonly Unsent[] {
  const { keyOf } = call.options;
  const seen = new Set<string>();
  const objects: Unsent[] = [];
  for (const [index, body] of call.bodies.entries()) {
    const key = keyOf?.(body);
    if (key !== undefined && seen.has(key)) {
      outcomes.set(index, { status: 'failed', error: sameTwice(call.path, key) });
      continue;
    }
    if (key !== undefined) seen.add(key);
    objects.push({ key: index, body });
  }
  return objects;
}

/** One outcome per body, in their order. */
export async function bulkCreate(call: BulkCreateCall, deps: BulkCreateDeps): Promise<readonly CreateOutcome[]> {
  const creation: Creation = { verb: 'create', call, deps, outcomes: new Map() };
  const { outcomes } = creation;
  await sendAll(creation, distinct(creation), (batch) => createBatch(creation, batch));
  return call.bodies.map((_, index) => outcomes.get(index) ?? noOutcome(call.path));
}
