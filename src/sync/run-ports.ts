/** What a run needs of the rest of the service, what it is about, and how it is asked for. */
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { SettingsResolver } from '../config/types.js';
import type { KnownClusterStore } from '../endpoints/known-clusters.js';
import type { NetBoxEndpoint, ProxmoxEndpoint } from '../endpoints/types.js';
import type { ProxboxError } from '../errors/proxbox-error.js';
import type { NetBoxClient } from '../netbox/types.js';
import type { EndpointSource } from '../plugin-endpoints/endpoint-source.js';
import type { MirrorPlugin } from '../plugin-endpoints/take-over.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import type { Approved } from './approved.js';
import type { BootstrapReport } from './bootstrap-report.js';
import type { EventSink } from './events.js';
import type { MachineMemoryPort } from './machine-memory.js';
import type { RefusalPort } from './refusals.js';
import type { RunRecord } from '../ledger/types.js';
import type { RunLedger } from './run-ledger.js';
import type { SyncRequest } from './request.js';
import type { Plan } from './types.js';
import type { OnWait } from './wait-news.js';

export interface SessionOptions {
  /** Told of every repetition that a request of the session waits for. */
  readonly onWait?: OnWait;
  /** What the endpoint has is read now, though it was a moment ago. */
  readonly fresh?: boolean;
}

/** What a run needs of the rest of the service; the composition root fills it in. */
export interface SyncPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly randomId: () => string;
  readonly settings: SettingsResolver;
  /** The NetBox in use; throws `not_configured` when there is none. No network. */
  readonly netboxEndpoint: () => NetBoxEndpoint;
  readonly netboxClient: (endpoint: NetBoxEndpoint) => Promise<NetBoxClient>;
  /** Every stored row. */
  readonly proxmoxEndpoints: () => readonly ProxmoxEndpoint[];
  /** What the plugin's rows in NetBox say about the endpoints, with the stored secrets. */
  readonly netboxSource: (endpoint: NetBoxEndpoint, signal: AbortSignal) => Promise<EndpointSource>;
  /** What endpoints led to, over the end of the process. */
  readonly knownClusters: Pick<KnownClusterStore, 'all' | 'remember' | 'older'>;
  readonly openSession: (
    endpoint: ProxmoxEndpoint,
    signal: AbortSignal,
    options?: SessionOptions,
  ) => Promise<ProxmoxSession>;
  readonly machineMemory: MachineMemoryPort;
  readonly refusals: RefusalPort;
  /** Takes over what the plugin's own row of an endpoint says about writing and being enabled. */
  readonly mirrorPlugin: MirrorPlugin;
  /** Told at the beginning of every run that writes what became of the tags, roles and types. */
  readonly noteSupport: (report: BootstrapReport) => void;
  /** Where it is taken down what runs do. */
  readonly ledger: RunLedger;
}

/** An endpoint of the scope that cannot even be connected to. */
export interface UnusableEndpoint {
  readonly name: string;
  readonly cause: ProxboxError;
}

export interface RunScope {
  readonly netbox: NetBoxEndpoint;
  readonly endpoints: readonly ProxmoxEndpoint[];
  readonly unusable: readonly UnusableEndpoint[];
  /** Which calls are of one job. */
  readonly key: string;
}

export interface OpenOptions {
  readonly request: SyncRequest;
  readonly scope: RunScope;
  readonly runId: string;
  /** `full-update` or the name of the stage. */
  readonly kind: string;
  readonly signal: AbortSignal;
  readonly events: EventSink;
  readonly record: RunRecord;
  /** Forget what earlier calls read from NetBox (devices stage and full update). */
  readonly fresh: boolean;
  /** Forget what earlier calls read from guests (stages of machines and full update). */
  readonly freshGuests: boolean;
  /** What earlier calls read from NetBox is used no longer than this; absent = as long as the settings say. */
  readonly maxAgeMs?: number;
  /** NetBox's change log is asked what is still true of what was read before. */
  readonly catchesUp: boolean;
  /** Only these changes are made. */
  readonly approved?: Approved | undefined;
  /** Gets every plan before it is applied. */
  readonly watch?: ((plan: Plan) => void) | undefined;
}
