/** What ran, the newest first. */
import { useEffect, useState } from 'preact/hooks';
import { runStatuses, triggers } from './bodies.js';
import type { Run } from './bodies.js';
import { usePages } from './pages.js';
import { Choice, Nothing, Problem, Waiting } from './parts.js';
import { RunTable } from './run-table.js';
import { nameOf } from './words.js';

const refreshMs = 5_000;

export function RunsView() {
  const [status, setStatus] = useState('');
  const [trigger, setTrigger] = useState('');
  const asked = new URLSearchParams({ limit: '50', ...(status && { status }), ...(trigger && { trigger }) });
  const pages = usePages<Run>(`/runs?${asked.toString()}`, 'runs');
  const isFirstPage = pages.rows.length <= 50;
  useEffect(() => {
    if (!isFirstPage) return undefined;
    const timer = setInterval(() => document.hidden || pages.again(), refreshMs);
    return () => clearInterval(timer);
  });
  return (
    <>
      <h1>Runs</h1>
      <div class="filters">
        <Choice label="Status" value={status} options={allOr(runStatuses)} onChoose={setStatus} />
        <Choice label="Begun by" value={trigger} options={allOr(triggers)} onChoose={setTrigger} />
      </div>
      <Problem error={pages.error} again={pages.again} />
      {pages.rows.length > 0 && <RunTable runs={pages.rows} />}
      {pages.rows.length === 0 && (pages.isBusy ? <Waiting /> : <NoRuns isFiltered={status + trigger !== ''} />)}
      {pages.rows.length > 0 && pages.hasMore && (
        <p>
          <button onClick={pages.more} disabled={pages.isBusy}>
            Earlier runs
          </button>
        </p>
      )}
    </>
  );
}

function NoRuns({ isFiltered }: { isFiltered: boolean }) {
  return <Nothing>{isFiltered ? 'No run is like that.' : 'Nothing has run yet.'}</Nothing>;
}

const allOr = (words: readonly string[]) => [
  ['', 'All'] as const,
  ...words.map((word) => [word, nameOf(word)] as const),
];
