/** What NetBox does not have is `not_found` to whoever asked for it by its id. */
import { ProxboxError, toProxboxError } from '../errors/proxbox-error.js';

/** @throws ProxboxError `not_found` with this sentence where NetBox answered 404; else what `read` throws */
export async function orNotFound<T>(sentence: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (toProxboxError(error).upstream?.status !== 404) throw error;
    throw new ProxboxError('not_found', sentence, { cause: error });
  }
}
