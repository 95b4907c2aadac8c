/** Cuts bulk writes into requests and paces them; says which failures concern one object and which end the run. */
import type { Clock } from '../config/clock.js';
import type { ProxboxError } from '../errors/proxbox-error.js';
import { sleepUnlessCancelled } from '../transport/sleep.js';
import { isCollision } from './duplicate.js';
import type { BulkOptions } from './types.js';

/** Half of Django's limit for a body in memory, and far below what proxies accept. */
const maxBodyBytes = 1024 * 1024;

/** One object of a bulk call: its place in the call and its encoded form. */
export interface Item {
  readonly index: number;
  readonly json: string;
}

/** Requests of at most `batchSize` objects and 1 MiB; a single larger object goes alone. */
function cutIntoBatches(items: readonly Item[], batchSize: number): readonly (readonly Item[])[] {
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

export function arrayBody(items: readonly Item[]): string {
  return `[${items.map(({ json }) => json).join(',')}]`;
}

export function halves<T>(items: readonly T[]): readonly [readonly T[], readonly T[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}

export interface BatchRun {
  readonly items: readonly Item[];
  readonly options: BulkOptions;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Resolves with an error when the remaining batches must not be sent. */
  readonly write: (batch: readonly Item[]) => Promise<ProxboxError | undefined>;
  /** Objects that were not sent because of that error. */
  readonly refuse: (item: Item, error: ProxboxError) => void;
}

/** Batches one after the other, with the literal pause between two of them; none before the first or after the last. */
export async function runBatches({ items, options, clock, signal, write, refuse }: BatchRun): Promise<void> {
  const batches = cutIntoBatches(items, options.batchSize);
  let done = 0;
  let stop: ProxboxError | undefined;
  for (const [index, batch] of batches.entries()) {
    if (stop !== undefined) {
      for (const item of batch) refuse(item, stop);
      continue;
    }
    if (index > 0 && options.delayMs > 0) await sleepUnlessCancelled(options.delayMs, clock, signal);
    stop = await write(batch);
    done += batch.length;
    options.onBatch?.({ done, total: items.length });
  }
}

const tokenTexts = [
  'invalid v1 token',
  'invalid v2 token',
  'token disabled',
  'token expired',
  'user inactive',
  'source ip',
  'credentials were not provided',
  'invalid token',
] as const;

/** NetBox answers a bad token with 403 and a text about the token; a missing permission is a 403 without one. */
function refusesToken(error: ProxboxError): boolean {
  if (error.code !== 'netbox_forbidden') return false;
  if (error.upstream?.status === 401) return true;
  const text = JSON.stringify(error.upstream?.body ?? null).toLowerCase();
  return tokenTexts.some((token) => text.includes(token));
}

const runEnding: ReadonlySet<string> = new Set([
  'netbox_unreachable',
  'netbox_timeout',
  'netbox_tls_error',
  'netbox_overwhelmed',
  'netbox_maintenance',
  'netbox_redirect',
  'not_configured',
  'cancelled',
]);

/** What the next request would meet as well. */
export function endsTheRun(error: ProxboxError): boolean {
  return runEnding.has(error.code) || refusesToken(error);
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
