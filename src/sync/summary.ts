/** The outcomes of a stage as numbers and short lists. Pure. */
import type { ProxboxError } from '../errors/proxbox-error.js';
import { kinds, type ObjectKind } from '../netbox/kinds/index.js';
import type { Counts } from './events.js';
import type { Note, Outcome, OutcomeStatus, Reason, StageName, Warning } from './types.js';

export interface KindCounts extends Record<OutcomeStatus, number> {
  readonly discovered: number;
}

/**
 * `completed`: everything is accounted for, nothing failed, everything was read. `partial`: something failed, was not read
 * or was held back by a limit. `failed`: nothing useful was done, or more than half of what mattered failed. Which of them is
 * decided in run-end.ts.
 */
export type StageStatus = 'completed' | 'partial' | 'failed';

/** What one stage did. */
export interface StageResult {
  readonly stage: StageName;
  /** For sentences. */
  readonly title: string;
  /** Of its frames. */
  readonly phase: string;
  readonly status: StageStatus;
  /** Why it could not go on, or that most of its objects failed: its status is `failed` then. */
  readonly error?: ProxboxError;
  /** It came to its end, whatever failed: the stages that need it work with what it wrote. */
  readonly isThrough: boolean;
  readonly counts: Counts;
  /** Objects of the stage's kinds that are now as they should be, or what else the stage counts. */
  readonly count: number;
  readonly kinds: ReadonlyMap<ObjectKind, KindCounts>;
  /** How often each reason was given. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Of a portioned stage only what was skipped or failed. */
  readonly outcomes: readonly Outcome[];
  readonly warnings: readonly Warning[];
  readonly notes: readonly Note[];
  /** Further numbers of this stage. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly durationMs: number;
}

/** So many failed and so many skipped objects are named; their numbers are exact. */
export const problemsTold = 50;

export const noCounts: Counts = { created: 0, updated: 0, unchanged: 0, deleted: 0, failed: 0, skipped: 0, total: 0 };

export const noneOfKind: KindCounts = {
  discovered: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  skipped: 0,
  failed: 0,
  deleted: 0,
};

/**
 * Counts outcomes per kind. Every discovered object ends in exactly one of created, updated, unchanged, skipped and failed,
 * so these add up to `discovered`; deleted objects are counted beside them.
 */
export function countKinds(outcomes: readonly Outcome[]): ReadonlyMap<ObjectKind, KindCounts> {
  const counts = new Map<ObjectKind, Record<OutcomeStatus | 'discovered', number>>();
  for (const { kind, status } of outcomes) {
    const row = counts.get(kind) ?? { ...noneOfKind };
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

/** Numbers under the same names, added. */
export function addCounts<T extends object>(sum: T, more: object): T {
  const added = new Map<string, unknown>(Object.entries(sum));
  for (const [name, count] of Object.entries(more)) added.set(name, numberOf(added.get(name)) + numberOf(count));
  return { ...sum, ...Object.fromEntries(added) };
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
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

/** Objects that failed, the first ones; enough to act on, and the count is exact elsewhere. */
export function reportProblems(outcomes: readonly Outcome[], status: 'failed' | 'skipped'): readonly ReportedProblem[] {
  return outcomes
    .filter((outcome) => outcome.status === status)
    .slice(0, problemsTold)
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
