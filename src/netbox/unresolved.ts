/** The error for an object that NetBox refused as a duplicate while the one it means cannot be seen. */
import { ProxboxError } from '../errors/proxbox-error.js';

export function unresolved(path: string, error: ProxboxError): ProxboxError {
  return new ProxboxError(
    'netbox_duplicate_unresolved',
    `NetBox says that the object for ${path} exists, but it cannot be found.`,
    {
      detail: `netbox_duplicate_unresolved: ${error.message}. Check that the token of the endpoint may view the objects of ${path}.`,
      where: error.where,
      cause: error,
      ...(error.upstream === undefined ? {} : { upstream: error.upstream }),
    },
  );
}
