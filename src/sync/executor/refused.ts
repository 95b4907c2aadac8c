/** What NetBox does not take: how each object is settled then, what is remembered of it, and what is told once. */
import type { Logger } from 'pino';
import type { ProxboxError } from '../../errors/proxbox-error.js';
import { isPluginKind, type AnyRecord, type ObjectKind } from '../../netbox/kinds/index.js';
import type { WriteAction } from '../../netbox/actions.js';
import { endsTheRun } from '../../netbox/run-ending.js';
import type { JsonObject, NetBoxBulkClient } from '../../netbox/types.js';
import type { Collections } from '../collections.js';
import type { Desired, Reason } from '../types.js';
import {
  conditionalMessage,
  duplicateReason,
  isUnseen,
  kindReason,
  rejectionReason,
  requiredFieldOf,
  requiredFieldReason,
} from './failure-reasons.js';
import { rivalFinderOf } from './find-existing.js';
import { inTurn } from './in-turn.js';
import type { KindWarnings } from './kind-warnings.js';
import type { OutcomeBook } from './outcome-book.js';
import type { Waiting } from './preparations.js';
import { rowsNow } from './rows-now.js';
import { spareCode, type Unwanted } from './unwanted.js';

interface RefusedContext {
  readonly client: NetBoxBulkClient;
  readonly book: OutcomeBook;
  readonly told: KindWarnings;
  readonly unwanted: Unwanted;
  readonly collections: Collections;
  readonly logger: Logger;
}

/** A new object that NetBox did not take. */
export interface Unmade {
  readonly desired: Desired;
  /** What was sent. */
  readonly body: JsonObject;
  /** Its `creationKey`. */
  readonly line: string;
}

/** What was to be changed and was not found. */
interface Lost {
  readonly desired: Desired;
  readonly id: number;
}

export class Refused {
  /** The first error after which no further write can succeed. */
  end: ProxboxError | undefined;
  readonly #client: NetBoxBulkClient;
  /** What is tried again in this run, as something was written for it. */
  readonly #promised = new Set<Desired>();
  readonly #book: OutcomeBook;
  readonly #told: KindWarnings;
  readonly #unwanted: Unwanted;
  readonly #collections: Collections;
  readonly #logger: Logger;

  constructor({ client, book, told, unwanted, collections, logger }: RefusedContext) {
    this.#client = client;
    this.#book = book;
    this.#told = told;
    this.#unwanted = unwanted;
    this.#collections = collections;
    this.#logger = logger;
  }

  /** Whether the object would say something else without what NetBox refuses of it, which is settled then. */
  isSpoiled(desired: Desired, body: JsonObject, current?: AnyRecord): boolean {
    const reason = this.#unwanted.spoiled(desired, body, current);
    if (reason !== undefined) this.#book.fail(desired, reason);
    return reason !== undefined;
  }

  /** Whether the object would be refused for a custom field, which is settled then. */
  lacksField(desired: Desired, values: unknown): boolean {
    const field = this.#collections.requiredFields.missing(desired.kind, values);
    if (field !== undefined) this.#rejected(desired, requiredFieldReason(desired, field));
    return field !== undefined;
  }

  /** Whether the object may have been refused for the company it was sent in. */
  async #isOneOfMany({ kind }: Desired, error: ProxboxError, sent: number): Promise<boolean> {
    const reason = kindReason(kind, error);
    return sent > 1 && reason?.code === 'forbidden' && (await this.#unwanted.areMixed(kind, reason.message));
  }

  /**
   * Objects in the order of writing, without those that NetBox is known not to let the token write, which are settled; see
   * `inTurn` of in-turn.ts. What was promised has its turn before others.
   */
  inTurn<T>(action: WriteAction, all: readonly T[], desiredOf: (one: T) => Desired): Generator<readonly T[]> {
    return inTurn(all, {
      whyNot: (one) => this.#unwanted.forbidden(action, desiredOf(one)),
      probe: (refused) => {
        const byDesired = new Map(refused.map((one) => [desiredOf(one), one]));
        const promised = [...byDesired.keys()].find((desired) => this.#promised.has(desired));
        const due = promised ?? this.#unwanted.probe(action, [...byDesired.keys()]);
        return due === undefined ? undefined : byDesired.get(due);
      },
      refuse: (one, message) => this.refuseKind(desiredOf(one), { code: 'forbidden', message }),
    });
  }

  /** Whether all that a change is written for is known not to come; the change is settled then. What is to be tried again needs it. */
  isInVain(desired: Desired, waiting: readonly Waiting[]): boolean {
    const whys = waiting.map((one) => this.#unwanted.forbidden(one.action, one.desired));
    const [message] = whys;
    if (message === undefined || whys.includes(undefined)) return false;
    const due = waiting.flatMap((one) => this.#unwanted.probe(one.action, [one.desired]) ?? []);
    for (const one of due) this.#promised.add(one);
    if (due.length > 0) return false;
    this.#book.settle(desired, { status: 'skipped', reason: { code: 'forbidden', message } });
    return true;
  }

  /** Whether NetBox is known to have a row like it that the token may not view; the object is settled then. */
  isHidden(desired: Desired, line: string): boolean {
    const reason = this.#collections.unseen.why(desired.kind, line);
    if (reason !== undefined) this.#rejected(desired, reason);
    return reason !== undefined;
  }

  /** NetBox did not take a new object, one of so many. True where it is to be sent again in other company, and nothing is settled. */
  async notCreated(unmade: Unmade, error: ProxboxError, sent: number): Promise<boolean> {
    if (await this.#isOneOfMany(unmade.desired, error, sent)) return true;
    await this.#unmade(unmade, error);
    return false;
  }

  async #unmade({ desired, body, line }: Unmade, error: ProxboxError): Promise<void> {
    if (this.isSpoiled(desired, body)) return;
    if (isUnseen(error)) {
      const [rival] = (await rivalFinderOf(desired.kind)?.([body], this.#client)) ?? [];
      const reason = rejectionReason(desired, error, rival);
      if (reason.code === 'row_hidden') this.#collections.unseen.remember(desired.kind, line, reason);
      this.#rejected(desired, reason);
      return;
    }
    await this.notWritten('add', desired, error);
  }

  /** NetBox did not let the token write the object, or did not take it. */
  async notWritten(action: WriteAction, desired: Desired, error: ProxboxError): Promise<void> {
    const reason = endsTheRun(error) ? undefined : kindReason(desired.kind, error);
    if (reason?.code === 'forbidden') await this.#unwanted.forbid(action, desired, reason.message);
    this.notTaken(desired, error);
  }

  /** NetBox did not find objects that were to be changed: they were deleted, or the conditions of a permission keep them from it. */
  async notFound(kind: ObjectKind, lost: readonly Lost[]): Promise<void> {
    if (lost.length === 0) return;
    const there = await rowsNow(
      this.#collections,
      kind,
      lost.map(({ id }) => id),
    );
    const message = conditionalMessage('change', kind);
    for (const { desired, id } of lost) {
      if (!there.has(id)) {
        this.#book.gone(desired, id);
        continue;
      }
      await this.#unwanted.forbid('change', desired, message);
      this.refuseKind(desired, { code: 'forbidden', message });
    }
  }

  /** NetBox did not take the object. What concerns the whole kind (permission, missing table) is told once. */
  notTaken(desired: Desired, error: ProxboxError): void {
    if (endsTheRun(error)) {
      this.end ??= error;
      this.#book.forget(desired);
      return;
    }
    const duplicate = duplicateReason(desired, error);
    if (duplicate !== undefined) {
      this.#collections.refusals.remember(duplicate.message);
      this.#book.settle(desired, { status: 'skipped', reason: duplicate });
      return;
    }
    const field = requiredFieldOf(error);
    if (field !== undefined) this.#collections.requiredFields.learn(desired.kind, field);
    const reason = kindReason(desired.kind, error);
    if (reason !== undefined) this.refuseKind(desired, reason);
    else this.#rejected(desired, rejectionReason(desired, error));
  }

  /** The object is not written, whether NetBox has said so now or before: what others do without is left out and fails nobody. */
  #rejected(desired: Desired, reason: Reason): void {
    const spare = spareCode(desired.kind);
    if (spare === undefined) {
      this.#book.fail(desired, reason);
      return;
    }
    const code = reason.code === 'row_hidden' ? reason.code : spare;
    this.#book.settle(desired, { status: 'skipped', reason: { ...reason, code } });
  }

  /** No object of the kind can be written: told once, and settled for each. */
  refuseKind(desired: Desired, { code, message }: Reason): void {
    const spare = spareCode(desired.kind);
    const reason = { code: spare ?? code, message };
    const isNews = this.#told.refuse(desired, reason);
    if (isNews) this.#logger.warn({ kind: desired.kind, code: reason.code }, message);
    if (isPluginKind(desired.kind) || spare !== undefined) this.#book.settle(desired, { status: 'skipped', reason });
    else this.#book.fail(desired, reason);
  }
}
