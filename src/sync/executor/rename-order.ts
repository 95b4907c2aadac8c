import { relationId, textOf } from '../../netbox/records/compare.js';
import type { NetBoxRecord, PatchItem } from '../../netbox/types.js';
import { temporaryName } from '../plan/names.js';

export interface Rename {
  readonly item: PatchItem;
  readonly current: NetBoxRecord;
}

/**
 * Splits updates into passes so that a name is freed before it is taken: NetBox checks the uniqueness of names object by
 * object, in its own order, even inside one bulk PATCH. Two objects that swap names are untangled by parking one of them
 * under a temporary name for one pass.
 */
export function orderRenames(updates: readonly Rename[]): readonly (readonly PatchItem[])[] {
  const passes: PatchItem[][] = [];
  let waiting = [...updates];
  while (waiting.length > 0) {
    const held = new Set(waiting.map(currentName));
    const ready = waiting.filter(
      (update) => !isRename(update) || targetName(update) === currentName(update) || !held.has(targetName(update)),
    );
    if (ready.length > 0) {
      passes.push(ready.map(({ item }) => item));
      waiting = waiting.filter((update) => !ready.includes(update));
      continue;
    }
    const [parked, ...rest] = waiting;
    if (parked === undefined) break;
    const name = temporaryName(textOf(parked.current['name']), parked.item.id);
    passes.push([{ id: parked.item.id, body: { name } }]);
    waiting = [...rest, { item: parked.item, current: { ...parked.current, name } }];
  }
  return passes;
}

function isRename({ item }: Rename): boolean {
  return typeof item.body['name'] === 'string';
}

/** What names are unique in: the machine of an interface or disk, the cluster of a machine. */
function scopeOf({ current }: Rename): string {
  const machine = relationId(current['virtual_machine']);
  return machine === null ? `${relationId(current['cluster']) ?? ''}` : `machine ${machine}`;
}

function currentName(rename: Rename): string {
  return `${scopeOf(rename)}|${textOf(rename.current['name']).toLowerCase()}`;
}

function targetName(rename: Rename): string {
  const { item } = rename;
  const scope = relationId(item.body['cluster']) ?? scopeOf(rename);
  return `${scope}|${textOf(item.body['name']).toLowerCase()}`;
}
