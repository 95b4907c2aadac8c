/** Runs one stage: collect, plan, apply, and tell. */
import { breathe } from '../config/breathe.js';
import type { ProxboxError } from '../errors/proxbox-error.js';
import { toProxboxError } from '../errors/proxbox-error.js';
import type { Tunables } from '../config/types.js';
import { kindDefinition, kinds, storedKind, type ObjectKind } from '../netbox/kinds/index.js';
import { substep } from './events.js';
import { applyPlan, type Applied } from './executor/executor.js';
import { tellProblems } from './problem-frames.js';
import { problemsOf } from './problems.js';
import { reasonCodes } from './reasons.js';
import type { RunContext } from './run-context.js';
import { nothingTouched, stageEntry } from './run-ledger.js';
import type { PreparedStage, Stage } from './stage.js';
import { StageAccount } from './stage-account.js';
import { discovery, itemProgress, nameResolved, noteProgress, phaseSummary, warningDetail } from './stage-frames.js';
import { countKinds, reportNotes, reportProblems, reportWarnings, sumCounts, type StageResult } from './summary.js';
import type { Outcome, Plan } from './types.js';

const verbPast = { create: 'Created', update: 'Updated', delete: 'Deleted' } as const;
/** Item frames of unchanged objects are thinned out: one in this many keeps the progress bar moving. */
const unchangedPerFrame = 50;

/** A stage as it ended, and the ids of everything that exists now and may be referred to by later plans. */
export type DoneStage = StageResult & { readonly ids: Applied['ids'] };

/**
 * Throws only when the run was cancelled: whatever else stops the stage is the `error` of its result, and the failure of
 * single objects is in its outcomes.
 */
export async function runStage(stage: Stage, run: RunContext): Promise<DoneStage> {
  const startedMs = run.clock.monotonicMs();
  try {
    const prepared = await stage.prepare(run);
    run.signal.throwIfAborted();
    run.events.emit(discovery(stage, prepared));
    const account = new StageAccount(stage, run);
    const { ids, stopped } = await applyAll({ stage, run }, prepared, account);
    const result = account.result(prepared, { durationMs: run.clock.monotonicMs() - startedMs, stopped });
    await run.record.stage(stageEntry(result, account.touched, run.signal.aborted));
    report(stage, run, result);
    run.signal.throwIfAborted();
    return { ...result, ids };
  } catch (error) {
    run.signal.throwIfAborted();
    const failed = failedStage(stage, toProxboxError(error), run.clock.monotonicMs() - startedMs);
    await run.record.stage(stageEntry(failed, nothingTouched));
    return failed;
  }
}

interface StageRun {
  readonly stage: Stage;
  readonly run: RunContext;
}

/**
 * Applies the plans one after another. What stops the run is returned, when something was done before: then that is told
 * first. The ids are those that the last plan knew.
 */
async function applyAll(
  { stage, run }: StageRun,
  { plans, total = 0, noun, remember }: PreparedStage,
  account: StageAccount,
): Promise<Pick<Applied, 'ids' | 'stopped'>> {
  let ids: Applied['ids'] = new Map();
  let shown = 0;
  let portions = 0;
  try {
    for await (const plan of plans) {
      run.signal.throwIfAborted();
      for (const resolution of plan.nameResolutions) run.events.emit(nameResolved(resolution));
      const applied = await apply(plan, { stage, run });
      ({ ids } = applied);
      account.add(plan, applied);
      await remember?.(applied.outcomes);
      shown = await tellItems({ stage, run }, applied.outcomes, { before: shown, total });
      portions += 1;
      if (applied.stopped !== undefined) return applied;
      if (shown < total) run.events.emit(substep(stage.phase, 'portion', `${shown} of ${total} ${noun}(s) are done.`));
    }
  } catch (error) {
    if (portions === 0) throw error;
    return { ids, stopped: toProxboxError(error) };
  }
  return { ids, stopped: undefined };
}

async function apply(whole: Plan, { stage, run }: StageRun): Promise<Applied> {
  const { approved, book } = run;
  run.watch?.(whole);
  const plan = approved === undefined || book === undefined ? whole : approved.only(whole, book);
  const applied = await applyPlan(plan, {
    client: run.client,
    collections: run.collections,
    tagChanges: run.capabilities.tagChanges,
    unmade: run.unmade,
    showsObjects: run.showsObjects,
    logger: run.logger,
    batchOf: (kind) => batchOf(kind, run),
    onProgress: ({ kind, verb, done, total }) =>
      run.events.emit(
        substep(stage.phase, `${verb}-${kind}`, `${verbPast[verb]} ${done} of ${total}: ${kinds[kind].noun}.`, {
          current: done,
          total,
        }),
      ),
  });
  return book === undefined ? applied : { ...applied, outcomes: book.told(plan, applied.outcomes) };
}

/**
 * Backups are the table that grows largest: their own, smaller batches keep the pressure low. So do those of interfaces
 * where a run of the machines goes on with them.
 */
function batchOf(kind: ObjectKind, { settings: { values }, isMachineRun }: RunContext) {
  const least = (size: number): number => Math.min(values.bulkBatchSize, size);
  const { batch } = kindDefinition(kind);
  const atOnce = writesAtOnce(kind, values);
  if (batch === 'backups')
    return { batchSize: least(values.backupBatchSize), delayMs: values.backupBatchDelayMs, atOnce };
  if (batch === 'interfaces' && isMachineRun)
    return { batchSize: least(values.interfaceBatchSize), delayMs: values.interfaceBatchDelayMs, atOnce };
  return { batchSize: values.bulkBatchSize, delayMs: values.bulkBatchDelayMs, atOnce };
}

/** Batches of a kind in flight. Batches of machines are the tasks that PROXBOX_VM_SYNC_MAX_CONCURRENCY bounds. */
function writesAtOnce(kind: ObjectKind, { netboxWriteConcurrency, vmSyncMaxConcurrency }: Tunables): number {
  const isArchive = kind === 'snapshot' || kind === 'task-history';
  const writes = netboxWriteConcurrency ?? (isArchive ? 4 : 8);
  return storedKind(kind) === 'virtual-machine' ? Math.min(writes, vmSyncMaxConcurrency) : writes;
}

/** Returns how many objects have been told of by now. */
async function tellItems(
  { stage, run }: StageRun,
  outcomes: readonly Outcome[],
  { before, total }: { readonly before: number; readonly total: number },
): Promise<number> {
  const shown = outcomes.filter(({ kind }) => stage.kinds.includes(kind));
  const last = before + shown.length;
  for (const [index, outcome] of shown.entries()) {
    await breathe();
    const isQuiet = outcome.status === 'unchanged' && (before + index) % unchangedPerFrame !== 0;
    if (!isQuiet) run.events.emit(itemProgress({ stage, run, outcome }, before + index + 1, Math.max(total, last)));
  }
  return last;
}

/** The result of a stage that could not even be planned. */
export function failedStage({ name, title, phase }: Stage, error: ProxboxError, durationMs = 0): DoneStage {
  const counts = sumCounts([], []);
  const nothing = {
    outcomes: [],
    warnings: [],
    notes: [],
    kinds: countKinds([]),
    reasons: {},
    extra: {},
    ids: new Map(),
  };
  return {
    stage: name,
    title,
    phase,
    status: 'failed',
    error,
    isThrough: false,
    counts,
    count: 0,
    durationMs,
    ...nothing,
  };
}

function report(stage: Stage, run: RunContext, result: StageResult): void {
  for (const note of result.notes) run.events.emit(noteProgress(stage, note));
  for (const warning of result.warnings)
    if (reasonCodes[warning.code].concern === 'informational') run.events.emit(warningDetail(stage.phase, warning));
  tellProblems(run, problemsOf(result));
  run.events.emit(phaseSummary(result));
  const { status, counts, durationMs } = result;
  run.logger.info({ stage: stage.name, status, ...counts, durationMs: Math.round(durationMs) }, 'stage ended');
}

function listed(key: string, entries: readonly object[]): Readonly<Record<string, unknown>> {
  return entries.length === 0 ? {} : { [key]: entries };
}

/** The result of a stage as its `complete` frame and JSON twin carry it. */
export function stageResultBody(result: StageResult): Readonly<Record<string, unknown>> {
  const { count, counts, outcomes, reasons, warnings, notes, extra } = result;
  return {
    status: result.status,
    count,
    created: counts.created,
    updated: counts.updated,
    unchanged: counts.unchanged,
    skipped: counts.skipped,
    failed: counts.failed,
    deleted: counts.deleted,
    errors: reportProblems(outcomes, 'failed'),
    kinds: Object.fromEntries(result.kinds),
    ...extra,
    ...listed('warnings', [...reportWarnings(warnings), ...reportProblems(outcomes, 'skipped'), ...reportNotes(notes)]),
    ...(Object.keys(reasons).length === 0 ? {} : { reasons }),
  };
}
