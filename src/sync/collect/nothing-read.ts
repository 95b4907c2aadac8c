/** A stage that asked Proxmox and was told nothing at all has failed, and says why for each that it asked about. */
import { ProxboxError } from '../../errors/proxbox-error.js';
import { nameList } from '../../values/short-text.js';
import type { Reason } from '../types.js';

/** What was asked about and not read. */
export interface Unread<R extends Reason = Reason> {
  readonly reason: R;
  /** Set where Proxmox was asked, and why it did not tell. Absent where asking was pointless (node offline, guest gone). */
  readonly cause?: ProxboxError | undefined;
}

/**
 * Reads that failed are told one by one as long as there is one that did not: nothing else is done about the others. Where
 * nothing was read, the stage would end as if there was nothing to do.
 *
 * @param noun What each of them was about: `guest`
 * @param reads undefined: was read
 * @throws ProxboxError with the code of the first cause and, as detail, what is said about each, when none was read and at least one was asked for
 */
export function requireOneRead(noun: string, reads: readonly (Unread | undefined)[]): void {
  const unread = reads.flatMap((read) => read ?? []);
  const first = unread.find(({ cause }) => cause !== undefined)?.cause;
  if (first === undefined || unread.length < reads.length) return;
  const messages = [...new Set(unread.map(({ reason }) => reason.message))];
  const { code, status, retryable, retryAfterS, where, upstream } = first;
  throw new ProxboxError(code, `No ${noun} could be read`, {
    detail: nameList(messages, { separator: '; ' }),
    cause: first,
    status,
    retryable,
    where,
    ...(retryAfterS === undefined ? {} : { retryAfterS }),
    ...(upstream === undefined ? {} : { upstream }),
  });
}
