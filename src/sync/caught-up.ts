/** How a run tells what it read of NetBox: everything, and why, or what changed since. Pure. */
import type { CaughtUp, Doubt } from '../netbox/types.js';
import type { Warning } from './types.js';

const because: Readonly<Record<Exclude<Doubt, 'off'>, string>> = {
  first: 'nothing was read before',
  due: 'the last time is long ago (PROXBOX_FULL_READ_HOURS)',
  branch: 'branches always are',
  forbidden: 'its change log may not be read',
  unreadable: 'its change log cannot be read',
  pruned: 'its change log does not reach back to the last run',
  much: 'very much was changed',
  incomplete: 'its change log has a hole',
  'own writes': 'its change log does not name what was written',
  fields: 'a custom field was changed within the last hour',
};

/** undefined where nobody asked the change log. */
export function readingText(caughtUp: CaughtUp): string | undefined {
  if (caughtUp.status === 'unknown')
    return caughtUp.doubt === 'off' ? undefined : `NetBox is read in full: ${because[caughtUp.doubt]}.`;
  const { changed, since } = caughtUp;
  const [day = '', time = ''] = since.toISOString().split('T');
  return `${changed} object${changed === 1 ? '' : 's'} changed in NetBox since ${day} ${time.slice(0, 5)} UTC; the rest is known.`;
}

/** What somebody can mend about it. */
export function readingWarnings(caughtUp: CaughtUp): readonly Warning[] {
  if (caughtUp.status === 'known' || caughtUp.doubt !== 'forbidden') return [];
  const message =
    'The NetBox token may not read the change log, so every run reads everything: give its user the permission to view object changes (core.view_objectchange), without conditions.';
  return [{ code: 'change_log_forbidden', message }];
}
