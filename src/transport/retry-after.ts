/** How long a server asks its clients to wait. */
import type { Clock } from '../config/clock.js';

/** Nobody is made to wait longer than this for one try, whatever a server asks for. */
const maxRetryAfterMs = 30_000;

/** `Retry-After` in milliseconds, from seconds or an HTTP date (RFC 9110, 10.2.3); 0 when absent or senseless. */
export function retryAfterMs(header: string | undefined, clock: Clock): number {
  if (header === undefined) return 0;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - clock.now().getTime();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), maxRetryAfterMs) : 0;
}
