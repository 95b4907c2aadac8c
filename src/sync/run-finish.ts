/** The last frames of a run, its last line in the log, and what its caller is told. */
import type { Logger } from 'pino';
import { ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import type { EventSink } from './events.js';
import { closingSummaries, failureDetail, textWithCode } from './problem-frames.js';
import { errorGroup, groupProblems, isDefect, type ErrorGroup } from './problems.js';
import { failuresInNumbers, inNumbers, problemsOfRun, statusOfRun, type Done, type RunStatus } from './run-end.js';
import type { StageResult } from './summary.js';

/** What a run did: the JSON routes answer from it. */
export interface RunSummary {
  readonly status: RunStatus;
  /** As the `complete` frame says it. */
  readonly ok: boolean;
  readonly stages: readonly StageResult[];
  /** The `result` of the `complete` frame. */
  readonly result: Readonly<Record<string, unknown>>;
  /** What failed or was not read, by reason. */
  readonly errors: readonly ErrorGroup[];
  /** Why it failed or was cancelled. */
  readonly error: ProxboxError | undefined;
}

/** How the end of a run is told. */
export interface Telling {
  readonly id: string;
  readonly kind: string;
  /** For sentences. */
  readonly title: string;
  /** Of the frame `error`. */
  readonly step: string;
  /** Of the closing frames. */
  readonly phase: string;
  /** Whether a partial run is a success: other stages of a job go on then. */
  readonly isPartialOk: boolean;
  /** Nothing is written. */
  readonly isPreview: boolean;
  readonly events: EventSink;
  readonly logger: Logger;
  readonly elapsedMs: () => number;
}

interface End extends Omit<RunSummary, 'ok'> {
  readonly message: string;
}

const previewText = ' Nothing was written: it was a preview. To write, leave dry_run out, or apply the plan.';

/** The end of a run that came to its end. `disabled`: why it had nothing to do. */
export function finish(
  telling: Telling,
  done: Done,
  body: Readonly<Record<string, unknown>>,
  disabled?: string,
): RunSummary {
  const { title, events, phase } = telling;
  const { stages } = done;
  const preview = telling.isPreview ? previewText : '';
  const status = statusOfRun(done);
  const result = { ...body, status };
  const failed = stages.filter(({ error }) => error !== undefined);
  const problems = problemsOfRun(done).filter(isDefect);
  const errors = [...failed.flatMap(stageErrors), ...groupProblems(problems).map(errorGroup)];
  if (status === 'failed') {
    const numbers = failuresInNumbers(done).join(', ');
    const message = `${title} sync failed${numbers === '' ? '' : `: ${numbers}`}.`;
    return fail(telling, { status, result, stages, error: failed[0]?.error, message, errors });
  }
  if (status === 'completed') {
    const message = disabled ?? `${title} sync completed.${preview}`;
    return end(telling, { status, result, stages, error: undefined, message, errors: [] });
  }
  const ofStages = failed.flatMap((stage) => (stage.error === undefined ? [] : failureDetail(stage, stage.error)));
  for (const frame of closingSummaries(phase, ofStages, problems)) events.emit(frame);
  const message = `${title} sync completed in part: ${inNumbers(done)}.${preview}`;
  return end(telling, { status, result, stages, error: undefined, message, errors });
}

/** The end of a run that something ended: a failure, its client that went away, or the service that ends it for a reason. */
export function finishEarly(
  telling: Telling,
  stages: readonly StageResult[],
  { thrown, signal, phase }: { readonly thrown: unknown; readonly signal: AbortSignal; readonly phase: string },
): RunSummary {
  const { title } = telling;
  if (signal.aborted && !(signal.reason instanceof ProxboxError)) {
    const error = new ProxboxError('cancelled', 'Server shutdown or request cancelled.', { cause: thrown });
    const message = `${title} sync cancelled.`;
    const errors = [groupOf(error, title)];
    return end(telling, { status: 'cancelled', result: { status: 'cancelled' }, stages, error, message, errors });
  }
  const error = toProxboxError(signal.aborted ? signal.reason : thrown);
  const message = `${title} sync failed.`;
  const errors = [groupOf(error, title)];
  return fail(
    { ...telling, phase },
    { status: 'failed', result: { status: 'failed' }, stages, error, message, errors },
  );
}

/** An `error_detail` with a category before everything else, and the error in the log. */
function fail(telling: Telling, failure: End): RunSummary {
  const { id, kind, title, phase, events, logger } = telling;
  const error = failure.error ?? new ProxboxError('stage_failed', failure.message);
  logger.error({ runId: id, kind, code: error.code, err: error }, `${title} sync failed: ${textWithCode(error)}`);
  events.emit(failureDetail({ phase, title }, error));
  return end(telling, { ...failure, error });
}

/** Clients that look at names of events alone take `error` for a failure, so it stands before every `complete` without success. */
function end(telling: Telling, { status, result, stages, error, message, errors }: End): RunSummary {
  const { id, kind, step, events, logger, isPartialOk, elapsedMs } = telling;
  const ok = status === 'completed' || (status === 'partial' && isPartialOk);
  if (!ok) {
    const text = error === undefined ? message : status === 'cancelled' ? error.message : textWithCode(error);
    events.emit({ event: 'error', data: { step, status: 'failed', error: text, detail: text } });
  }
  events.emit({ event: 'complete', data: { ok, message, result, errors } });
  logger.info({ runId: id, kind, status, durationMs: Math.round(elapsedMs()) }, message);
  return { status, ok, stages, result, errors, error };
}

function stageErrors({ title, error }: StageResult): readonly ErrorGroup[] {
  return error === undefined ? [] : [groupOf(error, title)];
}

/** What stopped a stage or run, beside the groups of objects. */
function groupOf(error: ProxboxError, title: string): ErrorGroup {
  return {
    reason: error.code,
    count: 1,
    detail: error.code === 'cancelled' ? error.message : textWithCode(error),
    suggestion: error.remedy,
    examples: [title],
  };
}
