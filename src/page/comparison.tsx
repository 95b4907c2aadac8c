/** A run beside the one before it, in numbers, and which problems are new or mended since. */
import { itemOutcomes, type Comparison, type Item, type Run } from './bodies.js';
import { useAsked } from './hooks.js';
import { Ago, Problem, Status, Table } from './parts.js';
import { outcomeIn } from './run-table.js';
import { countText, durationText, nameOf, numberText } from './words.js';

export function BesideBefore({ run }: { run: Run }) {
  const { answer, error, again } = useAsked<Comparison>(`/runs/${encodeURIComponent(run.id)}/comparison`);
  if (answer === undefined) return <Problem error={error} again={again} />;
  const { before, appeared, ended, remaining, is_whole: isWhole } = answer;
  if (before === null) return null;
  return (
    <section aria-labelledby="comparison">
      <h2 id="comparison">Beside the run before</h2>
      <p class="quiet">
        <a href={`#/runs/${encodeURIComponent(before.id)}`}>The run before</a> was asked for the same and began{' '}
        <Ago at={before.started_at} />. {countText(appeared.count, 'problem')} new, {numberText(ended.count)} gone,{' '}
        {numberText(remaining)} as before.
        {!isWhole && ' There are more than could be compared.'}
      </p>
      <Numbers run={run} before={before} />
      <Changed title="New problems" list={appeared} />
      <Changed title="Problems that are gone" list={ended} />
    </section>
  );
}

function Numbers({ run, before }: { run: Run; before: Run }) {
  const rows: readonly (readonly [string, (of: Run) => string])[] = [
    ...itemOutcomes.map(
      (outcome) => [nameOf(outcome), (of: Run) => numberText(outcomeIn(of.totals, outcome))] as const,
    ),
    ['Requests to NetBox', ({ netbox }) => numberText(netbox.requests)],
    ['of them writing', ({ netbox }) => numberText(netbox.writes)],
    ['Requests to Proxmox', ({ proxmox }) => numberText(proxmox.requests)],
    ['Took', ({ seconds }) => durationText(seconds)],
  ];
  return (
    <Table by="comparison" columns={['Number', { number: 'This run' }, { number: 'The run before' }]}>
      {rows.map(([name, textOf]) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td class="number">{textOf(run)}</td>
          <td class="number">{textOf(before)}</td>
        </tr>
      ))}
    </Table>
  );
}

function Changed({ title, list: { count, items } }: { title: string; list: Comparison['appeared'] }) {
  if (count === 0) return null;
  return (
    <details>
      <summary>
        {title} ({numberText(count)})
      </summary>
      <ul class="problems">
        {items.map((item) => (
          <li key={item.position}>
            <Status of={item.outcome} /> <strong>{item.label}</strong> <span class="quiet">{reasonOf(item)}</span>
            {item.message !== null && <p>{item.message}</p>}
          </li>
        ))}
      </ul>
      {count > items.length && <p class="quiet">and {numberText(count - items.length)} more</p>}
    </details>
  );
}

const reasonOf = ({ kind, reason }: Item): string =>
  [nameOf(kind), ...(reason === null ? [] : [nameOf(reason)])].join(' · ');
