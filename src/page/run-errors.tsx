/** Why a run is not complete: its problems by reason, each with what mends it. */
import type { Run } from './bodies.js';
import { countText, nameOf } from './words.js';

/** What is missing and what to do about it. */
export function Errors({ run: { id, errors }, title }: { run: Pick<Run, 'id' | 'errors'>; title: string }) {
  if (errors.length === 0) return null;
  return (
    <section aria-labelledby="errors">
      <h2 id="errors">{title}</h2>
      <ul class="problems">
        {errors.filter(isGroup).map((group) => (
          <li key={group.detail}>
            <strong>{nameOf(group.reason)}</strong>{' '}
            <a href={`#/runs/${encodeURIComponent(id)}?reason=${encodeURIComponent(group.reason)}`}>
              {countText(group.count, 'time')}
            </a>
            <p>{group.detail.replace(`${group.reason}: `, '')}</p>
            {group.suggestion !== '' && <p class="cure">{group.suggestion}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

type Group = Readonly<{ reason: string; count: number; detail: string; suggestion: string }>;

const isGroup = (value: Run['errors'][number]): value is Group =>
  'reason' in value && 'count' in value && 'suggestion' in value;
