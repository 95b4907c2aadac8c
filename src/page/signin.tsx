/** The key is typed once; nothing is shown without it. */
import { useState } from 'preact/hooks';
import { isKey, keepKey } from './api.js';
import { useAction, useAsked } from './hooks.js';
import { Problem } from './parts.js';

interface Bootstrap {
  readonly needs_bootstrap: boolean;
}

export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const [key, setKey] = useState('');
  const bootstrap = useAsked<Bootstrap>('/auth/bootstrap-status');
  const { run, isBusy, error } = useAction(async () => {
    if (!(await isKey(key.trim()))) throw new Error('This is no API key of this service.');
    keepKey(key.trim());
    onSignedIn();
  });
  return (
    <main class="signin">
      <h1>proxbox-api</h1>
      <p>What was synced from Proxmox to NetBox, what would be, and why not.</p>
      {bootstrap.answer?.needs_bootstrap === true && <FirstKey />}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <label class="field">
          <span>API key</span>
          <input
            type="password"
            autocomplete="off"
            autofocus
            required
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <button class="primary" disabled={isBusy || key.trim() === ''}>
          Sign in
        </button>
        <Problem error={error} />
      </form>
      <p class="quiet">The key stays in this tab and is forgotten when the tab is closed.</p>
    </main>
  );
}

/** Nobody has registered one yet. */
function FirstKey() {
  const command = `KEY=$(openssl rand -hex 24); echo $KEY
curl -X POST ${location.origin}/auth/register-key \\
  -H 'Content-Type: application/json' \\
  -d "{\\"api_key\\": \\"$KEY\\", \\"label\\": \\"first\\"}"`;
  return (
    <div class="notice info">
      <p>This service has no API key yet. This registers the first one and prints it:</p>
      <pre tabIndex={0}>{command}</pre>
    </div>
  );
}
