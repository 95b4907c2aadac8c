import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import { errorText, ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { bootstrapReport } from './bootstrap-report.js';
import { progressOf, step, type ErrorCategory, type EventSink } from './events.js';
import { objectKey } from './types.js';
import type { OpenedRun } from './open-run.js';
import type { SyncRequest } from './request.js';
import { fullUpdateBody, runWarnings, traffic, withFollowUps, withRunWarnings } from './run-report.js';
import type { RunContext } from './run-context.js';
import type { Stage } from './stage.js';
import { runStage, stageResultBody, warningDetail } from './stage-runner.js';
import type { FullUpdateEntry, StageJob } from './stages/index.js';
import { supportObjectsStage } from './stages/support-objects/index.js';
import type { StageResult } from './summary.js';

/** What a run has besides its context, which exists only once both sides are connected. */
export interface Conductor {
  readonly id: string;
  readonly kind: string;
  readonly request: SyncRequest;
  readonly events: EventSink;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Waits for the turn of a stage; the answer ends it. */
  readonly acquire: (stage: Stage) => Promise<() => void>;
}

/** What a run did: the JSON routes answer from it. */
export interface RunSummary {
  readonly ok: boolean;
  readonly stages: readonly StageResult[];
  /** The `result` of the `complete` frame; null when the run failed. */
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly error: ProxboxError | undefined;
}

type Open = () => Promise<OpenedRun>;

/** One stage as a run of its own: the stream contract of a stage. Never throws. */
export async function runSingleStage(job: StageJob, conductor: Conductor, open: Open): Promise<RunSummary> {
  const { stage } = job;
  const { events, request } = conductor;
  const selection = request.netboxVmIds === null ? '' : ` for ${request.netboxVmIds.length} VM(s)`;
  events.emit(
    step({
      step: stage.name,
      status: 'started',
      message: `Starting ${stage.title.toLowerCase()} synchronization${selection}.`,
    }),
  );
  const stages: StageResult[] = [];
  try {
    const startedMs = conductor.clock.monotonicMs();
    const release = await conductor.acquire(stage);
    try {
      const opened = await open();
      tellWarnings(opened.run, stage.phase);
      const disabled = disabledReason(stage, opened.run);
      const run = disabled === undefined ? await prepareSupport(opened.run) : opened.run;
      if (disabled === undefined) stages.push(...(await runJob(job, run)));
      const [result, ...followUps] = stages;
      const body = {
        ...(result === undefined
          ? { count: 0, message: disabled }
          : withRunWarnings(withFollowUps(stageResultBody(result), followUps.map(named)), run)),
        ...traffic(opened),
      };
      events.emit(
        step({
          step: stage.name,
          status: 'completed',
          message: `${stage.title} synchronization finished.`,
          result: body,
          duration_seconds: seconds(conductor, startedMs),
        }),
      );
      const message = disabled ?? `${stage.title} sync completed.`;
      events.emit({ event: 'complete', data: { ok: true, message, result: body, errors: [] } });
      return { ok: true, stages, result: body, error: undefined };
    } finally {
      release();
    }
  } catch (error) {
    return fail({ conductor, stages, step: stage.name, title: stage.title }, error);
  }
}

/** The stage, then what hangs on the same objects. Each writes what the one before it made possible. */
async function runJob({ stage, followUps }: StageJob, run: RunContext): Promise<readonly StageResult[]> {
  const results: StageResult[] = [await runStage(stage, run)];
  const inMachineRun = { ...run, isMachineRun: true };
  for (const next of followUps?.(run.options) ?? []) {
    if (disabledReason(next, run) === undefined) results.push(await runStage(next, inMachineRun));
  }
  return results;
}

function named(result: StageResult) {
  return { stage: result.stage, body: stageResultBody(result) };
}

/** All stages in order: the stream contract of a full update. The first stage that fails ends the run. Never throws. */
export async function runFullUpdate(
  all: readonly FullUpdateEntry[],
  conductor: Conductor,
  open: Open,
): Promise<RunSummary> {
  const { events, id } = conductor;
  const stages: StageResult[] = [];
  let current = 'full-update';
  try {
    const opened = await open();
    const support = await ensureSupport(opened.run);
    events.emit({ event: 'bootstrap_done', data: bootstrapReport(support) });
    const run = { ...opened.run, supportIds: checkedSupport(support) };
    stages.push(support);
    const table = all.filter(({ when }) => when?.(run.options) ?? true);
    const announced = table.filter(({ when }) => when === undefined);
    events.emit(
      step({ step: 'stream', status: 'started', message: `Full update stream connected (operation_id=${id})` }),
    );
    events.emit({
      event: 'discovery',
      data: {
        event: 'discovery',
        phase: 'full-update',
        status: 'discovered',
        message: `Discovered ${announced.length} stage(s) to synchronize`,
        count: announced.length,
        items: announced.map(({ stage }) => ({ name: stage.name, type: 'stage' })),
        progress: progressOf(0, announced.length),
        metadata: { operation_id: id },
      },
    });
    tellWarnings(run, 'full-update');
    for (const { stage } of table) {
      current = stage.name;
      const result = await runStep(stage, run, conductor);
      if (result !== undefined) stages.push(result);
    }
    const body = {
      ...fullUpdateBody(table, stages, conductor.request.includeObjects),
      ...runWarnings(run, stages),
      operation_id: id,
      ...traffic(opened),
    };
    events.emit({
      event: 'complete',
      data: { ok: true, message: 'Full update sync completed.', result: body, errors: [] },
    });
    return { ok: true, stages, result: body, error: undefined };
  } catch (error) {
    return fail({ conductor, stages, step: 'full-update', title: 'Full update', phase: current }, error);
  }
}

async function runStep(stage: Stage, run: RunContext, conductor: Conductor): Promise<StageResult | undefined> {
  const { events } = conductor;
  const startedMs = conductor.clock.monotonicMs();
  events.emit(
    step({ step: stage.name, status: 'started', message: `Starting ${stage.title.toLowerCase()} synchronization.` }),
  );
  const disabled = disabledReason(stage, run);
  if (disabled !== undefined) {
    events.emit(
      step({ step: stage.name, status: 'completed', message: disabled, result: { count: 0 }, duration_seconds: 0 }),
    );
    return undefined;
  }
  const release = await conductor.acquire(stage);
  try {
    const result = await runStage(stage, run);
    events.emit(
      step({
        step: stage.name,
        status: 'completed',
        message: `${stage.title} synchronization finished.`,
        result: stageResultBody(result),
        duration_seconds: seconds(conductor, startedMs),
      }),
    );
    return result;
  } finally {
    release();
  }
}

/** The run with the tags, roles and types that everything hangs on; they are made where they are missing. */
export async function prepareSupport(run: RunContext): Promise<RunContext> {
  return { ...run, supportIds: checkedSupport(await ensureSupport(run)) };
}

/** Without frames of its own: a stream knows only the phases of its stages, and `bootstrap_done` must come first. */
function ensureSupport(run: RunContext): ReturnType<typeof runStage> {
  return runStage(supportObjectsStage, { ...run, events: { emit: () => undefined } });
}

/** Without the Proxbox tag nothing we write could be recognised as ours. */
function checkedSupport(support: Awaited<ReturnType<typeof runStage>>): RunContext['supportIds'] {
  if (support.ids.has(objectKey('tag', 'proxbox'))) return support.ids;
  const reason = support.outcomes.find(({ kind, key }) => kind === 'tag' && key === 'proxbox')?.reason;
  throw new ProxboxError('stage_failed', 'Error ensuring Proxbox tag', { detail: reason?.message ?? null });
}

/** Why a stage does nothing; undefined when it runs. */
export function disabledReason(stage: Stage, { options }: RunContext): string | undefined {
  const isOff =
    stage.resources.length > 0 && stage.resources.every((resource) => options.modes[resource] === 'disabled');
  return isOff
    ? `${stage.title} synchronization skipped (${stage.resources.map((resource) => `sync_mode_${resource}=disabled`).join(', ')})`
    : undefined;
}

function tellWarnings(run: RunContext, phase: string): void {
  for (const warning of run.warnings) run.events.emit(warningDetail(phase, warning));
}

function seconds(conductor: Conductor, startedMs: number): number {
  return Math.round(conductor.clock.monotonicMs() - startedMs) / 1000;
}

interface Failure {
  readonly conductor: Conductor;
  readonly stages: readonly StageResult[];
  readonly step: string;
  readonly title: string;
  readonly phase?: string;
}

/** The end of a run that failed: an `error_detail` with a category, `error`, then `complete` with ok false. */
function fail({ conductor, stages, step: name, title, phase }: Failure, thrown: unknown): RunSummary {
  const { events, signal, logger } = conductor;
  const cancelled = signal.aborted;
  const error = cancelled
    ? new ProxboxError('cancelled', 'Server shutdown or request cancelled.', { cause: thrown })
    : toProxboxError(thrown);
  const text = cancelled ? error.message : textWithCode(error);
  if (!cancelled) {
    logger.error(
      { runId: conductor.id, kind: conductor.kind, code: error.code, err: error },
      `${title} sync failed: ${text}`,
    );
    events.emit({
      event: 'error_detail',
      data: {
        event: 'error_detail',
        phase: phase ?? name,
        category: categoryOf(error),
        message: `${title} sync failed.`,
        detail: text,
      },
    });
  }
  events.emit({ event: 'error', data: { step: name, status: 'failed', error: text, detail: text } });
  events.emit({
    event: 'complete',
    data: {
      ok: false,
      message: `${title} sync ${cancelled ? 'cancelled' : 'failed'}.`,
      result: null,
      errors: [{ detail: text }],
    },
  });
  return { ok: false, stages, result: null, error };
}

/** `netbox_overwhelmed` and the like stay visible in job logs. */
function textWithCode(error: ProxboxError): string {
  const text = errorText(error);
  return error.code.startsWith('netbox_') || error.code.startsWith('proxmox_') ? `${error.code}: ${text}` : text;
}

function categoryOf(error: ProxboxError): ErrorCategory {
  const { code } = error;
  if (code.endsWith('_timeout')) return 'timeout';
  if (code.endsWith('_unreachable') || code.endsWith('_tls_error')) return 'connection';
  if (code === 'netbox_forbidden' || code === 'proxmox_unauthorized') return 'authentication';
  if (code === 'proxmox_forbidden') return 'permission';
  if (code === 'netbox_overwhelmed') return 'rate_limit';
  if (code === 'not_found') return 'not_found';
  return code === 'bad_request' || code === 'netbox_rejected' ? 'validation' : 'internal';
}
