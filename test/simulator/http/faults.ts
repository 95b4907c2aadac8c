import type { SimulatedAnswer, SimulatedRequest } from './types.js';

/** What goes wrong with a matched request. */
export type FaultAction =
  /** Answered without the request being carried out. */
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** Carried out and answered, this many milliseconds late. */
  | { readonly delayMs: number }
  /** Carried out and answered once this has happened. */
  | { readonly until: Promise<unknown> }
  /** The connection is cut before the request is carried out. */
  | 'reset-before'
  /** The request is carried out, then the connection is cut: the caller never learns. */
  | 'reset-after-commit'
  /** Carried out; the answer stops in the middle although its length was announced. */
  | 'truncate'
  /** Accepted and never answered. */
  | 'hang'
  /** A proxy's 502 page in HTML; the request is not carried out. */
  | 'html'
  /** Carried out; the answer's `next` names the request itself. */
  | 'next-loop'
  /** Carried out; the answer is not JSON although it says so. */
  | 'garbage';

interface FaultMatch {
  readonly method?: string;
  /** Tested against path and query. */
  readonly path?: RegExp;
  /** Only the nth matching request (1-based). */
  readonly nth?: number;
  /** Only the first so many matching requests. */
  readonly times?: number;
  /** Share of matching requests, 0..1, drawn from the seeded source given to `createFaults`. */
  readonly probability?: number;
}

export interface FaultRule {
  readonly match: FaultMatch;
  readonly action: FaultAction;
}

export interface Faults {
  add(rule: FaultRule): void;
  clear(): void;
  /** The action of the first rule that applies to this request. */
  take(request: SimulatedRequest): FaultAction | undefined;
  /** Whether every such request is answered with this status as long as the rules stay. */
  isStanding(request: { readonly method: string; readonly target: string }, status: number): boolean;
}

interface LiveRule extends FaultRule {
  seen: number;
  used: number;
}

const matches = (rule: LiveRule, request: Pick<SimulatedRequest, 'method' | 'target'>): boolean =>
  (rule.match.method === undefined || rule.match.method === request.method) &&
  (rule.match.path === undefined || rule.match.path.test(request.target));

const applies = (rule: LiveRule, random: () => number): boolean => {
  const { nth, times, probability } = rule.match;
  if (nth !== undefined && rule.seen !== nth) return false;
  if (times !== undefined && rule.used >= times) return false;
  return probability === undefined || random() < probability;
};

/** A list of fault rules; the first that applies wins. `random` answers numbers in 0..1. */
export const createFaults = (random: () => number): Faults => {
  let rules: LiveRule[] = [];
  return {
    add: (rule) => {
      rules.push({ ...rule, seen: 0, used: 0 });
    },
    clear: () => {
      rules = [];
    },
    take: (request) => {
      for (const rule of rules) {
        if (!matches(rule, request)) continue;
        rule.seen += 1;
        if (!applies(rule, random)) continue;
        rule.used += 1;
        return rule.action;
      }
      return undefined;
    },
    isStanding: (request, status) =>
      rules.some((rule) => {
        const { nth, times, probability } = rule.match;
        const isAlways = nth === undefined && times === undefined && probability === undefined;
        const { action } = rule;
        return (
          isAlways &&
          typeof action === 'object' &&
          'status' in action &&
          action.status === status &&
          matches(rule, request)
        );
      }),
  };
};

/** A small deterministic source of numbers in 0..1 (mulberry32), so that a faulty run can be repeated. */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

/** The answer a caller gets in place of `answer`, for faults that keep the connection. */
export const disfigure = (
  answer: SimulatedAnswer,
  action: FaultAction | undefined,
  request: SimulatedRequest,
): SimulatedAnswer => {
  if (action === 'garbage') return { ...answer, body: '{"count": 1, "results": [' };
  if (action !== 'next-loop' || answer.body === undefined) return answer;
  const parsed: unknown = JSON.parse(answer.body);
  if (typeof parsed !== 'object' || parsed === null) return answer;
  return { ...answer, body: JSON.stringify({ ...parsed, next: request.origin + request.target }) };
};
