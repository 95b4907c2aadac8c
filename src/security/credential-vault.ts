/**
 * What the endpoint stores do with a secret: seal it for storage, read it for use, write it anew at the next save. It
 * refuses to store plain text unless that was asked for, and never hands out a ciphertext as if it were a credential.
 */
import type { Logger } from 'pino';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { EncryptionKeys } from './encryption-keys.js';
import { plaintextMessage } from './encryption-start.js';
import type { SecretScope } from './key-sources.js';
import { Secret } from '../config/secret.js';

export interface SecretPlace {
  readonly scope: SecretScope;
  readonly table: string;
  readonly column: string;
  /** Name of the row. */
  readonly name: string;
}

export interface CredentialVault {
  /**
   * The text to store; null for an absent or empty secret. `stored` is returned unchanged when it already holds this
   * secret under the first key, so that clients which push full records all the time change nothing.
   * @throws ProxboxError `encryption_unavailable` (400) without key and opt-in, `key_pending` (503)
   */
  seal(plaintext: string | null, scope: SecretScope, stored?: string | null): string | null;
  /** The secret for use; null when none is stored or no key reads it (then a warning says so). */
  read(stored: string | null, place: SecretPlace): Secret | null | 'unreadable';
  /** What a stored text holds, or the text itself where no key reads it: to be compared, never to be sent. */
  content(stored: string, scope: SecretScope): string;
  /** The stored text, sealed with the first key if it is plain text or sealed with another one. Never fails. */
  reseal(stored: string | null, scope: SecretScope): string | null;
}

const refusals = {
  other:
    'Credential encryption is not configured; the secret was not stored. Set PROXBOX_ENCRYPTION_KEY, the encryption key ' +
    'on the NetBox plugin settings page, or a key with POST /admin/encryption/key. For tests and labs only, ' +
    'PROXBOX_ALLOW_PLAINTEXT_CREDENTIALS=1 stores secrets as plain text.',
  netbox:
    'Credential encryption is not configured; the secret was not stored. NetBox credentials need PROXBOX_ENCRYPTION_KEY, ' +
    'PROXBOX_ENCRYPTION_KEY_FILE or a key set with POST /admin/encryption/key: the encryption key of the NetBox plugin ' +
    'settings cannot protect the token that is needed to read it. For tests and labs only, ' +
    'PROXBOX_ALLOW_PLAINTEXT_CREDENTIALS=1 stores secrets as plain text.',
} as const satisfies Record<SecretScope, string>;

const pendingMessage =
  'The encryption key is expected from the NetBox plugin settings, and NetBox has not answered yet; no secret can be ' +
  'stored or used. Bring NetBox up, or set PROXBOX_ENCRYPTION_KEY.';

const textFor = ({ column, name }: SecretPlace): string => `The stored ${column} of '${name}'`;

export function createCredentialVault(keys: EncryptionKeys, logger: Logger): CredentialVault {
  const warned = new Set<string>();
  let hasSaidPlaintext = false;

  function warnOnce(place: SecretPlace, message: string): void {
    const id = `${message} ${place.table} ${place.column} ${place.name}`;
    if (warned.has(id)) return;
    warned.add(id);
    logger.warn({ table: place.table, column: place.column, row: place.name }, message);
  }

  function storePlaintext(plaintext: string, scope: SecretScope): string {
    if (keys.state() === 'pending') throw new ProxboxError('key_pending', pendingMessage);
    if (!keys.allowsPlaintext) throw new ProxboxError('encryption_unavailable', refusals[scope]);
    if (!hasSaidPlaintext) logger.fatal(plaintextMessage);
    hasSaidPlaintext = true;
    return plaintext;
  }

  keys.onChange(() => warned.clear());

  return {
    seal(plaintext, scope, stored = null) {
      if (plaintext === null || plaintext === '') return null;
      const box = keys.box(scope);
      if (!box.hasKey) return storePlaintext(plaintext, scope);
      const opened = stored === null ? null : box.open(stored);
      const isUnchanged = opened?.kind === 'decrypted' && opened.isPrimary && opened.value === plaintext;
      return isUnchanged ? stored : box.seal(plaintext);
    },
    read(stored, place) {
      if (stored === null || stored === '') return null;
      const opened = keys.box(place.scope).open(stored);
      if (opened.kind === 'unreadable') {
        if (keys.state() === 'pending') throw new ProxboxError('key_pending', pendingMessage);
        warnOnce(
          place,
          `${textFor(place)} cannot be decrypted with any configured key. Restore the key it was written with, or save the endpoint again.`,
        );
        return 'unreadable';
      }
      if (opened.kind === 'decrypted' && !opened.isPrimary) {
        warnOnce(
          place,
          `${textFor(place)} was written with another key than the active one; saving the endpoint renews it.`,
        );
      }
      return new Secret(opened.value);
    },
    content(stored, scope) {
      const opened = keys.box(scope).open(stored);
      return opened.kind === 'unreadable' ? stored : opened.value;
    },
    reseal(stored, scope) {
      if (stored === null || stored === '') return null;
      const box = keys.box(scope);
      const opened = box.open(stored);
      if (!box.hasKey || opened.kind === 'unreadable') return stored;
      if (opened.kind === 'decrypted' && opened.isPrimary) return stored;
      return box.seal(opened.value);
    },
  };
}
