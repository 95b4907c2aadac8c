/** Syncs of single objects: where each belongs, one at a time per cluster, answered in time. */
import type { Clock } from '../../config/clock.js';
import type { ProxmoxEndpoint } from '../../endpoints/types.js';
import { errorText, ProxboxError, toProxboxError } from '../../errors/proxbox-error.js';
import type { ActiveRuns } from '../active-runs.js';
import type { CollectionStore } from '../collections.js';
import { createGuestReadStore } from '../guest-reads.js';
import { openRun, type OpenedRun } from '../open-run.js';
import type { OpenOptions, RunScope, SyncPorts } from '../run-ports.js';
import type { RunBeginning, RunRecord } from '../../ledger/types.js';
import { unrecorded } from '../run-ledger.js';
import type { SyncRequest } from '../request.js';
import type { RunContext } from '../run-context.js';
import { createRunQueue } from '../run-queue.js';
import { prepareSupport } from '../runner.js';
import { prepareScope } from '../scope.js';
import { statusOfAnswer } from './answer.js';
import { isCalled } from '../plan/netbox-cluster.js';
import { createClusterFinder } from './endpoints.js';
import { syncObject, type Progress, type Synced } from './sync-object.js';
import type { IndividualAnswer, IndividualEntry, IndividualResult, ObjectQuery } from './types.js';

/** Syncs single objects: the stages' own code with a scope of one. */
export interface IndividualSync {
  /** Never throws but for bugs: a failure is an answer too. */
  sync(
    entry: IndividualEntry,
    query: ObjectQuery,
    request: SyncRequest,
    signal: AbortSignal,
  ): Promise<IndividualResult>;
}

export interface IndividualDeps {
  readonly ports: SyncPorts;
  readonly activeRuns: Pick<ActiveRuns, 'list'>;
  readonly collections: CollectionStore;
}

/** The plugin gives up after 30 s and calls again. */
const limitMs = 25_000;
/** A batch of calls shares what was read; a person who changed something and asks again does not meet it. */
const maxAgeMs = 5_000;

export function createIndividualSync({ ports, activeRuns, collections }: IndividualDeps): IndividualSync {
  const finder = createClusterFinder(ports);
  const queue = createRunQueue();

  /** The endpoints of the cluster, and its name: where it is not given, that of the only one. */
  async function locate({ query, request, signal }: Job): Promise<{ scope: RunScope; name: string }> {
    const scope = await prepareScope(ports, { ...request, selector: null })(signal);
    const { name, endpoints } =
      query.cluster_name === ''
        ? await finder.only(scope.endpoints, signal)
        : { name: query.cluster_name, endpoints: await finder.find(query.cluster_name, scope.endpoints, signal) };
    return { scope: { ...scope, endpoints, key: keyOf(scope, request, endpoints) }, name };
  }

  async function run(asked: Job): Promise<Synced> {
    const { request, signal } = asked;
    const { scope, name } = await locate(asked);
    const job = { ...asked, query: { ...asked.query, cluster_name: name } };
    // One at a time per cluster: two guests of one new cluster would both create it, or take the same name.
    const release = await queue.acquire([scope.key], { signal, onWait: () => undefined });
    try {
      const fullUpdate = activeRuns.list().find(({ kind, isPreview }) => kind === 'full-update' && !isPreview);
      // Machines that a full update has touched keep its stamp: it looks for those without it at its end.
      const runId = fullUpdate?.id ?? request.runId ?? ports.randomId();
      const stores = { collections, guestReads: createGuestReadStore(ports.clock) };
      const opened = await openRun(ports, stores, openOptions(asked, scope, runId));
      return await work(job, opened);
    } finally {
      release();
    }
  }

  async function work({ entry, query, progress }: Job, opened: OpenedRun): Promise<Synced> {
    try {
      const looking = ofCluster(opened.run, query.cluster_name);
      const [cluster] = looking.clusters;
      const name = cluster?.view.name ?? '';
      const isLongName = name.toLowerCase() !== query.cluster_name.toLowerCase();
      return await syncObject(
        entry,
        isLongName ? { ...query, cluster_name: name } : query,
        { looking, prepare: prepareSupport },
        progress,
      );
    } finally {
      // What it wrote may be what NetBox did not take on others.
      if (opened.counters.writes > 0) collections.forgetLeftOut();
    }
  }

  return {
    async sync(entry, query, request, signal) {
      const job = { entry, query, request, progress: { resource: null, dependencies: [] } };
      return recorded(ports, job, (record) => {
        const work = (limit: AbortSignal) => run({ ...job, record, signal: AbortSignal.any([signal, limit]) });
        return answerInTime(job, work, ports.clock);
      });
    },
  };
}

function openOptions({ request, record, signal }: Job, scope: RunScope, runId: string): OpenOptions {
  return {
    request: { ...request, selector: null, netboxVmIds: null },
    scope,
    runId,
    kind: 'individual',
    signal,
    events: { emit: () => undefined },
    record,
    fresh: false,
    freshGuests: true,
    maxAgeMs,
    catchesUp: false,
  };
}

/** The work, taken down as a run of its own. */
async function recorded(
  { ledger, randomId }: Pick<SyncPorts, 'ledger' | 'randomId'>,
  { entry, query, request }: Pick<Job, 'entry' | 'query' | 'request'>,
  work: (record: RunRecord) => Promise<IndividualResult>,
): Promise<IndividualResult> {
  const record = request.dryRun ? unrecorded : ledger.begin(beginningOf(randomId(), entry, query, request));
  try {
    const result = await work(record);
    await record.end({ status: statusOfAnswer(result), message: result.answer.error, errors: [] });
    return result;
  } catch (error) {
    await record.end({ status: 'failed', message: errorText(toProxboxError(error)), errors: [] });
    throw error;
  }
}

/** Waits for the work no longer than the client does; what is late is stopped, and answered as late. */
async function answerInTime(
  job: Omit<Job, 'signal' | 'record'>,
  work: (limit: AbortSignal) => Promise<Synced>,
  clock: Clock,
): Promise<IndividualResult> {
  const limit = new AbortController();
  const timer = new AbortController();
  const late = clock.sleep(limitMs, timer.signal).then(() => {
    limit.abort(tooLate());
    throw tooLate();
  });
  const working = work(limit.signal);
  // Whichever is not waited for any more may fail unheard.
  late.catch(() => undefined);
  working.catch(() => undefined);
  try {
    return succeeded(job, await Promise.race([working, late]));
  } catch (error) {
    return failed(job, limit.signal.aborted ? tooLate() : toProxboxError(error));
  } finally {
    timer.abort();
  }
}

function beginningOf(
  id: string,
  { objectType }: IndividualEntry,
  query: ObjectQuery,
  request: SyncRequest,
): RunBeginning {
  const { branch, caller, runId } = request;
  const named = Object.entries(query).filter(([, value]) => typeof value !== 'boolean' && value !== '' && value !== 0);
  const scope = { object_type: objectType, ...Object.fromEntries(named) };
  return { id, jobId: runId ?? null, kind: 'individual', ...caller, branch, scope, isOfEverything: false };
}

interface Job {
  readonly entry: IndividualEntry;
  readonly query: ObjectQuery;
  readonly request: SyncRequest;
  readonly record: RunRecord;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

function keyOf({ netbox }: RunScope, { branch }: SyncRequest, endpoints: readonly ProxmoxEndpoint[]): string {
  return [netbox.revision, branch, endpoints.map(({ id }) => id).join(',')].join('|');
}

/** The run, about the one cluster of this name. */
function ofCluster(run: RunContext, name: string): RunContext {
  const clusters = run.clusters.filter(({ view }) => isCalled(name, view.name, view.owner.endpointName));
  if (clusters.length === 1) return { ...run, clusters };
  if (clusters.length === 0) throw new ProxboxError('not_found', `No Proxmox session found for cluster: ${name}`);
  throw new ProxboxError(
    'invalid_request',
    `Cluster name "${name}" is ambiguous across endpoints; pass proxmox_endpoint_ids`,
  );
}

function tooLate(): ProxboxError {
  return new ProxboxError(
    'run_busy',
    `The sync of the object took more than ${limitMs / 1000} s and was stopped. What was written stays; sync it again.`,
    { status: 504 },
  );
}

function succeeded(
  { entry, request, progress }: Omit<Job, 'signal' | 'record'>,
  { action, netboxObject, reason, items }: Synced,
): IndividualResult {
  const error = items?.find((item) => item.error !== null)?.error;
  return {
    status: error === undefined ? 200 : 502,
    answer: {
      ...answerOf(entry, request, progress),
      action,
      netbox_object: netboxObject,
      ...(reason === undefined ? {} : { reason: reason.message }),
      ...(items === undefined ? {} : { items }),
      ...(typeof error === 'string' ? { error, detail: error } : {}),
    },
  };
}

/** A bug is not told here: it goes to where all bugs go. */
function failed({ entry, request, progress }: Omit<Job, 'signal' | 'record'>, error: ProxboxError): IndividualResult {
  if (error.code === 'internal') throw error;
  const text = errorText(error);
  return {
    status: error.status,
    ...(error.retryAfterS === undefined ? {} : { retryAfterS: error.retryAfterS }),
    answer: { ...answerOf(entry, request, progress), action: 'error', error: text, detail: text, reason: error.code },
  };
}

function answerOf(
  entry: IndividualEntry,
  request: SyncRequest,
  { resource, dependencies }: Progress,
): IndividualAnswer {
  return {
    object_type: entry.objectType,
    action: 'unchanged',
    proxmox_resource: resource,
    netbox_object: null,
    dry_run: request.dryRun,
    dependencies_synced: dependencies,
    error: null,
  };
}
