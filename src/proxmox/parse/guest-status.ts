/** The state of a guest in the words of NetBox. Pure. */

export type GuestStatus = 'active' | 'offline' | 'planned';

const statusWords: ReadonlyMap<string, GuestStatus> = new Map([
  ['running', 'active'],
  ['online', 'active'],
  ['active', 'active'],
  ['stopped', 'offline'],
  ['paused', 'offline'],
  ['offline', 'offline'],
  ['suspended', 'offline'],
  ['prelaunch', 'offline'],
  ['planned', 'planned'],
]);

/** All that it can be called. */
export const guestStatuses: ReadonlySet<string> = new Set(statusWords.values());

/** Unknown, empty and missing states are `active`: a guest that exists is not declared down for want of a word. */
export function parseGuestStatus(status: unknown): GuestStatus {
  return typeof status === 'string' ? (statusWords.get(status.trim().toLowerCase()) ?? 'active') : 'active';
}
