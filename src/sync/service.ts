import { ProxboxError } from '../errors/proxbox-error.js';
import { createActiveRuns, type ActiveRuns } from './active-runs.js';
import { createCollectionStore, type CollectionStore } from './collections.js';
import { EventChannel } from './event-channel.js';
import type { RunEvent } from './events.js';
import { openRun, type OpenedRun, type SyncPorts } from './open-run.js';
import type { SyncRequest } from './request.js';
import { createRunQueue, type RunQueue } from './run-queue.js';
import { runFullUpdate, runSingleStage, type Conductor, type RunSummary } from './runner.js';
import { prepareScope, type ScopeReader } from './scope.js';
import type { Stage } from './stage.js';
import { stageTable } from './stages/index.js';

/** A checked request, ready to run. */
export interface PreparedRun {
  readonly id: string;
  readonly kind: string;
  /** Starts the run; its frames, and at the end what it did. Aborting stops new requests within a second. */
  start(abort: AbortController): AsyncGenerator<RunEvent, RunSummary>;
}

export interface SyncService {
  /** Checks everything that needs no network: throws 4xx before a stream begins. */
  prepareStage(stage: Stage, request: SyncRequest): PreparedRun;
  prepareFullUpdate(request: SyncRequest): PreparedRun;
  readonly activeRuns: ActiveRuns;
  /** Forgets what was read from NetBox. */
  clearCollections(): void;
}

type Execute = (conductor: Conductor, open: () => Promise<OpenedRun>) => Promise<RunSummary>;

const waitLimitMs = 3_600_000;

/** The one place where runs are made: every sync route goes through it. */
export function createSyncService(ports: SyncPorts): SyncService {
  const collections = createCollectionStore(ports.clock);
  const activeRuns = createActiveRuns(ports.clock);
  const queue = createRunQueue();

  function prepare(kind: string, request: SyncRequest, execute: Execute): PreparedRun {
    const scope = prepareScope(ports, request);
    const id = kind === 'full-update' ? ports.randomId() : (request.runId ?? ports.randomId());
    const run = (abort: AbortController) => (events: EventChannel) => {
      const conductor = conduct({ ports, queue, scope, request, id, kind, events, signal: abort.signal });
      return execute(conductor, () =>
        open({ ports, collections, scope, request, id, kind, events, signal: abort.signal }),
      );
    };
    return {
      id,
      kind,
      start: (abort) =>
        drain(run(abort), () => activeRuns.register({ id, kind, abort: (reason) => abort.abort(reason) })),
    };
  }

  return {
    activeRuns,
    prepareStage: (stage, request) =>
      prepare(stage.name, request, (conductor, openIt) => runSingleStage(stage, conductor, openIt)),
    prepareFullUpdate: (request) =>
      prepare('full-update', request, (conductor, openIt) => runFullUpdate(stageTable, conductor, openIt)),
    clearCollections: () => collections.drop(),
  };
}

interface RunParts {
  readonly ports: SyncPorts;
  readonly scope: ScopeReader;
  readonly request: SyncRequest;
  readonly id: string;
  readonly kind: string;
  readonly events: EventChannel;
  readonly signal: AbortSignal;
}

/** The collections of earlier calls are forgotten at the start of a job: with its first stage, or with a full update. */
async function open({
  ports,
  collections,
  scope,
  request,
  id,
  kind,
  events,
  signal,
}: RunParts & { readonly collections: CollectionStore }): Promise<OpenedRun> {
  return openRun(ports, collections, {
    request,
    scope: await scope(signal),
    runId: id,
    signal,
    events,
    fresh: kind === 'full-update' || kind === 'devices',
  });
}

function conduct({
  ports,
  queue,
  scope,
  request,
  id,
  kind,
  events,
  signal,
}: RunParts & { readonly queue: RunQueue }): Conductor {
  return {
    id,
    kind,
    events,
    signal,
    request,
    clock: ports.clock,
    logger: ports.logger,
    async acquire(stage) {
      const { netbox, endpoints } = await scope(signal);
      const keys = endpoints.map((endpoint) => `${netbox.id}|${request.branch}|${stage.kinds[0]}|${endpoint.id}`);
      const onWait = (): void =>
        events.emit({
          event: 'step',
          data: { step: stage.name, status: 'progress', message: `waiting for a running ${stage.name}` },
        });
      try {
        return await queue.acquire(keys, {
          signal: AbortSignal.any([signal, AbortSignal.timeout(waitLimitMs)]),
          onWait,
        });
      } catch (error) {
        signal.throwIfAborted();
        throw new ProxboxError('run_busy', 'another run of this stage is still active (temporarily unavailable)', {
          cause: error,
        });
      }
    },
  };
}

/** Runs the work beside its reader: the reader gets the frames as they come, and the summary at the end. */
async function* drain(
  work: (events: EventChannel) => Promise<RunSummary>,
  register: () => () => void,
): AsyncGenerator<RunEvent, RunSummary> {
  const unregister = register();
  const channel = new EventChannel();
  const ended = work(channel).finally(() => {
    unregister();
    channel.close();
  });
  ended.catch(() => undefined);
  yield* channel;
  return ended;
}
