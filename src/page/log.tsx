/** The log of the service as it is written, the newest first. */
import { useState } from 'preact/hooks';
import { ask } from './api.js';
import { logLevels, type LogEntry } from './bodies.js';
import { useAction, useAsked, useStream } from './hooks.js';
import { Choice, Nothing, Problem, Status } from './parts.js';
import { clockText, dateText, nameOf } from './words.js';

/** Lines that are kept; the service keeps more. */
const most = 500;

const tones: Readonly<Record<string, string>> = {
  CRITICAL: 'failed',
  ERROR: 'failed',
  WARNING: 'warning',
  INFO: 'updated',
};

export function LogView({ query }: { query: URLSearchParams }) {
  const [level, setLevel] = useState('INFO');
  const [runId, setRunId] = useState(query.get('run') ?? '');
  const [entries, setEntries] = useState<readonly LogEntry[]>([]);
  const asked = new URLSearchParams({ min_level: level, ...(runId && { operation_id: runId }) });
  const { connection, error } = useStream(`/admin/logs/stream?${asked.toString()}`, {
    onStart: () => setEntries([]),
    onFrame: ({ data }) => isEntry(data) && setEntries((former) => [data, ...former].slice(0, most)),
  });
  return (
    <>
      <h1>Log</h1>
      <div class="filters">
        <Choice label="Show" value={level} options={levels} onChoose={setLevel} />
        <label class="field wide">
          <span>Id of a run</span>
          <input type="search" value={runId} onChange={(event) => setRunId(event.currentTarget.value.trim())} />
        </label>
        <ConsoleLevel />
      </div>
      <p class="quiet" role="status">
        {connection === 'lost' ? 'The connection is lost; trying again…' : connection === 'open' ? 'Live' : ''}
      </p>
      <Problem error={error} />
      {entries.length === 0 ? (
        <Nothing>No line yet.</Nothing>
      ) : (
        <ul class="log" aria-label="Lines">
          {entries.map((entry) => (
            <Line key={entry.id} entry={entry} />
          ))}
        </ul>
      )}
    </>
  );
}

const levels = [
  ...logLevels
    .filter((word) => word !== 'DEBUG')
    .map((word) => [word, `${nameOf(word.toLowerCase())} and graver`] as const),
  ['DEBUG', 'Everything'] as const,
];

const isEntry = (data: unknown): data is LogEntry => typeof data === 'object' && data !== null && 'timestamp' in data;

function Line({
  entry: { timestamp, level, module, phase, message, operation_id: runId, expandable },
}: {
  entry: LogEntry;
}) {
  return (
    <li>
      <time dateTime={timestamp} title={dateText(timestamp)}>
        {clockText(timestamp)}
      </time>{' '}
      <Status of={tones[level] ?? 'plain'}>{level}</Status> <span class="quiet">{phase ?? module}</span>{' '}
      {runId !== null && <a href={`#/runs/${encodeURIComponent(runId)}`}>The run</a>}
      <p>{message}</p>
      {expandable && (
        <details>
          <summary>Where it was</summary>
          <pre tabIndex={0}>{expandable.traceback}</pre>
        </details>
      )}
    </li>
  );
}

/** Of what is printed; the lines here are all that there are. */
function ConsoleLevel() {
  const { answer, again, error } = useAsked<{ level: string }>('/admin/log-level');
  const [wanted, setWanted] = useState<string>();
  const change = useAction(async () => {
    await ask('/admin/log-level', { method: 'PUT', body: { level: wanted } });
    again();
  });
  if (answer === undefined) return <Problem error={error} />;
  const level = wanted ?? answer.level;
  return (
    <div class="joined">
      <Choice
        label="Level of the console"
        value={level}
        options={logLevels.map((word) => [word, word] as const)}
        onChoose={setWanted}
      />
      <button onClick={change.run} disabled={change.isBusy || level === answer.level}>
        Change
      </button>
      <Problem error={change.error} />
    </div>
  );
}
