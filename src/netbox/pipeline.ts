/**
 * One NetBox request from call to parsed answer: retry around gate around transport, so that a waiting retry holds no
 * slot. Failures come back as values together with what is known of the request's fate.
 */
import type { BaseLogger } from 'pino';
import type { Clock } from '../config/clock.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { cancelledError } from '../errors/cancelled.js';
import type { Gate } from '../transport/gate.js';
import type { HostPause } from '../transport/host-pause.js';
import { retryAfterMs } from '../transport/retry-after.js';
import {
  failureOutcome,
  withRetries,
  type Judgement,
  type OnBackoff,
  type Outcome,
  type RequestKind,
  type RetryNotice,
  type RetryPolicy,
  type RetryResult,
} from '../transport/retry.js';
import { isRead, type HttpRequest, type HttpResult, type Method, type Sender } from '../transport/types.js';
import { parseJson } from './answer-text.js';
import { sendAuthorized } from './authorized-send.js';
import { errorOfAnswer, errorOfFailure, protocolError, type ErrorContext } from './error-mapping.js';
import { classifyAnswer, createGatewayMemory, type AnswerClass } from './overwhelmed.js';
import { checkPath, isInstallationPath } from './paths.js';
import type { Pressure } from './pressure.js';
import { encodeQuery } from './query-string.js';
import type { Session } from './session.js';
import type { ClientScope, Query, RequestCounters } from './types.js';

interface NetBoxCall {
  readonly method: Method;
  readonly path: string;
  /** Asked for anew at each attempt, so that a page can shrink after a time-out. */
  readonly query?: (() => Query) | undefined;
  /** JSON text. */
  readonly body?: string;
  readonly kind: RequestKind;
  /** e.g. `bulk create /api/dcim/devices/`. */
  readonly operation: string;
  readonly scope: ClientScope;
  readonly lookFirst?: (() => Promise<'repeat' | 'stop'>) | undefined;
  /** Called when an attempt got no answer in time, before the next one. */
  readonly onSlow?: () => void;
}

export type NetBoxResult =
  | {
      readonly ok: true;
      readonly body: unknown;
      readonly bytes: number;
      readonly attempts: number;
      /** When NetBox answered, by its own clock. */
      readonly date: Date | undefined;
    }
  | { readonly ok: false; readonly error: ProxboxError; readonly outcome: Outcome };

export interface PipelineSettings {
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  /** Requests at once to this NetBox, at most; the gate of all of them may be narrower. */
  readonly maxConcurrent: number;
}

export interface PipelineDeps {
  readonly endpointId: number;
  readonly userAgent: string;
  readonly transport: Sender;
  readonly session: Session;
  /** Of all endpoints. */
  readonly gate: Gate;
  /** Of this endpoint: as wide as its pressure allows. */
  readonly narrows: Gate;
  readonly pressure: Pressure;
  readonly pause: HostPause;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onBackoff?: OnBackoff | undefined;
  readonly logger: BaseLogger;
  readonly settings: () => PipelineSettings;
  readonly totals: RequestCounters;
}

export type Pipeline = (call: NetBoxCall) => Promise<NetBoxResult>;

interface Attempt {
  readonly result: HttpResult;
  /** undefined when no answer arrived. */
  readonly answer: AnswerClass | undefined;
}

/** A NetBox that starts is not helped by a second try after two seconds. */
const startingDelayMs = 10_000;

type Counter = keyof RequestCounters;

function counting(totals: RequestCounters, scope: ClientScope): (counter: Counter) => void {
  return (counter) => {
    totals[counter] += 1;
    if (scope.counters !== undefined) scope.counters[counter] += 1;
  };
}

function judge({ result, answer }: Attempt, { clock, pressure, settings }: PipelineDeps): Judgement {
  if (!result.ok) {
    const outcome = failureOutcome(result.failure);
    return outcome === 'refused' ? { outcome, minDelayMs: startingDelayMs } : { outcome };
  }
  const wait = retryAfterMs(result.response.headers['retry-after'], clock);
  const outcome = answer?.outcome ?? 'final';
  if (answer?.overwhelmed !== true) return { outcome, retryAfterMs: wait };
  return { outcome, retryAfterMs: wait, minDelayMs: pressure.leastDelayMs(settings().retry.baseDelayMs) };
}

function isSlow({ result }: Attempt): boolean {
  return result.ok ? result.response.status === 504 : result.failure.kind === 'timeout' && result.failure.maybeSent;
}

function summary({ result }: Attempt): string {
  const text = result.ok ? `HTTP ${result.response.status} ${result.response.text}` : result.failure.message;
  return text.slice(0, 200);
}

/** Empty = main. */
function branchOf({ path, scope }: NetBoxCall): string {
  return isInstallationPath(path) ? '' : (scope.branch ?? '');
}

function branchHeader(call: NetBoxCall): Record<string, string> {
  const branch = branchOf(call);
  return branch === '' ? {} : { 'x-netbox-branch': branch };
}

function toRequest(call: NetBoxCall, deps: PipelineDeps, authorization: string): HttpRequest {
  return {
    method: call.method,
    path: `${call.path}${encodeQuery(call.query?.() ?? {})}`,
    headers: {
      accept: 'application/json',
      'user-agent': deps.userAgent,
      authorization,
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...branchHeader(call),
    },
    ...(call.body === undefined ? {} : { body: call.body }),
    // A write that is under way is waited for: only its answer tells what became of it.
    signal: isRead(call.method) ? call.scope.signal : undefined,
    timeoutMs: Math.min(deps.settings().timeoutMs, call.scope.patienceMs ?? Number.POSITIVE_INFINITY),
  };
}

function transmit(call: NetBoxCall, deps: PipelineDeps, count: (counter: Counter) => void): Promise<HttpResult> {
  return sendAuthorized(deps, (authorization) => {
    count('requests');
    if (!isRead(call.method)) count('writes');
    return deps.transport.send(toRequest(call, deps, authorization));
  });
}

/**
 * Waits for the end of the host's pause and for a slot; a pause that began while waiting for the slot counts too.
 * @param waited told how long no slot was free
 */
async function passGate(
  call: NetBoxCall,
  deps: PipelineDeps,
  { waited, send }: { readonly waited: (ms: number) => void; readonly send: () => Promise<HttpResult> },
): Promise<HttpResult> {
  const { signal, onWait } = call.scope;
  const options = { signal, front: isInstallationPath(call.path) };
  for (;;) {
    const delayMs = deps.pause.remainingMs();
    if (delayMs > 0) onWait?.({ why: 'NetBox has no capacity left', delayMs });
    await deps.pause.wait(signal);
    const { gate, narrows, pause, pressure, settings } = deps;
    narrows.setWidth(pressure.width(settings().maxConcurrent));
    const queuedMs = deps.clock.monotonicMs();
    const sendUnlessPaused = async (): Promise<HttpResult | undefined> => {
      waited(deps.clock.monotonicMs() - queuedMs);
      return pause.remainingMs() > 0 ? undefined : send();
    };
    const result = await narrows.run(() => gate.run(sendUnlessPaused, options), options);
    if (result !== undefined) return result;
  }
}

function warnOfRetry(deps: PipelineDeps, call: NetBoxCall, notice: RetryNotice, attempt: Attempt): void {
  const note = attempt.answer?.overwhelmed === true ? ' (NetBox overwhelmed)' : '';
  const of = deps.settings().retry.maxRetries + 1;
  const seconds = Math.round(notice.delayMs / 100) / 10;
  deps.logger.warn(
    { operation: call.operation, endpoint: deps.endpointId, outcome: notice.outcome },
    `NetBox ${call.operation} failed${note} (attempt ${notice.attempt}/${of}), retrying in ${seconds}s: ${summary(attempt)}`,
  );
}

function whyOf({ result }: Attempt): string {
  return result.ok ? `NetBox answers ${result.response.status}` : `NetBox cannot be reached (${result.failure.kind})`;
}

/** With a look-up the fate is known: it was done after the last attempt too. */
function isFateUnknown(call: NetBoxCall, outcome: Outcome): boolean {
  if (call.kind !== 'create' || call.lookFirst !== undefined) return false;
  return outcome === 'lost' || outcome === 'gateway';
}

/** RFC 9110, 6.6.1. */
function dateOf(header: string | undefined): Date | undefined {
  const date = new Date(header ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function toResult(call: NetBoxCall, deps: PipelineDeps, done: RetryResult<Attempt>): NetBoxResult {
  const { result, answer } = done.value;
  const context: ErrorContext = {
    operation: call.operation,
    method: call.method,
    path: call.path,
    attempts: done.attempts,
    endpointId: deps.endpointId,
    branch: branchOf(call),
    unknownFate: isFateUnknown(call, done.outcome),
  };
  if (!result.ok) {
    const aborted = result.failure.kind === 'aborted' && call.scope.signal?.aborted === true;
    const error = aborted ? cancelledError(call.scope.signal) : errorOfFailure(result.failure, context);
    return { ok: false, error, outcome: done.outcome };
  }
  const { response } = result;
  if (answer === undefined || answer.outcome !== 'done') {
    const final = answer ?? { outcome: 'final', overwhelmed: false, maintenance: false };
    return { ok: false, error: errorOfAnswer(response, final, context), outcome: done.outcome };
  }
  const { attempts } = done;
  const date = dateOf(response.headers['date']);
  if (response.text === '') return { ok: true, body: null, bytes: 0, attempts, date };
  const body = parseJson(response.text);
  if (body !== undefined) return { ok: true, body, bytes: response.text.length, attempts, date };
  const error = protocolError(context, 'NetBox returned non-JSON success response', response.text.slice(0, 500));
  return { ok: false, error, outcome: 'lost' };
}

function policyOf({ scope }: NetBoxCall, deps: PipelineDeps): RetryPolicy {
  const { retry } = deps.settings();
  return scope.patienceMs === undefined ? retry : { ...retry, maxElapsedMs: scope.patienceMs };
}

/** Whoever plans a dry run must not be able to write: this is the one door to NetBox. */
function refuseWrite({ method, operation, scope }: NetBoxCall): void {
  if (isRead(method) || scope.isReadOnly !== true) return;
  throw new ProxboxError('internal', `A dry run tried to write: ${operation}.`);
}

/** The pipeline of one endpoint. Throws only `cancelled` (aborted while waiting) and what `lookFirst` throws. */
export function createPipeline(deps: PipelineDeps): Pipeline {
  const gatewayMemory = createGatewayMemory(deps.clock);

  return async (call) => {
    checkPath(call.path);
    refuseWrite(call);
    const count = counting(deps.totals, call.scope);
    const attempt = async (waited: (ms: number) => void): Promise<Attempt> => {
      const result = await passGate(call, deps, { waited, send: () => transmit(call, deps, count) });
      const answer = result.ok ? classifyAnswer(result.response, gatewayMemory(result.response.status)) : undefined;
      if (answer?.overwhelmed === true) {
        count('overwhelmed');
        deps.pressure.overloaded();
      } else if (answer !== undefined) deps.pressure.good();
      return { result, answer };
    };
    const done = await withRetries<Attempt>(
      {
        kind: call.kind,
        policy: policyOf(call, deps),
        attempt,
        judge: (value) => {
          const judgement = judge(value, deps);
          deps.pause.pauseFor(judgement.retryAfterMs ?? 0);
          return judgement;
        },
        signal: call.scope.signal,
        lookFirst: call.lookFirst,
        onRetry: (notice, value) => {
          count('retries');
          if (value.answer?.overwhelmed === true) deps.pause.pauseFor(notice.delayMs);
          if (isSlow(value)) call.onSlow?.();
          warnOfRetry(deps, call, notice, value);
          call.scope.onWait?.({ why: whyOf(value), delayMs: notice.delayMs });
        },
      },
      deps,
    );
    return toResult(call, deps, done);
  };
}

/** The body of a successful answer; throws the error of a failed one. */
export function bodyOf(result: NetBoxResult): unknown {
  if (!result.ok) throw result.error;
  return result.body;
}
