/** Bodies that a handler checks itself, because something else has to be checked first. */
import { z, type ZodType } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import { tellIntegers, validationEntries } from '../plugins/validation-entries.js';

/** Refused as every other bad body is: 422 with the fields that are wrong. */
export function checkedBody<T extends ZodType>(schema: T, body: unknown): z.infer<T> {
  const result = z.safeParse(schema, body ?? {}, { error: tellIntegers });
  if (result.success) return result.data;
  const detail = validationEntries(result.error.issues, body ?? {}, 'body');
  throw new ProxboxError('invalid_request', 'The body of the request is not valid.', { detail });
}
