import type { Item, RunEvent } from '../../../src/sync/events.js';
import type { OpenedRun } from '../../../src/sync/open-run.js';
import { parseSyncRequest } from '../../../src/sync/request.js';
import type { RunContext } from '../../../src/sync/run-context.js';
import type { Conductor } from '../../../src/sync/runner.js';
import type { Stage } from '../../../src/sync/stage.js';
import type { Plan } from '../../../src/sync/types.js';
import type { InMemoryNetBox } from './in-memory-netbox.js';
import { aRun, silentLogger } from './run.js';
import { aPlan } from './sync.js';

export interface StageChanges extends Partial<Stage> {
  readonly plan?: Plan;
  readonly items?: readonly Item[];
}

/** A stage of virtual machines that plans what the test says. */
export function aStage({ plan = aPlan([]), items = [], ...changes }: StageChanges = {}): Stage {
  return {
    name: 'virtual-machines',
    phase: changes.name ?? 'virtual-machines',
    extra: () => ({}),
    title: 'Virtual machines',
    kinds: ['virtual-machine'],
    resources: ['vm', 'vm_template'],
    needs: [],
    isPortioned: false,
    prepare: async () => ({ plans: [plan], noun: 'virtual machine', items }),
    ...changes,
  };
}

export interface Performance {
  readonly conductor: Conductor;
  readonly events: RunEvent[];
  readonly open: () => Promise<OpenedRun>;
  /** Stages that took and gave back their turn, in order. */
  readonly turns: string[];
}

/** Everything a run needs besides its stages, with what it tells written down. */
export function aPerformance(
  netbox: InMemoryNetBox,
  changes: { readonly conductor?: Partial<Conductor>; readonly run?: Partial<RunContext> } = {},
): Performance {
  const { run, events } = aRun(netbox.client, changes.run);
  const turns: string[] = [];
  return {
    events,
    turns,
    conductor: {
      id: 'R1',
      kind: 'virtual-machines',
      request: parseSyncRequest({}),
      events: run.events,
      signal: run.signal,
      clock: run.clock,
      logger: silentLogger,
      noteSupport: () => undefined,
      acquire: async (stage) => {
        turns.push(`+${stage.name}`);
        return () => turns.push(`-${stage.name}`);
      },
      ...changes.conductor,
    },
    open: async () => ({
      run,
      counters: { requests: 7, writes: 2, retries: 1, overwhelmed: 0, cacheHits: 0 },
      proxmoxRequests: () => 3,
    }),
  };
}
