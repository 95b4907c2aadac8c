/** Frames about a stage and its objects. Pure. */
import { kinds } from '../netbox/kinds/index.js';
import { operationOf, progressOf, type RunEvent } from './events.js';
import { itemOf, problemDetail } from './problem-frames.js';
import type { RunContext } from './run-context.js';
import type { PreparedStage, Stage } from './stage.js';
import type { StageResult } from './summary.js';
import type { Note, Outcome, Plan, Warning } from './types.js';

export const maxDiscoveryItems = 20;

export function phaseSummary(result: StageResult): RunEvent {
  const { phase, counts, durationMs } = result;
  return {
    event: 'phase_summary',
    data: {
      event: 'phase_summary',
      phase,
      status: counts.failed > 0 ? 'completed_with_errors' : 'completed',
      message: summaryText(result),
      result: counts,
      timing: { elapsed_ms: Math.round(durationMs) },
    },
  };
}

function summaryText({ title, counts }: StageResult): string {
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
      ? `${title} sync completed with errors: ${done} synchronized, ${counts.failed} failed`
      : `${title} sync completed: ${done} synchronized`;
  return `${head} (${parts.join(', ')})`;
}

export function discovery(stage: Stage, { noun, items, total = items.length }: PreparedStage): RunEvent {
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

export function nameResolved(resolution: Plan['nameResolutions'][number]): RunEvent {
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

interface Told {
  readonly stage: Stage;
  readonly run: Pick<RunContext, 'options'>;
  readonly outcome: Outcome;
}

export function itemProgress({ stage, run, outcome }: Told, current: number, total: number): RunEvent {
  const operation = operationOf(outcome.status, run.options.dryRun);
  const { reason, source } = outcome;
  return {
    event: 'item_progress',
    data: {
      event: 'item_progress',
      phase: stage.phase,
      status: itemStatus[outcome.status],
      message:
        reason?.message ?? `${kinds[outcome.kind].noun} "${outcome.label}": ${outcome.status}${changedFields(outcome)}`,
      item: itemOf({ ...outcome, code: reason?.code, source }),
      ...(operation === undefined ? {} : { operation }),
      progress: progressOf(current, total),
      ...(outcome.status === 'failed' && reason !== undefined ? { error: reason.message } : {}),
      ...(outcome.status === 'skipped' && reason !== undefined ? { warning: reason.message } : {}),
    },
  };
}

export function noteProgress(stage: Stage, { code, message, label, source, operation }: Note): RunEvent {
  return {
    event: 'item_progress',
    data: {
      event: 'item_progress',
      phase: stage.phase,
      status: operation === 'skipped' ? 'skipped' : 'warning',
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

/** A warning as a frame: the plugin shows it in its panel. */
export function warningDetail(phase: string, { code, message }: Warning): RunEvent {
  return problemDetail({ code, message, phase, hasFailed: false });
}
