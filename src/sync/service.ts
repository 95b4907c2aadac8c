/** The one place where runs are made: every sync route goes through it. */
import { ProxboxError } from '../errors/proxbox-error.js';
import { createActiveRuns, type ActiveRuns } from './active-runs.js';
import { createCollectionStore } from './collections.js';
import type { EventSink, RunEvent } from './events.js';
import { createGuestReadStore } from './guest-reads.js';
import { createIndividualSync, type IndividualSync } from './individual/service.js';
import { openRun, type OpenedRun, type RunStores } from './open-run.js';
import { textWithCode } from './problem-frames.js';
import type { ItemEntry, RunBeginning, RunRecord } from '../ledger/types.js';
import { Approved, type ShownChange } from './approved.js';
import { unrecorded } from './run-ledger.js';
import type { OpenOptions, SyncPorts } from './run-ports.js';
import { forgetRefusals } from './refusals.js';
import type { SyncRequest } from './request.js';
import { createRunQueue, type RunQueue } from './run-queue.js';
import type { RunSummary } from './run-finish.js';
import { RunStream } from './run-stream.js';
import { runFullUpdate, runSingleStage, type Conductor } from './runner.js';
import { prepareScope, type ScopeReader } from './scope.js';
import { fullUpdateStages, type StageJob } from './stages/index.js';
import type { Plan } from './types.js';

/** A checked request, ready to run. */
export interface PreparedRun {
  readonly id: string;
  readonly kind: string;
  /** By which its frames and the list of runs name it: that of the request may be of several runs. */
  readonly runId: string;
  /** Starts the run; its frames, and at the end what it did. Aborting stops new requests within a second. */
  start(abort: AbortController): AsyncGenerator<RunEvent, RunSummary>;
}

/** A stage, or all of them. */
export type Job = StageJob | 'full-update';

export interface SyncService {
  /** Checks everything that needs no network: throws 4xx before a stream begins. */
  prepareStage(job: StageJob, request: SyncRequest): PreparedRun;
  prepareFullUpdate(request: SyncRequest): PreparedRun;
  /** A preview that is recorded, as a run of the kind `plan`. `asked`: what it can be asked for again with. */
  preparePlan(job: Job, request: SyncRequest, asked: Readonly<Record<string, unknown>>): PreparedRun;
  /** A preview that is not recorded. `take` gets what each stage would do. */
  prepareCheck(job: Job, request: SyncRequest, take: (items: readonly ItemEntry[]) => void): PreparedRun;
  /** A preview that is not recorded. `watch` gets what each stage has planned. */
  prepareExplanation(job: StageJob, request: SyncRequest, watch: (plan: Plan) => void): PreparedRun;
  /** A run that does what was shown, and nothing else. */
  prepareApply(job: Job, request: SyncRequest, shown: readonly ShownChange[]): PreparedRun;
  readonly individual: IndividualSync;
  readonly activeRuns: ActiveRuns;
  /** Forgets what was read from guests, and what NetBox refused. */
  forget(): void;
}

interface How {
  /** Recorded as a plan, with what it was asked for. */
  readonly plan?: Readonly<Record<string, unknown>>;
  readonly record?: RunRecord;
  readonly approved?: Approved;
  readonly watch?: (plan: Plan) => void;
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

  const prepare = (job: Job, request: SyncRequest, how: How = {}): PreparedRun =>
    prepareRun({ ports, queue, stores, activeRuns }, { job, request, how });

  const individual = createIndividualSync({ ports, activeRuns, collections: stores.collections });

  return {
    activeRuns,
    individual,
    prepareStage: (job, request) => prepare(job, request),
    prepareFullUpdate: (request) => prepare('full-update', request),
    preparePlan: (job, request, asked) => prepare(job, { ...request, dryRun: true }, { plan: asked }),
    prepareCheck: (job, request, take) =>
      prepare(
        job,
        { ...request, dryRun: true },
        { record: { ...unrecorded, stage: async ({ items }) => take(items) } },
      ),
    prepareExplanation: (job, request, watch) => prepare(job, { ...request, dryRun: true }, { watch }),
    prepareApply: (job, request, shown) =>
      prepare(job, { ...request, dryRun: false }, { approved: new Approved(shown, ports.ledger.kept) }),
    forget: () => {
      stores.collections.forgetLeftOut();
      forgetRefusals(ports.refusals, ports.logger);
      stores.collections.forgetForbidden();
      stores.guestReads.drop();
    },
  };
}

interface Shop {
  readonly ports: SyncPorts;
  readonly queue: RunQueue;
  readonly stores: RunStores;
  readonly activeRuns: ActiveRuns;
}

interface Order {
  readonly job: Job;
  readonly request: SyncRequest;
  readonly how: How;
}

function prepareRun({ ports, queue, stores, activeRuns }: Shop, { job, request, how }: Order): PreparedRun {
  const kind = job === 'full-update' ? job : job.stage.name;
  const scope = prepareScope(ports, request);
  const id = kind === 'full-update' ? ports.randomId() : (request.runId ?? ports.randomId());
  const jobId = request.runId ?? null;
  const runId = id === jobId ? ports.randomId() : id;
  const execute: Execute = (conductor, openIt) =>
    job === 'full-update' ? runFullUpdate(fullUpdateStages, conductor, openIt) : runSingleStage(job, conductor, openIt);
  const run = (abort: AbortController) => (events: EventSink, record: RunRecord) => {
    const parts = { ports, queue, scope, request, id, kind, events, record, signal: abort.signal };
    return execute(conduct(parts, how), () => open({ ...parts, stores, approved: how.approved, watch: how.watch }));
  };
  const begin = () => how.record ?? beginRecord(ports, request, { id: runId, jobId, kind }, how.plan);
  return {
    id,
    kind,
    runId,
    start(abort) {
      const stream = new RunStream(runId);
      const register = () =>
        activeRuns.register({
          id,
          runId,
          kind,
          isPreview: request.dryRun,
          abort: (reason) => abort.abort(reason),
          attach: () => stream.attach(),
        });
      return drain({ runId, stream, begin, register, work: run(abort) });
    },
  };
}

interface RunParts {
  readonly ports: SyncPorts;
  readonly scope: ScopeReader;
  readonly request: SyncRequest;
  readonly id: string;
  readonly kind: string;
  readonly events: EventSink;
  readonly record: RunRecord;
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
  record,
  signal,
  approved,
  watch,
}: RunParts & Pick<OpenOptions, 'approved' | 'watch'> & { readonly stores: RunStores }): Promise<OpenedRun> {
  return openRun(ports, stores, {
    request,
    scope: await scope(signal),
    runId: id,
    signal,
    events,
    record,
    kind,
    fresh: kind === 'full-update' || kind === 'devices',
    freshGuests: machineStages.has(kind),
    catchesUp: true,
    approved,
    watch,
  });
}

function conduct(
  { ports, queue, scope, request, id, kind, events, signal }: RunParts & { readonly queue: RunQueue },
  { watch }: Pick<How, 'watch'>,
): Conductor {
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
      // Who asks for an explanation waits for nobody: it writes nothing, and tells what is there now.
      if (watch !== undefined) return () => undefined;
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

/** A preview is recorded only as a plan. */
function beginRecord(
  { ledger }: Pick<SyncPorts, 'ledger'>,
  request: SyncRequest,
  { kind, ...names }: Pick<RunBeginning, 'id' | 'jobId' | 'kind'>,
  plan: How['plan'],
): RunRecord {
  const { dryRun, caller, branch, netboxVmIds } = request;
  const isOfEverything = kind === 'full-update' && netboxVmIds === null && branch === '';
  const of = { ...names, ...caller, branch, isOfEverything };
  if (plan !== undefined) return ledger.begin({ ...of, kind: 'plan', scope: { ...askedFor(request), ...plan } });
  return dryRun ? unrecorded : ledger.begin({ ...of, kind, scope: askedFor(request) });
}

/** What a run is about, as the request said it. */
function askedFor(request: SyncRequest): Readonly<Record<string, unknown>> {
  const { source, endpointIds, selector, netboxVmIds, overwrite, modes } = request;
  return {
    source,
    ...(endpointIds === null ? {} : { proxmox_endpoint_ids: endpointIds }),
    ...(selector === null ? {} : { selector }),
    ...(netboxVmIds === null ? {} : { netbox_vm_ids: netboxVmIds }),
    ...(overwrite.size === 0 ? {} : { overwrite: Object.fromEntries(overwrite) }),
    ...(modes.size === 0 ? {} : { modes: Object.fromEntries(modes) }),
  };
}

interface Drained {
  readonly runId: string;
  readonly stream: RunStream;
  readonly begin: () => RunRecord;
  readonly register: () => () => void;
  readonly work: (events: EventSink, record: RunRecord) => Promise<RunSummary>;
}

/** Runs the work beside its reader: the reader gets the frames as they come, and the summary at the end. */
async function* drain({ runId, stream, begin, register, work }: Drained): AsyncGenerator<RunEvent, RunSummary> {
  const unregister = register();
  const record = begin();
  const whole = async (): Promise<RunSummary> => {
    try {
      const summary = await work(stream, record);
      const { status, error, errors, result } = summary;
      await record.end({ status, message: error === undefined ? null : textWithCode(error), errors });
      // The sweep of orphans tells the `run_id` of its caller, who looks for it.
      return { ...summary, result: { run_id: runId, ...result } };
    } finally {
      unregister();
      stream.close();
    }
  };
  const ended = whole();
  ended.catch(() => undefined);
  yield* stream.frames();
  return ended;
}
