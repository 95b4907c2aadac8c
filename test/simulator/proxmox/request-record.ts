import type { LoggedRequest, ProxmoxSimulator } from './types.js';

const LOG_LIMIT = 10_000;

/** Counts and remembers requests: what tests assert on. */
export interface RequestRecord {
  readonly counters: ProxmoxSimulator['counters'];
  readonly log: readonly LoggedRequest[];
  /** Answers a function to be called when the request is over; further calls of it do nothing. */
  begin(request: LoggedRequest): () => void;
  reset(): void;
}

export function createRequestRecord(): RequestRecord {
  const byRoute = new Map<string, number>();
  const log: LoggedRequest[] = [];
  let total = 0;
  let running = 0;
  let maxConcurrency = 0;

  return {
    log,
    counters: {
      byRoute,
      get total() {
        return total;
      },
      get maxConcurrency() {
        return maxConcurrency;
      },
    },
    begin(request) {
      total += 1;
      running += 1;
      maxConcurrency = Math.max(maxConcurrency, running);
      const key = `${request.method} ${request.template}`;
      byRoute.set(key, (byRoute.get(key) ?? 0) + 1);
      log.push(request);
      if (log.length > LOG_LIMIT) log.shift();
      let isOver = false;
      return () => {
        if (!isOver) running -= 1;
        isOver = true;
      };
    },
    reset() {
      byRoute.clear();
      log.length = 0;
      total = 0;
      maxConcurrency = running;
    },
  };
}
