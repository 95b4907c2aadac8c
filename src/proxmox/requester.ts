/**
 * One request to one Proxmox host: authentication, retry, gate, and the `{data}` envelope. Order, outermost first: retry,
 * gate, authentication, transport; a request that waits for its next try holds no slot.
 */
import type { Clock } from '../config/clock.js';
import { type ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import type { Gate } from '../transport/gate.js';
import { failureOutcome, type OnBackoff, type Outcome, type Wait, withRetries } from '../transport/retry.js';
import type { HttpResponse, HttpResult, Method, Sender } from '../transport/types.js';
import { unlessAborted } from '../config/unless-aborted.js';
import { isObject } from '../values/plain-object.js';
import type { Authenticator } from './authenticator.js';
import { formText, type Parameters } from './encoding.js';
import { answerError, type Asked, notJsonError, parsedJson, transportError } from './failures.js';
import type { ProxmoxCounters } from './types.js';

/** Whose request it is. */
export interface Caller {
  readonly gate: Gate;
  readonly signal: AbortSignal | undefined;
  readonly count: (what: keyof ProxmoxCounters) => void;
  /** Told of every repetition that a request waits for. */
  readonly onWait?: ((wait: Wait) => void) | undefined;
}

export interface ProxmoxRequest {
  readonly method: Method;
  /** Below `/api2/json/`, encoded. */
  readonly path: string;
  readonly parameters?: Parameters | undefined;
  /** Widens the timeout of the endpoint. Such a slow call is tried once more after a timeout, whatever maxRetries says. */
  readonly timeoutMs?: number | undefined;
  /** The whole answer and not only its `data`. */
  readonly isWhole?: boolean | undefined;
}

export interface RequestPolicy {
  readonly timeoutMs: number;
  /** Repetitions of reads. */
  readonly maxRetries: number;
  readonly retryBackoffMs: number;
}

export interface RequesterDeps {
  readonly endpointName: string;
  readonly transport: Sender;
  readonly authenticator: Authenticator;
  readonly policy: RequestPolicy;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onBackoff?: OnBackoff | undefined;
}

/** Answers the `data` of the envelope, unless the request says otherwise; throws ProxboxError (`proxmox_*`, `remote_protocol`, `cancelled`). */
export type Requester = (request: ProxmoxRequest, caller: Caller) => Promise<unknown>;

type Attempt =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: ProxboxError; readonly outcome: Outcome };

export function createRequester(deps: RequesterDeps): Requester {
  return async (request, caller) => {
    const budget = createBudget(request, deps.policy);
    const isRead = request.method === 'GET';
    const { value } = await withRetries<Attempt>(
      {
        kind: isRead ? 'read' : 'create',
        policy: { maxRetries: isRead ? budget.maxRetries : 0, baseDelayMs: deps.policy.retryBackoffMs },
        attempt: () => caller.gate.run(() => attempt(request, caller, deps), { signal: caller.signal, front: !isRead }),
        judge: budget.judge,
        signal: caller.signal,
        onRetry: ({ delayMs }, result) => {
          caller.count('retries');
          if (!result.ok) caller.onWait?.({ why: result.error.message.replace(/\.$/, ''), delayMs });
        },
      },
      deps,
    );
    if (value.ok) return value.data;
    throw value.error;
  };
}

/** How often which failure is repeated: timeouts of slow calls once, everything else as the endpoint says. */
function createBudget(request: ProxmoxRequest, policy: RequestPolicy) {
  const isSlow = request.timeoutMs !== undefined;
  let timeouts = 0;
  let others = 0;
  const isSpent = (error: ProxboxError): boolean => {
    if (isSlow && error.code === 'proxmox_timeout') return (timeouts += 1) > 1;
    return (others += 1) > policy.maxRetries;
  };
  return {
    maxRetries: isSlow ? policy.maxRetries + 1 : policy.maxRetries,
    judge: (result: Attempt): { outcome: Outcome } => {
      if (result.ok) return { outcome: 'done' };
      return { outcome: isSpent(result.error) ? 'final' : result.outcome };
    },
  };
}

/** One attempt; a 401 on a ticket is answered by one new login and one repetition. */
async function attempt(request: ProxmoxRequest, caller: Caller, deps: RequesterDeps): Promise<Attempt> {
  const first = await sendOnce(request, caller, deps);
  if (!first.unauthorized) return first.result;
  const second = await sendOnce(request, caller, deps);
  return second.result;
}

async function sendOnce(
  request: ProxmoxRequest,
  caller: Caller,
  deps: RequesterDeps,
): Promise<{ result: Attempt; unauthorized: boolean }> {
  const { authenticator, transport, policy } = deps;
  const asked: Asked = {
    endpointName: deps.endpointName,
    account: authenticator.account,
    method: request.method,
    path: request.path,
  };
  try {
    const proving = authenticator.prove(request.method, () => caller.count('logins'));
    const proof = await unlessAborted(proving, caller.signal);
    caller.count('requests');
    const answer = await transport.send({
      ...encodedRequest(request, proof.headers),
      signal: caller.signal,
      timeoutMs: Math.max(policy.timeoutMs, request.timeoutMs ?? 0),
    });
    const judgement = judged(answer, asked, caller.signal);
    const result = request.isWhole === true ? judgement : unwrapped(judgement);
    const is401 = answer.ok && answer.response.status === 401;
    return { result, unauthorized: is401 && authenticator.reject(proof) };
  } catch (error) {
    const problem = toProxboxError(error);
    return { result: { ok: false, error: problem, outcome: loginOutcome(problem) }, unauthorized: false };
  }
}

function encodedRequest(request: ProxmoxRequest, proof: Readonly<Record<string, string>>) {
  const { method } = request;
  const path = `/api2/json/${request.path}`;
  const text = formText(request.parameters ?? {});
  const headers = { accept: 'application/json', ...proof };
  if (method === 'GET' || method === 'DELETE') return { method, headers, path: text === '' ? path : `${path}?${text}` };
  return { method, path, headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' }, body: text };
}

function judged(answer: HttpResult, asked: Asked, signal: AbortSignal | undefined): Attempt {
  if (!answer.ok) {
    return { ok: false, error: transportError(answer.failure, asked, signal), outcome: failureOutcome(answer.failure) };
  }
  const { response } = answer;
  if (response.status >= 200 && response.status <= 299) return decoded(response, asked);
  return { ok: false, error: answerError(response, asked), outcome: statusOutcome(response.status) };
}

function decoded(response: HttpResponse, asked: Asked): Attempt {
  const body = parsedJson(response.text);
  if (body === undefined) return { ok: false, error: notJsonError(response, asked), outcome: 'lost' };
  return { ok: true, data: body };
}

/** `{data}` is unwrapped; an answer without `data` is taken whole. */
function unwrapped(attempt: Attempt): Attempt {
  if (!attempt.ok || !isObject(attempt.data) || !Object.hasOwn(attempt.data, 'data')) return attempt;
  return { ok: true, data: attempt.data['data'] };
}

/** 595-599: the answering node could not reach the node behind it (pveproxy). */
function statusOutcome(status: number): Outcome {
  if (status === 503) return 'busy';
  return status === 502 || status === 504 || (status >= 595 && status <= 599) ? 'gateway' : 'final';
}

/** A login that got no answer is as repeatable as the request it was for, because nothing else was sent. */
function loginOutcome(error: ProxboxError): Outcome {
  const codes: readonly string[] = ['proxmox_unreachable', 'proxmox_timeout', 'proxmox_node_unreachable'];
  return codes.includes(error.code) ? 'not_sent' : 'final';
}
