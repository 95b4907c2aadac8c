/**
 * Bounds how many tasks run at once, first come first served. The width can be changed while tasks wait; a waiting task
 * can be withdrawn by its signal, and a task may be put in front of the queue.
 */
import pLimit from 'p-limit';
import { cancelledError } from '../errors/cancelled.js';

interface GateOptions {
  readonly signal?: AbortSignal | undefined;
  /** Next in line, before everything that waits. */
  readonly front?: boolean;
}

export interface Gate {
  /** Throws `cancelled` when the signal fires while the task still waits; a started task is the task's own affair. */
  run<T>(task: () => Promise<T>, options?: GateOptions): Promise<T>;
  /** At least 1. */
  setWidth(width: number): void;
  readonly width: number;
  readonly active: number;
  readonly waiting: number;
}

type Start = () => Promise<void>;

/** @param width tasks at once, at least 1 */
export function createGate(width: number): Gate {
  const limit = pLimit(Math.max(1, Math.trunc(width)));
  const queue: Start[] = [];
  let active = 0;
  // p-limit decides when a slot is free, the queue decides who gets it: a withdrawn task simply is not there any more.
  const next = async (): Promise<void> => queue.shift()?.();

  return {
    run: (task, { signal, front = false } = {}) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(cancelledError(signal));
        const withdraw = (): void => {
          const position = queue.indexOf(start);
          if (position < 0) return;
          queue.splice(position, 1);
          reject(cancelledError(signal));
        };
        const start: Start = async () => {
          signal?.removeEventListener('abort', withdraw);
          active += 1;
          const running = task();
          resolve(running);
          await Promise.allSettled([running]);
          active -= 1;
        };
        signal?.addEventListener('abort', withdraw, { once: true });
        if (front) queue.unshift(start);
        else queue.push(start);
        void limit(next);
      }),
    setWidth: (changed) => {
      limit.concurrency = Math.max(1, Math.trunc(changed));
    },
    get width() {
      return limit.concurrency;
    },
    get active() {
      return active;
    },
    get waiting() {
      return queue.length;
    },
  };
}
