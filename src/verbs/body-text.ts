/** Text in the body of a verb. */
import { ProxboxError } from '../errors/proxbox-error.js';
import { isObject } from '../values/plain-object.js';
import type { VerbCall } from './types.js';

/** undefined where it is absent, null or empty. @throws ProxboxError `invalid_parameter` for anything but text */
export function textIn(body: VerbCall['body'], name: string): string | undefined {
  const value = isObject(body) ? body[name] : undefined;
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw new ProxboxError('invalid_parameter', `'${name}' must be text.`);
}
