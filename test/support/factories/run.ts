import pLimit from 'p-limit';
import { pino } from 'pino';
import type { ResolvedSettings } from '../../../src/config/types.js';
import type { NetBoxClient } from '../../../src/netbox/types.js';
import { createCollectionStore, type CollectionScope } from '../../../src/sync/collections.js';
import type { RunEvent } from '../../../src/sync/events.js';
import type { ExecutorContext, WriteProgress } from '../../../src/sync/executor/executor.js';
import { createGuestReadStore } from '../../../src/sync/guest-reads.js';
import type { RunContext } from '../../../src/sync/run-context.js';
import { unrecorded } from '../../../src/sync/run-ledger.js';
import { createFakeClock } from '../fake-clock.js';
import { now, syncOptions } from './sync.js';

export const silentLogger = pino({ level: 'silent' });

/** The settings a run reads; everything else of them is not there. */
export function someSettings(values: Partial<ResolvedSettings['values']> = {}): ResolvedSettings {
  const some = {
    deleteLimitPercent: 30,
    guestAgentTimeoutS: 15,
    bulkBatchSize: 50,
    bulkBatchDelayMs: 0,
    netboxGetCacheTtlS: 60,
    stampEveryRun: false,
    ...values,
  };
  return {
    values: some as ResolvedSettings['values'],
    provenance: {} as ResolvedSettings['provenance'],
    plugin: null,
    pluginState: 'none',
  };
}

function collectionScope(): CollectionScope {
  const refused = new Set<string>();
  const refusals = {
    has: (sentence: string) => refused.has(sentence),
    remember: (sentence: string) => void refused.add(sentence),
  };
  return { key: 'test', netbox: 'test', branch: '', showsObjects: true, refusals };
}

export function anExecutorContext(client: NetBoxClient, progress: WriteProgress[] = []): ExecutorContext {
  return {
    client,
    collections: createCollectionStore(createFakeClock()).open(collectionScope(), client),
    tagChanges: false,
    unmade: new Map(),
    showsObjects: true,
    logger: silentLogger,
    batchOf: () => ({ batchSize: 50, delayMs: 0 }),
    onProgress: (one) => progress.push(one),
  };
}

export interface ObservedRun {
  readonly run: RunContext;
  readonly events: RunEvent[];
}

export function aRun(client: NetBoxClient, changes: Partial<RunContext> = {}): ObservedRun {
  const events: RunEvent[] = [];
  const clock = createFakeClock();
  const run: RunContext = {
    runId: 'R1',
    now,
    client,
    collections: createCollectionStore(clock).open(collectionScope(), client),
    caughtUp: { status: 'unknown', doubt: 'off' },
    capabilities: {
      cursorPaging: true,
      virtualMachineTypes: true,
      tagChanges: false,
      writableInterfaceMac: true,
      branching: false,
      proxboxPlugin: true,
    },
    clusters: [],
    endpoints: new Map(),
    inspectEndpoint: async () => undefined,
    known: {
      byEndpoint: new Map(),
      older: new Set(),
      meet: () => true,
      confirm: () => undefined,
      see: () => undefined,
      settle: () => undefined,
    },
    settings: someSettings(),
    options: syncOptions(),
    supportIds: new Map(),
    unmade: new Map(),
    legacyFields: new Map(),
    pluginEndpoints: [],
    warnings: [],
    told: new Set(),
    guestReads: createGuestReadStore(clock).open({ fresh: true }),
    proxmoxReads: pLimit(4),
    memory: { recall: () => new Map(), remember: async () => true },
    isMachineRun: false,
    showsObjects: true,
    events: { emit: (event) => events.push(event) },
    record: unrecorded,
    signal: new AbortController().signal,
    clock,
    logger: silentLogger,
    ...changes,
  };
  return { run, events };
}
