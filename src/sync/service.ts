/** The one place where runs are made: every sync route goes through it. */
import { ProxboxError } from '../errors/proxbox-error.js';
import { createActiveRuns, type ActiveRuns } from './active-runs.js';
import { createCollectionStore } from './collections.js';
import { EventChannel } from './event-channel.js';
import type { RunEvent } from './events.js';
import { createGuestReadStore } from './guest-reads.js';
import { createIndividualSync, type IndividualSync } from './individual/service.js';
import { openRun, type OpenedRun, type RunStores } from './open-run.js';
import type { SyncPorts } from './run-ports.js';
import { forgetRefusals } from './refusals.js';
import type { SyncRequest } from './request.js';
import { createRunQueue, type RunQueue } from './run-queue.js';
import type { RunSummary } from './run-finish.js';
import { runFullUpdate, runSingleStage, type Conductor } from './runner.js';
import { prepareScope, type ScopeReader } from './scope.js';
import { fullUpdateStages, type StageJob } from './stages/index.js';

/** A checked request, ready to run. */
export interface PreparedRun {
  readonly id: string;
  readonly kind: string;
  /** Starts the run; its frames, and at the end what it did. Aborting stops new requests within a second. */
  start(abort: AbortController): AsyncGenerator<RunEvent, RunSummary>;
}

export interface SyncService {
  /** Checks everything that needs no network: throws 4xx before a stream begins. */
  prepareStage(job: StageJob, request: SyncRequest): PreparedRun;
  prepareFullUpdate(request: SyncRequest): PreparedRun;
  readonly individual: IndividualSync;
  readonly activeRuns: ActiveRuns;
  /** Forgets what was read from guests, and what NetBox refused. */
  forget(): void;
}

type Execute = (conductor: Conductor, open: () => Promise<OpenedRun>) => Promise<RunSummary>;

const waitLimitMs = 3_600_000;

export function createSyncService(ports: SyncPorts): SyncService {
  const stores: RunStores = {
    collections: createCollectionStore(ports.clock),
    guestReads: createGuestReadStore(ports.clock),
  };
  const activeRuns = createActiveRuns(ports.clock);
  const queue = createRunQueue();

  function prepare(kind: string, request: SyncRequest, execute: Execute): PreparedRun {
    const scope = prepareScope(ports, request);
    const id = kind === 'full-update' ? ports.randomId() : (request.runId ?? ports.randomId());
    const run = (abort: AbortController) => (events: EventChannel) => {
      const conductor = conduct({ ports, queue, scope, request, id, kind, events, signal: abort.signal });
      return execute(conductor, () => open({ ports, stores, scope, request, id, kind, events, signal: abort.signal }));
    };
    return {
      id,
      kind,
      start: (abort) =>
        drain(run(abort), () => activeRuns.register({ id, kind, abort: (reason) => abort.abort(reason) })),
    };
  }

  const individual = createIndividualSync({ ports, activeRuns, collections: stores.collections });

  return {
    activeRuns,
    individual,
    prepareStage: (job, request) =>
      prepare(job.stage.name, request, (conductor, openIt) => runSingleStage(job, conductor, openIt)),
    prepareFullUpdate: (request) =>
      prepare('full-update', request, (conductor, openIt) => runFullUpdate(fullUpdateStages, conductor, openIt)),
    forget: () => {
      stores.collections.forgetLeftOut();
      forgetRefusals(ports.refusals, ports.logger);
      stores.collections.forgetForbidden();
      stores.guestReads.drop();
    },
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

const machineStages: ReadonlySet<string> = new Set(['full-update', 'virtual-machines', 'virtual-machine']);

/** What earlier calls read is forgotten at the start of a job: with its first stage, or with a full update. */
async function open({
  ports,
  stores,
  scope,
  request,
  id,
  kind,
  events,
  signal,
}: RunParts & { readonly stores: RunStores }): Promise<OpenedRun> {
  return openRun(ports, stores, {
    request,
    scope: await scope(signal),
    runId: id,
    signal,
    events,
    kind,
    fresh: kind === 'full-update' || kind === 'devices',
    freshGuests: machineStages.has(kind),
    catchesUp: true,
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
    noteSupport: ports.noteSupport,
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
