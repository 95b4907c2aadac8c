import type { EstateCluster, EstateTask } from '../estate/index.js';
import { formatUpid } from '../estate/index.js';

interface TaskDraft {
  readonly node: string;
  /** Proxmox's task type: `qmstart`, `vzsnapshot`, `vzdump`, ... */
  readonly type: string;
  /** The guest, as text. */
  readonly id: string;
  readonly user: string;
  /** What the task changes, when it ends well; the text of what it throws becomes the status of the task. */
  readonly effect: () => void;
}

/** Starts tasks that end after a while by the simulator's clock, and then change the cluster. */
export interface TaskRunner {
  /** Answers the UPID. UPIDs come from a counter: equal calls at equal times give equal ids. */
  start(draft: TaskDraft): string;
  /** Ends what is due. Called before every request, so that time needs no timer. */
  settle(nowS: number): void;
  /** Ends a running task without its effect; a finished one stays as it is. */
  abort(task: EstateTask, nowS: number): void;
}

export function createTaskRunner(cluster: EstateCluster, nowS: () => number, durationMs: number): TaskRunner {
  const running = new Map<
    string,
    { readonly task: EstateTask; readonly endsAtS: number; readonly effect: () => void }
  >();
  let serial = 0;

  return {
    start({ effect, ...draft }) {
      serial += 1;
      const startedAtS = nowS();
      const parts = {
        ...draft,
        pid: 100_000 + serial,
        pstart: 10_000_000 + serial * 100,
        starttime: Math.floor(startedAtS),
      };
      const task: EstateTask = { upid: formatUpid(parts), ...parts };
      cluster.nodes.find((node) => node.name === draft.node)?.tasks.unshift(task);
      running.set(task.upid, { task, effect, endsAtS: startedAtS + durationMs / 1000 });
      return task.upid;
    },
    settle(now) {
      for (const [upid, { task, endsAtS, effect }] of running) {
        if (endsAtS > now) continue;
        running.delete(upid);
        task.endtime = Math.floor(endsAtS);
        try {
          effect();
          task.status = 'OK';
        } catch (error) {
          task.status = error instanceof Error ? error.message : String(error);
        }
      }
    },
    abort(task, now) {
      if (task.endtime !== undefined) return;
      running.delete(task.upid);
      task.endtime = Math.floor(now);
      task.status = 'interrupted by signal';
    },
  };
}
