/**
 * Reads from the answer to a refused bulk request which objects it is about. NetBox 4.7 names all of them, by `index` for
 * POST and by `id` for PATCH and DELETE; before, only a POST did, by a list aligned with the request (not for devices).
 */
import { ProxboxError } from '../errors/proxbox-error.js';
import { isObject } from '../values/plain-object.js';
import { describeErrors } from './answer-text.js';
import type { Batch, Item } from './batches.js';

/** What is wrong with one object, and whether it is only that it does not exist. */
export interface Refusal {
  readonly error: ProxboxError;
  readonly missing: boolean;
}

type Named = readonly (readonly [item: Item | undefined, said: unknown])[];

/** NetBox 4.5 and 4.6: one entry per object, an empty one for each that was fine. */
function namedByPosition(said: readonly unknown[], batch: Batch): Named {
  if (said.length !== batch.length || !said.every(isObject)) return [];
  return said.flatMap((about, position) =>
    Object.keys(about).length === 0 ? [] : [[batch[position], about] as const],
  );
}

/** NetBox 4.7: `{"detail", "errors": [{"index" or "id", "errors"}]}`. */
function namedByKey(errors: readonly unknown[], batch: Batch): Named {
  const byId = new Map(batch.map((item) => [item.key, item]));
  return errors.filter(isObject).map(({ id, index, errors: about }) => {
    if (typeof index === 'number') return [batch[index], about] as const;
    return [typeof id === 'number' ? byId.get(id) : undefined, about] as const;
  });
}

function refusalOf(error: ProxboxError, path: string, said: unknown): ProxboxError {
  const text = describeErrors(said);
  const { status = 400, requestId } = error.upstream ?? {};
  // One answer may name objects that are refused for different reasons; its status is that of the gravest.
  const code = status === 403 && /permission/i.test(text) ? 'netbox_forbidden' : 'netbox_rejected';
  return new ProxboxError(code, `NetBox refused an object for ${path}: ${text}`, {
    detail: `${code}: ${path}: ${text}`,
    where: error.where,
    upstream: { status, body: said, ...(requestId === undefined ? {} : { requestId }) },
  });
}

/** NetBox 4.7 says `Object with ID 7 does not exist` under `id`, a field that nothing else is wrong with. */
function isMissing(said: unknown): boolean {
  return isObject(said) && Object.keys(said).join() === 'id' && /does not exist/i.test(describeErrors(said));
}

/** The objects that a refusal names, at least one; undefined when it does not say which objects it is about. */
export function refusedObjects(
  error: ProxboxError,
  path: string,
  batch: Batch,
): ReadonlyMap<Item, Refusal> | undefined {
  if (error.upstream === undefined || error.upstream.status >= 500) return undefined;
  const said = error.upstream.body;
  const errors = isObject(said) ? said.errors : undefined;
  const named = Array.isArray(said)
    ? namedByPosition(said, batch)
    : Array.isArray(errors)
      ? namedByKey(errors, batch)
      : [];
  const refused = new Map<Item, Refusal>();
  for (const [item, about] of named) {
    if (item !== undefined) refused.set(item, { error: refusalOf(error, path, about), missing: isMissing(about) });
  }
  return refused.size === 0 ? undefined : refused;
}

/** What remains of a batch without the objects that were refused. */
export function withoutRefused(batch: Batch, refused: ReadonlyMap<Item, unknown>): Batch {
  return batch.filter((item) => !refused.has(item));
}
