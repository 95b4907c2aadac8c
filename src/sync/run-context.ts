/**
 * Everything one run works with. Made at its start and frozen: settings, scope and options do not change under a
 * running stage.
 */
import type { LimitFunction } from 'p-limit';
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { ResolvedSettings } from '../config/types.js';
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import type { CaughtUp, NetBoxBulkClient, NetBoxCapabilities, NetBoxRecord } from '../netbox/types.js';
import type { ListedResource } from '../proxmox/types.js';
import type { Collections } from './collections.js';
import type { EventSink } from './events.js';
import type { GuestReads } from './guest-reads.js';
import type { ConnectedCluster } from './guests.js';
import type { RunMemory } from './machine-memory.js';
import type { KnownClusters } from './known-clusters.js';
import type { RunRecord } from '../ledger/types.js';
import type { SessionSummary } from './plan/cluster-views.js';
import type { KnownIds } from './plan/diff-object.js';
import type { Approved } from './approved.js';
import type { ChangeBook } from './change-book.js';
import type { SyncOptions } from './plan/options.js';
import type { Learnt } from './plan/ownership.js';
import type { ObjectKey, Outcome, Plan, Warning } from './types.js';

/** A legacy custom field that exists in NetBox, by the object types it applies to. */
export type LegacyFields = ReadonlyMap<string, ReadonlySet<string>>;

export interface RunContext {
  /** Stamped into the sidecars; for a full update the operation id. */
  readonly runId: string;
  /** ISO 8601 with Z: the one "now" of everything this run writes. */
  readonly now: string;
  readonly client: NetBoxBulkClient;
  readonly collections: Collections;
  /** How NetBox was read: everything, or what changed since. */
  readonly caughtUp: CaughtUp;
  readonly capabilities: NetBoxCapabilities;
  readonly clusters: readonly ConnectedCluster[];
  /** Every stored Proxmox endpoint, also those outside the scope. */
  readonly endpoints: ReadonlyMap<number, ProxmoxEndpoint>;
  /** Connects to an endpoint outside of the scope, once per run; undefined when it cannot be asked. */
  readonly inspectEndpoint: (endpoint: ProxmoxEndpoint) => Promise<SessionSummary | undefined>;
  /** What endpoints led to in earlier runs, and which NetBox clusters that is. */
  readonly known: KnownClusters;
  readonly settings: ResolvedSettings;
  readonly options: SyncOptions;
  /** Ids of tags, roles and types, set by the support-objects pass. */
  readonly supportIds: KnownIds;
  /** Those that could not be had, with the reason: what needs one of them fails for it. */
  readonly unmade: ReadonlyMap<ObjectKey, Outcome>;
  readonly legacyFields: LegacyFields;
  /** Read for a plan that asks for it (`Plan.asks`). */
  readonly learnt?: Learnt;
  /** The plugin's own endpoint rows; empty without the plugin. */
  readonly pluginEndpoints: readonly NetBoxRecord[];
  /** Found while the run was prepared; every stage result repeats them. */
  readonly warnings: readonly Warning[];
  /** Warnings that a stage of this run gave: stages read the same lists, and each finding is told once, by the first. */
  readonly told: Set<string>;
  /** What was read from single guests, shared by all stages. */
  readonly guestReads: GuestReads;
  /** Only these guests are looked at, whatever else there is: a run for a single object. */
  readonly guestFilter?: (guest: { readonly resource: ListedResource }) => boolean;
  /** What earlier runs left about machines. */
  readonly memory: RunMemory;
  /** All Proxmox reads of the run pass here. */
  readonly proxmoxReads: LimitFunction;
  /** The run syncs machines and goes on with what hangs on them. */
  readonly isMachineRun: boolean;
  /** See `SyncRequest.showsObjects`. */
  readonly showsObjects: boolean;
  /** Of a preview, and of a run that a plan has shown: what they tell of changes beyond other runs. */
  readonly book?: ChangeBook;
  /** Only these changes are made, as a plan has shown them. */
  readonly approved?: Approved;
  /** Gets every plan before it is applied. */
  readonly watch?: (plan: Plan) => void;
  readonly events: EventSink;
  /** What becomes of the run is taken down there, stage by stage. */
  readonly record: RunRecord;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The run as a stage sees it that reads again what only NetBox's change log confirmed. */
export function readingAgain(run: RunContext): RunContext {
  return { ...run, client: run.client.scoped({ readsAgain: true }), collections: run.collections.readingAgain() };
}
