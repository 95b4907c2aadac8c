/** One run: how far it is or how it ended, stage by stage, and every object that it touched. */
import type { Run, WholeRun } from './bodies.js';
import { BesideBefore } from './comparison.js';
import { useAsked } from './hooks.js';
import { ItemList } from './items.js';
import { Ago, Problem, Status, Waiting } from './parts.js';
import { Progress } from './progress.js';
import { Errors } from './run-errors.js';
import { Stages } from './stages.js';
import { countText, durationText, nameOf, numberText } from './words.js';

export function RunView({ id, query }: { id: string; query: URLSearchParams }) {
  const path = `/runs/${encodeURIComponent(id)}`;
  const { answer: run, error, again } = useAsked<WholeRun>(path);
  if (run === undefined) return error === undefined ? <Waiting /> : <Problem error={error} again={again} />;
  return (
    <>
      <p class="trail">
        <a href="#/runs">Runs</a>
      </p>
      <h1>
        {nameOf(run.kind)} <Status of={run.status} />
      </h1>
      <p class="quiet">
        Begun <Ago at={run.started_at} /> by {run.actor || run.trigger}
        {run.ended_at !== null && `, took ${durationText(run.seconds)}`}. {trafficText(run)}{' '}
        <a href={`#/log?run=${encodeURIComponent(id)}`}>Its log</a>
      </p>
      <Problem error={error} again={again} />
      {run.status === 'running' && run.kind !== 'individual' && <Progress path={path} onNews={again} />}
      {run.message !== null && <p class="notice bad">{run.message}</p>}
      <Errors run={run} title="What is missing" />
      <Stages stages={run.stages} isRunning={run.status === 'running'} />
      {run.ended_at !== null && <BesideBefore run={run} />}
      <ItemList key={query.toString()} run={run} start={query} title="Objects" nothing="Everything stayed as it was." />
    </>
  );
}

function trafficText({ netbox, proxmox, ended_at: endedAt }: Run): string {
  if (endedAt === null) return '';
  return `${countText(netbox.requests, 'request')} to NetBox, ${numberText(netbox.writes)} of them writing; ${numberText(proxmox.requests)} to Proxmox.`;
}
