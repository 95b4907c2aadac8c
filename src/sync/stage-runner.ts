import { ProxboxError } from '../errors/proxbox-error.js';
import { kinds, type ObjectKind } from '../netbox/records/kinds.js';
import { isObject, textOf } from '../netbox/records/compare.js';
import { operationOf, progressOf, substep, type Item, type RunEvent } from './events.js';
import { applyPlan, type Applied } from './executor/executor.js';
import type { RunContext } from './run-context.js';
import type { PreparedStage, Stage } from './stage.js';
import {
  countKinds,
  countReasons,
  reportNotes,
  reportProblems,
  reportWarnings,
  sumCounts,
  type StageResult,
} from './summary.js';
import type { Note, Outcome, Plan, Warning } from './types.js';

const verbPast = { create: 'Created', update: 'Updated', delete: 'Deleted' } as const;
const maxDiscoveryItems = 20;
/** Item frames of unchanged objects are thinned out: one in this many keeps the progress bar moving. */
const unchangedPerFrame = 50;

/**
 * Runs one stage: collect, plan, apply, and tell. Throws when nothing useful could be done (the caller turns that into
 * the failed end of the stream); the failure of single objects is in the result.
 */
export async function runStage(stage: Stage, run: RunContext): Promise<StageResult & { readonly ids: Applied['ids'] }> {
  const startedMs = run.clock.monotonicMs();
  const prepared = await stage.prepare(run);
  const { plan } = prepared;
  run.signal.throwIfAborted();
  run.events.emit(discovery(stage, prepared));
  for (const resolution of plan.nameResolutions) run.events.emit(nameResolved(resolution));
  const applied = await applyPlan(plan, {
    client: run.client,
    collections: run.collections,
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
  const summary = summarise({ stage, run }, prepared, applied, run.clock.monotonicMs() - startedMs);
  const result = { ...summary, extra: { ...summary.extra, ...stage.extra(applied.outcomes, { run, ...summary }) } };
  report(stage, run, result);
  run.logger.info({ stage: stage.name, ...result.counts, durationMs: Math.round(result.durationMs) }, 'stage ended');
  if (applied.stopped !== undefined) throw applied.stopped;
  if (!result.ok) throw nothingSucceeded(stage, result);
  return { ...result, ids: applied.ids };
}

/**
 * Backups are the table that grows largest: their own, smaller batches keep the pressure low. So do those of interfaces
 * where a run of the machines goes on with them.
 */
function batchOf(kind: ObjectKind, { settings: { values }, isMachineRun }: RunContext) {
  const least = (size: number): number => Math.min(values.bulkBatchSize, size);
  if (kind === 'backup') return { batchSize: least(values.backupBatchSize), delayMs: values.backupBatchDelayMs };
  if (kind === 'vm-interface' && isMachineRun)
    return { batchSize: least(values.interfaceBatchSize), delayMs: values.interfaceBatchDelayMs };
  return { batchSize: values.bulkBatchSize, delayMs: values.bulkBatchDelayMs };
}

function summarise(
  { stage, run }: { readonly stage: Stage; readonly run: RunContext },
  { plan, count, extra }: PreparedStage,
  applied: Applied,
  durationMs: number,
): StageResult {
  const own: readonly ObjectKind[] = stage.kinds;
  const dependencies = applied.outcomes.filter(
    (outcome) => !own.includes(outcome.kind) && outcome.status !== 'unchanged',
  );
  const outcomes = [...applied.outcomes.filter((outcome) => own.includes(outcome.kind)), ...dependencies];
  const counts = sumCounts(applied.outcomes, own);
  const warnings = untold(run, [...plan.warnings, ...applied.warnings, ...miscounted(plan, applied.outcomes)]);
  return {
    stage: stage.name,
    ok: counts.failed === 0 || counts.failed < counts.total,
    counts,
    count: count ?? stage.countOf?.(applied.outcomes) ?? counts.created + counts.updated + counts.unchanged,
    kinds: countKinds(outcomes),
    outcomes,
    warnings,
    notes: plan.notes,
    extra: extra ?? {},
    durationMs,
  };
}

function untold({ told }: RunContext, warnings: readonly Warning[]): readonly Warning[] {
  return warnings.filter(({ message }) => {
    const isNew = !told.has(message);
    told.add(message);
    return isNew;
  });
}

/** The promise that every discovered object is accounted for, checked on every run. */
function miscounted(plan: Plan, outcomes: readonly Outcome[]): readonly Warning[] {
  return [...plan.discovered].flatMap(([kind, discovered]) => {
    const counted = outcomes.filter((outcome) => outcome.kind === kind && outcome.status !== 'deleted').length;
    if (counted === discovered) return [];
    return [
      {
        code: 'duplicate' as const,
        message: `${discovered} objects of kind "${kinds[kind].noun}" were discovered, but ${counted} are accounted for. Please report this.`,
      },
    ];
  });
}

function report(stage: Stage, run: RunContext, result: StageResult): void {
  const shown = result.outcomes.filter((outcome) => stage.kinds.includes(outcome.kind));
  for (const [index, outcome] of shown.entries()) {
    const isQuiet = outcome.status === 'unchanged' && index % unchangedPerFrame !== 0;
    if (!isQuiet) run.events.emit(itemProgress(stage, outcome, index + 1, shown.length));
  }
  for (const note of result.notes) run.events.emit(noteProgress(stage, note));
  for (const warning of result.warnings) run.events.emit(warningDetail(stage.phase, warning));
  run.events.emit({
    event: 'phase_summary',
    data: {
      event: 'phase_summary',
      phase: stage.phase,
      status: result.counts.failed > 0 ? 'completed_with_errors' : 'completed',
      message: summaryText(stage, result),
      result: result.counts,
      timing: { elapsed_ms: Math.round(result.durationMs) },
    },
  });
}

function summaryText(stage: Stage, { counts }: StageResult): string {
  const done = counts.created + counts.updated + counts.unchanged;
  const parts = [
    `${counts.created} created`,
    `${counts.updated} updated`,
    `${counts.unchanged} unchanged`,
    ...(counts.deleted > 0 ? [`${counts.deleted} deleted`] : []),
    ...(counts.skipped > 0 ? [`${counts.skipped} skipped`] : []),
  ];
  const head =
    counts.failed > 0
      ? `${stage.title} sync completed with errors: ${done} synchronized, ${counts.failed} failed`
      : `${stage.title} sync completed: ${done} synchronized`;
  return `${head} (${parts.join(', ')})`;
}

function discovery(stage: Stage, { noun, items, total = items.length }: PreparedStage): RunEvent {
  return {
    event: 'discovery',
    data: {
      event: 'discovery',
      phase: stage.phase,
      status: 'discovered',
      message: `Discovered ${total} ${noun}(s) to synchronize`,
      count: total,
      items: items.slice(0, maxDiscoveryItems),
      progress: progressOf(0, total),
      metadata: {},
    },
  };
}

function nameResolved(resolution: Plan['nameResolutions'][number]): RunEvent {
  return {
    event: 'duplicate_name_resolved',
    data: {
      event: 'duplicate_name_resolved',
      cluster: resolution.cluster,
      original_name: resolution.originalName,
      resolved_name: resolution.resolvedName,
      vmid: resolution.vmid,
      suffix_index: resolution.suffixIndex,
      operator_renamed: resolution.operatorRenamed,
    },
  };
}

const itemStatus = {
  created: 'completed',
  updated: 'completed',
  unchanged: 'completed',
  skipped: 'skipped',
  failed: 'failed',
  deleted: 'completed',
} as const;

function itemProgress(stage: Stage, outcome: Outcome, current: number, total: number): RunEvent {
  const operation = operationOf[outcome.status];
  const { reason } = outcome;
  return {
    event: 'item_progress',
    data: {
      event: 'item_progress',
      phase: stage.phase,
      status: itemStatus[outcome.status],
      message:
        reason?.message ?? `${kinds[outcome.kind].noun} "${outcome.label}": ${outcome.status}${changedFields(outcome)}`,
      item: itemOf(outcome),
      ...(operation === undefined ? {} : { operation }),
      progress: progressOf(current, total),
      ...(outcome.status === 'failed' && reason !== undefined ? { error: reason.message } : {}),
      ...(outcome.status === 'skipped' && reason !== undefined ? { warning: reason.message } : {}),
    },
  };
}

function noteProgress(stage: Stage, { code, message, label, source, operation }: Note): RunEvent {
  return {
    event: 'item_progress',
    data: {
      event: 'item_progress',
      phase: stage.phase,
      status: 'warning',
      message,
      item: { name: label, extra: { ...(source === undefined ? {} : { cluster: source.cluster }), reason: code } },
      ...(operation === undefined ? {} : { operation }),
      progress: progressOf(0, 0),
      warning: message,
    },
  };
}

function changedFields({ status, why }: Outcome): string {
  return status === 'updated' && why !== undefined && why.length > 0
    ? ` (${why.map(({ field }) => field).join(', ')})`
    : '';
}

function itemOf({ label, record, reason, source, kind }: Outcome): Item {
  const extra = {
    ...(source === undefined
      ? {}
      : { cluster: source.cluster, ...(source.vmid === undefined ? {} : { vmid: source.vmid }) }),
    ...(reason === undefined ? {} : { reason: reason.code }),
  };
  const url = isObject(record) ? textOf(record['display_url']) : '';
  return {
    name: label,
    ...(record === undefined ? {} : { netbox_id: record.id }),
    ...(url === '' ? {} : { netbox_url: url }),
    item_type: kind,
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

/** A warning as a frame: the plugin shows it in its panel. */
export function warningDetail(phase: string, { code, message }: Warning): RunEvent {
  return {
    event: 'error_detail',
    data: { event: 'error_detail', phase, category: warningCategory(code), message, detail: `${code}: ${message}` },
  };
}

function warningCategory(code: Warning['code']) {
  if (code === 'endpoint_unreachable' || code === 'node_offline') return 'connection' as const;
  if (code === 'privilege_missing' || code === 'forbidden' || code === 'endpoint_restricted')
    return 'permission' as const;
  return 'validation' as const;
}

function nothingSucceeded(stage: Stage, { counts, outcomes }: StageResult): ProxboxError {
  const first = outcomes.find((outcome) => outcome.status === 'failed')?.reason?.message ?? '';
  return new ProxboxError('stage_failed', `${stage.title} sync failed.`, {
    detail: `None of ${counts.total} objects could be synchronized. The first: ${first}`,
  });
}

function listed(key: string, entries: readonly object[]): Readonly<Record<string, unknown>> {
  return entries.length === 0 ? {} : { [key]: entries };
}

/** The result of a stage as its `complete` frame and JSON twin carry it. */
export function stageResultBody(result: StageResult): Readonly<Record<string, unknown>> {
  const { count, counts, outcomes, warnings, notes, extra } = result;
  const reasons = countReasons(result);
  return {
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
