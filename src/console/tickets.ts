/** Consoles that were asked for and not opened yet: each may be opened once, soon, and by the page that asked for it. */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../config/clock.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { GuestType } from '../proxmox/types.js';

/** `novnc`: the screen, by RFB; `term`: the serial line or the shell of a container. */
export type ConsoleKind = 'novnc' | 'term';

export interface ConsoleWish {
  /** Of this service. */
  readonly endpointId: number;
  readonly type: GuestType;
  readonly vmid: number;
  readonly kind: ConsoleKind;
  /** Of the page: `https://netbox.example.com`. */
  readonly origin: string;
}

export interface ConsoleTicket {
  /** 43 characters of base64url. */
  readonly token: string;
  readonly expiresAt: Date;
}

export interface ConsoleTickets {
  /** @throws ProxboxError `console_busy` while too many wait to be opened */
  issue(wish: ConsoleWish): ConsoleTicket;
  /** What was asked for; undefined when nobody did, too long ago, from another page, or when it was opened before. */
  redeem(token: string, origin: string): ConsoleWish | undefined;
}

/** Browsers connect at once. */
const lifeMs = 30_000;
const most = 1024;

/** Whoever reads the memory of the process finds no token that opens anything. */
const digest = (token: string): string => createHash('sha256').update(token).digest('base64');

export function createConsoleTickets(clock: Pick<Clock, 'now' | 'monotonicMs'>): ConsoleTickets {
  const waiting = new Map<string, { readonly wish: ConsoleWish; readonly untilMs: number }>();
  /** They stand in the order in which they were made. */
  const forgetOld = (): void => {
    for (const [key, { untilMs }] of waiting) {
      if (untilMs > clock.monotonicMs()) return;
      waiting.delete(key);
    }
  };
  return {
    issue: (wish) => {
      forgetOld();
      if (waiting.size >= most)
        throw new ProxboxError('console_busy', `${most} consoles wait to be opened.`, {
          detail: 'Each is forgotten after 30 s: try again then.',
          retryAfterS: lifeMs / 1000,
        });
      const token = randomBytes(32).toString('base64url');
      waiting.set(digest(token), { wish, untilMs: clock.monotonicMs() + lifeMs });
      return { token, expiresAt: new Date(clock.now().getTime() + lifeMs) };
    },
    redeem: (token, origin) => {
      forgetOld();
      const key = digest(token);
      const wish = waiting.get(key)?.wish;
      waiting.delete(key);
      return wish?.origin === origin ? wish : undefined;
    },
  };
}
