/**
 * What an answer of NetBox means for repeating the request. NetBox reports exhausted database connections as HTTP 500
 * with `exception: OperationalError` (4.5 and 4.6), so 5xx bodies have to be read; the body of a 4xx never counts.
 */
import type { Clock } from '../config/clock.js';
import type { Outcome } from '../transport/retry.js';
import type { HttpResponse } from '../transport/types.js';
import { exceptionName, parseJson } from './answer-text.js';

export interface AnswerClass {
  readonly outcome: Outcome;
  readonly overwhelmed: boolean;
  readonly maintenance: boolean;
}

const exhaustion = [
  'too many connections',
  'too many clients',
  'remaining connection slots',
  'connection slots are reserved',
  'database unavailable',
  'service unavailable',
  'service temporarily unavailable',
  'operationalerror',
  'psycopg2.errors',
  'psycopg.errors',
  'psycopg_pool',
  'pooltimeout',
  "couldn't get a connection",
  'server closed the connection unexpectedly',
  'connection failed',
] as const;
const collisions = ['deadlock detected', 'could not serialize'] as const;
const maintenanceText = 'currently operating in maintenance mode';
const workerText = 'rq worker process not running';

const plain = (outcome: Outcome): AnswerClass => ({ outcome, overwhelmed: false, maintenance: false });
const overwhelmedBy = (outcome: Outcome): AnswerClass => ({ outcome, overwhelmed: true, maintenance: false });

function contains(text: string, markers: readonly string[]): boolean {
  return markers.some((marker) => text.includes(marker));
}

/** 502, 504 and the private codes that proxies use for the same. */
function isGatewayStatus(status: number): boolean {
  return status === 502 || status === 504 || status === 507 || status === 508 || (status >= 520 && status <= 527);
}

function classifyInternalError(response: HttpResponse, text: string): AnswerClass {
  if (text.includes(maintenanceText)) return { outcome: 'final', overwhelmed: false, maintenance: true };
  // Two objects of one batch that collide: a statement about our data, not about capacity.
  if (exceptionName(parseJson(response.text)) === 'IntegrityError') return plain('final');
  if (contains(text, collisions)) return plain('rolled_back');
  return contains(text, exhaustion) ? overwhelmedBy('rolled_back') : plain('final');
}

function classifyUnavailable(response: HttpResponse, text: string): AnswerClass {
  if (text.includes(workerText)) return plain('final');
  // A page was sent by a proxy or limiter, before NetBox saw the request; JSON may come from NetBox in the middle of it.
  return overwhelmedBy(parseJson(response.text) === undefined ? 'busy' : 'gateway');
}

/** @param gatewayFailuresRepeat two or more gateway failures in the last minute mean lack of capacity too */
export function classifyAnswer(response: HttpResponse, gatewayFailuresRepeat: boolean): AnswerClass {
  const { status } = response;
  if (status >= 200 && status < 300) return plain('done');
  if (status === 429) return overwhelmedBy('busy');
  if (status < 500) return plain('final');
  const text = response.text.toLowerCase();
  if (status === 503) return classifyUnavailable(response, text);
  if (!isGatewayStatus(status)) return classifyInternalError(response, text);
  return gatewayFailuresRepeat || contains(text, exhaustion) ? overwhelmedBy('gateway') : plain('gateway');
}

const windowMs = 60_000;

/** Remembers when one endpoint last answered 502 or 504; true when it had done so within the last minute. */
export function createGatewayMemory(clock: Clock): (status: number) => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return (status) => {
    if (!isGatewayStatus(status)) return false;
    const now = clock.monotonicMs();
    const repeated = now - last <= windowMs;
    last = now;
    return repeated;
  };
}
