/**
 * Cuts bulk writes into requests and paces them. Promises one outcome per object whatever happens: what earlier requests
 * achieved is kept, and what was not sent has failed with the error that stopped the call.
 */
import type { Clock } from '../config/clock.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { sleepUnlessCancelled } from '../transport/sleep.js';
import { isCollision } from './duplicate.js';
import { endsTheRun } from './run-ending.js';
import type { BulkOptions } from './types.js';

/** Half of Django's limit for a body in memory, and far below what proxies accept. */
const maxBodyBytes = 1024 * 1024;

/** One object of a bulk call: its place in the call (of existing objects their id) and its encoded form. */
export interface Item {
  readonly index: number;
  readonly json: string;
}

/** What is sent in one request. */
export type Batch = readonly Item[];
/** The error because of which what follows must not be sent. */
export type Stop = ProxboxError | undefined;

/** Requests of at most `batchSize` objects and 1 MiB; a single larger object goes alone. */
function cutIntoBatches(items: readonly Item[], batchSize: number): readonly Batch[] {
  const batches: Item[][] = [];
  let current: Item[] = [];
  let bytes = 2;
  for (const item of items) {
    const size = Buffer.byteLength(item.json) + 1;
    if (current.length > 0 && (current.length >= Math.max(1, batchSize) || bytes + size > maxBodyBytes)) {
      batches.push(current);
      current = [];
      bytes = 2;
    }
    current.push(item);
    bytes += size;
  }
  if (current.length > 0) batches.push(current);
  return batches;
}

export function arrayBody(items: Batch): string {
  return `[${items.map(({ json }) => json).join(',')}]`;
}

export function halves<T>(items: readonly T[]): readonly [readonly T[], readonly T[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}

export interface FailedOutcome {
  readonly status: 'failed';
  readonly error: ProxboxError;
}

/** Outcomes by `Item.index`. */
interface Outcomes {
  has(index: number): boolean;
  set(index: number, outcome: FailedOutcome): unknown;
}

/** Objects without an outcome have failed with this error. */
export function failUnsettled(outcomes: Outcomes, items: readonly Item[], error: ProxboxError): void {
  for (const { index } of items) {
    if (!outcomes.has(index)) outcomes.set(index, { status: 'failed', error });
  }
}

/** What every bulk call needs besides sending. */
export interface BatchDeps {
  readonly endpointId: number;
  readonly clock: Clock;
  /** Throws why nothing may be sent at all. */
  readonly ready: () => Promise<void>;
}

export interface BatchRun {
  readonly items: readonly Item[];
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

/** Batches one after the other, with the literal pause between two of them; none before the first or after the last. */
export async function runBatches(run: BatchRun, { clock, ready }: BatchDeps): Promise<void> {
  const { items, options, signal, outcomes, write } = run;
  let done = 0;
  for (const [index, batch] of cutIntoBatches(items, options.batchSize).entries()) {
    const error = await errorMet(async () => {
      if (index === 0) await ready();
      else if (options.delayMs > 0) await sleepUnlessCancelled(options.delayMs, clock, signal);
      return write(batch);
    });
    if (error !== undefined) {
      const follows = endsTheRun(error) || endsTheCall(error) ? items : batch;
      failUnsettled(outcomes, follows, error);
      if (follows === items) return;
    }
    done += batch.length;
    options.onBatch?.({ done, total: items.length });
  }
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
