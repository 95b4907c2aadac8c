/**
 * Encrypts and decrypts the secrets in the database: `enc:` + base64url of a Fernet token, as the Python service of
 * the same name writes them. The first key encrypts, every key may decrypt.
 */
import { createFernetCipher, DecryptError, type CredentialCipher } from './fernet-cipher.js';
import type { Secret } from '../config/secret.js';

const prefix = 'enc:';

type Opened =
  | { readonly kind: 'plaintext'; readonly value: string }
  /** `isPrimary`: read with the key that encrypts; otherwise it should be written anew at the next save. */
  | { readonly kind: 'decrypted'; readonly value: string; readonly isPrimary: boolean }
  /** No key reads it: it must never be sent anywhere. */
  | { readonly kind: 'unreadable' };

export interface SecretBox {
  readonly hasKey: boolean;
  /** @throws RangeError without a key: whether plaintext may be stored is the caller's decision. */
  seal(plaintext: string): string;
  open(stored: string): Opened;
}

function isSealed(stored: string): boolean {
  return stored.startsWith(prefix);
}

function openWith(ciphers: readonly CredentialCipher[], primary: CredentialCipher | undefined, token: string): Opened {
  for (const cipher of ciphers) {
    try {
      return { kind: 'decrypted', value: cipher.decrypt(token), isPrimary: cipher === primary };
    } catch (error) {
      if (!(error instanceof DecryptError)) throw error;
    }
  }
  return { kind: 'unreadable' };
}

const toCipher = (key: Secret): CredentialCipher => createFernetCipher(key.reveal());

/**
 * @param keys key texts, the encrypting one first; none = nothing can be sealed
 * @param readingKeys further key texts that only decrypt
 */
export function createSecretBox(keys: readonly Secret[], readingKeys: readonly Secret[] = []): SecretBox {
  const [primary, ...others] = keys.map(toCipher);
  const ciphers = [...(primary === undefined ? [] : [primary]), ...others, ...readingKeys.map(toCipher)];
  return {
    hasKey: primary !== undefined,
    seal(plaintext) {
      if (primary === undefined) throw new RangeError('There is no encryption key to seal with.');
      return prefix + padded(Buffer.from(primary.encrypt(plaintext), 'ascii').toString('base64url'));
    },
    open(stored) {
      if (!isSealed(stored)) return { kind: 'plaintext', value: stored };
      // Buffer reads both base64 alphabets and does not need the padding.
      const token = Buffer.from(stored.slice(prefix.length).trim(), 'base64').toString('latin1');
      return openWith(ciphers, primary, token);
    },
  };
}

/** Python writes the padding that Node leaves out. */
function padded(base64url: string): string {
  return base64url.padEnd(Math.ceil(base64url.length / 4) * 4, '=');
}
