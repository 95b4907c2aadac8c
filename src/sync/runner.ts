/** Runs a single stage or a full update, and tells the stream from its first frame to `complete`. */
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import { ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { endsTheRun } from '../netbox/run-ending.js';
import { bootstrapReport, type BootstrapReport } from './bootstrap-report.js';
import { readingText, readingWarnings } from './caught-up.js';
import { step, substep, type EventSink } from './events.js';
import type { OpenedRun } from './open-run.js';
import { failureDetail, textWithCode } from './problem-frames.js';
import type { SyncRequest } from './request.js';
import type { RunContext } from './run-context.js';
import { statusOfRun } from './run-end.js';
import { nothingTouched, notRun, stageEntry } from './run-ledger.js';
import { finish, finishEarly, type RunSummary, type Telling } from './run-finish.js';
import { fullUpdateBody, runWarnings, traffic, withFollowUps, withRunWarnings } from './run-report.js';
import type { Stage } from './stage.js';
import { warningDetail } from './stage-frames.js';
import { failedStage, runStage, stageResultBody, type DoneStage } from './stage-runner.js';
import type { FullUpdateEntry, StageJob } from './stages/index.js';
import { supportObjectsStage } from './stages/support-objects/index.js';
import { announcement, leftOut, stepDone, stepFailed } from './step-frames.js';
import type { StageResult } from './summary.js';
import { objectKey, type StageName, type Warning } from './types.js';

/** What a run has besides its context, which exists only once both sides are connected. */
export interface Conductor {
  readonly id: string;
  readonly kind: string;
  readonly request: SyncRequest;
  readonly events: EventSink;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told what became of the tags, roles and types. */
  readonly noteSupport: (report: BootstrapReport) => void;
  /** Waits for the turn of a stage; the answer ends it. */
  readonly acquire: (stage: Stage) => Promise<() => void>;
}

type Open = () => Promise<OpenedRun>;

/** One stage as a run of its own: the stream contract of a stage. Never throws. */
export async function runSingleStage(job: StageJob, conductor: Conductor, open: Open): Promise<RunSummary> {
  const { stage } = job;
  const { events, request } = conductor;
  const { name, title, phase } = stage;
  const selection = request.netboxVmIds === null ? '' : ` for ${request.netboxVmIds.length} VM(s)`;
  const telling = begin(conductor, { title, step: name, phase, isPartialOk: true });
  const message = `Starting ${title.toLowerCase()} synchronization${selection}.`;
  events.emit(step({ step: name, status: 'started', message }));
  const stages: StageResult[] = [];
  try {
    const release = await conductor.acquire(stage);
    try {
      const opened = await open();
      const { run } = opened;
      tellReading(run, phase);
      tellWarnings(run, phase, run.warnings);
      const disabled = disabledReason(stage, run);
      const support = disabled === undefined ? await ensureSupport(run) : undefined;
      tellWarnings(run, phase, support?.warnings ?? []);
      if (support !== undefined && !run.options.dryRun)
        conductor.noteSupport(bootstrapReport(support, readingWarnings(run.caughtUp)));
      const cancelled = support === undefined ? 0 : await runJob(job, withSupport(run, support), stages);
      const before = [...run.warnings, ...(support?.warnings ?? [])];
      const body = { ...bodyOf(stages, before, disabled), ...dryRunOf(run), ...traffic(opened) };
      const done = { stages, support, warnings: run.warnings, cancelled, main: stages[0] };
      const status = statusOfRun(done);
      if (status !== 'failed') events.emit(stepDone(stage, { ...body, status }, telling.elapsedMs()));
      return finish(telling, done, body, disabled);
    } finally {
      release();
    }
  } catch (thrown) {
    return finishEarly(telling, stages, { thrown, signal: conductor.signal, phase });
  }
}

/** The first line of a run in the log, and how its end is told. */
function begin(conductor: Conductor, words: Pick<Telling, 'title' | 'step' | 'phase' | 'isPartialOk'>): Telling {
  const { id, kind, events, logger, clock, request } = conductor;
  const { branch, dryRun, netboxVmIds } = request;
  const startedMs = clock.monotonicMs();
  const selected = netboxVmIds === null ? {} : { machines: netboxVmIds.length };
  logger.info({ runId: id, kind, branch, dryRun, ...selected }, `${words.title} sync begins.`);
  return { id, kind, events, logger, ...words, isPreview: dryRun, elapsedMs: () => clock.monotonicMs() - startedMs };
}

/**
 * The stage, then what hangs on the same objects: each writes what the one before it made possible. As in a full update, what
 * follows is for the objects that were written, however few of all those are.
 * @returns how many stages were not run
 */
async function runJob({ stage, followUps }: StageJob, run: RunContext, done: StageResult[]): Promise<number> {
  const main = await runStage(stage, run);
  done.push(main);
  if (!main.isThrough) return 0;
  const inMachineRun = { ...run, isMachineRun: true };
  const wanted = (followUps?.(run.options) ?? []).filter((next) => disabledReason(next, run) === undefined);
  return inOrder(wanted, done, {
    runOne: (next) => runStage(next, inMachineRun),
    leaveOut: (next, because) => run.record.stage(notRun(next, because)),
  });
}

interface Steps {
  /** undefined: the stage is switched off. */
  readonly runOne: (stage: Stage) => Promise<StageResult | undefined>;
  readonly leaveOut: (stage: Stage, because: StageName) => Promise<void>;
}

/**
 * Stages one after another. One that did not come to its end is the end of those that need it, and of nothing else.
 * @returns how many were left out
 * @throws what no later stage would survive either: NetBox is gone, the token is refused
 */
async function inOrder(stages: readonly Stage[], done: StageResult[], { runOne, leaveOut }: Steps): Promise<number> {
  const unusable = new Set<StageName>();
  let leftOut = 0;
  for (const stage of stages) {
    const because = stage.needs.find((name) => unusable.has(name));
    if (because !== undefined) {
      unusable.add(stage.name);
      leftOut += 1;
      await leaveOut(stage, because);
      continue;
    }
    const result = await runOne(stage);
    if (result === undefined) continue;
    done.push(result);
    if (result.error === undefined) continue;
    if (endsTheRun(result.error)) throw result.error;
    if (!result.isThrough) unusable.add(stage.name);
  }
  return leftOut;
}

function bodyOf(
  [result, ...followUps]: readonly StageResult[],
  before: readonly Warning[],
  disabled: string | undefined,
): Readonly<Record<string, unknown>> {
  if (result === undefined) return { count: 0, message: disabled };
  const named = followUps.map((one) => ({ stage: one.stage, body: stageResultBody(one) }));
  return withRunWarnings(withFollowUps(stageResultBody(result), named), before);
}

function dryRunOf({ options: { dryRun } }: RunContext): { readonly dry_run?: true } {
  return dryRun ? { dry_run: true } : {};
}

/** All stages in order: the stream contract of a full update. Never throws. */
export async function runFullUpdate(
  all: readonly FullUpdateEntry[],
  conductor: Conductor,
  open: Open,
): Promise<RunSummary> {
  const { events, id } = conductor;
  const phase = 'full-update';
  const telling = begin(conductor, { title: 'Full update', step: phase, phase, isPartialOk: false });
  const stages: StageResult[] = [];
  let current: string = phase;
  try {
    const opened = await open();
    const support = await ensureSupport(opened.run);
    const report = bootstrapReport(support, readingWarnings(opened.run.caughtUp));
    events.emit({ event: 'bootstrap_done', data: report });
    if (!opened.run.options.dryRun) conductor.noteSupport(report);
    const run = withSupport(opened.run, support);
    const table = all.filter(({ when }) => when?.(run.options) ?? true);
    const announced = table.filter(({ when }) => when === undefined).map(({ stage }) => stage.name);
    for (const frame of announcement(id, announced)) events.emit(frame);
    tellReading(run, phase);
    tellWarnings(run, phase, run.warnings);
    const cancelled = await inOrder(
      table.map(({ stage }) => stage),
      stages,
      {
        runOne: (stage) => {
          current = stage.name;
          return runStep(stage, run, conductor);
        },
        leaveOut: async (stage, because) => {
          await run.record.stage(notRun(stage, because));
          events.emit(leftOut(stage, because));
        },
      },
    );
    const body = {
      ...fullUpdateBody(table, [support, ...stages], conductor.request.includeObjects),
      ...runWarnings(run, [support, ...stages]),
      stages: Object.fromEntries(stages.map(({ stage, status }) => [stage, status])),
      operation_id: id,
      ...dryRunOf(run),
      ...traffic(opened),
    };
    return finish(telling, { stages, support, warnings: run.warnings, cancelled }, body);
  } catch (thrown) {
    return finishEarly(telling, stages, { thrown, signal: conductor.signal, phase: current });
  }
}

/** undefined: the stage is switched off. */
async function runStep(stage: Stage, run: RunContext, conductor: Conductor): Promise<StageResult | undefined> {
  const { events, clock } = conductor;
  const { name, title } = stage;
  const startedMs = clock.monotonicMs();
  events.emit(step({ step: name, status: 'started', message: `Starting ${title.toLowerCase()} synchronization.` }));
  const message = disabledReason(stage, run);
  if (message !== undefined) {
    events.emit(step({ step: name, status: 'completed', message, result: { count: 0 }, duration_seconds: 0 }));
    return undefined;
  }
  const result = await inTurn(stage, run, conductor);
  const elapsedMs = clock.monotonicMs() - startedMs;
  if (result.error === undefined) events.emit(stepDone(stage, stageResultBody(result), elapsedMs));
  else {
    const { error } = result;
    run.logger.error({ stage: name, code: error.code, err: error }, `${title} sync failed: ${textWithCode(error)}`);
    events.emit(failureDetail(stage, error));
    events.emit(stepFailed(stage, textWithCode(error), elapsedMs));
  }
  return result;
}

/** A turn that does not come is the failure of this stage alone. */
async function inTurn(stage: Stage, run: RunContext, { acquire, signal }: Conductor): Promise<StageResult> {
  let release;
  try {
    release = await acquire(stage);
  } catch (error) {
    signal.throwIfAborted();
    const failed = failedStage(stage, toProxboxError(error));
    await run.record.stage(stageEntry(failed, nothingTouched));
    return failed;
  }
  try {
    return await runStage(stage, run);
  } finally {
    release();
  }
}

/** The run with the tags, roles and types that everything hangs on; they are made where they are missing. */
export async function prepareSupport(run: RunContext): Promise<RunContext> {
  return withSupport(run, await ensureSupport(run));
}

/** Without frames of its own: a stream knows only the phases of its stages, and `bootstrap_done` must come first. */
async function ensureSupport(run: RunContext): Promise<DoneStage> {
  await run.collections.forbidden.review();
  return runStage(supportObjectsStage, { ...run, events: { emit: () => undefined } });
}

/** Without the Proxbox tag nothing we write could be recognised as ours. A dry run makes none, and needs none. */
function withSupport(run: RunContext, support: DoneStage): RunContext {
  const { ids, outcomes, error } = support;
  if (error !== undefined && endsTheRun(error)) throw error;
  if (!run.options.dryRun && !ids.has(objectKey('tag', 'proxbox'))) {
    const reason = outcomes.find(({ kind, key }) => kind === 'tag' && key === 'proxbox')?.reason;
    if (reason === undefined && error !== undefined) throw error;
    // A run that cannot begin leaves nothing behind: with a mended token the next one must not fail for what this one met.
    run.collections.forbidden.forget('tag');
    run.collections.unseen.forget('tag');
    throw new ProxboxError('stage_failed', 'Error ensuring Proxbox tag', { detail: reason?.message ?? null });
  }
  const unmade = outcomes.filter(({ status }) => status === 'failed' || status === 'skipped');
  return {
    ...run,
    supportIds: ids,
    unmade: new Map(unmade.map((outcome) => [objectKey(outcome.kind, outcome.key), outcome])),
  };
}

/** Why a stage does nothing; undefined when it runs. */
export function disabledReason(stage: Stage, { options }: RunContext): string | undefined {
  const isOff =
    stage.resources.length > 0 && stage.resources.every((resource) => options.modes[resource] === 'disabled');
  return isOff
    ? `${stage.title} synchronization skipped (${stage.resources.map((resource) => `sync_mode_${resource}=disabled`).join(', ')})`
    : undefined;
}

function tellReading({ caughtUp, events, logger }: RunContext, phase: string): void {
  const text = readingText(caughtUp);
  if (text === undefined) return;
  events.emit(substep(phase, 'netbox', text));
  logger.info(text);
}

function tellWarnings(run: RunContext, phase: string, warnings: readonly Warning[]): void {
  for (const warning of warnings) run.events.emit(warningDetail(phase, warning));
}
