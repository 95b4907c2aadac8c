/** The objects that a run did not leave as they were, each with its reason. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { itemOutcomes, type Item, type Stage, type WholeRun } from './bodies.js';
import { LongList } from './long-list.js';
import { usePages, type Pages } from './pages.js';
import { Choice, Nothing, Problem, Status, Waiting } from './parts.js';
import { countText, nameOf, numberText, valueText } from './words.js';

/** As `.long li` of the style sheet. */
const rowHeight = 64;

const positionOf = ({ position }: Item): number => position;

const filterNames = ['outcome', 'stage', 'kind', 'reason', 'text'] as const;
type Filter = Readonly<Record<(typeof filterNames)[number], string>>;

export function ItemList({
  run: { id, stages, status },
  start,
  title,
  nothing,
}: {
  run: Pick<WholeRun, 'id' | 'stages' | 'status'>;
  /** What is looked for at first. */
  start: URLSearchParams;
  title: string;
  /** What it means where there is none. */
  nothing: string;
}) {
  const [filter, setFilter] = useState<Filter>(() => filterIn(start));
  const [shown, setShown] = useState<Item>();
  const asked = new URLSearchParams({ limit: '1000' });
  for (const name of filterNames) if (filter[name] !== '') asked.set(name, filter[name]);
  // A stage that has ended has written further items behind those that are here.
  const pages = usePages<Item>(`/runs/${encodeURIComponent(id)}/items?${asked.toString()}`, 'items', {
    version: stages.length,
    cursorOf: positionOf,
  });
  const isFiltered = filterNames.some((name) => filter[name] !== '');
  return (
    <section aria-labelledby="items">
      <h2 id="items">{title}</h2>
      <Filters stages={stages} filter={filter} onChange={(part) => setFilter({ ...filter, ...part })} />
      <Problem error={pages.error} again={pages.more} />
      <Found pages={pages} onOpen={setShown}>
        {isFiltered ? 'No object is like that.' : status === 'running' ? 'None so far.' : nothing}
      </Found>
      {shown && <Details item={shown} onClose={() => setShown(undefined)} />}
    </section>
  );
}

/** @param children what is said where there is none */
function Found({
  pages: { rows, hasMore, error, more },
  onOpen,
  children,
}: {
  pages: Pages<Item>;
  onOpen: (item: Item) => void;
  children: string;
}) {
  if (rows.length === 0 && hasMore) return error === undefined ? <Onward more={more} /> : null;
  if (rows.length === 0) return <Nothing>{children}</Nothing>;
  return (
    <>
      <p class="quiet" role="status">
        {countText(rows.length, 'object')}
        {hasMore && ' so far'}
      </p>
      <LongList rows={rows} rowHeight={rowHeight} label="Objects" keyOf={positionOf} onNearEnd={() => error ?? more()}>
        {(item) => <Row item={item} onOpen={() => onOpen(item)} />}
      </LongList>
    </>
  );
}

/** A page may hold nothing that is looked for and still not be the last one. */
function Onward({ more }: { more: () => void }) {
  useEffect(more);
  return <Waiting />;
}

function filterIn(query: URLSearchParams): Filter {
  const of = (name: string): string => query.get(name) ?? '';
  return { outcome: of('outcome'), stage: of('stage'), kind: of('kind'), reason: of('reason'), text: of('text') };
}

const waitForTypingMs = 250;

function Filters({
  stages,
  filter,
  onChange,
}: {
  stages: readonly Stage[];
  filter: Filter;
  onChange: (part: Partial<Filter>) => void;
}) {
  const [text, setText] = useState(filter.text);
  useEffect(() => {
    const timer = setTimeout(() => text !== filter.text && onChange({ text }), waitForTypingMs);
    return () => clearTimeout(timer);
  }, [text]);
  const kinds = unique(stages.flatMap((stage) => Object.keys(stage.kinds)));
  const reasons = new Map<string, number>();
  for (const stage of stages)
    for (const [reason, count] of Object.entries(stage.reasons))
      reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  return (
    <div class="filters">
      <Choice
        label="Outcome"
        value={filter.outcome}
        options={[['', 'All'], ...itemOutcomes.map((outcome) => [outcome, nameOf(outcome)] as const)]}
        onChoose={(outcome) => onChange({ outcome })}
      />
      <Choice
        label="Stage"
        value={filter.stage}
        options={[['', 'All'], ...stages.map(({ stage, title }) => [stage, nameOf(title)] as const)]}
        onChoose={(stage) => onChange({ stage })}
      />
      <Choice
        label="Kind"
        value={filter.kind}
        options={[['', 'All'], ...kinds.map((kind) => [kind, nameOf(kind)] as const)]}
        onChoose={(kind) => onChange({ kind })}
      />
      <Choice
        label="Reason"
        value={filter.reason}
        options={[
          ['', 'All'],
          ...[...reasons].map(([reason, count]) => [reason, `${nameOf(reason)} (${numberText(count)})`] as const),
        ]}
        onChoose={(reason) => onChange({ reason })}
      />
      <label class="field wide">
        <span>Name or sentence</span>
        <input type="search" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
    </div>
  );
}

const unique = (words: readonly string[]): readonly string[] => [...new Set(words)].sort();

function Row({ item, onOpen }: { item: Item; onOpen: () => void }) {
  return (
    <button class="row" onClick={onOpen}>
      <Status of={item.outcome} />
      <span class="label">
        {item.label} <span class="quiet">{placeOf(item)}</span>
      </span>
      <span class="why">{item.message ?? changesText(item)}</span>
    </button>
  );
}

function placeOf({ kind, vmid, cluster }: Item): string {
  return [nameOf(kind), ...(vmid === null ? [] : [`VMID ${vmid}`]), ...(cluster === null ? [] : [cluster])].join(' · ');
}

/** "memory 1024 → 2048"; of what is new its fields. */
function changesText({ changes, outcome }: Item): string {
  const texts = changes.map(({ field, from, to }) =>
    outcome === 'created' ? field : `${field} ${valueText(from)} → ${valueText(to)}`,
  );
  return texts.join(', ');
}

function Details({ item, onClose }: { item: Item; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="item">
      <header>
        <h2 id="item">{item.label}</h2>
        <button class="plain" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </header>
      <p>
        <Status of={item.outcome} /> <span class="quiet">{placeOf(item)}</span>
      </p>
      {item.message !== null && <p>{item.message}</p>}
      {item.reason !== null && (
        <p class="quiet">
          Reason: <code>{item.reason}</code>
        </p>
      )}
      <Changes item={item} />
      {item.vmid !== null && (
        <p>
          <a href={guestPlace(item)} onClick={onClose}>
            Why is it so?
          </a>
        </p>
      )}
      {item.netbox_url !== null && (
        <p>
          <a href={item.netbox_url} target="_blank" rel="noreferrer">
            Open in NetBox
          </a>
        </p>
      )}
    </dialog>
  );
}

const guestPlace = ({ vmid, endpoint_id: endpoint }: Item): string =>
  `#/guest/${vmid}${endpoint === null ? '' : `?endpoint=${endpoint}`}`;

function Changes({ item: { changes, outcome } }: { item: Pick<Item, 'changes' | 'outcome'> }) {
  if (changes.length === 0) return null;
  const isNew = outcome === 'created';
  return (
    <table class="changes">
      <thead>
        <tr>
          <th>Field</th>
          {!isNew && <th>Was</th>}
          <th>{isNew ? 'Value' : 'Is'}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ field, from, to }) => (
          <tr key={field}>
            <th scope="row">{field}</th>
            {!isNew && <td class="was">{valueText(from)}</td>}
            <td class="is">{valueText(to)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
