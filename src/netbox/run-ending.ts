/** Tells failures that the next request would meet as well from those that concern one request. */
import type { ProxboxError } from '../errors/proxbox-error.js';
import { isObject } from '../values/plain-object.js';

const tokenTexts = [
  'invalid v1 token',
  'invalid v2 token',
  'token disabled',
  'token expired',
  'user inactive',
  'source ip',
  'credentials were not provided',
  'invalid token',
] as const;

/** NetBox answers a bad token with 403 and a text about the token; a missing permission is a 403 without one. */
export function refusesToken(status: number | undefined, body: unknown): boolean {
  if (status === 401) return true;
  const detail = isObject(body) ? body.detail : body;
  if (status !== 403 || typeof detail !== 'string') return false;
  const text = detail.toLowerCase();
  return tokenTexts.some((token) => text.includes(token));
}

const runEnding: ReadonlySet<string> = new Set([
  'netbox_unreachable',
  'netbox_timeout',
  'netbox_tls_error',
  'netbox_overwhelmed',
  'netbox_maintenance',
  'netbox_redirect',
  'not_configured',
  'cancelled',
]);

/**
 * True when no further request can succeed: NetBox gone, overwhelmed or in maintenance, token refused, run cancelled.
 * A creation whose answer was lost and that nobody could look up says nothing about the next request.
 */
export function endsTheRun(error: ProxboxError): boolean {
  if (error.where.fate === 'unknown') return false;
  return runEnding.has(error.code) || refusesToken(error.upstream?.status, error.upstream?.body);
}
