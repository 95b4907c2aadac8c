/** One preview: what would be done, object by object and field by field, and doing it. */
import { useState } from 'preact/hooks';
import { ask, Refusal } from './api.js';
import type { WholePlan } from './bodies.js';
import { useAction, useAsked } from './hooks.js';
import { ItemList } from './items.js';
import { Ago, Problem, Status, Waiting } from './parts.js';
import { Progress } from './progress.js';
import { Errors } from './run-errors.js';
import { StageWarnings } from './stages.js';
import { StartButtons } from './start.js';
import { countText, nameOf, valueText } from './words.js';

export function PlanView({ id }: { id: string }) {
  const { answer: plan, error, again } = useAsked<WholePlan>(`/plans/${encodeURIComponent(id)}?limit=1`);
  if (plan === undefined) return error === undefined ? <Waiting /> : <Problem error={error} again={again} />;
  return (
    <>
      <p class="trail">
        <a href="#/plans">Previews</a>
      </p>
      <h1>
        {nameOf(plan.plan_of)}: {plan.status === 'running' ? 'looking' : countText(plan.drift, 'change')}{' '}
        <Status of={plan.status} />
      </h1>
      <p class="quiet">
        Made <Ago at={plan.started_at} /> by {plan.actor || plan.trigger}. Nothing was written.
      </p>
      <Problem error={error} again={again} />
      {plan.status === 'running' && <Progress path={`/runs/${encodeURIComponent(id)}`} onNews={again} />}
      {plan.message !== null && <p class="notice bad">{plan.message}</p>}
      {isMade(plan) && <Apply plan={plan} />}
      <Errors run={plan} title="Left out, or not known" />
      <StageWarnings stages={plan.stages} isRunning={plan.status === 'running'} />
      <ItemList run={plan} start={new URLSearchParams()} title="What would be done" nothing="There is nothing to do." />
    </>
  );
}

const isMade = ({ status }: WholePlan): boolean => status === 'completed' || status === 'partial';

type Difference = Readonly<{
  kind: string;
  key: string;
  label: string;
  shown: string | null;
  now: string | null;
  fields: readonly { field: string; shown: unknown; now: unknown }[];
}>;

interface Stale {
  readonly difference_count: number;
  readonly differences: readonly Difference[];
}

const isStale = (body: unknown): body is Stale => typeof body === 'object' && body !== null && 'differences' in body;

function Apply({ plan }: { plan: WholePlan }) {
  const [stale, setStale] = useState<Stale>();
  const path = `/plans/${encodeURIComponent(plan.id)}/apply?wait=false`;
  const carryOut = async (query: string): Promise<void> => {
    try {
      const { run_id: runId } = await ask<{ run_id: string }>(`${path}${query}`, { method: 'POST' });
      location.hash = `#/runs/${encodeURIComponent(runId)}`;
    } catch (error) {
      if (!(error instanceof Refusal) || !isStale(error.body)) throw error;
      setStale(error.body);
    }
  };
  const apply = useAction(() => carryOut(''));
  const rest = useAction(() => carryOut('&allow_drift=true'));
  if (plan.drift === 0) return null;
  if (plan.is_expired)
    return (
      <div class="notice warn">
        <p>This preview is older than a day: NetBox and Proxmox have gone on. Make a new one.</p>
        <StartButtons />
      </div>
    );
  return (
    <>
      <div class="bar">
        <button class="primary" onClick={apply.run} disabled={apply.isBusy || rest.isBusy}>
          {apply.isBusy ? 'Looking whether it is still so…' : 'Apply'}
        </button>
        <span class="quiet">
          Looks again first, and writes nothing where something else would be done by now. Can be applied until{' '}
          {new Date(plan.expires_at).toLocaleString()}.
        </span>
      </div>
      <Problem error={apply.error ?? rest.error} />
      {stale && <Differences stale={stale} onRest={rest.run} isBusy={rest.isBusy} />}
    </>
  );
}

function Differences({
  stale: { difference_count: count, differences },
  onRest,
  isBusy,
}: {
  stale: Stale;
  onRest: () => void;
  isBusy: boolean;
}) {
  return (
    <section class="notice warn" role="alert" aria-labelledby="stale">
      <h2 id="stale">{countText(count, 'change')} would be another one by now</h2>
      <ul class="warnings">
        {differences.slice(0, 20).map((one) => (
          <li key={`${one.kind} ${one.key}`}>
            <strong>{one.label}</strong> {nameOf(one.kind)}: {differenceText(one)}
          </li>
        ))}
        {count > 20 && <li>and {count - 20} more</li>}
      </ul>
      <div class="bar">
        <button onClick={onRest} disabled={isBusy}>
          Apply the rest
        </button>
      </div>
      <StartButtons />
    </section>
  );
}

function differenceText({ shown, now, fields }: Difference): string {
  if (shown !== now) return `${shown ?? 'nothing to do'} was shown, ${now ?? 'nothing to do'} now`;
  return fields.map((one) => `${one.field} ${valueText(one.shown)} was shown, ${valueText(one.now)} now`).join('; ');
}
