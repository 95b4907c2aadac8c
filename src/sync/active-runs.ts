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
  /** Aborts every run; resolves when all have ended or after `timeoutMs`. */
  abortAll(reason: Error, timeoutMs: number): Promise<void>;
}

export function createActiveRuns(clock: Clock): ActiveRuns {
  const runs = new Map<symbol, ActiveRun & { readonly abort: (reason: Error) => void }>();
  let idle: (() => void) | undefined;

  return {
    register({ id, kind, abort }) {
      const key = Symbol(id);
      runs.set(key, { id, kind, abort, startedAt: clock.now().toISOString() });
      return () => {
        runs.delete(key);
        if (runs.size === 0) idle?.();
      };
    },
    list: () => [...runs.values()].map(({ id, kind, startedAt }) => ({ id, kind, startedAt })),
    async abortAll(reason, timeoutMs) {
      for (const run of runs.values()) run.abort(reason);
      if (runs.size === 0) return;
      const ended = new Promise<void>((resolve) => {
        idle = resolve;
      });
      await Promise.race([ended, clock.sleep(timeoutMs)]);
    },
  };
}
