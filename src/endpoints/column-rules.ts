/** What the rules for the columns of both kinds of endpoints share. */
import { ProxboxError } from '../errors/proxbox-error.js';
import type { CredentialVault } from '../security/credential-vault.js';
import type { SecretScope } from '../security/key-sources.js';
import type { GuardSettings } from '../security/outbound-guard.js';

export interface ColumnRules {
  readonly vault: CredentialVault;
  readonly guardSettings: () => GuardSettings;
}

type Named<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Keys that are present win, explicit null included; absent ones keep what is stored. */
export function named<T extends object>(body: T): Named<T>;
export function named(body: object): object {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

interface SecretColumn {
  readonly scope: SecretScope;
  readonly sent: string | null | undefined;
  readonly stored: string | null;
}

/** A secret that the body does not name is written anew when it is plain text or another key has sealed it. */
export function nextSecret(vault: CredentialVault, { scope, sent, stored }: SecretColumn): string | null {
  return sent === undefined ? vault.reseal(stored, scope) : vault.seal(sent, scope, stored);
}

export function bad(message: string): ProxboxError {
  return new ProxboxError('bad_request', message);
}
