/** Brings one object into NetBox, with what it needs. */
import { renderedOf } from '../../netbox/kinds/decode.js';
import { isImagined } from '../../netbox/kinds/values.js';
import { errorText, ProxboxError, toProxboxError } from '../../errors/proxbox-error.js';
import { companionsOf, type AnyRecord, type ObjectKind } from '../../netbox/kinds/index.js';
import { collectRoster } from '../collect/roster.js';
import type { OmittedGuest } from '../plan/roster.js';
import { applyPlan, type Applied } from '../executor/executor.js';
import { findChanges, objectOf, onlyObjects } from '../plan/single-object.js';
import type { RunContext } from '../run-context.js';
import { planEntry } from '../run-ledger.js';
import { disabledReason } from '../runner.js';
import { planWhole, type WholePlan } from '../stage.js';
import { objectKey, type Change, type Outcome, type Reason } from '../types.js';
import { errorOf, isLeftAlone, writtenBeside } from './answer.js';
import { interfaceEntry } from './rows-of-machine.js';
import { clusterEntry, machineEntry, storageEntry } from './table.js';
import type { IndividualAction, IndividualEntry, IndividualItem, ObjectQuery, SyncedDependency } from './types.js';

/** What is known so far; also what the answer of a failure tells. */
export interface Progress {
  resource: object | null;
  readonly dependencies: SyncedDependency[];
}

export interface Synced {
  readonly action: IndividualAction;
  /** As NetBox has it now: a preview shows what is stored. */
  readonly netboxObject: object | null;
  /** In NetBox, or in the preview. */
  readonly id?: number | undefined;
  /** Why it was left alone. */
  readonly reason?: Reason;
  /** Of several objects that were asked for together; the action is that of all. */
  readonly items?: readonly IndividualItem[];
}

/** `looking` is about the cluster of the object alone. */
export interface Ground {
  readonly looking: RunContext;
  /** Adds the support objects; makes them where they are missing, so it is asked for an object that is there. */
  readonly prepare: (run: RunContext) => Promise<RunContext>;
}

/** Throws why it could not. */
export async function syncObject(
  entry: IndividualEntry,
  asked: ObjectQuery,
  { looking, prepare }: Ground,
  progress: Progress,
): Promise<Synced> {
  const disabled = disabledReason(entry.stage, looking);
  if (disabled !== undefined)
    return { action: 'noop', netboxObject: null, reason: { code: 'mode_disabled', message: disabled } };
  const found = await entry.find(narrow(entry, asked, looking), asked);
  if (found === null) return absent(entry, asked);
  progress.resource = found.resource;
  const run = await prepare(looking);
  const query = { ...asked, ...found.params };
  if (entry.isWhole?.(query) === true) return syncWhole(entry, query, run, progress);
  const narrowed = narrow(entry, query, run);
  if (entry.scope !== 'machine') return syncPlanned(entry, query, narrowed, progress);
  const machine = await ensureMachine(query, narrowed, progress);
  if (typeof machine !== 'number') return machine;
  await ensureStorage(found.storage ?? '', query, narrowed, progress);
  return syncPlanned(entry, query, { ...narrowed, options: { ...run.options, netboxVmIds: [machine] } }, progress);
}

/** The run, about the one guest alone where the object has one. */
function narrow({ scope }: IndividualEntry, query: ObjectQuery, run: RunContext): RunContext {
  return scope === 'cluster' || query.vmid === 0 ? run : { ...run, guestFilter: guestFilter(query) };
}

function absent(entry: IndividualEntry, query: ObjectQuery): Synced {
  if (entry.mayBeAbsent?.(query) === true) return { action: 'noop', netboxObject: null };
  throw new ProxboxError('not_found', entry.notFound(query));
}

function guestFilter({ type, vmid }: ObjectQuery): NonNullable<RunContext['guestFilter']> {
  return ({ resource }) => resource.vmid === vmid && (type === '' || resource.type === type);
}

/** The NetBox machine of the guest; it is made when it is missing and may be. Otherwise what the answer is instead: the guest is left alone. */
async function ensureMachine(query: ObjectQuery, run: RunContext, progress: Progress): Promise<number | Synced> {
  const { guests, omitted } = await collectRoster(run);
  const known = guests[0]?.virtualMachine.id;
  if (known !== undefined) return known;
  const [left] = omitted;
  if (left === undefined) throw new ProxboxError('not_found', machineEntry.notFound(query));
  if (isLeftAlone(left.reason)) return { action: 'noop', netboxObject: null, reason: left.reason };
  if (left.reason.code !== 'vm_missing' || !query.auto_create_vm) throw errorOf(left.reason, left.label);
  const { action, id } = await syncPlanned(machineEntry, query, run, progress);
  progress.dependencies.push(machineDependency(query, action, left));
  if (id === undefined) throw errorOf(left.reason, left.label);
  return id;
}

function machineDependency(query: ObjectQuery, action: string, { label, source }: OmittedGuest) {
  const { cluster_name } = query;
  const { node = query.node, type = query.type, vmid = query.vmid } = source;
  return { object_type: 'vm', action, name: label, cluster_name, node, type, vmid };
}

/** Makes the row of a storage that NetBox does not have yet. One that has changed is another call's business. */
async function ensureStorage(name: string, query: ObjectQuery, run: RunContext, progress: Progress): Promise<void> {
  if (name === '' || !query.auto_create_storage || disabledReason(storageEntry.stage, run) !== undefined) return;
  const storageQuery = { ...query, storage_name: name };
  const plan = await planWhole(storageEntry.stage, run);
  const [change] = findChanges(
    plan,
    (object) => object.kind === 'storage' && storageEntry.matches(object, storageQuery),
  );
  if (change?.action !== 'create') return;
  const { action } = await apply(change, onlyObjects(plan, [change]), run, progress);
  const { cluster_name } = query;
  progress.dependencies.push({ object_type: 'storage', action, name, cluster_name, storage_name: name });
}

async function syncPlanned(
  entry: IndividualEntry,
  query: ObjectQuery,
  run: RunContext,
  progress: Progress,
): Promise<Synced> {
  const plan = await planOf(entry, query, run, progress);
  const fitting = findChanges(plan, (object) => object.kind === entry.kind && entry.matches(object, query));
  const [object] = fitting;
  if (object === undefined) return absent(entry, query);
  if ('reason' in object) return unplannedResult(object);
  return apply(object, onlyObjects(plan, [object], entry.also), run, progress);
}

/** For an object that was skipped or refused. Throws why, unless that is as it should be. */
function unplannedResult({ reason, label }: { readonly reason: Reason; readonly label: string }): Synced {
  if (isLeftAlone(reason)) return { action: 'noop', netboxObject: null, reason };
  throw errorOf(reason, label);
}

interface Need {
  readonly entry: IndividualEntry;
  readonly query: ObjectQuery;
  readonly dependency: Omit<SyncedDependency, 'action'> & Readonly<Record<string, string | number>>;
}

/** What has to be in NetBox before: the cluster of a storage, the interface of an address. */
function needOf({ reason, key }: { readonly reason: Reason; readonly key: string }, query: ObjectQuery) {
  const { cluster_name, node, type, vmid } = query;
  if (reason.code === 'cluster_missing')
    return {
      entry: clusterEntry,
      query,
      dependency: { object_type: 'cluster', name: cluster_name, cluster_name },
    } satisfies Need;
  if (reason.code !== 'interface_missing') return undefined;
  // Before the address in its key; the address has no slash.
  const name = key.split('/').at(-2) ?? '';
  return {
    entry: interfaceEntry,
    query: { ...query, interface_name: name },
    dependency: { object_type: 'interface', name, cluster_name, node, type, vmid, interface_name: name },
  } satisfies Need;
}

/** Where something that the object needs is missing it is made, and the stage plans again. */
async function planOf(
  entry: IndividualEntry,
  query: ObjectQuery,
  run: RunContext,
  progress: Progress,
): Promise<WholePlan> {
  const plan = await planWhole(entry.stage, run);
  run.signal.throwIfAborted();
  const [change] = findChanges(plan, (object) => object.kind === entry.kind && entry.matches(object, query));
  const needed = change?.action === 'skip' ? needOf(change, query) : undefined;
  if (needed === undefined) return plan;
  const found = needed.entry === interfaceEntry ? await interfaceEntry.find(run, needed.query) : null;
  const { action, id } = await syncPlanned(needed.entry, { ...needed.query, ...found?.params }, run, progress);
  if (id === undefined) return plan;
  progress.dependencies.push({ ...needed.dependency, action });
  return planWhole(entry.stage, run);
}

/** All objects of the kind, each with its own outcome. */
async function syncWhole(
  entry: IndividualEntry,
  query: ObjectQuery,
  run: RunContext,
  progress: Progress,
): Promise<Synced> {
  const plan = await planWhole(entry.stage, run);
  const objects = findChanges(plan, (object) => object.kind === entry.kind && entry.matches(object, query));
  const selected = onlyObjects(plan, objects, entry.also);
  const applied = await applySelected(selected, run);
  if (applied.stopped !== undefined && applied.outcomes.length === 0) throw applied.stopped;
  const items = objects.map((object) => itemOf(object, () => resultOf(object, applied, run)));
  progress.dependencies.push(...writtenBeside(applied.outcomes, ({ kind }) => kind === entry.kind, run.options));
  return { action: actionOfAll(items, run), netboxObject: null, items };
}

function itemOf(object: Change, result: () => Synced): IndividualItem {
  const name = objectOf(object).label;
  try {
    const { action, netboxObject, reason } = result();
    const why = reason === undefined ? {} : { reason: reason.message };
    return { name, action, netbox_object: netboxObject, error: null, ...why };
  } catch (error) {
    return { name, action: 'error', netbox_object: null, error: errorText(toProxboxError(error)) };
  }
}

function actionOfAll(items: readonly IndividualItem[], { options }: RunContext): IndividualAction {
  if (options.dryRun) return 'dry_run';
  const order = ['error', 'created', 'updated', 'unchanged'] as const;
  return order.find((action) => items.some((item) => item.action === action)) ?? 'noop';
}

/** The object as NetBox renders it; null where there is none (yet). */
function netboxObjectOf(record: AnyRecord | undefined, id: number | undefined): object | null {
  const rendered = record === undefined ? undefined : renderedOf(record);
  return rendered ?? (id === undefined ? null : { id });
}

/** The object as it is stored: what a preview would make of it is not there. */
function previewed(object: Change, id: number | undefined): Synced {
  const current = 'current' in object ? object.current : undefined;
  const isStored = id !== undefined && !isImagined(id);
  return { action: 'dry_run', netboxObject: isStored ? netboxObjectOf(current, id) : null, id };
}

async function apply(object: Change, plan: WholePlan, run: RunContext, progress: Progress): Promise<Synced> {
  const applied = await applySelected(plan, run);
  progress.dependencies.push(...writtenBeside(applied.outcomes, isOutcomeOf(object), run.options));
  if (applied.stopped !== undefined) throw applied.stopped;
  return resultOf(object, applied, run);
}

async function applySelected(plan: WholePlan, run: RunContext): Promise<Applied> {
  const { bulkBatchSize, bulkBatchDelayMs } = run.settings.values;
  const startedMs = run.clock.monotonicMs();
  const applied = await applyPlan(plan, {
    client: run.client,
    collections: run.collections,
    tagChanges: run.capabilities.tagChanges,
    unmade: run.unmade,
    showsObjects: true,
    logger: run.logger,
    batchOf: () => ({ batchSize: bulkBatchSize, delayMs: bulkBatchDelayMs }),
    onProgress: () => undefined,
  });
  await run.record.stage(planEntry(plan, applied, (run.clock.monotonicMs() - startedMs) / 1000));
  await plan.remember?.(applied.outcomes);
  return applied;
}

function isOutcomeOf(object: Change): (outcome: Pick<Outcome, 'kind' | 'key'>) => boolean {
  const { kind, key } = objectOf(object);
  return (outcome) => outcome.kind === kind && outcome.key === key;
}

/** What became of an object that was applied. Throws why it was not written. */
function resultOf(object: Change, applied: Applied, { options }: RunContext): Synced {
  if ('reason' in object) return unplannedResult({ ...object, label: objectOf(object).label });
  const { kind, key, label } = objectOf(object);
  const outcome = applied.outcomes.find(isOutcomeOf(object));
  if (outcome?.reason !== undefined && isLeftAlone(outcome.reason))
    return { action: 'noop', netboxObject: null, reason: outcome.reason };
  const isWritten = outcome !== undefined && outcome.status !== 'failed' && outcome.status !== 'skipped';
  if (!isWritten) throw errorOf(outcome?.reason, label);
  const id = applied.ids.get(objectKey(kind, key));
  if (options.dryRun) return previewed(object, id);
  return { action: actionOf(outcome, kind, applied), netboxObject: netboxObjectOf(outcome.record, id), id };
}

/** An object whose own rows were written (its sidecar, its MAC address) is updated too. */
function actionOf({ status }: Outcome, kind: ObjectKind, { outcomes }: Applied): IndividualAction {
  if (status === 'created' || status === 'updated') return status;
  const isWritten = outcomes.some(
    (other) => companionsOf(kind).includes(other.kind) && (other.status === 'created' || other.status === 'updated'),
  );
  return isWritten ? 'updated' : 'unchanged';
}
