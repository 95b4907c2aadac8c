/** Previews, the newest first. */
import type { Plan } from './bodies.js';
import { usePages } from './pages.js';
import { Ago, Nothing, Problem, Status, Waiting } from './parts.js';
import { StartButtons } from './start.js';
import { countText, nameOf } from './words.js';

export function PlansView() {
  const pages = usePages<Plan>('/plans?limit=50', 'plans');
  return (
    <>
      <h1>Previews</h1>
      <p>What a run would do, kept for a day to be carried out as it was read.</p>
      <StartButtons />
      <Problem error={pages.error} again={pages.again} />
      {pages.rows.length > 0 && <PlanTable plans={pages.rows} />}
      {pages.rows.length === 0 && (pages.isBusy ? <Waiting /> : <Nothing>No preview was made yet.</Nothing>)}
      {pages.rows.length > 0 && pages.hasMore && (
        <p>
          <button onClick={pages.more} disabled={pages.isBusy}>
            Earlier previews
          </button>
        </p>
      )}
    </>
  );
}

function PlanTable({ plans }: { plans: readonly Plan[] }) {
  return (
    <table class="cards">
      <thead>
        <tr>
          <th>Of</th>
          <th>Status</th>
          <th>Made</th>
          <th>Found</th>
        </tr>
      </thead>
      <tbody>
        {plans.map((plan) => (
          <tr key={plan.id}>
            <td>
              <a href={`#/plans/${encodeURIComponent(plan.id)}`}>{nameOf(plan.plan_of)}</a>
            </td>
            <td>
              <Status of={plan.status} />
            </td>
            <td>
              <Ago at={plan.started_at} />
            </td>
            <td>{plan.status === 'running' ? '' : countText(plan.drift, 'change')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
