import { createHmac, randomBytes } from 'node:crypto';

/**
 * Makes revisions: equal inputs give equal texts within this process, and nothing can be read back from them, although
 * stored secrets are among the inputs.
 */
export function createRevisionMaker(): (parts: readonly unknown[]) => string {
  const processSecret = randomBytes(32);
  return (parts) => createHmac('sha256', processSecret).update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}
