import type { ObjectKind } from '../netbox/records/kinds.js';
import type { Item } from './events.js';
import type { SyncResource } from './plan/options.js';
import type { RunContext } from './run-context.js';
import type { Plan, StageName } from './types.js';

/** What a stage must say about itself; everything else is the runner's. */
export interface StageDefinition<Collected> {
  readonly name: StageName;
  /** For sentences: "Starting devices synchronization." */
  readonly title: string;
  /** Kinds whose objects are the point of the stage: counted in `count`, named in item frames. The first is the main one. */
  readonly kinds: readonly [ObjectKind, ...ObjectKind[]];
  /** Disabled when every one of these resources is. */
  readonly resources: readonly SyncResource[];
  /** Objects are written in batches of this setting. */
  collect(run: RunContext): Promise<Collected>;
  /** Pure. */
  plan(collected: Collected, run: RunContext): Plan;
  /** What the discovery frame announces; at most 20 are sent. */
  discovered(collected: Collected): { readonly noun: string; readonly items: readonly Item[] };
}

/** A stage with its own data hidden: what the runner and the table of stages handle. */
export interface Stage {
  readonly name: StageName;
  readonly title: string;
  readonly kinds: readonly [ObjectKind, ...ObjectKind[]];
  readonly resources: readonly SyncResource[];
  prepare(run: RunContext): Promise<{ readonly plan: Plan; readonly noun: string; readonly items: readonly Item[] }>;
}

export function defineStage<Collected>(definition: StageDefinition<Collected>): Stage {
  const { name, title, kinds, resources } = definition;
  return {
    name,
    title,
    kinds,
    resources,
    async prepare(run) {
      const collected = await definition.collect(run);
      return { plan: definition.plan(collected, run), ...definition.discovered(collected) };
    },
  };
}
