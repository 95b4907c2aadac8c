import { Secret } from '../security/secret.js';

/** Without what would end a header: pasted tokens bring line ends along. */
export function headerSafe(secret: Secret): Secret {
  return new Secret(withoutLineEnds(secret.reveal()));
}

/** Whether a text can be sent in an HTTP header: letters of other scripts and invisible characters cannot (RFC 9110, 5.5). */
export function fitsHeader(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(withoutLineEnds(text));
}

function withoutLineEnds(text: string): string {
  return text.replace(/[\r\n\0]/g, '').trim();
}
