/** Whether there is a key to encrypt credentials with, before anything listens; see security/encryption-start.ts. */
import type { AppDeps } from './deps.js';
import {
  decideStart,
  noKeyMessage,
  plaintextMessage,
  type StartDecision,
  type StartFacts,
} from '../security/encryption-start.js';

type KeyDeps = Pick<AppDeps, 'env' | 'settings' | 'encryptionKeys' | 'netboxEndpoints' | 'logger'>;

const askBudgetMs = 10_000;

/** The token of the active row can be read without the key that only NetBox could give. */
function canAskPlugin({ env, netboxEndpoints }: KeyDeps): boolean {
  const endpoint = netboxEndpoints.active();
  if (env.skipNetboxBootstrap || endpoint === null) return false;
  try {
    netboxEndpoints.credentials(endpoint.id);
    return true;
  } catch {
    // Its token is encrypted with a key we do not have: NetBox cannot be asked.
    return false;
  }
}

/** Hands over the key that the plugin's settings hold, if these are known and hold one. */
export function takePluginKey({
  settings,
  encryptionKeys,
}: Pick<KeyDeps, 'settings' | 'encryptionKeys'>): Exclude<StartFacts['plugin'], 'not_asked'> {
  const { plugin } = settings.current();
  if (plugin === null) return 'unreachable';
  encryptionKeys.setPluginKey(plugin.encryptionKey);
  return 'answered';
}

async function decide(deps: KeyDeps): Promise<StartDecision> {
  const facts = (plugin: StartFacts['plugin']): StartFacts => ({
    hasKey: deps.encryptionKeys.state() === 'ready',
    allowsPlaintext: deps.env.allowPlaintextCredentials,
    canAskPlugin: canAskPlugin(deps),
    plugin,
  });
  const first = decideStart(facts('not_asked'));
  if (first !== 'ask_plugin') return first;
  await deps.settings.refresh({ maxAgeMs: 0, budgetMs: askBudgetMs });
  return decideStart(facts(takePluginKey(deps)));
}

function noKeyText(file: string | null): string {
  if (file === null) return noKeyMessage;
  return `The file of PROXBOX_ENCRYPTION_KEY_FILE, ${file}, is not there or empty. ${noKeyMessage}`;
}

/** The reason to refuse the start, or undefined. */
export async function resolveStartKey(deps: KeyDeps): Promise<string | undefined> {
  const decision = await decide(deps);
  switch (decision) {
    case 'start':
      return undefined;
    case 'start_plaintext':
      deps.logger.fatal(plaintextMessage);
      return undefined;
    case 'start_pending':
      deps.encryptionKeys.awaitPluginKey();
      deps.logger.fatal(
        'No encryption key is configured here, and NetBox, which may hold one, does not answer. Secrets can neither be stored nor used until it does; set PROXBOX_ENCRYPTION_KEY to be independent of it.',
      );
      return undefined;
    case 'ask_plugin':
    case 'refuse':
      return noKeyText(deps.env.encryptionKeyFile);
  }
}
