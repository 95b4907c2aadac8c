import { kinds, type ObjectKind } from '../netbox/records/kinds.js';
import type { Counts } from './events.js';
import type { Note, Outcome, OutcomeStatus, Reason, StageName, Warning } from './types.js';

export interface KindCounts extends Record<OutcomeStatus, number> {
  readonly discovered: number;
}

/** What one stage did. */
export interface StageResult {
  readonly stage: StageName;
  readonly ok: boolean;
  readonly counts: Counts;
  /** Objects of the stage's kinds that are now as they should be, or what else the stage counts. */
  readonly count: number;
  readonly kinds: ReadonlyMap<ObjectKind, KindCounts>;
  readonly outcomes: readonly Outcome[];
  readonly warnings: readonly Warning[];
  readonly notes: readonly Note[];
  /** Further numbers of this stage. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly durationMs: number;
}

const nothing = { discovered: 0, created: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0, deleted: 0 };

/**
 * Counts outcomes per kind. Every discovered object ends in exactly one of created, updated, unchanged, skipped and failed,
 * so these add up to `discovered`; deleted objects are counted beside them.
 */
export function countKinds(outcomes: readonly Outcome[]): ReadonlyMap<ObjectKind, KindCounts> {
  const counts = new Map<ObjectKind, Record<OutcomeStatus | 'discovered', number>>();
  for (const { kind, status } of outcomes) {
    const row = counts.get(kind) ?? { ...nothing };
    if (status !== 'deleted') row.discovered += 1;
    row[status] += 1;
    counts.set(kind, row);
  }
  return counts;
}

export function sumCounts(outcomes: readonly Outcome[], ofKinds: readonly ObjectKind[]): Counts {
  const counted = outcomes.filter((outcome) => ofKinds.includes(outcome.kind));
  const of = (status: OutcomeStatus): number => counted.filter((outcome) => outcome.status === status).length;
  return {
    created: of('created'),
    updated: of('updated'),
    unchanged: of('unchanged'),
    deleted: of('deleted'),
    failed: of('failed'),
    skipped: of('skipped'),
    total: counted.filter(({ status }) => status !== 'deleted').length,
  };
}

/** How often each reason was given, for skipped and failed objects, notes and warnings: exact, where the lists are cut. */
export function countReasons({
  outcomes,
  notes,
  warnings,
}: Pick<StageResult, 'outcomes' | 'notes' | 'warnings'>): Readonly<Record<string, number>> {
  const given: readonly (Reason | undefined)[] = [
    ...outcomes.filter(({ status }) => status !== 'deleted').map(({ reason }) => reason),
    ...notes,
    ...warnings,
  ];
  const counts = new Map<string, number>();
  for (const reason of given) if (reason !== undefined) counts.set(reason.code, (counts.get(reason.code) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function reportNotes(notes: readonly Note[]): readonly object[] {
  return notes.slice(0, 50).map(({ code, message, label, source }) => ({
    reason: code,
    name: label,
    detail: message,
    ...(source === undefined ? {} : { cluster: source.cluster }),
    ...(source?.vmid === undefined ? {} : { vmid: source.vmid }),
  }));
}

export interface ReportedProblem {
  readonly reason: string;
  readonly kind: string;
  readonly name: string;
  readonly detail: string;
  readonly cluster?: string;
  readonly node?: string;
  readonly vmid?: number;
}

/** Objects that failed, first 50; enough to act on, and the count is exact elsewhere. */
export function reportProblems(outcomes: readonly Outcome[], status: 'failed' | 'skipped'): readonly ReportedProblem[] {
  return outcomes
    .filter((outcome) => outcome.status === status)
    .slice(0, 50)
    .map(({ kind, label, reason, source }) => ({
      reason: reason?.code ?? 'rejected',
      kind: kinds[kind].noun,
      name: label,
      detail: reason?.message ?? '',
      ...(source === undefined ? {} : { cluster: source.cluster }),
      ...(source?.node === undefined ? {} : { node: source.node }),
      ...(source?.vmid === undefined ? {} : { vmid: source.vmid }),
    }));
}

export function reportWarnings(warnings: readonly Warning[]): readonly object[] {
  return warnings.slice(0, 50).map(({ code, message, source }) => ({
    reason: code,
    message,
    ...(source === undefined ? {} : { cluster: source.cluster, endpoint_id: source.endpointId }),
  }));
}
