/** What a run tells of itself to whoever keeps it. The composition root says who that is; nothing of it ends or changes a run. */
import { errorText } from '../errors/proxbox-error.js';
import type { ItemChange, ItemEntry, RunBeginning, RunRecord, StageEntry } from '../ledger/types.js';
import { isImagined } from '../netbox/kinds/values.js';
import { isObject } from '../values/plain-object.js';
import type { Applied } from './executor/executor.js';
import { countKinds, countReasons, sumCounts, type StageResult } from './summary.js';
import { isRef, type Outcome, type Plan } from './types.js';

/** Who began a run, and for whom. */
export type Caller = Pick<RunBeginning, 'trigger' | 'actor'>;

export interface RunLedger {
  begin(beginning: RunBeginning): RunRecord;
  /** A changed field as it is kept: without what looks like a secret, and cut where it is very long. */
  readonly kept: (change: ItemChange) => ItemChange;
}

/** For what is no run of its own, and for runs that write nothing. */
export const unrecorded: RunRecord = {
  about: () => undefined,
  stage: async () => undefined,
  end: async () => undefined,
};

/** What a stage did to objects: those that it left as they were are not among them. */
export interface Touched {
  readonly outcomes: readonly Outcome[];
  readonly leftOut: number;
}

export const nothingTouched: Touched = { outcomes: [], leftOut: 0 };

export function stageEntry(
  { stage, title, status, error, durationMs, counts, kinds, reasons, warnings }: StageResult,
  { outcomes, leftOut }: Touched,
  isCancelled = false,
): StageEntry {
  return {
    stage,
    title,
    status: isCancelled ? 'cancelled' : status,
    message: error === undefined ? null : errorText(error),
    seconds: durationMs / 1000,
    counts: { ...counts },
    kinds: Object.fromEntries([...kinds].map(([kind, numbers]) => [kind, { ...numbers }])),
    reasons,
    warnings: warnings.map(({ code, message }) => ({ reason: code, message })),
    items: outcomes.flatMap(itemEntry),
    itemsLeftOut: leftOut,
  };
}

/** What became of a plan that is a part of what a stage would do. */
export function planEntry(
  { stage }: Pick<Plan, 'stage'>,
  { outcomes, warnings, stopped }: Pick<Applied, 'outcomes' | 'warnings' | 'stopped'>,
  seconds: number,
): StageEntry {
  const kinds = countKinds(outcomes);
  const hasFailed = outcomes.some(({ status }) => status === 'failed');
  return {
    ...notEnded(stage, stage),
    status: stopped !== undefined ? 'failed' : hasFailed ? 'partial' : 'completed',
    message: stopped === undefined ? null : errorText(stopped),
    seconds,
    counts: { ...sumCounts(outcomes, [...kinds.keys()]) },
    kinds: Object.fromEntries([...kinds].map(([kind, numbers]) => [kind, { ...numbers }])),
    reasons: countReasons({ outcomes, notes: [], warnings }),
    warnings: warnings.map(({ code, message }) => ({ reason: code, message })),
    items: outcomes.flatMap(itemEntry),
  };
}

/** A stage that was not run. */
export function notRun(
  { name, title }: { readonly name: string; readonly title: string },
  because: string,
): StageEntry {
  return { ...notEnded(name, title), message: `It needs ${because}, which failed.` };
}

function notEnded(stage: string, title: string): StageEntry {
  const nothing = { counts: {}, kinds: {}, reasons: {}, warnings: [], items: [], itemsLeftOut: 0 };
  return { stage, title, status: 'not_run', message: null, seconds: 0, ...nothing };
}

function itemEntry(outcome: Outcome): readonly ItemEntry[] {
  const { kind, key, label, status, id = null, displayUrl = '', reason, why = [] } = outcome;
  if (status === 'unchanged') return [];
  return [
    {
      ...{ kind, key, label, outcome: status },
      ...{ reason: reason?.code ?? null, message: reason?.message ?? null },
      ...{ netboxId: id === null || isImagined(id) ? null : id, netboxUrl: displayUrl === '' ? null : displayUrl },
      ...placeOf(outcome),
      changes: why.map(({ field, from, to }) => ({ field, from, to: shown(to) })),
    },
  ];
}

function placeOf({ source }: Outcome): Pick<ItemEntry, 'endpointId' | 'cluster' | 'node' | 'vmid'> {
  if (source === undefined) return { endpointId: null, cluster: null, node: null, vmid: null };
  const { endpointId, cluster, node = null, vmid = null } = source;
  return { endpointId, cluster, node, vmid };
}

/** Another object of the run by its key, as it may not have had an id. */
function shown(value: unknown): unknown {
  if (isRef(value)) return value.ref;
  if (Array.isArray(value)) return value.map(shown);
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shown(inner)]))
    : value;
}
