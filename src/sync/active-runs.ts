/** What runs now, in this process. Advisory: it is not a lock. */
import type { Clock } from '../config/clock.js';

export interface ActiveRun {
  readonly id: string;
  readonly kind: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
}

export interface ActiveRuns {
  /** Registers a run; the answer removes it again. `abort` is called when the service stops. */
  register(run: { readonly id: string; readonly kind: string; readonly abort: (reason: Error) => void }): () => void;
  /** In the order in which they started. */
  list(): readonly ActiveRun[];
  /**
   * Aborts the runs with this id, of which a job may have several; nobody is waited for. `ending`: that was done before,
   * `unknown`: there is none.
   */
  cancel(id: string, reason: Error): 'cancelling' | 'ending' | 'unknown';
  /** Aborts every run; resolves when all have ended or after `timeoutMs`. */
  abortAll(reason: Error, timeoutMs: number): Promise<void>;
}

export function createActiveRuns(clock: Clock): ActiveRuns {
  const runs = new Map<symbol, ActiveRun & { readonly abort: (reason: Error) => void; isEnding: boolean }>();
  let idle: (() => void) | undefined;
  const end = (run: { readonly abort: (reason: Error) => void; isEnding: boolean }, reason: Error): void => {
    run.isEnding = true;
    run.abort(reason);
  };

  return {
    register({ id, kind, abort }) {
      const key = Symbol(id);
      runs.set(key, { id, kind, abort, isEnding: false, startedAt: clock.now().toISOString() });
      return () => {
        runs.delete(key);
        if (runs.size === 0) idle?.();
      };
    },
    list: () => [...runs.values()].map(({ id, kind, startedAt }) => ({ id, kind, startedAt })),
    cancel(id, reason) {
      const meant = [...runs.values()].filter((run) => run.id === id);
      if (meant.length === 0) return 'unknown';
      const running = meant.filter(({ isEnding }) => !isEnding);
      running.forEach((run) => end(run, reason));
      return running.length === 0 ? 'ending' : 'cancelling';
    },
    async abortAll(reason, timeoutMs) {
      for (const run of runs.values()) end(run, reason);
      if (runs.size === 0) return;
      const ended = new Promise<void>((resolve) => {
        idle = resolve;
      });
      await Promise.race([ended, clock.sleep(timeoutMs)]);
    },
  };
}
