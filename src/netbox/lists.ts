/** Reading collections, whole. */
import type { ProxboxError } from '../errors/proxbox-error.js';
import { isObject } from '../values/plain-object.js';
import { traverse, type ListRead, type TraversalDeps } from './traversal.js';
import type { ClientScope, Keep, Query } from './types.js';

export interface ListDeps extends TraversalDeps {
  /** Whether this NetBox pages by `start=`. */
  readonly supportsCursor: (scope: ClientScope) => Promise<boolean>;
}

const unknownChoice = 'Select a valid choice';

/** Names of filters that NetBox refused with 400 because a value of theirs names nothing that exists. */
export function refusedFilters(error: ProxboxError): readonly string[] {
  const { upstream } = error;
  if (error.code !== 'netbox_rejected' || upstream?.status !== 400 || !isObject(upstream.body)) return [];
  return Object.entries(upstream.body)
    .filter(([, said]) => JSON.stringify(said).includes(unknownChoice))
    .map(([name]) => name);
}

/**
 * True when the refusal means "nothing matches": with one value per refused filter. With several values the others may
 * match, so an empty answer would be a lie.
 */
export function meansNoMatch(error: ProxboxError, query: Query): boolean {
  const refused = refusedFilters(error);
  const single = (name: string): boolean => {
    const value = query[name];
    return !Array.isArray(value) || value.length === 1;
  };
  return refused.length > 0 && refused.every(single);
}

export interface ListRequest {
  readonly path: string;
  readonly query: Query;
  readonly scope: ClientScope;
  readonly maxRecords?: number | undefined;
  readonly keep?: Keep | undefined;
}

export async function readAll(request: ListRequest, deps: ListDeps): Promise<ListRead> {
  const mayUseCursor = request.query.ordering === undefined && !deps.withoutCursor.has(request.path);
  const cursor = mayUseCursor && (await deps.supportsCursor(request.scope));
  return traverse({ ...request, cursor }, deps);
}
