/** Objects that let something go for what did not come have again what they had. */
import { kindDefinition, type AnyRecord, type ObjectKind } from '../../netbox/kinds/index.js';
import type { BulkOptions, JsonObject, NetBoxBulkClient, PatchItem } from '../../netbox/types.js';
import type { Collections } from '../collections.js';
import type { LetGo } from './preparations.js';
import { rowsNow } from './rows-now.js';

interface GiveBackContext {
  readonly client: Pick<NetBoxBulkClient, 'bulkPatch'>;
  readonly collections: Pick<Collections, 'load'>;
}

/** Those that got it back. Where something else came in its place since, that stays. One look at them as they are, and one request. */
export async function giveBack(
  kind: ObjectKind,
  letGo: readonly LetGo[],
  { client, collections }: GiveBackContext,
  bulk: BulkOptions,
): Promise<readonly LetGo[]> {
  const now = await rowsNow(
    collections,
    kind,
    letGo.map(({ item }) => item.id),
  );
  const back = letGo.flatMap((one) => backOf(one, now.get(one.item.id)) ?? []);
  if (back.length > 0) await client.bulkPatch(kindDefinition(kind).path, back, bulk);
  const ids = new Set(back.map(({ id }) => id));
  return letGo.filter(({ item }) => ids.has(item.id));
}

/** What a row has again of these fields. @param current as the plan read it */
export function asStored(current: AnyRecord, fields: readonly string[]): PatchItem {
  const stored: JsonObject = { ...current };
  return { id: current.id, body: Object.fromEntries(fields.map((field) => [field, stored[field]])) };
}

function backOf({ change, item: { body } }: LetGo, row: AnyRecord | undefined): PatchItem | undefined {
  const found: JsonObject | undefined = row === undefined ? undefined : { ...row };
  const fields = Object.keys(body).filter((field) => found !== undefined && (found[field] ?? null) === null);
  return fields.length === 0 ? undefined : asStored(change.current, fields);
}
