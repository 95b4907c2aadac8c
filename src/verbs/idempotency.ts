/**
 * Remembers what a verb was answered for an Idempotency-Key, so that a repeated request does not act again. In memory: a
 * restart forgets it.
 */
import type { Clock } from '../config/clock.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { VerbAnswer } from './types.js';

/** What came of one performance. */
export interface Performed {
  readonly answer: VerbAnswer;
  /** False: nothing was sent to Proxmox and the same request may fare better the next time. */
  readonly isFinal: boolean;
  /** What a repetition does in place of the verb: the journal entry is not up to date yet. */
  readonly finish?: (() => Promise<Performed>) | undefined;
}

export interface IdempotencyStore {
  /**
   * Performs, or answers as before. Of equal keys at once one performs and the others wait for it. Throws
   * `idempotency_key_reused` when the key belongs to a request with another fingerprint, and what `perform` throws.
   */
  once(key: string, fingerprint: string, perform: () => Promise<Performed>): Promise<VerbAnswer>;
}

interface Stored extends Performed {
  readonly fingerprint: string;
  readonly untilMs: number;
}

const keepMs = 60_000;
const maxEntries = 10_000;

export function createIdempotencyStore(clock: Clock): IdempotencyStore {
  const stored = new Map<string, Stored>();
  /** The last request in line for each key; never rejects. */
  const lines = new Map<string, Promise<void>>();

  function find(key: string): Stored | undefined {
    const entry = stored.get(key);
    if (entry === undefined || entry.untilMs > clock.monotonicMs()) return entry;
    stored.delete(key);
    return undefined;
  }

  function keep(key: string, fingerprint: string, performed: Performed): VerbAnswer {
    if (performed.isFinal) {
      stored.delete(key);
      stored.set(key, { ...performed, fingerprint, untilMs: clock.monotonicMs() + keepMs });
      for (const oldest of stored.keys()) {
        if (stored.size <= maxEntries) break;
        stored.delete(oldest);
      }
    }
    return performed.answer;
  }

  async function inTurn(key: string, fingerprint: string, perform: () => Promise<Performed>): Promise<VerbAnswer> {
    const before = find(key);
    if (before === undefined) return keep(key, fingerprint, await perform());
    if (before.fingerprint !== fingerprint) {
      throw new ProxboxError(
        'idempotency_key_reused',
        'The Idempotency-Key belongs to a request with another body. Use a new key for every action.',
      );
    }
    return before.finish === undefined ? before.answer : keep(key, fingerprint, await before.finish());
  }

  return {
    once(key, fingerprint, perform) {
      const mine = (lines.get(key) ?? Promise.resolve()).then(() => inTurn(key, fingerprint, perform));
      const over = mine
        .then(
          () => undefined,
          () => undefined,
        )
        .finally(() => {
          if (lines.get(key) === over) lines.delete(key);
        });
      lines.set(key, over);
      return mine;
    },
  };
}
