/** The stages of a run that have ended, in numbers. */
import type { Stage } from './bodies.js';
import { Status, Table } from './parts.js';
import { durationText, nameOf, numberText } from './words.js';

const columns = ['created', 'updated', 'unchanged', 'deleted', 'skipped', 'failed'] as const;

export function Stages({ stages, isRunning }: { stages: readonly Stage[]; isRunning: boolean }) {
  if (stages.length === 0) return null;
  return (
    <section aria-labelledby="stages">
      <h2 id="stages">Stages</h2>
      <Table
        by="stages"
        columns={['Stage', 'Status', ...columns.map((column) => ({ number: nameOf(column) })), { number: 'Took' }]}
      >
        {stages.map((stage) => (
          <StageRow key={stage.stage} stage={stage} />
        ))}
      </Table>

      <StageWarnings stages={stages} isRunning={isRunning} />
    </section>
  );
}

function StageRow({ stage: { title, status, counts, seconds } }: { stage: Stage }) {
  return (
    <tr>
      <th scope="row">{nameOf(title)}</th>
      <td>
        <Status of={status} />
      </td>
      {columns.map((column) => (
        <td key={column} class={`number ${counts[column] ? column : 'none'}`}>
          {numberText(counts[column] ?? 0)}
        </td>
      ))}
      <td class="number">{durationText(seconds)}</td>
    </tr>
  );
}

/** What a stage says of itself. */
export function StageWarnings({ stages, isRunning }: { stages: readonly Stage[]; isRunning: boolean }) {
  return (
    <ul class="warnings" aria-label="Warnings">
      {stages.flatMap(({ stage, title, status, message, warnings }) => [
        // Why one has failed stands above, once the run has ended.
        ...(message === null || (status === 'failed' && !isRunning)
          ? []
          : [<li key={stage}>{`${nameOf(title)}: ${message}`}</li>]),
        ...warnings.map((warning) => (
          <li key={`${stage} ${warning.message}`}>
            {nameOf(title)}: {warning.message}
          </li>
        )),
      ])}
    </ul>
  );
}
