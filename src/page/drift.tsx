/** By how much NetBox differed from an endpoint: what the newest look found, and a line over the days before. */
import type { Drift, EndpointDrift } from './bodies.js';
import { Ago } from './parts.js';
import { countText, numberText, shortDateText } from './words.js';

const dayMs = 86_400_000;
/** Of the picture, in units of its own: it becomes as wide as there is room. */
const size = { width: 300, height: 40 } as const;

type Day = EndpointDrift['days'][number];

export function DriftOf({ id, drift: { since, until, endpoints } }: { id: number; drift: Drift }) {
  const found = endpoints.find(({ endpoint_id: of }) => of === id);
  if (found === undefined)
    return (
      <div class="drift">
        <p class="quiet">Nobody knows yet by how much NetBox differs: a complete preview says it.</p>
      </div>
    );
  const { newest, days } = found;
  return (
    <div class="drift">
      <p>
        {newest.by === 'preview' ? <ByPreview {...newest} /> : <ByUpdate {...newest} />}, <Ago at={newest.at} />.
      </p>
      {days.length > 0 && <Line days={days} since={since} until={until} />}
    </div>
  );
}

type Newest = Pick<EndpointDrift['newest'], 'run_id' | 'changes'>;

const ByPreview = ({ run_id: id, changes }: Newest) => (
  <>
    {changes === 0 ? 'NetBox did not differ' : `NetBox differed by ${countText(changes, 'change')}`} when the last
    complete <a href={`#/plans/${encodeURIComponent(id)}`}>preview</a> looked
  </>
);

const ByUpdate = ({ run_id: id, changes }: Newest) => (
  <>
    The last complete <a href={`#/runs/${encodeURIComponent(id)}`}>full update</a>{' '}
    {changes === 0 ? 'found nothing to change' : `found and made ${countText(changes, 'change')}`}
  </>
);

/** A day on which nobody looked is a gap: nothing is drawn where nothing was measured. */
function Line({ days, since, until }: Pick<Drift, 'since' | 'until'> & { days: readonly Day[] }) {
  const count = numberOf(until, since) + 1;
  const top = Math.max(1, ...days.map(({ most }) => most));
  const placed = days.map(({ day, most }) => {
    const number = numberOf(day, since);
    return {
      number,
      x: round((size.width * (number + 0.5)) / count),
      y: round(size.height - 2 - ((size.height - 4) * most) / top),
    };
  });
  const parts: (typeof placed)[] = [];
  for (const point of placed) {
    const part = parts.at(-1);
    if (part?.at(-1)?.number === point.number - 1) part.push(point);
    else parts.push([point]);
  }
  return (
    <>
      <svg
        viewBox={`0 0 ${size.width} ${size.height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={lineText(days, count)}
      >
        {parts.map((part) => (
          <polyline key={part[0]?.number} points={part.map(({ x, y }) => `${x},${y}`).join(' ')} />
        ))}
        {placed.map(({ number, x, y }) => (
          <line key={number} x1={x} y1={y} x2={x} y2={y} />
        ))}
      </svg>
      <span class="quiet">{lineText(days, count)}</span>
    </>
  );
}

function lineText(days: readonly Day[], count: number): string {
  const top = days.reduce((most, day) => (day.most > most.most ? day : most));
  const found =
    top.most === 0 ? 'never a change' : `at most ${countText(top.most, 'change')}, on ${shortDateText(top.day)}`;
  return `Last ${count} days: ${found}; looked at on ${numberText(days.length)}.`;
}

const numberOf = (day: string, since: string): number => Math.round((Date.parse(day) - Date.parse(since)) / dayMs);
const round = (value: number): number => Math.round(value * 10) / 10;
