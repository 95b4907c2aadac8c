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

/** Counts requests and keeps the last few thousand. */
export const createTraffic = (): Traffic => {
  let log: LoggedRequest[] = [];
  let byRoute: Record<string, number> = {};
  let total = 0;
  let writes = 0;
  let atOnce = 0;
  let mostAtOnce = 0;
  const entries = new WeakMap<SimulatedRequest, LoggedRequest>();
  return {
    get log() {
      return log;
    },
    note: (request) => {
      const route = `${request.method} ${request.path.replace(/\/\d+\//g, '/{id}/')}`;
      byRoute[route] = (byRoute[route] ?? 0) + 1;
      total += 1;
      if (!isBeside(request)) atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
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
    release: (request) => {
      if (!isBeside(request)) atOnce -= 1;
    },
    answered: (request, status) => {
      const entry = entries.get(request);
      if (entry !== undefined) entry.status = status;
    },
    counters: () => ({ total, writes, mostAtOnce, byRoute: { ...byRoute } }),
    reset: () => {
      log = [];
      byRoute = {};
      total = 0;
      writes = 0;
      mostAtOnce = atOnce;
    },
  };
};
