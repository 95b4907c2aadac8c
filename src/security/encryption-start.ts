/** Whether the process may start with the keys it has found. Pure. */

export interface StartFacts {
  readonly hasKey: boolean;
  readonly allowsPlaintext: boolean;
  /** An enabled NetBox row whose token can be read now, and PROXBOX_SKIP_NETBOX_BOOTSTRAP is not set. */
  readonly canAskPlugin: boolean;
  /** Whether the plugin's settings, which may hold a key, were read. A key that they held counts in `hasKey`. */
  readonly plugin: 'not_asked' | 'unreachable' | 'answered';
}

/** `ask_plugin`: read the plugin's settings, then decide again; `start_pending`: start, refuse secrets, keep asking. */
export type StartDecision = 'start' | 'start_plaintext' | 'ask_plugin' | 'start_pending' | 'refuse';

export function decideStart(facts: StartFacts): StartDecision {
  if (facts.hasKey) return 'start';
  if (facts.allowsPlaintext) return 'start_plaintext';
  if (!facts.canAskPlugin || facts.plugin === 'answered') return 'refuse';
  return facts.plugin === 'unreachable' ? 'start_pending' : 'ask_plugin';
}

/** One line for standard error; names every way out. */
export const noKeyMessage =
  'No encryption key is configured, so credentials would be stored as plain text: not starting. ' +
  'Set PROXBOX_ENCRYPTION_KEY (make one with: openssl rand -base64 32), ' +
  'or set PROXBOX_ENCRYPTION_KEY_FILE to a file that holds one, ' +
  'or, for tests and labs only, set PROXBOX_ALLOW_PLAINTEXT_CREDENTIALS=1.';

/** Logged as CRITICAL when the process starts, or runs on, without a key. */
export const plaintextMessage =
  'No encryption key is configured and PROXBOX_ALLOW_PLAINTEXT_CREDENTIALS is set: credentials are stored as plain ' +
  'text. Never do this in production; set PROXBOX_ENCRYPTION_KEY.';
