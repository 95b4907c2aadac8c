import type { SimulatedRequest } from '../http/types.js';

export interface LoggedRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly body: string;
  readonly branch: string | undefined;
  /** Undefined while, or when, nothing was answered by NetBox itself. */
  status: number | undefined;
}

/** What tests look at after a run. */
export interface Counters {
  readonly total: number;
  /** POST, PUT, PATCH and DELETE requests. */
  readonly writes: number;
  /** The most requests that were worked on at one moment; the settings of the plugin are read beside all others. */
  readonly mostAtOnce: number;
  /** The same of each route, by `METHOD /api/path/`. */
  readonly mostOfRoute: Readonly<Record<string, number>>;
  /** The longest chain of requests of which each came when the one before had its answer: with one at a time all of them. */
  readonly rounds: number;
  /** Requests by `METHOD /api/path/`, ids written as `{id}`. */
  readonly byRoute: Readonly<Record<string, number>>;
  /** Requests with an `X-NetBox-Branch` header that NetBox ignored. */
  readonly ignoredBranchHeaders: number;
}

export interface Traffic {
  readonly log: readonly LoggedRequest[];
  note(request: SimulatedRequest): void;
  /** One of those noted is done. */
  release(request: SimulatedRequest): void;
  answered(request: SimulatedRequest, status: number): void;
  counters(): Omit<Counters, 'ignoredBranchHeaders'>;
  reset(): void;
}

const kept = 5000;

const headerOf = (request: SimulatedRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

export const branchHeaderOf = (request: SimulatedRequest): string | undefined => headerOf(request, 'x-netbox-branch');

const isBeside = ({ path }: SimulatedRequest): boolean => path.startsWith('/api/plugins/proxbox/settings/');

const routeOf = ({ method, path }: SimulatedRequest): string => `${method} ${path.replace(/\/\d+\//g, '/{id}/')}`;

/** What is worked on at the same time, and how long the longest chain of requests is. */
const createOverlap = () => {
  const ofRoute = new Map<string, number>();
  const rounds = new WeakMap<SimulatedRequest, number>();
  let mostOfRoute: Record<string, number> = {};
  let atOnce = 0;
  let mostAtOnce = 0;
  let roundsDone = 0;
  const step = (request: SimulatedRequest, by: 1 | -1): void => {
    const route = routeOf(request);
    const now = (ofRoute.get(route) ?? 0) + by;
    ofRoute.set(route, now);
    mostOfRoute[route] = Math.max(mostOfRoute[route] ?? 0, now);
    if (!isBeside(request)) atOnce += by;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
  };
  return {
    begin: (request: SimulatedRequest): void => {
      step(request, 1);
      if (!isBeside(request)) rounds.set(request, roundsDone + 1);
    },
    end: (request: SimulatedRequest): void => {
      step(request, -1);
      roundsDone = Math.max(roundsDone, rounds.get(request) ?? 0);
    },
    counters: () => ({ mostAtOnce, mostOfRoute: { ...mostOfRoute }, rounds: roundsDone }),
    reset: (): void => {
      mostAtOnce = atOnce;
      mostOfRoute = {};
      roundsDone = 0;
    },
  };
};

/** Counts requests and keeps the last few thousand. */
export const createTraffic = (): Traffic => {
  let log: LoggedRequest[] = [];
  let byRoute: Record<string, number> = {};
  let total = 0;
  let writes = 0;
  const overlap = createOverlap();
  const entries = new WeakMap<SimulatedRequest, LoggedRequest>();
  return {
    get log() {
      return log;
    },
    note: (request) => {
      const route = routeOf(request);
      byRoute[route] = (byRoute[route] ?? 0) + 1;
      total += 1;
      overlap.begin(request);
      if (['POST', 'PUT', 'PATCH', 'DELETE'].includes(request.method)) writes += 1;
      const entry: LoggedRequest = {
        method: request.method,
        target: request.target,
        body: request.body,
        branch: branchHeaderOf(request),
        status: undefined,
      };
      entries.set(request, entry);
      log.push(entry);
      if (log.length > kept) log = log.slice(kept / 2);
    },
    release: (request) => overlap.end(request),
    answered: (request, status) => {
      const entry = entries.get(request);
      if (entry !== undefined) entry.status = status;
    },
    counters: () => ({ total, writes, ...overlap.counters(), byRoute: { ...byRoute } }),
    reset: () => {
      log = [];
      byRoute = {};
      total = 0;
      writes = 0;
      overlap.reset();
    },
  };
};
