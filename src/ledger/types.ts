/** What the ledger is told about runs, and what it answers about them. Plain data: it knows nothing of how a run works. */

/** Who began a run. `schedule`: this service by itself. */
export const triggers = ['plugin', 'api', 'cli', 'schedule', 'page'] as const;
export type Trigger = (typeof triggers)[number];

/** `running`: not yet ended; `interrupted`: the process ended before the run did. */
export const runStatuses = ['running', 'completed', 'partial', 'failed', 'cancelled', 'interrupted'] as const;
export type RunState = (typeof runStatuses)[number];

/** Never `unchanged`: what did not change is counted and not listed. */
export const itemOutcomes = ['created', 'updated', 'deleted', 'skipped', 'failed'] as const;
export type ItemOutcome = (typeof itemOutcomes)[number];

type Json = Readonly<Record<string, unknown>>;
type Counts = Readonly<Record<string, number>>;

/** Those by which NetBox differed from Proxmox; what was left out or failed is no change. */
export const changingOutcomes: readonly string[] = ['created', 'updated', 'deleted'] satisfies readonly ItemOutcome[];

/** What is known of a run when it begins. */
export interface RunBeginning {
  /** Unique. */
  readonly id: string;
  /** The `run_id` of the caller, who may begin several runs with it. */
  readonly jobId: string | null;
  /** `full-update`, the name of a stage, `individual`, or `plan`: a preview. */
  readonly kind: string;
  readonly trigger: Trigger;
  /** Whom the caller says it acts for; empty: nobody was named. */
  readonly actor: string;
  /** Schema id of a branch; empty = main. */
  readonly branch: string;
  /** What was asked for. */
  readonly scope: Json;
  /** It looks at all that its endpoints have, in main: what it finds to change is by how much NetBox differs from them. */
  readonly isOfEverything: boolean;
}

/** What is known of a run as soon as it has looked at its request. */
export interface RunFacts {
  readonly netboxEndpointId: number;
  /** Stored Proxmox endpoints. */
  readonly endpointIds: readonly number[];
  /** So far. */
  readonly traffic: () => RunTraffic;
}

export interface RunTraffic {
  readonly netboxRequests: number;
  readonly netboxWrites: number;
  readonly proxmoxRequests: number;
}

export interface ItemChange {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** What became of one object of NetBox that is not as it was before. */
export interface ItemEntry {
  readonly kind: string;
  /** Unique within the kind and the run. */
  readonly key: string;
  readonly label: string;
  readonly outcome: ItemOutcome;
  readonly reason: string | null;
  /** The sentence of the reason. */
  readonly message: string | null;
  readonly netboxId: number | null;
  /** Of its page. */
  readonly netboxUrl: string | null;
  readonly endpointId: number | null;
  readonly cluster: string | null;
  readonly node: string | null;
  readonly vmid: number | null;
  readonly changes: readonly ItemChange[];
}

/** A stage that has ended. */
export interface StageEntry {
  readonly stage: string;
  readonly title: string;
  /** `not_run`: a stage that it needs has failed. */
  readonly status: 'completed' | 'partial' | 'failed' | 'cancelled' | 'not_run';
  /** Why it could not go on. */
  readonly message: string | null;
  readonly seconds: number;
  readonly counts: Counts;
  /** By kind, then by outcome. */
  readonly kinds: Readonly<Record<string, Counts>>;
  /** How often each reason was given. */
  readonly reasons: Counts;
  readonly warnings: readonly { readonly reason: string; readonly message: string }[];
  readonly items: readonly ItemEntry[];
  /** Items that are counted and not listed, as there were too many. */
  readonly itemsLeftOut: number;
}

export interface RunEnding {
  readonly status: Exclude<RunState, 'running' | 'interrupted'>;
  /** Why it failed or was cancelled. */
  readonly message: string | null;
  /** What is missing, grouped by reason. */
  readonly errors: readonly object[];
}

/** Takes down one run. Nothing of it throws, and nothing waits for more than a few turns of the event loop. */
export interface RunRecord {
  about(facts: RunFacts): void;
  stage(entry: StageEntry): Promise<void>;
  end(ending: RunEnding): Promise<void>;
}

export interface StoredRun extends Omit<RunBeginning, 'trigger' | 'isOfEverything'>, RunTraffic {
  readonly trigger: string;
  readonly status: string;
  readonly message: string | null;
  readonly errors: readonly unknown[];
  readonly totals: Json;
  readonly netboxEndpointId: number | null;
  readonly endpointIds: readonly number[];
  /** Listed now; the oldest are forgotten first. */
  readonly items: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly seconds: number;
  /** Of this service. */
  readonly version: string;
}

export interface StoredStage extends Omit<
  StageEntry,
  'status' | 'items' | 'kinds' | 'counts' | 'reasons' | 'warnings'
> {
  readonly status: string;
  readonly counts: Json;
  readonly kinds: Json;
  readonly reasons: Json;
  readonly warnings: readonly unknown[];
  readonly items: number;
  readonly endedAt: string;
}

export interface StoredItem extends Omit<ItemEntry, 'outcome' | 'changes'> {
  /** In the order in which they were written; the cursor of the list. */
  readonly position: number;
  readonly stage: string;
  readonly outcome: string;
  readonly changes: readonly unknown[];
}

/** By which runs knew a machine. */
/** A machine or device in NetBox, and the guest that it stands for. */
export interface ObjectIds {
  readonly kind: 'virtual-machine' | 'device';
  readonly netboxId: number;
  readonly vmid: number | null;
  /** Stored Proxmox endpoint. */
  readonly endpointId: number | null;
}

export interface ObjectItem {
  readonly runId: string;
  /** When the run began; ISO 8601, UTC. */
  readonly at: string;
  readonly item: StoredItem;
}

export interface Success {
  readonly kind: string;
  readonly endpointIds: readonly number[];
  /** ISO 8601, UTC. */
  readonly endedAt: string;
}

/** By how much NetBox differed from an endpoint when a preview or a full update looked at all of it. */
export interface Look {
  /** Stored Proxmox endpoint. */
  readonly endpointId: number;
  readonly runId: string;
  /** `plan`, which wrote nothing, or `full-update`, which made the changes. */
  readonly kind: string;
  /** ISO 8601, UTC. */
  readonly endedAt: string;
  readonly changes: number;
}

/** What looked, in a word for people. */
export const lookerOf = ({ kind }: Pick<Look, 'kind'>): 'preview' | 'full-update' =>
  kind === 'plan' ? 'preview' : 'full-update';

/** The looks of one day; one on which nobody looked is not there. */
export interface LookDay {
  readonly endpointId: number;
  /** `2026-11-30`, UTC. */
  readonly day: string;
  readonly looks: number;
  /** Changes that one of them found. */
  readonly most: number;
}

export interface RunFilter {
  readonly status?: string | undefined;
  /** Absent: runs of all kinds, without plans, which are none. */
  readonly kind?: string | undefined;
  readonly trigger?: string | undefined;
  readonly jobId?: string | undefined;
  /** Runs that this Proxmox endpoint was part of. */
  readonly endpoint?: number | undefined;
  /** Begun at or after, ISO 8601 UTC as `Date.toISOString` writes it. */
  readonly since?: string | undefined;
  /** Begun before. */
  readonly until?: string | undefined;
}

export interface ItemFilter {
  readonly outcome?: string | undefined;
  readonly kind?: string | undefined;
  readonly reason?: string | undefined;
  readonly stage?: string | undefined;
  /** Part of the label, the key or the sentence; ASCII letters in any case. */
  readonly text?: string | undefined;
}

export interface PageOf<T> {
  readonly rows: readonly T[];
  /** For the next page; null: there is none. */
  readonly next: number | null;
}
