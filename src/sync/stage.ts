/** The form that all stages have. */
import { breathe, inTurns, type Steps } from '../config/breathe.js';
import type { ObjectKind } from '../netbox/kinds/index.js';
import { withAnswers } from './collect/learnt.js';
import type { Item } from './events.js';
import { holdMemory } from './machine-memory.js';
import { joinPlans } from './plan/join-plans.js';
import type { SyncResource } from './plan/options.js';
import { readingAgain, type RunContext } from './run-context.js';
import type { Note, Outcome, Plan, StageName, Warning } from './types.js';

/** What a stage found, and what it plans to do about it. */
export interface PreparedStage {
  /** Each is applied before the next one is asked for. */
  readonly plans: Iterable<Plan> | AsyncIterable<Plan>;
  readonly noun: string;
  readonly items: readonly Item[];
  /** How many were discovered, where `items` names only the first of very many. */
  readonly total?: number;
  /** What `count` of the result says, where it is not the number of objects (disks count machines). */
  readonly count?: number;
  /** Further numbers of the result, from what was read. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Told what became of each plan that was applied. Does not throw. */
  readonly remember?: (outcomes: readonly Outcome[]) => Promise<void>;
}

/** What a stage must say about itself; everything else is the runner's. */
export interface StageDefinition<Collected> {
  readonly name: StageName;
  /** For sentences: "Starting devices synchronization." */
  readonly title: string;
  /** `phase` of the frames, where clients know another word than the name. */
  readonly phase?: string;
  /** Kinds whose objects are the point of the stage: counted in `count`, named in item frames. The first is the main one. */
  readonly kinds: readonly [ObjectKind, ...ObjectKind[]];
  /** Disabled when every one of these resources is. */
  readonly resources: readonly SyncResource[];
  /** Where one of these failed in the same run, what this stage would find in NetBox is not to be built on. Default: none. */
  readonly needs?: readonly StageName[];
  /** It decides what is marked or deleted: what NetBox's change log confirmed is not good enough to look at. */
  readonly decidesAbsence?: true;
  collect(run: RunContext): Promise<Collected>;
  /** Pure. In steps, where it looks at every guest. */
  plan(collected: Collected, run: RunContext): Plan | Steps<Plan>;
  /** What the discovery frame announces; at most 20 are sent. */
  discovered(collected: Collected, plan: Plan): Omit<PreparedStage, 'plans'>;
  /** Further numbers of the result, from what was done. */
  readonly extra?: (outcomes: readonly Outcome[], done: StageDone) => Readonly<Record<string, unknown>>;
  /** What `count` of the result says, where it is told by what was done. */
  readonly countOf?: (outcomes: readonly Outcome[]) => number;
  /** What later runs should know of what was done. Does not throw. */
  readonly remember?: (collected: Collected, outcomes: readonly Outcome[], run: RunContext) => Promise<void>;
}

/**
 * A stage of what is too much to be looked at all at once: it is compared with NetBox, planned and written portion by
 * portion, and what was done is counted; only problems are told by name.
 */
export interface PortionedStageDefinition<Collected> extends Pick<
  StageDefinition<Collected>,
  'name' | 'title' | 'kinds' | 'resources' | 'needs' | 'collect'
> {
  /** Reads of NetBox what concerns a portion, and plans that; there is always one. */
  portions(collected: Collected, run: RunContext): AsyncIterable<Plan>;
  discovered(collected: Collected): Omit<PreparedStage, 'plans'>;
}

export interface StageDone {
  readonly run: RunContext;
  readonly notes: readonly Note[];
  readonly warnings: readonly Warning[];
}

/** A stage with its own data hidden: what the runner and the table of stages handle. */
export interface Stage {
  readonly name: StageName;
  readonly title: string;
  readonly phase: string;
  readonly kinds: readonly [ObjectKind, ...ObjectKind[]];
  readonly resources: readonly SyncResource[];
  readonly needs: readonly StageName[];
  /** See `PortionedStageDefinition`. */
  readonly isPortioned: boolean;
  readonly extra: NonNullable<StageDefinition<unknown>['extra']>;
  readonly countOf?: StageDefinition<unknown>['countOf'];
  prepare(run: RunContext): Promise<PreparedStage>;
}

export function defineStage<Collected>(definition: StageDefinition<Collected>): Stage {
  const { name, title, kinds, resources } = definition;
  return {
    name,
    title,
    phase: definition.phase ?? name,
    kinds,
    resources,
    needs: definition.needs ?? [],
    isPortioned: false,
    extra: definition.extra ?? (() => ({})),
    ...(definition.countOf === undefined ? {} : { countOf: definition.countOf }),
    async prepare(run) {
      const { plan, collected } = await planUnlessStale(definition, run);
      const remember = async (outcomes: readonly Outcome[]) => definition.remember?.(collected, outcomes, run);
      return { plans: [plan], ...definition.discovered(collected, plan), remember };
    },
  };
}

interface Planned<Collected> {
  readonly collected: Collected;
  readonly plan: Plan;
}

/**
 * What NetBox's change log confirmed is good enough to see that nothing is to be done. Before anything is written, the stage
 * looks at NetBox itself: a change that no log tells of is not written over, and nothing is deleted, marked or given back
 * because of it.
 */
async function planUnlessStale<Collected>(
  definition: StageDefinition<Collected>,
  run: RunContext,
): Promise<Planned<Collected>> {
  if (run.caughtUp.status === 'unknown') return planOnce(definition, run);
  if (definition.decidesAbsence === true) return planOnce(definition, readingAgain(run));
  const memory = holdMemory(run.memory);
  const planned = await planOnce(definition, { ...run, memory });
  if (planned.plan.changes.some(isWrite)) return planOnce(definition, readingAgain(run));
  await memory.release();
  return planned;
}

function isWrite({ action }: Plan['changes'][number]): boolean {
  return action === 'create' || action === 'update' || action === 'delete';
}

async function planOnce<Collected>(
  definition: StageDefinition<Collected>,
  run: RunContext,
): Promise<Planned<Collected>> {
  const collected = await definition.collect(run);
  const planWith = async (known: RunContext): Promise<Plan> => {
    await breathe();
    const plan = definition.plan(collected, known);
    return 'next' in plan ? inTurns(plan, known.signal) : plan;
  };
  const plan = await withAnswers(await planWith(run), run, planWith);
  await breathe();
  return { collected, plan };
}

export function definePortionedStage<Collected>(definition: PortionedStageDefinition<Collected>): Stage {
  const { name, title, kinds, resources } = definition;
  return {
    name,
    title,
    phase: name,
    kinds,
    resources,
    needs: definition.needs ?? [],
    isPortioned: true,
    extra: () => ({}),
    async prepare(run) {
      const collected = await definition.collect(run);
      return { plans: definition.portions(collected, run), ...definition.discovered(collected) };
    },
  };
}

/** All that a stage would do, in one plan, and who is told what came of it. */
export type WholePlan = Plan & Pick<PreparedStage, 'remember'>;

/** For what picks single objects out of the work of a stage. */
export async function planWhole(stage: Stage, run: RunContext): Promise<WholePlan> {
  const { plans: portions, remember } = await stage.prepare(run);
  const plans: Plan[] = [];
  for await (const plan of portions) plans.push(plan);
  return { ...joinPlans(stage.name, plans), ...(remember === undefined ? {} : { remember }) };
}
