/** Rows that NetBox has and the token may not view: what would be a second one is not sent in vain. */
import type { Clock } from '../config/clock.js';
import type { ObjectKind } from '../netbox/kinds/index.js';
import type { Reason } from './types.js';

/** What nobody tells, that such a row was deleted, is found out by trying again after so long. */
const keptMs = 86_400_000;

interface Unseen {
  readonly reason: Reason;
  readonly atMs: number;
}

/** Of one token, in this run and the ones before it. A row that may be viewed by now is found, and nobody asks here. */
export class UnseenRows {
  readonly #rows = new Map<string, Unseen>();
  readonly #clock: Pick<Clock, 'monotonicMs'>;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** @param line what tells such an object from others of its kind, as `creationKey` of executor/find-existing.ts has it */
  why(kind: ObjectKind, line: string): Reason | undefined {
    const known = this.#rows.get(`${kind} ${line}`);
    return known !== undefined && this.#clock.monotonicMs() - known.atMs < keptMs ? known.reason : undefined;
  }

  remember(kind: ObjectKind, line: string, reason: Reason): void {
    this.#rows.set(`${kind} ${line}`, { reason, atMs: this.#clock.monotonicMs() });
  }

  /** The next run is to try again. */
  forget(kind: ObjectKind): void {
    for (const key of [...this.#rows.keys()]) if (key.startsWith(`${kind} `)) this.#rows.delete(key);
  }
}
