/** Recognises NetBox's many ways to say that an object exists already. */
import type { ProxboxError } from '../errors/proxbox-error.js';
import { exceptionName } from './answer-text.js';

const phrases = [
  'already exists',
  'must be unique',
  'make a unique set',
  'duplicate key value',
  'unique constraint',
  'already has a proxbox sync-state row',
  'sync_state_conflict',
  // A device's row exists and belongs to another endpoint (netbox-proxbox 0.0.29): the same refusal with another reason.
  'endpoint_ownership_conflict',
] as const;

/**
 * True when the body of a 400, 409 or IntegrityError says that the object exists. An address that is "already in use"
 * or a "duplicate IP address" belongs to somebody else and is not meant here.
 */
function saysDuplicate(body: unknown): boolean {
  const text = JSON.stringify(body ?? null).toLowerCase();
  return (
    phrases.some((phrase) => text.includes(phrase)) || (text.includes('constraint') && text.includes('is violated'))
  );
}

/** Two objects of one batch collided in the database: validation of the batch does not see that (HTTP 500). */
export function isCollision(error: ProxboxError): boolean {
  return error.upstream?.status === 500 && exceptionName(error.upstream.body) === 'IntegrityError';
}

export function isDuplicate(error: ProxboxError): boolean {
  const { upstream } = error;
  if (upstream === undefined) return false;
  return (upstream.status === 400 || upstream.status === 409 || isCollision(error)) && saysDuplicate(upstream.body);
}
