/** What became of every change of a plan: exactly one outcome each, and the ids that later changes and plans refer to. */
import type { Logger } from 'pino';
import { errorText, type ProxboxError } from '../../errors/proxbox-error.js';
import { decodeShown } from '../../netbox/kinds/decode.js';
import { kindDefinition, kinds, type AnyRecord } from '../../netbox/kinds/index.js';
import { textOf } from '../../netbox/kinds/values.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import {
  fieldEntries,
  isRef,
  objectKey,
  type Change,
  type Desired,
  type ObjectKey,
  type Outcome,
  type Reason,
} from '../types.js';

export interface OutcomeContext {
  /** Objects of earlier plans that do not exist, with the reason. */
  readonly unmade: ReadonlyMap<ObjectKey, Outcome>;
  /** Whether the objects are kept with their outcomes, as NetBox renders them, for an answer that shows that. */
  readonly showsObjects: boolean;
  readonly logger: Logger;
}

type Removal = Extract<Change, { action: 'delete' }>;

export class OutcomeBook {
  /** Of everything that exists now and may be referred to by later plans. */
  readonly ids: Map<ObjectKey, number>;
  readonly #deleted = new Set<string>();
  readonly #outcomes = new Map<ObjectKey, Outcome>();
  readonly #context: OutcomeContext;

  constructor(known: ReadonlyMap<ObjectKey, number>, context: OutcomeContext) {
    this.ids = new Map(known);
    this.#context = context;
  }

  get all(): ReadonlyMap<ObjectKey, Outcome> {
    return this.#outcomes;
  }

  /** Whatever was said of it is taken back. */
  forget({ kind, key }: Desired): void {
    this.#outcomes.delete(objectKey(kind, key));
  }

  settleUnwritten(change: Change): void {
    if (change.action === 'keep') this.settle(change.desired, { status: 'unchanged', ...this.#currentOf(change) });
    if (change.action !== 'skip' && change.action !== 'refuse') return;
    const { kind, key, label, reason, source } = change;
    const status = change.action === 'skip' ? 'skipped' : 'failed';
    this.#put({ kind, key, label, status, reason, ...(source === undefined ? {} : { source }) });
  }

  removed({ kind, key, label, current, reason, source }: Removal): void {
    this.#deleted.add(`${kind} ${current.id}`);
    const outcome = { kind, key, label, status: 'deleted' as const, ...this.stored(current), reason };
    // Something else may have the key by now: an address that moved is deleted here and created there.
    this.#outcomes.set(
      `${objectKey(kind, key)}#${current.id}`,
      source === undefined ? outcome : { ...outcome, source },
    );
  }

  readonly isWritten = (key: ObjectKey): boolean => this.#outcomes.get(key)?.status !== 'failed';

  /** Whether it is in NetBox as it should be. */
  readonly isDone = (key: ObjectKey): boolean =>
    !['failed', 'skipped'].includes(this.#outcomes.get(key)?.status ?? 'failed');

  /** Whether a row that had to go before is there still. */
  isHeld({ afterDeleted }: Desired): boolean {
    return afterDeleted?.ids.some((id) => !this.#deleted.has(`${afterDeleted.kind} ${id}`)) === true;
  }

  /** Whether what a note is about was written. */
  hasNews({ fields }: Desired): boolean {
    return fieldEntries(fields)
      .map(([, value]) => value)
      .filter(isRef)
      .every(({ ref }) => ['created', 'updated'].includes(this.#outcomes.get(ref)?.status ?? ''));
  }

  written(
    desired: Desired,
    rendered: NetBoxRecord,
    status: 'created' | 'updated' | 'unchanged',
    why?: Outcome['why'],
  ): void {
    const { id, url, display_url } = rendered;
    this.ids.set(objectKey(desired.kind, desired.key), id);
    this.settle(desired, {
      status,
      id,
      url: textOf(url),
      displayUrl: textOf(display_url),
      ...(why === undefined ? {} : { why }),
      ...(this.#context.showsObjects ? { record: decodeShown(desired.kind, rendered) } : {}),
    });
  }

  stored(record: AnyRecord): Pick<Outcome, 'id' | 'record'> {
    return { id: record.id, ...(this.#context.showsObjects ? { record } : {}) };
  }

  gone(desired: Desired, id: number): void {
    this.ids.delete(objectKey(desired.kind, desired.key));
    const { noun } = kindDefinition(desired.kind);
    this.fail(desired, {
      code: 'vanished',
      message: `The ${noun} "${desired.label}" (id ${id}) was deleted in NetBox during the run; the next run creates it again.`,
    });
  }

  /** The object that had to be written before, where that failed. */
  blocked({ after }: Desired): { readonly missing: ObjectKey } | undefined {
    return after !== undefined && this.#outcomes.get(after)?.status === 'failed' ? { missing: after } : undefined;
  }

  failFor(desired: Desired, missing: ObjectKey): void {
    const cause = this.#outcomes.get(missing) ?? this.#context.unmade.get(missing);
    const { noun } = kindDefinition(desired.kind);
    if (cause?.status === 'skipped' && goesAlong(desired, missing)) {
      const message = `The ${noun} "${desired.label}" was left out along with the ${kinds[cause.kind].noun} "${cause.label}".`;
      this.settle(desired, { status: 'skipped', reason: { code: 'dependency_left_out', message } });
      return;
    }
    const because =
      cause?.reason === undefined
        ? `${missing} does not exist`
        : `${kinds[cause.kind].noun} "${cause.label}": ${cause.reason.message}`;
    this.fail(desired, {
      code: 'dependency_failed',
      message: `${noun} "${desired.label}" was not written because of ${because}`,
    });
  }

  failRest(changes: readonly Change[], error: ProxboxError): void {
    for (const change of changes) {
      if (change.action !== 'create' && change.action !== 'update') continue;
      if (this.#outcomes.has(objectKey(change.desired.kind, change.desired.key))) continue;
      this.fail(change.desired, {
        code: 'not_attempted',
        message: `The run stopped before "${change.desired.label}" was written: ${errorText(error)}`,
      });
    }
  }

  fail(desired: Desired, reason: Reason): void {
    this.#context.logger.debug({ kind: desired.kind, label: desired.label, code: reason.code }, reason.message);
    this.settle(desired, { status: kindDefinition(desired.kind).isNote === true ? 'skipped' : 'failed', reason });
  }

  #currentOf({ desired, current }: Extract<Change, { action: 'keep' }>): Pick<Outcome, 'record' | 'id'> {
    if (current !== undefined) return this.stored(current);
    const id = this.ids.get(objectKey(desired.kind, desired.key));
    return id === undefined ? {} : { id };
  }

  settle(desired: Desired, outcome: Omit<Outcome, 'kind' | 'key' | 'label' | 'source'>): void {
    const { kind, key, label, source } = desired;
    this.#put({ kind, key, label, ...outcome, ...(source === undefined ? {} : { source }) });
  }

  #put(outcome: Outcome): void {
    const key = objectKey(outcome.kind, outcome.key);
    this.#outcomes.set(outcome.reason?.code === 'duplicate' ? `${key}#${this.#outcomes.size}` : key, outcome);
  }
}

function goesAlong({ fields }: Desired, missing: ObjectKey): boolean {
  return fieldEntries(fields).some(([, value]) => isRef(value) && value.ref === missing && value.along === true);
}
