/** Objects that let something go for what did not come have again what they had. */
import { kindDefinition, type AnyRecord, type ObjectKind } from '../../netbox/kinds/index.js';
import type { BulkOptions, JsonObject, NetBoxBulkClient, PatchItem } from '../../netbox/types.js';
import type { Collections } from '../collections.js';
import type { LetGo } from './preparations.js';

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
  const of = letGo.map(({ item }) => item.id);
  const rows = await collections.load(kind, {}, { filter: 'id', of }, { past: 'cache' });
  const now = new Map(rows.map((row) => [row.id, row]));
  const back = letGo.flatMap((one) => backOf(one, now.get(one.item.id)) ?? []);
  if (back.length > 0) await client.bulkPatch(kindDefinition(kind).path, back, bulk);
  const ids = new Set(back.map(({ id }) => id));
  return letGo.filter(({ item }) => ids.has(item.id));
}

function backOf({ change, item: { id, body } }: LetGo, row: AnyRecord | undefined): PatchItem | undefined {
  const stored: JsonObject = { ...change.current };
  const found: JsonObject | undefined = row === undefined ? undefined : { ...row };
  const fields = Object.keys(body).filter((field) => found !== undefined && (found[field] ?? null) === null);
  if (fields.length === 0) return undefined;
  return { id, body: Object.fromEntries(fields.map((field) => [field, stored[field]])) };
}
