/** Beginning a full update or a preview, from wherever the reader is. */
import { ask } from './api.js';
import { useAction } from './hooks.js';
import { Problem } from './parts.js';

interface Begun {
  readonly id: string;
}

export function StartButtons() {
  const update = useAction(async () => {
    const { id } = await ask<Begun>('/runs', { method: 'POST' });
    location.hash = `#/runs/${encodeURIComponent(id)}`;
  });
  const preview = useAction(async () => {
    const { id } = await ask<Begun>('/plans?wait=false', { method: 'POST' });
    location.hash = `#/plans/${encodeURIComponent(id)}`;
  });
  const isBusy = update.isBusy || preview.isBusy;
  return (
    <>
      <div class="bar">
        <button class="primary" disabled={isBusy} onClick={preview.run}>
          Preview
        </button>
        <button disabled={isBusy} onClick={update.run}>
          Full update now
        </button>
        <span class="quiet">A preview writes nothing.</span>
      </div>
      <Problem error={update.error ?? preview.error} />
    </>
  );
}
