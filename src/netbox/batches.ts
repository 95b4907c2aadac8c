/**
 * Cuts bulk writes into requests and paces them. Promises one outcome per object whatever happens: what earlier requests
 * achieved is kept, and what was not sent has failed with the error that stopped the call.
 */
import type { Clock } from '../config/clock.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { sleepUnlessCancelled } from '../transport/sleep.js';
import { isCollision } from './duplicate.js';
import type { Pressure } from './pressure.js';
import { endsTheRun } from './run-ending.js';
import type { BulkOptions, JsonObject } from './types.js';

/** Half of Django's limit for a body in memory, and far below what proxies accept. */
const maxBodyBytes = 1024 * 1024;

/** One object of a bulk call. */
export interface Unsent {
  /** Under which its outcome is kept: its place in the call when it is created, else the id of the object. */
  readonly key: number;
  readonly body: JsonObject;
}

/** The same in its encoded form: made for the request that it goes with, and not kept for longer. */
export interface Item extends Pick<Unsent, 'key'> {
  readonly json: string;
}

/** What is sent in one request. */
export type Batch = readonly Item[];
/** The error because of which what follows must not be sent. */
export type Stop = ProxboxError | undefined;

/** Requests of at most `batchSize` objects and 1 MiB, asked for anew at each; a single larger object goes alone. */
function* cutIntoBatches(objects: readonly Unsent[], batchSize: () => number): Generator<Batch> {
  let current: Item[] = [];
  let bytes = 2;
  let most = batchSize();
  for (const { key, body } of objects) {
    const json = JSON.stringify(body);
    const size = Buffer.byteLength(json) + 1;
    if (current.length > 0 && (current.length >= Math.max(1, most) || bytes + size > maxBodyBytes)) {
      yield current;
      current = [];
      bytes = 2;
      most = batchSize();
    }
    current.push({ key, json });
    bytes += size;
  }
  if (current.length > 0) yield current;
}

export function arrayBody(items: Batch): string {
  return `[${items.map(({ json }) => json).join(',')}]`;
}

/** Of a batch whose objects exist. */
export function idsOf(items: Batch): readonly number[] {
  return items.map(({ key }) => key);
}

export function halves<T>(items: readonly T[]): readonly [readonly T[], readonly T[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}

export interface FailedOutcome {
  readonly status: 'failed';
  readonly error: ProxboxError;
}

/** Outcomes by `Item.key`. */
export interface Outcomes {
  has(key: number): boolean;
  set(key: number, outcome: FailedOutcome): unknown;
}

/** Objects without an outcome have failed with this error. */
export function failUnsettled(outcomes: Outcomes, objects: readonly Pick<Unsent, 'key'>[], error: ProxboxError): void {
  for (const { key } of objects) {
    if (!outcomes.has(key)) outcomes.set(key, { status: 'failed', error });
  }
}

/** What every bulk call needs besides sending. */
export interface BatchDeps {
  readonly endpointId: number;
  readonly clock: Clock;
  /** Throws why nothing may be sent at all. */
  readonly ready: () => Promise<void>;
  readonly pressure: Pick<Pressure, 'batchSize'>;
  /** How many requests may be in flight now; more batches than that would only wait. */
  readonly atOnce: () => number;
}

export interface BatchRun {
  readonly objects: readonly Unsent[];
  readonly options: BulkOptions;
  readonly signal: AbortSignal | undefined;
  readonly outcomes: Outcomes;
  /** Resolves with an error when what follows must not be sent; objects it leaves without an outcome get that error. */
  readonly write: (batch: Batch) => Promise<Stop>;
}

/** The error that the work ended with, returned or thrown. Throws only what is a mistake of ours. */
export async function errorMet(work: () => Promise<Stop>): Promise<Stop> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ProxboxError && error.code !== 'internal') return error;
    throw error;
  }
}

/**
 * Starts batch after batch, as many at once as the call and the pressure allow; one at a time, each waits for the one before. The
 * delay is the least time between the starts of two of them, not idle time after each. After an error that ends the call nothing
 * more is started, and what is under way is waited for.
 */
export async function runBatches(run: BatchRun, { clock, ready, pressure, atOnce }: BatchDeps): Promise<void> {
  const { objects, options, signal, outcomes, write } = run;
  const underWay = new Set<Promise<void>>();
  let done = 0;
  let startedMs: number | undefined;
  let stop: Stop;

  const start = async (): Promise<Stop> => {
    if (startedMs === undefined) await ready();
    const restMs = (startedMs ?? Number.NEGATIVE_INFINITY) + options.delayMs - clock.monotonicMs();
    if (restMs > 0) await sleepUnlessCancelled(restMs, clock, signal);
    startedMs = clock.monotonicMs();
    return undefined;
  };
  const send = async (batch: Batch): Promise<void> => {
    const error = await errorMet(() => write(batch));
    if (error !== undefined && (endsTheRun(error) || endsTheCall(error))) {
      stop ??= error;
      return;
    }
    if (error !== undefined) failUnsettled(outcomes, batch, error);
    done += batch.length;
    options.onBatch?.({ done, total: objects.length });
  };

  const room = async (): Promise<void> => {
    while (underWay.size >= Math.min(atOnce(), options.atOnce ?? 1)) await Promise.race(underWay);
  };
  const batches = cutIntoBatches(objects, () => pressure.batchSize(options.batchSize));
  // How large the next one is depends on how the ones before it went.
  for (await room(); stop === undefined; await room()) {
    const next = batches.next();
    if (next.done === true) break;
    const notStarted = await errorMet(start);
    stop ??= notStarted;
    if (stop !== undefined) break;
    const sending = send(next.value).then(() => void underWay.delete(sending));
    // Only a mistake of ours is thrown: it ends the call in a race or at the end.
    sending.catch(() => undefined);
    underWay.add(sending);
  }
  await Promise.all(underWay);
  if (stop !== undefined) failUnsettled(outcomes, objects, stop);
}

/** What every further object of this kind would meet: no permission, no such path or method. */
export function endsTheCall(error: ProxboxError): boolean {
  const status = error.upstream?.status;
  return error.code === 'netbox_forbidden' || status === 404 || status === 405 || status === 501;
}

/** A refusal that may be the fault of one object of the batch. */
export function mayBeOneObject(error: ProxboxError): boolean {
  const status = error.upstream?.status;
  return status === 400 || status === 409 || status === 413 || isCollision(error);
}

/** Stands where a bulk call forgot an object, so that it is not counted as done. */
export function noOutcome(path: string): FailedOutcome {
  return {
    status: 'failed',
    error: new ProxboxError('internal', `An object of a bulk write for ${path} has no outcome.`),
  };
}
