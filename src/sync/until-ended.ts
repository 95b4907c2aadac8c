/** A run whose frames nobody reads. */
import type { RunSummary } from './run-finish.js';
import type { PreparedRun } from './service.js';

/** Runs to the end and answers with what it did. */
export async function untilEnded(frames: ReturnType<PreparedRun['start']>): Promise<RunSummary> {
  for (;;) {
    const { done, value } = await frames.next();
    if (done === true) return value;
  }
}
