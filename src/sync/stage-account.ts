/** The account of a stage, kept from its first portion to its last: every discovered object ends in exactly one column. */
import { ProxboxError } from '../errors/proxbox-error.js';
import { kinds, type ObjectKind } from '../netbox/kinds/index.js';
import type { Applied } from './executor/executor.js';
import type { RunContext } from './run-context.js';
import { statusOfStage } from './run-end.js';
import type { Touched } from './run-ledger.js';
import type { PreparedStage, Stage } from './stage.js';
import {
  addCounts,
  countKinds,
  countReasons,
  noCounts,
  noneOfKind,
  sumCounts,
  type KindCounts,
  type StageResult,
} from './summary.js';
import type { Counts } from './events.js';
import type { Note, Outcome, Plan, Warning } from './types.js';

/** So many objects that went well are named of a stage that is too much to be looked at all at once. */
const mostOfPortions = 5000;

export class StageAccount {
  readonly #stage: Stage;
  readonly #run: RunContext;
  readonly #outcomes: Outcome[] = [];
  readonly #warnings: Warning[] = [];
  readonly #notes: Note[] = [];
  readonly #touched: Outcome[] = [];
  #touchedLeftOut = 0;
  readonly #kinds = new Map<ObjectKind, KindCounts>();
  #counts: Counts = noCounts;
  #reasons: Readonly<Record<string, number>> = {};

  constructor(stage: Stage, run: RunContext) {
    this.#stage = stage;
    this.#run = run;
  }

  /** Takes in what became of a plan. */
  add(plan: Plan, applied: Pick<Applied, 'outcomes' | 'warnings'>): void {
    const own: readonly ObjectKind[] = this.#stage.kinds;
    const dependencies = applied.outcomes.filter(({ kind, status }) => !own.includes(kind) && status !== 'unchanged');
    const outcomes = [...applied.outcomes.filter(({ kind }) => own.includes(kind)), ...dependencies];
    const warnings = this.#untold([...plan.warnings, ...applied.warnings, ...miscounted(plan, applied.outcomes)]);
    this.#counts = addCounts(this.#counts, sumCounts(applied.outcomes, own));
    for (const [kind, counts] of countKinds(outcomes))
      this.#kinds.set(kind, addCounts(this.#kinds.get(kind) ?? noneOfKind, counts));
    this.#reasons = addCounts(this.#reasons, countReasons({ outcomes, notes: plan.notes, warnings }));
    this.#warnings.push(...warnings);
    this.#notes.push(...plan.notes);
    for (const outcome of outcomes) if (this.#isKept(outcome)) this.#outcomes.push(outcome);
    for (const outcome of outcomes) if (outcome.status !== 'unchanged') this.#touch(outcome);
  }

  /** What is not as it was: for who keeps what runs did. */
  get touched(): Touched {
    return { outcomes: this.#touched, leftOut: this.#touchedLeftOut };
  }

  /** `stopped`: why it could not go on. */
  result(
    { count, extra = {} }: Pick<PreparedStage, 'count' | 'extra'>,
    { durationMs, stopped }: { readonly durationMs: number; readonly stopped: ProxboxError | undefined },
  ): StageResult {
    const stage = this.#stage;
    const [mainKind] = stage.kinds;
    const counts = this.#counts;
    const outcomes = this.#outcomes;
    const told = { warnings: this.#warnings, notes: this.#notes };
    const done = {
      stage: stage.name,
      title: stage.title,
      phase: stage.phase,
      counts,
      count: count ?? stage.countOf?.(outcomes) ?? counts.created + counts.updated + counts.unchanged,
      kinds: this.#kinds,
      reasons: this.#reasons,
      outcomes,
      ...told,
      extra: { ...extra, ...stage.extra(outcomes, { run: this.#run, ...told }) },
      durationMs,
    };
    const status = statusOfStage(done, { mainKind, error: stopped });
    const error = stopped ?? (status === 'failed' ? mostFailed(done, mainKind) : undefined);
    return { ...done, status, isThrough: stopped === undefined, ...(error === undefined ? {} : { error }) };
  }

  /** Of a portioned stage only the first ones that went well. */
  #touch(outcome: Outcome): void {
    if (this.#isKept(outcome) || this.#touched.length < mostOfPortions) this.#touched.push(outcome);
    else this.#touchedLeftOut += 1;
  }

  /** Of a portioned stage only what has to be told. */
  #isKept({ status }: Outcome): boolean {
    return !this.#stage.isPortioned || status === 'failed' || status === 'skipped';
  }

  #untold(warnings: readonly Warning[]): readonly Warning[] {
    const { told } = this.#run;
    return warnings.filter(({ message }) => {
      const isNew = !told.has(message);
      told.add(message);
      return isNew;
    });
  }
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

/** Why a stage that went to its end is no success. */
function mostFailed(
  { title, kinds: counts, outcomes }: Omit<StageResult, 'status' | 'isThrough'>,
  mainKind: ObjectKind,
): ProxboxError {
  const { failed = 0, discovered = 0 } = counts.get(mainKind) ?? {};
  const first = outcomes.find(({ kind, status }) => kind === mainKind && status === 'failed')?.reason?.message ?? '';
  return new ProxboxError('stage_failed', `${title} sync failed.`, {
    detail: `${failed} of ${discovered} objects (${kinds[mainKind].noun}) could not be synchronized. The first: ${first}`,
  });
}
