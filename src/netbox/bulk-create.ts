/**
 * Creates many objects in few requests. A bulk POST is one transaction: one bad object refuses all. NetBox answers with a
 * list aligned to the batch, so the named objects are set aside and the rest is sent again; where it does not say which
 * (devices, collisions inside the batch), the batch is halved.
 */
import type { Clock } from '../config/clock.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { arrayBody, endsTheCall, endsTheRun, halves, mayBeOneObject, runBatches, type Item } from './batches.js';
import { isDuplicate } from './duplicate.js';
import { findAgain, type Finder } from './find-again.js';
import { protocolError } from './error-mapping.js';
import { isObject, recordsIn } from './records-in.js';
import type { BulkCreateOptions, ClientScope, CreateOutcome, JsonObject, NetBoxRecord } from './types.js';
import { unresolved } from './unresolved.js';
import { sendWrite, type WriteDeps } from './write-request.js';

export interface BulkCreateDeps extends WriteDeps {
  readonly endpointId: number;
  readonly clock: Clock;
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

type BatchResult = { readonly ok: true } | { readonly ok: false; readonly error: ProxboxError };
type Batch = readonly Item[];

const sent: BatchResult = { ok: true };

function bodiesOf({ call }: Creation, batch: Batch): readonly JsonObject[] {
  return batch.map(({ index }) => call.bodies[index] ?? {});
}

function failAll({ outcomes }: Creation, batch: Batch, error: ProxboxError): void {
  for (const { index } of batch) outcomes.set(index, { status: 'failed', error });
}

function acceptAll(creation: Creation, batch: Batch, body: unknown): BatchResult {
  const records = recordsIn(body);
  if (records?.length !== batch.length) {
    const { path } = creation.call;
    const context = { operation: `bulk create ${path}`, path, endpointId: creation.deps.endpointId };
    const text = `the answer does not hold the ${batch.length} created objects`;
    failAll(
      creation,
      batch,
      protocolError(context, `NetBox answered a bulk create of ${path} without the objects`, text),
    );
    return sent;
  }
  for (const [position, { index }] of batch.entries()) {
    const record = records[position];
    if (record !== undefined) creation.outcomes.set(index, { status: 'created', record });
  }
  return sent;
}

/** Sets what was found again as created; returns what is missing. */
function acceptFound({ outcomes }: Creation, batch: Batch, found: readonly (NetBoxRecord | undefined)[]): Batch {
  return batch.filter(({ index }, position) => {
    const record = found[position];
    if (record !== undefined) outcomes.set(index, { status: 'created', record });
    return record === undefined;
  });
}

function refusal(error: ProxboxError, path: string, said: unknown): ProxboxError {
  const text = JSON.stringify(said);
  return new ProxboxError('netbox_rejected', `NetBox refused an object for ${path}: ${text.slice(0, 300)}`, {
    detail: `netbox_rejected: ${path}: ${text.slice(0, 500)}`,
    where: error.where,
    upstream: {
      status: 400,
      body: said,
      ...(error.upstream?.requestId === undefined ? {} : { requestId: error.upstream.requestId }),
    },
  });
}

/** What NetBox said about each object, if it said it object by object. */
function namedCulprits(error: ProxboxError, batch: Batch): ReadonlyMap<Item, unknown> | undefined {
  const said: unknown = error.upstream?.status === 400 ? error.upstream.body : undefined;
  if (!Array.isArray(said) || said.length !== batch.length) return undefined;
  const culprits = new Map<Item, unknown>();
  for (const [position, item] of batch.entries()) {
    const about: unknown = said[position];
    if (!isObject(about) || Object.keys(about).length > 0) culprits.set(item, about);
  }
  return culprits.size === 0 ? undefined : culprits;
}

/** Objects that exist already are looked up, all with one call; the others have failed. */
async function settleRefused(creation: Creation, refused: ReadonlyMap<Item, ProxboxError>): Promise<void> {
  const { call, deps, outcomes } = creation;
  const duplicates = [...refused].filter(([, error]) => isDuplicate(error));
  for (const [{ index }, error] of refused) outcomes.set(index, { status: 'failed', error });
  if (deps.finder === undefined || duplicates.length === 0) return;
  const items = duplicates.map(([item]) => item);
  const found = await findAgain(bodiesOf(creation, items), deps.finder, deps.clock, call.scope.signal);
  for (const [position, [{ index }, error]] of duplicates.entries()) {
    const record = found[position];
    outcomes.set(
      index,
      record === undefined ? { status: 'failed', error: unresolved(call.path, error) } : { status: 'exists', record },
    );
  }
}

async function isolate(creation: Creation, batch: Batch, error: ProxboxError): Promise<BatchResult> {
  const culprits = namedCulprits(error, batch);
  if (culprits !== undefined) {
    const { path } = creation.call;
    await settleRefused(creation, new Map([...culprits].map(([item, said]) => [item, refusal(error, path, said)])));
    return createBatch(
      creation,
      batch.filter((item) => !culprits.has(item)),
    );
  }
  const [only] = batch;
  if (batch.length === 1 && only !== undefined) {
    await settleRefused(creation, new Map([[only, error]]));
    return sent;
  }
  const [first, second] = halves(batch);
  const result = await createBatch(creation, first);
  if (result.ok) return createBatch(creation, second);
  failAll(creation, second, result.error);
  return result;
}

async function createBatch(creation: Creation, batch: Batch): Promise<BatchResult> {
  if (batch.length === 0) return sent;
  const { call, deps } = creation;
  const { finder } = deps;
  let found: readonly (NetBoxRecord | undefined)[] | undefined;
  const lookFirst = async (): Promise<'repeat' | 'stop'> => {
    const rows = await finder?.(bodiesOf(creation, batch));
    if (rows?.some((row) => row !== undefined) !== true) return 'repeat';
    found = rows;
    return 'stop';
  };
  const { path, scope } = call;
  const operation = `bulk create ${path}`;
  const request = { method: 'POST', path, body: arrayBody(batch), operation, scope, kind: 'create' } as const;
  const result = await sendWrite({ ...request, lookFirst: finder === undefined ? undefined : lookFirst }, deps);
  if (result.ok) return acceptAll(creation, batch, result.body);
  if (found !== undefined) return createBatch(creation, acceptFound(creation, batch, found));
  const { error } = result;
  if (mayBeOneObject(error)) return isolate(creation, batch, error);
  const fateUnknown = finder === undefined && (result.outcome === 'lost' || result.outcome === 'gateway');
  if (endsTheRun(error) && !fateUnknown) throw error;
  failAll(creation, batch, error);
  return endsTheCall(error) ? { ok: false, error } : sent;
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

function neverSent(path: string): ProxboxError {
  return new ProxboxError('internal', `An object of a bulk create for ${path} has no outcome.`);
}

/** One outcome per body, in their order. Throws only what ends the run. */
export async function bulkCreate(call: BulkCreateCall, deps: BulkCreateDeps): Promise<readonly CreateOutcome[]> {
  const creation: Creation = { call, deps, outcomes: new Map() };
  await runBatches({
    items: distinct(creation),
    options: call.options,
    clock: deps.clock,
    signal: call.scope.signal,
    write: async (batch) => {
      const result = await createBatch(creation, batch);
      return result.ok ? undefined : result.error;
    },
    refuse: (item, error) => failAll(creation, [item], error),
  });
  return call.bodies.map(
    (_, index) => creation.outcomes.get(index) ?? { status: 'failed', error: neverSent(call.path) },
  );
}
