import type { Logger } from 'pino';
import { errorText, toProxboxError, type ProxboxError } from '../../errors/proxbox-error.js';
import { kindDefinition, kinds, type ObjectKind } from '../../netbox/records/kinds.js';
import { endsTheRun } from '../../netbox/run-ending.js';
import type { BulkOptions, JsonObject, NetBoxClient, NetBoxRecord, PatchItem } from '../../netbox/types.js';
import type { Collections } from '../collections.js';
import { diffObject } from '../plan/diff-object.js';
import {
  isRef,
  objectKey,
  type Change,
  type Desired,
  type ObjectKey,
  type Outcome,
  type Plan,
  type Reason,
  type Warning,
} from '../types.js';
import { finderOf } from './find-existing.js';
import { retryWithAggregateDisk } from './aggregate-disk.js';
import { duplicateReason, kindReason, rejectionReason } from './failure-reasons.js';
import { LeftOut } from './left-out.js';
import { orderRenames } from './rename-order.js';
import { creationFields, creationKey, resolveBody } from './resolve-body.js';
import { writeOrder } from './write-order.js';

export interface WriteProgress {
  readonly kind: ObjectKind;
  readonly verb: 'create' | 'update' | 'delete';
  readonly done: number;
  readonly total: number;
}

export interface ExecutorContext {
  readonly client: NetBoxClient;
  readonly collections: Collections;
  readonly logger: Logger;
  /** Objects per request, and the pause between two requests of one phase. */
  readonly batchOf: (kind: ObjectKind) => { readonly batchSize: number; readonly delayMs: number };
  readonly onProgress: (progress: WriteProgress) => void;
}

export interface Applied {
  /** Exactly one per change of the plan. */
  readonly outcomes: readonly Outcome[];
  readonly warnings: readonly Warning[];
  /** Ids of everything that exists now and may be referred to by later plans. */
  readonly ids: ReadonlyMap<ObjectKey, number>;
  /** Set when the run cannot go on: NetBox gone, token refused, run cancelled. Everything unwritten is then `not_attempted`. */
  readonly stopped: ProxboxError | undefined;
}

type Removal = Extract<Change, { action: 'delete' }>;

interface CreateJob {
  readonly desired: Desired;
  readonly body: JsonObject;
}

interface UpdateJob {
  readonly change: Extract<Change, { action: 'update' }>;
  readonly item: PatchItem;
}

/**
 * Applies a plan: the only place that writes to NetBox during a run. Objects are written kind by kind in the order of
 * their dependencies, in bulk; the failure of one object is an outcome, not an exception, and fails only what refers to
 * it. Every change ends in exactly one outcome, so that the counts always add up.
 */
export async function applyPlan(plan: Plan, context: ExecutorContext): Promise<Applied> {
  const run = new Execution(plan, context);
  return run.apply();
}

class Execution {
  readonly #plan: Plan;
  readonly #context: ExecutorContext;
  readonly #ids: Map<ObjectKey, number>;
  readonly #outcomes = new Map<ObjectKey, Outcome>();
  readonly #warnings: Warning[] = [];
  readonly #leftOut = new LeftOut();
  /** The first error after which no further write can succeed. */
  #end: ProxboxError | undefined;

  constructor(plan: Plan, context: ExecutorContext) {
    this.#plan = plan;
    this.#context = context;
    this.#ids = new Map(plan.known);
  }

  async apply(): Promise<Applied> {
    for (const change of this.#plan.changes) this.#settleUnwritten(change);
    let stopped: ProxboxError | undefined;
    try {
      // What goes makes room for what comes: an address may move, a unique name be given again. Dependents go first.
      for (const kind of writeOrder.toReversed()) await this.#deleteKind(kind);
      for (const kind of writeOrder) await this.#writeKind(kind);
    } catch (error) {
      stopped = toProxboxError(error);
      this.#failRest(stopped);
    }
    const warnings = [...this.#warnings, ...this.#leftOut.warnings(this.#outcomes)];
    return { outcomes: [...this.#outcomes.values()], warnings, ids: this.#ids, stopped };
  }

  #settleUnwritten(change: Change): void {
    if (change.action === 'keep') this.#settle(change.desired, { status: 'unchanged', record: change.current });
    if (change.action !== 'skip' && change.action !== 'refuse') return;
    const { kind, key, label, reason, source } = change;
    const status = change.action === 'skip' ? 'skipped' : 'failed';
    this.#put({ kind, key, label, status, reason, ...(source === undefined ? {} : { source }) });
  }

  async #writeKind(kind: ObjectKind): Promise<void> {
    const updates: Extract<Change, { action: 'update' }>[] = [];
    const creates: Desired[] = [];
    for (const change of this.#plan.changes) {
      if (change.action === 'update' && change.desired.kind === kind) updates.push(change);
      if (change.action === 'create' && change.desired.kind === kind) creates.push(change.desired);
    }
    await this.#update(kind, updates);
    await this.#create(kind, creates);
  }

  /** A row that NetBox does not delete stays, with a warning: it was not discovered, so it is nobody's failure. */
  async #deleteKind(kind: ObjectKind): Promise<void> {
    const removals = this.#plan.changes.filter(
      (change): change is Removal => change.action === 'delete' && change.kind === kind,
    );
    if (removals.length === 0) return;
    const { path, noun } = kindDefinition(kind);
    const ids = removals.map(({ current }) => current.id);
    const outcomes = await this.#context.client.bulkDelete(path, ids, this.#bulk(kind, 'delete', ids.length));
    for (const [index, removal] of removals.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) continue;
      if (outcome.status !== 'failed') {
        this.#removed(removal);
        continue;
      }
      if (endsTheRun(outcome.error)) this.#end ??= outcome.error;
      this.#warnings.push({
        code: 'delete_failed',
        message: `The ${noun} "${removal.label}" (id ${removal.current.id}) was not deleted: ${errorText(outcome.error)}`,
      });
    }
    this.#stopAtEnd();
  }

  #removed({ kind, key, label, current, reason, source }: Removal): void {
    this.#context.collections.forget(kind, current.id);
    const outcome = { kind, key, label, status: 'deleted' as const, record: current, reason };
    // Something else may have the key by now: an address that moved is deleted here and created there.
    this.#outcomes.set(
      `${objectKey(kind, key)}#${current.id}`,
      source === undefined ? outcome : { ...outcome, source },
    );
  }

  async #update(kind: ObjectKind, changes: readonly Extract<Change, { action: 'update' }>[]): Promise<void> {
    const jobs: UpdateJob[] = [];
    for (const change of changes) {
      const resolved = this.#blocked(change.desired) ?? resolveBody(change.patch, this.#ids);
      if ('missing' in resolved) {
        this.#failFor(change.desired, resolved.missing);
        continue;
      }
      this.#leftOut.note(kind, resolved.leftOut);
      if (Object.keys(resolved.body).length > 0)
        jobs.push({ change, item: { id: change.current.id, body: resolved.body } });
      else this.#settle(change.desired, { status: 'unchanged', record: change.current });
    }
    if (jobs.length === 0) return;
    const byId = new Map(jobs.map((job) => [job.item.id, job]));
    for (const pass of orderRenames(jobs.map(({ item, change }) => ({ item, current: change.current })))) {
      await this.#patchPass(kind, pass, byId);
    }
  }

  async #patchPass(kind: ObjectKind, pass: readonly PatchItem[], jobs: ReadonlyMap<number, UpdateJob>): Promise<void> {
    const { client } = this.#context;
    const { path } = kindDefinition(kind);
    const outcomes = await client.bulkPatch(path, pass, this.#bulk(kind, 'update', pass.length));
    for (const [index, item] of pass.entries()) {
      const job = jobs.get(item.id);
      const outcome = outcomes[index];
      if (job === undefined || outcome === undefined) continue;
      const { desired, why } = job.change;
      if (outcome.status === 'updated') this.#written(desired, outcome.record, 'updated', why);
      else if (outcome.status === 'gone') this.#gone(desired, item.id);
      else if (this.#end === undefined) await this.#retryUpdate(job, outcome.error);
      else this.#refused(desired, outcome.error);
    }
    this.#stopAtEnd();
  }

  async #retryUpdate({ change, item }: UpdateJob, error: ProxboxError): Promise<void> {
    const again = await retryWithAggregateDisk(this.#context.client, change.desired.kind, item, error);
    if (again?.status === 'updated') this.#written(change.desired, again.record, 'updated', change.why);
    else if (again?.status === 'gone') this.#gone(change.desired, item.id);
    else this.#refused(change.desired, again?.error ?? error);
  }

  async #create(kind: ObjectKind, creates: readonly Desired[]): Promise<void> {
    const jobs: CreateJob[] = [];
    for (const desired of creates) {
      if (kindDefinition(kind).isNote === true && !this.#hasNews(desired)) {
        const message = `No ${kindDefinition(kind).noun} was written for "${desired.label}", which was not written itself.`;
        this.#fail(desired, { code: 'dependency_failed', message });
        continue;
      }
      const resolved = resolveBody(creationFields(desired), this.#ids);
      if ('missing' in resolved) {
        this.#failFor(desired, resolved.missing);
        continue;
      }
      this.#leftOut.note(kind, resolved.leftOut);
      jobs.push({ desired, body: resolved.body });
    }
    if (jobs.length === 0) return;
    const keys = new Map(jobs.map((job) => [job.body, creationKey(job.desired, job.body)]));
    const find = finderOf(kind);
    const outcomes = await this.#context.client.bulkCreate(
      kindDefinition(kind).path,
      jobs.map((job) => job.body),
      {
        ...this.#bulk(kind, 'create', jobs.length),
        ...(find === undefined ? {} : { find }),
        keyOf: (body) => keys.get(body) ?? '',
      },
    );
    const adopted: UpdateJob[] = [];
    for (const [index, { desired }] of jobs.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) continue;
      if (outcome.status === 'created') this.#written(desired, outcome.record, 'created');
      else if (outcome.status === 'failed') this.#refused(desired, outcome.error);
      else adopted.push(...this.#adopt(desired, outcome.record));
    }
    this.#stopAtEnd();
    if (adopted.length > 0)
      await this.#patchPass(
        kind,
        adopted.map((job) => job.item),
        new Map(adopted.map((job) => [job.item.id, job])),
      );
  }

  /** Whether what a note is about was written. */
  #hasNews({ fields }: Desired): boolean {
    return Object.values(fields)
      .filter(isRef)
      .every(({ ref }) => ['created', 'updated'].includes(this.#outcomes.get(ref)?.status ?? ''));
  }

  /** Somebody created the object since we read: it is compared and updated like any other. */
  #adopt(desired: Desired, current: NetBoxRecord): readonly UpdateJob[] {
    const { patch, why } = diffObject(desired, current, this.#ids);
    const resolved = resolveBody(patch, this.#ids);
    if (why.length === 0 || 'missing' in resolved) {
      this.#written(desired, current, 'unchanged');
      return [];
    }
    return [
      { change: { action: 'update', desired, current, patch, why }, item: { id: current.id, body: resolved.body } },
    ];
  }

  #bulk(kind: ObjectKind, verb: WriteProgress['verb'], total: number): BulkOptions {
    const { batchOf, onProgress } = this.#context;
    return { ...batchOf(kind), onBatch: ({ done }) => onProgress({ kind, verb, done, total }) };
  }

  #written(
    desired: Desired,
    record: NetBoxRecord,
    status: 'created' | 'updated' | 'unchanged',
    why: Outcome['why'] = [],
  ): void {
    this.#ids.set(objectKey(desired.kind, desired.key), record.id);
    this.#context.collections.remember(desired.kind, record);
    this.#settle(desired, { status, record, why });
  }

  #gone(desired: Desired, id: number): void {
    this.#context.collections.forget(desired.kind, id);
    this.#ids.delete(objectKey(desired.kind, desired.key));
    const { noun } = kindDefinition(desired.kind);
    this.#fail(desired, {
      code: 'vanished',
      message: `The ${noun} "${desired.label}" (id ${id}) was deleted in NetBox during the run; the next run creates it again.`,
    });
  }

  /** The object that had to be written before, where that failed. */
  #blocked({ after }: Desired): { readonly missing: ObjectKey } | undefined {
    return after !== undefined && this.#outcomes.get(after)?.status === 'failed' ? { missing: after } : undefined;
  }

  #failFor(desired: Desired, missing: ObjectKey): void {
    const cause = this.#outcomes.get(missing);
    const because =
      cause?.reason === undefined
        ? `${missing} does not exist`
        : `${kinds[cause.kind].noun} "${cause.label}": ${cause.reason.message}`;
    this.#fail(desired, {
      code: 'dependency_failed',
      message: `${kindDefinition(desired.kind).noun} "${desired.label}" was not written because of ${because}`,
    });
  }

  /** Called when everything that a bulk call achieved is settled: what could not be sent is left to `#failRest`. */
  #stopAtEnd(): void {
    if (this.#end !== undefined) throw this.#end;
  }

  /** NetBox did not take the object. What concerns the whole kind (permission, missing table) is told once. */
  #refused(desired: Desired, error: ProxboxError): void {
    if (endsTheRun(error)) {
      this.#end ??= error;
      this.#outcomes.delete(objectKey(desired.kind, desired.key));
      return;
    }
    const duplicate = duplicateReason(desired, error);
    if (duplicate !== undefined) {
      this.#context.collections.rememberRefusal(duplicate.message);
      this.#settle(desired, { status: 'skipped', reason: duplicate });
      return;
    }
    const reason = kindReason(desired.kind, error);
    if (reason === undefined) {
      this.#fail(desired, rejectionReason(desired, error));
      return;
    }
    if (!this.#warnings.some(({ message }) => message === reason.message)) {
      this.#warnings.push(reason);
      this.#context.logger.warn({ kind: desired.kind, code: reason.code }, reason.message);
    }
    if (kindDefinition(desired.kind).path.startsWith('/api/plugins/'))
      this.#settle(desired, { status: 'skipped', reason });
    else this.#fail(desired, reason);
  }

  #failRest(error: ProxboxError): void {
    for (const change of this.#plan.changes) {
      if (change.action !== 'create' && change.action !== 'update') continue;
      if (this.#outcomes.has(objectKey(change.desired.kind, change.desired.key))) continue;
      this.#fail(change.desired, {
        code: 'not_attempted',
        message: `The run stopped before "${change.desired.label}" was written: ${errorText(error)}`,
      });
    }
  }

  #fail(desired: Desired, reason: Reason): void {
    this.#context.logger.debug({ kind: desired.kind, label: desired.label, code: reason.code }, reason.message);
    this.#settle(desired, { status: kindDefinition(desired.kind).isNote === true ? 'skipped' : 'failed', reason });
  }

  #settle(desired: Desired, outcome: Pick<Outcome, 'status' | 'record' | 'reason' | 'why'>): void {
    const { kind, key, label, source } = desired;
    this.#put({ kind, key, label, ...outcome, ...(source === undefined ? {} : { source }) });
  }

  #put(outcome: Outcome): void {
    const key = objectKey(outcome.kind, outcome.key);
    this.#outcomes.set(outcome.reason?.code === 'duplicate' ? `${key}#${this.#outcomes.size}` : key, outcome);
  }
}
