/** Runs in a table: what, how, when, and what came of it. */
import type { Run } from './bodies.js';
import { Ago, Status } from './parts.js';
import { countText, durationText, nameOf } from './words.js';

export function RunTable({ runs }: { runs: readonly Run[] }) {
  return (
    <table class="cards">
      <thead>
        <tr>
          <th>Run</th>
          <th>Status</th>
          <th>Begun</th>
          <th class="number">Took</th>
          <th>What it did</th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.id}>
            <td>
              <a href={`#/runs/${encodeURIComponent(run.id)}`}>{nameOf(run.kind)}</a>
              <span class="quiet"> by {run.actor || run.trigger}</span>
            </td>
            <td>
              <Status of={run.status} />
            </td>
            <td>
              <Ago at={run.started_at} />
            </td>
            <td class="number">{run.status === 'running' ? '' : durationText(run.seconds)}</td>
            <td>{deedsOf(run)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const deeds = ['created', 'updated', 'deleted', 'skipped', 'failed'] as const;

/** "3 created, 1 failed"; what stayed as it was is the normal case. */
function deedsOf({ totals, status }: Pick<Run, 'totals' | 'status'>): string {
  const parts = deeds.flatMap((deed) => {
    const count = outcomeIn(totals, deed);
    return count === 0 ? [] : [`${count} ${deed}`];
  });
  if (parts.length > 0) return parts.join(', ');
  const same = outcomeIn(totals, 'unchanged');
  return status === 'running' || same === 0 ? '' : `Nothing to do, ${countText(same, 'object')} unchanged`;
}

/** Of all kinds. */
export function outcomeIn(totals: Run['totals'], outcome: string): number {
  return Object.values(totals).reduce((sum, counts) => sum + (counts[outcome] ?? 0), 0);
}
