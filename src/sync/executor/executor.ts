/** Applies a plan to NetBox, and accounts for every change of it. */
import { breathe } from '../../config/breathe.js';
import { toProxboxError, type ProxboxError } from '../../errors/proxbox-error.js';
import { decode } from '../../netbox/kinds/decode.js';
import { isPluginKind, kindDefinition, type ObjectKind } from '../../netbox/kinds/index.js';
import { placeOf, precedes, writeOrder } from '../../netbox/kinds/order.js';
import { halves } from '../../netbox/batches.js';
import type {
  BulkOptions,
  CreateOutcome,
  JsonObject,
  NetBoxBulkClient,
  NetBoxRecord,
  PatchItem,
} from '../../netbox/types.js';
import { isObject } from '../../values/plain-object.js';
import type { Collections } from '../collections.js';
import { diffObject } from '../plan/diff-object.js';
import { bootstrapOnlyTag } from '../plan/support-objects.js';
import {
  objectKey,
  type Change,
  type Desired,
  type ObjectKey,
  type Outcome,
  type Plan,
  type Warning,
} from '../types.js';
import { creationRounds } from './creation-rounds.js';
import { creationKey, finderOf } from './find-existing.js';
import { asStored, giveBack } from './give-back.js';
import { Holders } from './holders.js';
import { retryWithAggregateDisk } from './aggregate-disk.js';
import { KindWarnings } from './kind-warnings.js';
import { LeftOut } from './left-out.js';
import { OutcomeBook, type OutcomeContext } from './outcome-book.js';
import { orderByKeys } from './key-order.js';
import { Preparations } from './preparations.js';
import { Refused, type Unmade } from './refused.js';
import { removeRows, type Removal } from './removals.js';
import { creationFields, isNews, resolveBody, withoutStored, withTagChanges } from './resolve-body.js';
import { sideBySide } from './side-by-side.js';
import { Unwanted } from './unwanted.js';

export interface WriteProgress {
  readonly kind: ObjectKind;
  readonly verb: 'create' | 'update' | 'delete';
  readonly done: number;
  readonly total: number;
}

export interface ExecutorContext extends OutcomeContext {
  readonly client: NetBoxBulkClient;
  readonly collections: Collections;
  /** NetBox takes changes of tags; before 4.6 only all of them. */
  readonly tagChanges: boolean;
  /** How the objects of a kind are cut into requests, and how those are paced. */
  readonly batchOf: (kind: ObjectKind) => Pick<BulkOptions, 'batchSize' | 'delayMs' | 'atOnce'>;
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

interface UpdateJob {
  readonly change: Extract<Change, { action: 'update' }>;
  readonly item: PatchItem;
}

/**
 * Applies a plan: the only place that writes to NetBox during a run. Objects are written kind by kind in the order of their
 * dependencies, in bulk, and at once where NetBox is asked by several requests and neither needs the other; the failure of one
 * object is an outcome, not an exception, and fails only what refers to it. Every change ends in exactly one outcome, so that the
 * counts always add up.
 */
export async function applyPlan(plan: Plan, context: ExecutorContext): Promise<Applied> {
  const run = new Execution(plan, context);
  return run.apply();
}

class Execution {
  readonly #plan: Plan;
  readonly #context: ExecutorContext;
  readonly #book: OutcomeBook;
  readonly #told = new KindWarnings();
  readonly #leftOut = new LeftOut();
  readonly #unwanted: Unwanted;
  readonly #holders: Holders;
  readonly #refused: Refused;
  readonly #preparations: Preparations;

  constructor(plan: Plan, context: ExecutorContext) {
    this.#plan = plan;
    this.#context = context;
    this.#book = new OutcomeBook(plan.known, context);
    this.#unwanted = new Unwanted(context.collections, () => bootstrapOnlyTag(this.#book.ids));
    this.#holders = new Holders(plan.changes);
    this.#preparations = new Preparations(plan.changes);
    this.#refused = new Refused({ ...context, book: this.#book, told: this.#told, unwanted: this.#unwanted });
  }

  async apply(): Promise<Applied> {
    for (const change of this.#plan.changes) {
      this.#book.settleUnwritten(change);
      await breathe();
    }
    const unwritten = this.#book.all.size;
    let stopped: ProxboxError | undefined;
    const atOnce = (): number => this.#context.client.atOnce();
    try {
      // What goes makes room for what comes: an address may move, a unique name be given again. Dependents go first.
      await sideBySide(this.#kindsOf('delete').toReversed(), {
        precedes: (earlier, later) => precedes(later, earlier),
        atOnce,
        work: (kind) => this.#deleteKind(kind),
      });
      await sideBySide(this.#kindsOf('create', 'update'), {
        precedes,
        atOnce,
        work: (kind) => this.#writeKind(kind),
      });
      await this.#giveBack();
    } catch (error) {
      stopped = toProxboxError(error);
      this.#book.failRest(this.#plan.changes, stopped);
    }
    const warnings = [
      ...this.#told.warnings(),
      ...this.#unwanted.warnings(),
      ...this.#leftOut.warnings(new Map([...this.#context.unmade, ...this.#book.all])),
    ];
    const outcomes = [...this.#book.all.values()];
    const written = outcomes.slice(unwritten).sort((a, b) => placeOfOutcome(a) - placeOfOutcome(b));
    return { outcomes: [...outcomes.slice(0, unwritten), ...written], warnings, ids: this.#book.ids, stopped };
  }

  /** Those with such a change, in the order of writing. */
  #kindsOf(...actions: readonly Change['action'][]): readonly ObjectKind[] {
    const wanted = this.#plan.changes.filter(({ action }) => actions.includes(action));
    const found = new Set(wanted.map((change) => ('desired' in change ? change.desired.kind : change.kind)));
    return writeOrder.filter((kind) => found.has(kind));
  }

  async #writeKind(kind: ObjectKind): Promise<void> {
    const updates: Extract<Change, { action: 'update' }>[] = [];
    const creates: Desired[] = [];
    for (const change of this.#plan.changes) {
      if (change.action === 'update' && change.desired.kind === kind) updates.push(change);
      if (change.action === 'create' && change.desired.kind === kind) creates.push(change.desired);
    }
    await this.#update(kind, updates);
    for (const round of creationRounds(creates))
      for (const part of this.#refused.inTurn('add', round, (desired) => desired)) await this.#send(kind, part);
  }

  async #deleteKind(kind: ObjectKind): Promise<void> {
    const removals = this.#plan.changes.filter(
      (change): change is Removal => change.action === 'delete' && change.kind === kind,
    );
    const bulk = (total: number): BulkOptions => this.#bulk(kind, 'delete', total);
    const { removed, end } = await removeRows(kind, removals, { ...this.#context, told: this.#told, bulk });
    for (const removal of removed) this.#book.removed(removal);
    this.#refused.end ??= end;
    this.#stopAtEnd();
  }

  async #update(kind: ObjectKind, changes: readonly Extract<Change, { action: 'update' }>[]): Promise<void> {
    const jobs: UpdateJob[] = [];
    for (const change of changes) {
      await breathe();
      if (this.#refused.isInVain(change.desired, this.#preparations.waitingFor(change.desired))) continue;
      const resolved =
        this.#book.blocked(change.desired) ?? resolveBody(change.patch, this.#book.ids, this.#book.isWritten);
      if ('missing' in resolved) {
        this.#book.failFor(change.desired, resolved.missing);
        continue;
      }
      if (this.#refused.isSpoiled(change.desired, resolved.body, change.current)) continue;
      this.#leftOut.note(change.desired, resolved.leftOut);
      const body = withoutStored(this.#unwanted.without(kind, resolved.body, change.current), change.current);
      const item = this.#patchItem(body, change);
      if (isNews(change.desired, item.body) && !this.#book.isHeld(change.desired))
        jobs.push(...this.#unlessLacking({ change, item }));
      else this.#book.settle(change.desired, { status: 'unchanged', ...this.#book.stored(change.current) });
    }
    for (const part of this.#refused.inTurn('change', jobs, ({ change }) => change.desired))
      await this.#patch(kind, part);
  }

  async #patch(kind: ObjectKind, jobs: readonly UpdateJob[]): Promise<void> {
    const byId = new Map(jobs.map((job) => [job.item.id, job]));
    const passes = orderByKeys(
      kind,
      jobs.map(({ item, change }) => ({ item, current: change.current })),
    );
    const last = new Map(passes.flatMap((pass, index) => pass.map(({ id }) => [id, index] as const)));
    const aside: PatchItem[] = [];
    for (const [index, pass] of passes.entries()) {
      await this.#patchPass(kind, pass, byId);
      const made = pass.filter(({ id }) => last.get(id) !== index);
      // That it made room for others is not yet what was to be written.
      for (const { id } of made) {
        const job = byId.get(id);
        if (job !== undefined) this.#book.forget(job.change.desired);
      }
      aside.push(...made);
    }
    await this.#putBack(kind, aside, byId);
  }

  /** What made room for others and was then refused has again what it had, where nobody took that. */
  async #putBack(kind: ObjectKind, aside: readonly PatchItem[], jobs: ReadonlyMap<number, UpdateJob>): Promise<void> {
    const back = aside.flatMap(({ id, body }): readonly PatchItem[] => {
      const change = jobs.get(id)?.change;
      if (change === undefined || this.#book.isWritten(objectKey(kind, change.desired.key))) return [];
      return [asStored(change.current, Object.keys(body))];
    });
    if (back.length > 0)
      await this.#context.client.bulkPatch(kindDefinition(kind).path, back, this.#bulk(kind, 'update', back.length));
  }

  /** Nothing where NetBox is known to refuse the change for a custom field that the object does not have. */
  #unlessLacking(job: UpdateJob): readonly UpdateJob[] {
    const { desired, current } = job.change;
    if (!('custom_fields' in current)) return [job];
    const written = job.item.body['custom_fields'];
    const values = { ...current.custom_fields, ...(isObject(written) ? written : {}) };
    return this.#refused.lacksField(desired, values) ? [] : [job];
  }

  async #patchPass(kind: ObjectKind, pass: readonly PatchItem[], jobs: ReadonlyMap<number, UpdateJob>): Promise<void> {
    const { client } = this.#context;
    const { path } = kindDefinition(kind);
    const outcomes = await client.bulkPatch(path, pass, this.#bulk(kind, 'update', pass.length, jobs));
    const lost: { readonly desired: Desired; readonly id: number }[] = [];
    for (const [index, item] of pass.entries()) {
      await breathe();
      const job = jobs.get(item.id);
      const outcome = outcomes[index];
      if (job === undefined || outcome === undefined) continue;
      const { desired } = job.change;
      if (outcome.status === 'updated') this.#changed(job, outcome.record);
      else if (outcome.status === 'gone') lost.push({ desired, id: item.id });
      else if (outcome.status === 'unchanged')
        this.#book.settle(desired, { status: 'unchanged', ...this.#book.stored(job.change.current) });
      else if (this.#refused.end === undefined) await this.#retryUpdate(job, outcome.error);
      else this.#refused.notTaken(desired, outcome.error);
    }
    this.#stopAtEnd();
    await this.#refused.notFound(kind, lost);
  }

  async #retryUpdate(job: UpdateJob, error: ProxboxError): Promise<void> {
    const { change, item } = job;
    const { desired, current } = change;
    const again = await retryWithAggregateDisk(this.#context.client, desired.kind, item, error);
    if (again?.status === 'updated') this.#changed(job, again.record);
    else if (again?.status === 'gone') await this.#refused.notFound(desired.kind, [{ desired, id: item.id }]);
    else if (!this.#refused.isSpoiled(desired, item.body, current))
      await this.#refused.notWritten('change', desired, again?.status === 'failed' ? again.error : error);
  }

  #changed(job: UpdateJob, record: NetBoxRecord): void {
    const { desired, why } = job.change;
    this.#unwanted.allowed('change', desired);
    this.#book.written(desired, record, 'updated', why);
    this.#preparations.note(job);
  }

  /** What was let go for something that did not come then is what it was. */
  async #giveBack(): Promise<void> {
    for (const [kind, letGo] of this.#preparations.inVain(this.#book.isDone)) {
      const back = await giveBack(kind, letGo, this.#context, this.#bulk(kind, 'update', letGo.length));
      for (const { change, missing } of back) this.#book.failFor(change.desired, missing);
    }
  }

  /** What is sent for a new object; undefined when it cannot be sent, which is told. */
  #creation(kind: ObjectKind, desired: Desired): Unmade | undefined {
    const { isNote, noun } = kindDefinition(kind);
    if (this.#refused.isInVain(desired, this.#preparations.waitingFor(desired))) return undefined;
    const resolved =
      this.#book.blocked(desired) ?? resolveBody(creationFields(desired), this.#book.ids, this.#book.isWritten);
    if (isNote === true && !this.#book.hasNews(desired)) {
      const message = `No ${noun} was written for "${desired.label}", which was not written itself.`;
      this.#book.fail(desired, { code: 'dependency_failed', message });
    } else if ('missing' in resolved) this.#book.failFor(desired, resolved.missing);
    else {
      if (this.#refused.isSpoiled(desired, resolved.body)) return undefined;
      const body = this.#unwanted.without(kind, resolved.body);
      if (this.#refused.lacksField(desired, body['custom_fields'])) return undefined;
      const line = creationKey(kind, desired.key, body);
      if (this.#refused.isHidden(desired, line)) return undefined;
      this.#leftOut.note(desired, resolved.leftOut);
      return { desired, body, line };
    }
    return undefined;
  }

  async #send(kind: ObjectKind, creates: readonly Desired[]): Promise<void> {
    const jobs: Unmade[] = [];
    for (const desired of creates) {
      await breathe();
      const job = this.#creation(kind, desired);
      if (job !== undefined) jobs.push(job);
    }
    if (jobs.length === 0) return;
    const outcomes = await this.#post(kind, jobs);
    const adopted: UpdateJob[] = [];
    const refused: Desired[] = [];
    for (const [index, job] of jobs.entries()) {
      const { desired } = job;
      await breathe();
      const outcome = outcomes[index];
      if (outcome === undefined) continue;
      if (outcome.status === 'created') this.#created(desired, outcome.record);
      else if (outcome.status !== 'failed') adopted.push(...this.#adopt(desired, outcome.record));
      else if (await this.#refused.notCreated(job, outcome.error, jobs.length)) refused.push(desired);
    }
    this.#stopAtEnd();
    for (const part of halves(refused)) await this.#send(kind, part);
    for (const part of this.#refused.inTurn('change', adopted, ({ change }) => change.desired))
      if (part.length > 0) await this.#patch(kind, part);
  }

  #post(kind: ObjectKind, jobs: readonly Unmade[]): Promise<readonly CreateOutcome[]> {
    const lines = new Map(jobs.map(({ body, line }) => [body, line]));
    const find = finderOf(kind);
    return this.#context.client.bulkCreate(
      kindDefinition(kind).path,
      jobs.map(({ body }) => body),
      {
        ...this.#bulk(kind, 'create', jobs.length),
        ...(find === undefined ? {} : { find }),
        keyOf: (body) => lines.get(body) ?? '',
      },
    );
  }

  #created(desired: Desired, record: NetBoxRecord): void {
    this.#unwanted.allowed('add', desired);
    this.#book.written(desired, record, 'created');
  }

  /** Somebody created the object since we read: it is compared and updated like any other. What is another one's is left alone. */
  #adopt(desired: Desired, rendered: NetBoxRecord): readonly UpdateJob[] {
    const refusal = this.#holders.refuse(desired, rendered.id);
    if (refusal !== undefined) {
      this.#book.fail(desired, refusal);
      return [];
    }
    const current = decode(desired.kind, rendered);
    const { patch, why } = diffObject(desired, current, this.#book.ids);
    const resolved = resolveBody(patch, this.#book.ids);
    if (why.length === 0 || 'missing' in resolved) {
      this.#book.written(desired, rendered, 'unchanged');
      return [];
    }
    const change = { action: 'update' as const, desired, current, patch, why };
    return [{ change, item: this.#patchItem(resolved.body, change) }];
  }

  /** The plugin's tables take all tags: their serializers are not NetBox's own. */
  #patchItem(body: JsonObject, { desired: { kind }, current }: UpdateJob['change']): PatchItem {
    const isChange = this.#context.tagChanges && !isPluginKind(kind);
    return { id: current.id, body: isChange ? withTagChanges(body, current) : body };
  }

  #bulk(
    kind: ObjectKind,
    verb: WriteProgress['verb'],
    total: number,
    jobs?: ReadonlyMap<number, UpdateJob>,
  ): BulkOptions {
    const { batchOf, onProgress, showsObjects } = this.#context;
    return {
      ...batchOf(kind),
      mending: this.#unwanted.mendingOf(kind, (id) => jobs?.get(Number(id))?.change.current),
      onBatch: ({ done }) => onProgress({ kind, verb, done, total }),
      ...(showsObjects ? {} : { keep: ({ id, url, display_url }) => ({ id, url, display_url }) }),
    };
  }

  /** Called when everything that a bulk call achieved is settled: what could not be sent is left to `#failRest`. */
  #stopAtEnd(): void {
    if (this.#refused.end !== undefined) throw this.#refused.end;
  }
}

/** Among those of writes, whichever ended first: what went, then what came, each in the order of its kinds. */
function placeOfOutcome({ kind, status }: Outcome): number {
  return status === 'deleted' ? -1 - placeOf(kind) : placeOf(kind);
}
