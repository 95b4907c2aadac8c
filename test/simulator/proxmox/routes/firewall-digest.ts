/** The digest of one list of the firewall: whoever sends it changes the list only while it is still as it was. */
import { createHash } from 'node:crypto';
import { ApiError } from '../api-error.js';
import type { Call } from '../route.js';

export function digestOf(list: unknown): string {
  return createHash('sha1').update(JSON.stringify(list)).digest('hex');
}

export function checkDigest(list: unknown, { parameters }: Call): void {
  const { digest } = parameters;
  if (digest === undefined || digest === digestOf(list)) return;
  throw new ApiError(500, 'detected modified configuration - file changed by other user? Try again.');
}
