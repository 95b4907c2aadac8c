/**
 * The retry loop. What is repeated is data: a table by outcome and kind of request. An outcome is named from codes and
 * statuses by `failureOutcome` and by the client (which knows what its remote side means by a status), never from texts.
 */
import type { Clock } from '../config/clock.js';
import { sleepUnlessCancelled } from './sleep.js';
import type { TransportFailure } from './types.js';

/**
 * `refused` and `not_sent`: the request surely did not arrive. `lost`: no usable answer to a request that may have been
 * carried out. `gateway`: a proxy in front gave up (502, 504). `busy`: turned away before anything was done (429, 503).
 * `rolled_back`: failed in a transaction that was undone (database pressure, deadlock). `final`: an answer that stays
 * what it is. `done`: success.
 */
export type Outcome = 'done' | 'refused' | 'not_sent' | 'lost' | 'gateway' | 'busy' | 'rolled_back' | 'final';

/** `create` is the only kind whose repetition can do harm: it may have created the object already. */
export type RequestKind = 'read' | 'idempotent' | 'create';

/** `ask`: whether it was carried out is unknown, so the caller looks first and then decides. */
type Verdict = 'repeat' | 'ask' | 'stop';

const always = { read: 'repeat', idempotent: 'repeat', create: 'repeat' } as const;
const unlessCreating = { read: 'repeat', idempotent: 'repeat', create: 'ask' } as const;
const never = { read: 'stop', idempotent: 'stop', create: 'stop' } as const;

const retryTable = {
  done: never,
  refused: always,
  not_sent: always,
  lost: unlessCreating,
  gateway: unlessCreating,
  busy: always,
  rolled_back: always,
  final: never,
} as const satisfies Record<Outcome, Record<RequestKind, Verdict>>;

export function failureOutcome(failure: TransportFailure): Outcome {
  switch (failure.kind) {
    case 'aborted':
    case 'tls':
    case 'too_large':
      return 'final';
    case 'protocol':
      return failure.maybeSent ? 'lost' : 'final';
    case 'connect':
      return 'refused';
    case 'dns':
    case 'timeout':
    case 'reset':
      return failure.maybeSent ? 'lost' : 'not_sent';
  }
}

export interface RetryPolicy {
  /** Attempts after the first. */
  readonly maxRetries: number;
  readonly baseDelayMs: number;
  /** Upper bound of one delay; default 30 s. */
  readonly maxDelayMs?: number;
  /** No attempt is started later than this after the first; waiting behind others does not count. Default 10 minutes. */
  readonly maxElapsedMs?: number;
}

export interface Judgement {
  readonly outcome: Outcome;
  /** What the remote side asked for, milliseconds. */
  readonly retryAfterMs?: number;
  /** Where the doubling begins at least, e.g. while the other side is starting or has no capacity. */
  readonly minDelayMs?: number;
}

export interface RetryNotice {
  /** Number of the attempt that failed, from 1. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly outcome: Outcome;
}

/** A request waits, because the other side failed or asked for a pause: told to whoever it is for. */
export interface Wait {
  /** A sentence without its full stop: `NetBox answers 503`. */
  readonly why: string;
  readonly delayMs: number;
}

export interface RetryTask<T> {
  readonly kind: RequestKind;
  readonly policy: RetryPolicy;
  /** @param waited to be told how long, in milliseconds, the attempt waited behind other requests */
  readonly attempt: (waited: (ms: number) => void) => Promise<T>;
  readonly judge: (value: T) => Judgement;
  readonly signal?: AbortSignal | undefined;
  /**
   * Called before a request of unknown fate is repeated, and after the last attempt if its fate is unknown; without it
   * such a request is not repeated.
   */
  readonly lookFirst?: (() => Promise<'repeat' | 'stop'>) | undefined;
  readonly onRetry?: (notice: RetryNotice, value: T) => void;
}

export interface RetryDeps {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Told of every repetition that is waited for. */
  readonly onBackoff?: OnBackoff | undefined;
}

export type OnBackoff = (delayMs: number) => void;

export interface RetryResult<T> {
  readonly value: T;
  readonly attempts: number;
  readonly outcome: Outcome;
}

const defaultMaxDelayMs = 30_000;
const defaultMaxElapsedMs = 600_000;

/** `d = base * 2^attempt`, not below `minDelayMs`; `d + U(0, d/2)`, not below Retry-After; capped. `attempt` from 0. */
export function backoffMs(policy: RetryPolicy, attempt: number, judgement: Judgement, random: () => number): number {
  const doubled = policy.baseDelayMs * 2 ** attempt;
  const base = Math.max(doubled, judgement.minDelayMs ?? 0);
  const wanted = Math.max(base + (random() * base) / 2, judgement.retryAfterMs ?? 0);
  return Math.min(wanted, policy.maxDelayMs ?? defaultMaxDelayMs);
}

function verdictOf<T>(outcome: Outcome, task: RetryTask<T>): Verdict {
  const verdict = retryTable[outcome][task.kind];
  return verdict === 'ask' && task.lookFirst === undefined ? 'stop' : verdict;
}

/** Repeats `attempt` by the table; returns the last value and its outcome. Throws `cancelled` when aborted while waiting. */
export async function withRetries<T>(task: RetryTask<T>, deps: RetryDeps): Promise<RetryResult<T>> {
  const { policy, signal } = task;
  let deadline = deps.clock.monotonicMs() + (policy.maxElapsedMs ?? defaultMaxElapsedMs);
  const waited = (ms: number): void => {
    deadline += ms;
  };
  for (let index = 0; ; index += 1) {
    const value = await task.attempt(waited);
    const judgement = task.judge(value);
    const verdict = verdictOf(judgement.outcome, task);
    const result = { value, attempts: index + 1, outcome: judgement.outcome };
    if (verdict === 'stop') return result;
    const delayMs = backoffMs(policy, index, judgement, deps.random);
    const exhausted = index >= policy.maxRetries || deps.clock.monotonicMs() + delayMs > deadline;
    if (!exhausted) {
      deps.onBackoff?.(delayMs);
      task.onRetry?.({ attempt: index + 1, delayMs, outcome: judgement.outcome }, value);
      await sleepUnlessCancelled(delayMs, deps.clock, signal);
    }
    const found = verdict === 'ask' && (await task.lookFirst?.()) === 'stop';
    if (exhausted || found) return result;
  }
}
