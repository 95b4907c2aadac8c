/** Rows that somebody wrote on after the plan had read them: what was not known of them when they were to go. */
import { theirFields, type AnyRecord, type ObjectKind } from '../../netbox/kinds/index.js';
import type { Collections } from '../collections.js';
import { rowsNow } from './rows-now.js';

/**
 * Where people write besides what is theirs alone, as far as a kind has it; what a run itself may change beside its deletes
 * is not among them.
 */
const shared = [
  ...['name', 'status', 'start_on_boot', 'description', 'tags', 'custom_fields', 'role', 'dns_name', 'platform'],
  ...['virtual_machine_type', 'mode', 'untagged_vlan'],
] as const;

/** Of these rows, read a moment ago, the ids of those that are not as they were. One request for all, past the cache. */
export async function editedMeanwhile(
  collections: Pick<Collections, 'load'>,
  kind: ObjectKind,
  rows: readonly AnyRecord[],
): Promise<ReadonlySet<number>> {
  const written = [...shared, ...theirFields(kind).map(({ field }) => field)];
  const before = new Map(rows.map((row) => [row.id, textOf(row, written)]));
  const now = await rowsNow(collections, kind, [...before.keys()]);
  return new Set([...now].flatMap(([id, row]) => (textOf(row, written) === before.get(id) ? [] : [id])));
}

function textOf(row: AnyRecord, written: readonly string[]): string {
  const fields = new Map<string, unknown>(Object.entries(row));
  return JSON.stringify(written.map((name) => sorted(fields.get(name) ?? null)));
}

/** Tags have no order. */
function sorted(value: unknown): unknown {
  return Array.isArray(value) ? value.map((one) => JSON.stringify(one)).sort() : value;
}
