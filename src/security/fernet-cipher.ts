/**
 * The only user of the fernet package, and the place that contains its traps: tokens must not expire (ttl 0), the iv
 * option must stay unused (it would make every IV constant), a token object serves one operation only, and loading it
 * adds an enumerable method to every string of the process, which is hidden here again.
 */
import { createHash } from 'node:crypto';
import fernet from 'fernet';

Object.defineProperty(String.prototype, 'lpad', { enumerable: false });

/** The token is no Fernet token, was changed, or was made with another key. */
export class DecryptError extends Error {
  override readonly name = 'DecryptError';
}

export interface CredentialCipher {
  encrypt(plaintext: string): string;
  /** @throws DecryptError */
  decrypt(token: string): string;
}

/** base64url of SHA-256 over the trimmed key text: applied to every key, also to one that already is a Fernet key. */
export function deriveFernetKey(rawKey: string): string {
  return createHash('sha256').update(rawKey.trim(), 'utf8').digest('base64url') + '=';
}

const tokenShape = /^gAAAAA[A-Za-z0-9_\-+/]{90,}={0,2}$/;

/** Cipher for one key text, as the operator wrote it. */
export function createFernetCipher(rawKey: string): CredentialCipher {
  const secret = new fernet.Secret(deriveFernetKey(rawKey));
  return {
    encrypt(plaintext) {
      return new fernet.Token({ secret, ttl: 0, message: plaintext }).encode(plaintext);
    },
    decrypt(token) {
      if (!tokenShape.test(token)) throw new DecryptError('The stored value is not a Fernet token.');
      const urlSafe = token.replaceAll('+', '-').replaceAll('/', '_');
      try {
        return new fernet.Token({ secret, ttl: 0, token: urlSafe }).decode(urlSafe);
      } catch (error) {
        throw new DecryptError('The stored value cannot be decrypted with this key.', { cause: error });
      }
    },
  };
}
