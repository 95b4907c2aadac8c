import { ProxboxError } from '../../errors/proxbox-error.js';
import type { ObjectKind } from '../../netbox/records/kinds.js';
import { collectRoster } from '../collect/roster.js';
import { applyPlan, type Applied } from '../executor/executor.js';
import { companionKinds, findChanges, objectOf, onlyObjects } from '../plan/single-object.js';
import type { RunContext } from '../run-context.js';
import { disabledReason } from '../runner.js';
import type { Change, Outcome, Plan, Reason } from '../types.js';
import { errorOf, isLeftAlone, plannedBeside, writtenBeside } from './answer.js';
import { clusterEntry, machineEntry } from './table.js';
import type { IndividualAction, IndividualEntry, ObjectQuery, SyncedDependency } from './types.js';

/** What is known so far; also what the answer of a failure tells. */
export interface Progress {
  resource: object | null;
  readonly dependencies: SyncedDependency[];
}

export interface Synced {
  readonly action: IndividualAction;
  readonly netboxObject: object | null;
  /** Why it was left alone. */
  readonly reason?: Reason;
}

/** Brings one object into NetBox, with what it needs. `run` is about its cluster alone. Throws why it could not. */
export async function syncObject(
  entry: IndividualEntry,
  query: ObjectQuery,
  run: RunContext,
  progress: Progress,
): Promise<Synced> {
  const narrowed = entry.scope === 'cluster' ? run : { ...run, guestFilter: guestFilter(query) };
  const disabled = disabledReason(entry.stage, run);
  if (disabled !== undefined)
    return { action: 'noop', netboxObject: null, reason: { code: 'mode_disabled', message: disabled } };
  progress.resource = await entry.resource(narrowed, query);
  if (entry.scope !== 'machine') return syncPlanned(entry, query, narrowed, progress);
  const id = await ensureMachine(query, narrowed, progress);
  // A dry run makes no machine, so nothing that hangs on it can be planned.
  if (id === undefined) return { action: 'dry_run', netboxObject: null };
  return syncPlanned(entry, query, { ...narrowed, options: { ...run.options, netboxVmIds: [id] } }, progress);
}

function guestFilter({ type, vmid }: ObjectQuery): NonNullable<RunContext['guestFilter']> {
  return ({ resource }) => resource.vmid === vmid && resource.type === type;
}

/** The NetBox machine of the guest; it is made when it is missing and may be. undefined: a dry run would make it. */
async function ensureMachine(query: ObjectQuery, run: RunContext, progress: Progress): Promise<number | undefined> {
  const { guests, omitted } = await collectRoster(run);
  const known = guests[0]?.virtualMachine.id;
  if (known !== undefined) return known;
  const [left] = omitted;
  if (left === undefined) throw new ProxboxError('not_found', machineEntry.notFound(query));
  if (left.reason.code !== 'vm_missing' || !query.auto_create_vm) throw errorOf(left.reason, left.label);
  const { action, netboxObject } = await syncPlanned(machineEntry, query, run, progress);
  if (run.options.dryRun) return undefined;
  const id = netboxObject !== null && 'id' in netboxObject ? netboxObject.id : undefined;
  if (typeof id !== 'number') throw errorOf(left.reason, left.label);
  const { cluster_name, node, type, vmid } = query;
  progress.dependencies.push({ object_type: 'vm', action, name: left.label, cluster_name, node, type, vmid });
  return id;
}

async function syncPlanned(
  entry: IndividualEntry,
  query: ObjectQuery,
  run: RunContext,
  progress: Progress,
): Promise<Synced> {
  const plan = await planOf(entry, query, run, progress);
  const fitting = findChanges(plan, (object) => object.kind === entry.kind && entry.isObject(object, query));
  const objects = entry.choose?.(fitting) ?? fitting.slice(0, 1);
  const [object] = objects;
  if (object === undefined) {
    if (entry.mayBeAbsent?.(query) === true) return { action: 'noop', netboxObject: null };
    throw new ProxboxError('not_found', entry.notFound(query));
  }
  const unplanned = 'reason' in object ? unplannedResult(object, query, run, progress) : undefined;
  if (unplanned !== undefined) return unplanned;
  const selected = onlyObjects(plan, objects, entry.also);
  if (run.options.dryRun) return dryRun(object, selected, progress);
  return apply(object, selected, run, progress);
}

/** For an object that was skipped or refused. Throws why, unless that is as it should be. */
function unplannedResult(
  { reason, label }: { readonly reason: Reason; readonly label: string },
  { cluster_name }: ObjectQuery,
  { options }: RunContext,
  progress: Progress,
): Synced {
  if (isLeftAlone(reason)) return { action: 'noop', netboxObject: null, reason };
  if (reason.code !== 'cluster_missing' || !options.dryRun) throw errorOf(reason, label);
  progress.dependencies.push({ object_type: 'cluster', action: 'dry_run', name: cluster_name, cluster_name });
  return { action: 'dry_run', netboxObject: null };
}

/** A storage needs the NetBox cluster; where that is missing it is made, and the stage plans again. */
async function planOf(entry: IndividualEntry, query: ObjectQuery, run: RunContext, progress: Progress): Promise<Plan> {
  const { plan } = await entry.stage.prepare(run);
  run.signal.throwIfAborted();
  const isWaiting = findChanges(plan, (object) => object.kind === entry.kind && entry.isObject(object, query)).some(
    (change) => change.action === 'skip' && change.reason.code === 'cluster_missing',
  );
  if (!isWaiting || run.options.dryRun) return plan;
  const { action, netboxObject } = await syncPlanned(clusterEntry, query, run, progress);
  const { cluster_name } = query;
  if (netboxObject === null) return plan;
  progress.dependencies.push({ object_type: 'cluster', action, name: cluster_name, cluster_name });
  return (await entry.stage.prepare(run)).plan;
}

function dryRun(object: Change, plan: Plan, progress: Progress): Synced {
  progress.dependencies.push(...plannedBeside(plan.changes, (change) => change === object));
  return { action: 'dry_run', netboxObject: 'current' in object ? object.current : null };
}

async function apply(object: Change, plan: Plan, run: RunContext, progress: Progress): Promise<Synced> {
  const { bulkBatchSize, bulkBatchDelayMs } = run.settings.values;
  const applied = await applyPlan(plan, {
    client: run.client,
    collections: run.collections,
    logger: run.logger,
    batchOf: () => ({ batchSize: bulkBatchSize, delayMs: bulkBatchDelayMs }),
    onProgress: () => undefined,
  });
  const { kind, key, label } = objectOf(object);
  const isObject = (outcome: Pick<Outcome, 'kind' | 'key'>): boolean => outcome.kind === kind && outcome.key === key;
  progress.dependencies.push(...writtenBeside(applied.outcomes, isObject));
  if (applied.stopped !== undefined) throw applied.stopped;
  const outcome = applied.outcomes.find(isObject);
  if (outcome?.reason !== undefined && isLeftAlone(outcome.reason))
    return { action: 'noop', netboxObject: null, reason: outcome.reason };
  if (outcome?.record === undefined || outcome.status === 'failed' || outcome.status === 'skipped')
    throw errorOf(outcome?.reason, label);
  return { action: actionOf(outcome, kind, applied), netboxObject: outcome.record };
}

/** An object whose own rows were written (its sidecar, its MAC address) is updated too. */
function actionOf({ status }: Outcome, kind: ObjectKind, { outcomes }: Applied): IndividualAction {
  if (status === 'created' || status === 'updated') return status;
  const isWritten = outcomes.some(
    (other) => companionKinds(kind).includes(other.kind) && (other.status === 'created' || other.status === 'updated'),
  );
  return isWritten ? 'updated' : 'unchanged';
}
