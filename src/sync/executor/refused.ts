/** What NetBox does not take: how each object is settled then, what is remembered of it, and what is told once. */
import type { Logger } from 'pino';
import type { ProxboxError } from '../../errors/proxbox-error.js';
import { isPluginKind, type AnyRecord } from '../../netbox/kinds/index.js';
import { endsTheRun } from '../../netbox/run-ending.js';
import type { JsonObject } from '../../netbox/types.js';
import type { Collections } from '../collections.js';
import type { Desired, Reason } from '../types.js';
import {
  duplicateReason,
  kindReason,
  rejectionReason,
  requiredFieldOf,
  requiredFieldReason,
} from './failure-reasons.js';
import type { KindWarnings } from './kind-warnings.js';
import type { OutcomeBook } from './outcome-book.js';
import { spareCode, type Unwanted } from './unwanted.js';

interface RefusedContext {
  readonly book: OutcomeBook;
  readonly told: KindWarnings;
  readonly unwanted: Unwanted;
  readonly collections: Collections;
  readonly logger: Logger;
}

export class Refused {
  /** The first error after which no further write can succeed. */
  end: ProxboxError | undefined;
  readonly #book: OutcomeBook;
  readonly #told: KindWarnings;
  readonly #unwanted: Unwanted;
  readonly #collections: Collections;
  readonly #logger: Logger;

  constructor({ book, told, unwanted, collections, logger }: RefusedContext) {
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
  async isOneOfMany({ kind }: Desired, error: ProxboxError, sent: number): Promise<boolean> {
    const reason = kindReason(kind, error);
    return sent > 1 && reason?.code === 'forbidden' && (await this.#unwanted.areMixed(kind, reason.message));
  }

  /** NetBox did not take a new object. `body`: what was sent. */
  async notCreated(desired: Desired, body: JsonObject, error: ProxboxError): Promise<void> {
    if (this.isSpoiled(desired, body)) return;
    const reason = kindReason(desired.kind, error);
    if (reason?.code === 'forbidden') await this.#unwanted.forbid(desired, reason.message);
    this.notTaken(desired, error);
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
    if (spare === undefined) this.#book.fail(desired, reason);
    else this.#book.settle(desired, { status: 'skipped', reason: { ...reason, code: spare } });
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
