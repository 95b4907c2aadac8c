/** Frames about the steps of a run: which stages it has, and how each ended. Pure. */
import { progressOf, step, type RunEvent } from './events.js';
import type { Stage } from './stage.js';
import type { StageName } from './types.js';

const seconds = (ms: number): number => Math.round(ms) / 1000;

/** The first frames of a full update. */
export function announcement(operationId: string, stages: readonly StageName[]): readonly RunEvent[] {
  const message = `Full update stream connected (operation_id=${operationId})`;
  return [
    step({ step: 'stream', status: 'started', message }),
    {
      event: 'discovery',
      data: {
        event: 'discovery',
        phase: 'full-update',
        status: 'discovered',
        message: `Discovered ${stages.length} stage(s) to synchronize`,
        count: stages.length,
        items: stages.map((name) => ({ name, type: 'stage' })),
        progress: progressOf(0, stages.length),
        metadata: { operation_id: operationId },
      },
    },
  ];
}

export function stepDone({ name, title }: Stage, result: object, elapsedMs: number): RunEvent {
  const message = `${title} synchronization finished.`;
  return step({ step: name, status: 'completed', message, result, duration_seconds: seconds(elapsedMs) });
}

export function stepFailed({ name, title }: Stage, why: string, elapsedMs: number): RunEvent {
  const message = `${title} synchronization failed: ${why}`;
  return step({ step: name, status: 'failed', message, duration_seconds: seconds(elapsedMs) });
}

/** A stage that was not run, because one that it needs has failed. */
export function leftOut({ name, title }: Stage, because: StageName): RunEvent {
  const message = `${title} synchronization was not run, because it needs ${because}, which failed.`;
  return step({ step: name, status: 'failed', message });
}
