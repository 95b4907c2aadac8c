import type { ObjectKind } from '../netbox/records/kinds.js';
import type { Item } from './events.js';
import type { SyncResource } from './plan/options.js';
import type { RunContext } from './run-context.js';
import type { Note, Outcome, Plan, StageName, Warning } from './types.js';

/** What a stage found, planned and not yet applied. */
export interface PreparedStage {
  readonly plan: Plan;
  readonly noun: string;
  readonly items: readonly Item[];
  /** How many were discovered, where `items` names only the first of very many. */
  readonly total?: number;
  /** What `count` of the result says, where it is not the number of objects (disks count machines). */
  readonly count?: number;
  /** Further numbers of the result, from what was read. */
  readonly extra?: Readonly<Record<string, unknown>>;
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
  collect(run: RunContext): Promise<Collected>;
  /** Pure. */
  plan(collected: Collected, run: RunContext): Plan;
  /** What the discovery frame announces; at most 20 are sent. */
  discovered(collected: Collected, plan: Plan): Omit<PreparedStage, 'plan'>;
  /** Further numbers of the result, from what was done. */
  readonly extra?: (outcomes: readonly Outcome[], done: StageDone) => Readonly<Record<string, unknown>>;
  /** What `count` of the result says, where it is told by what was done. */
  readonly countOf?: (outcomes: readonly Outcome[]) => number;
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
    extra: definition.extra ?? (() => ({})),
    ...(definition.countOf === undefined ? {} : { countOf: definition.countOf }),
    async prepare(run) {
      const collected = await definition.collect(run);
      const plan = definition.plan(collected, run);
      return { plan, ...definition.discovered(collected, plan) };
    },
  };
}
