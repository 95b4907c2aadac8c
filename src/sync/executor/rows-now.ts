/** Rows as NetBox has them this moment, whatever was read before. */
import type { AnyRecord, ObjectKind } from '../../netbox/kinds/index.js';
import type { Collections } from '../collections.js';

/** Those of the ids that are there and may be viewed, by id. One request for all, none for no id. */
export async function rowsNow(
  collections: Pick<Collections, 'load'>,
  kind: ObjectKind,
  ids: readonly number[],
): Promise<ReadonlyMap<number, AnyRecord>> {
  const rows = await collections.load(kind, {}, { filter: 'id', of: ids }, { past: 'cache' });
  return new Map(rows.map((row) => [row.id, row]));
}
