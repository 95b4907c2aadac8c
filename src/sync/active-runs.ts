/** What runs now, in this process. Advisory: it is not a lock. */
import type { Clock } from '../config/clock.js';
import type { RunEvent } from './events.js';

export interface ActiveRun {
  readonly id: string;
  readonly kind: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Its own, where a job has several runs with one id. */
  readonly runId: string;
  /** It writes nothing. */
  readonly isPreview: boolean;
}

type Cancelling = 'cancelling' | 'ending' | 'unknown';

export interface Registration {
  readonly id: string;
  readonly kind: string;
  /** Default: the id. */
  readonly runId?: string;
  readonly isPreview?: boolean;
  /** Called when the run is to end. */
  readonly abort: (reason: Error) => void;
  /** What it has told, and what it tells from now on. */
  readonly attach?: () => AsyncGenerator<RunEvent, void>;
}

export interface ActiveRuns {
  /** Registers a run; the answer removes it again. */
  register(run: Registration): () => void;
  /** In the order in which they started. */
  list(): readonly ActiveRun[];
  /**
   * Aborts the runs with this id, of which a job may have several; nobody is waited for. `ending`: that was done before,
   * `unknown`: there is none.
   */
  cancel(id: string, reason: Error): Cancelling;
  /** The same for one run by its own id. */
  cancelRun(runId: string, reason: Error): Cancelling;
  /** Reads along with a run; undefined: it does not run. */
  attach(runId: string): AsyncGenerator<RunEvent, void> | undefined;
  /** Aborts every run; resolves when all have ended or after `timeoutMs`. */
  abortAll(reason: Error, timeoutMs: number): Promise<void>;
}

type Entry = ActiveRun & Pick<Registration, 'abort' | 'attach'> & { isEnding: boolean };

export function createActiveRuns(clock: Clock): ActiveRuns {
  const runs = new Map<symbol, Entry>();
  let idle: (() => void) | undefined;
  const end = (run: Entry, reason: Error): void => {
    run.isEnding = true;
    run.abort(reason);
  };
  const cancelThose = (meant: readonly Entry[], reason: Error): Cancelling => {
    if (meant.length === 0) return 'unknown';
    const running = meant.filter(({ isEnding }) => !isEnding);
    running.forEach((run) => end(run, reason));
    return running.length === 0 ? 'ending' : 'cancelling';
  };
  const ofRun = (runId: string): readonly Entry[] => [...runs.values()].filter((run) => run.runId === runId);

  return {
    register(run) {
      const key = Symbol(run.id);
      runs.set(key, { runId: run.id, isPreview: false, ...run, isEnding: false, startedAt: clock.now().toISOString() });
      return () => {
        runs.delete(key);
        if (runs.size === 0) idle?.();
      };
    },
    list: () =>
      [...runs.values()].map(({ id, kind, startedAt, runId, isPreview }) => ({
        id,
        kind,
        startedAt,
        runId,
        isPreview,
      })),
    cancel: (id, reason) =>
      cancelThose(
        [...runs.values()].filter((run) => run.id === id),
        reason,
      ),
    cancelRun: (runId, reason) => cancelThose(ofRun(runId), reason),
    attach: (runId) => ofRun(runId)[0]?.attach?.(),
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
