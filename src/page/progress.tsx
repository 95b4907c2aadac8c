/** How far a run or a preview is, followed live. */
import { useState } from 'preact/hooks';
import { ask } from './api.js';
import { useAction, useStream, type Connection } from './hooks.js';
import { after, notBegun, type Live } from './live.js';
import { Problem } from './parts.js';
import { nameOf, numberText } from './words.js';

/** How far a run is, for as long as it goes on. */
export function Progress({ path, onNews }: { path: string; onNews: () => void }) {
  const [live, setLive] = useState(notBegun);
  const { connection, error } = useStream(`${path}/stream`, {
    onStart: () => setLive(notBegun),
    onFrame: (frame) =>
      setLive((former) => {
        const next = after(former, frame);
        if (next.news !== former.news) queueMicrotask(onNews);
        return next;
      }),
  });
  const cancel = useAction(async () => {
    if (confirm('End this run? What it has written stays.')) await ask(`${path}/cancel`, { method: 'POST' });
  });
  return (
    <section class="live" aria-label="Progress">
      <div>
        <span>
          <strong>{live.stage === '' ? 'Beginning' : nameOf(live.stage)}</strong>{' '}
          <span class="quiet">{live.number > 0 && live.stages > 1 && `${live.number} of ${live.stages}`}</span>
        </span>
        <span class="number">
          {live.total > 0 && `${numberText(live.current)} of ${numberText(live.total)} objects`}
        </span>
        <button onClick={cancel.run} disabled={cancel.isBusy}>
          Cancel the run
        </button>
      </div>
      <progress
        aria-label="Objects of this stage"
        max={live.total || 1}
        value={live.total === 0 ? undefined : live.current}
      />
      <p class="quiet">{stateText(connection, live)}</p>
      <Problem error={error ?? cancel.error} />
    </section>
  );
}

function stateText(connection: Connection, { message }: Live): string {
  if (connection === 'lost') return 'The connection is lost. The run goes on; trying again…';
  return message === '' ? 'Waiting for news…' : message;
}
