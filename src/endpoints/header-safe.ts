/** Secrets as HTTP headers can carry them. */
import { withoutLineEnds } from '../db/body-fields.js';
import { Secret } from '../config/secret.js';

export function headerSafe(secret: Secret): Secret {
  return new Secret(withoutLineEnds(secret.reveal()));
}
