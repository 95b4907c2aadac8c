/** The order of updates that give names: a name is freed before it is taken. Pure. */
import type { AnyRecord } from '../../netbox/kinds/index.js';
import { relationId } from '../../netbox/kinds/values.js';
import type { PatchItem } from '../../netbox/types.js';
import { temporaryName } from '../plan/names.js';

export interface Rename {
  readonly item: PatchItem;
  readonly current: AnyRecord;
}

interface Waiting {
  readonly item: PatchItem;
  readonly name: string;
  /** What names are unique in: the machine of an interface or disk, the cluster of a machine. */
  readonly scope: string;
}

/**
 * Splits updates into passes so that a name is freed before it is taken: NetBox checks the uniqueness of names object by
 * object, in its own order, even inside one bulk PATCH. Two objects that swap names are untangled by parking one of them
 * under a temporary name for one pass.
 */
export function orderRenames(updates: readonly Rename[]): readonly (readonly PatchItem[])[] {
  const passes: PatchItem[][] = [];
  let waiting: readonly Waiting[] = updates.map(({ item, current }) => ({
    item,
    name: nameOf(current),
    scope: scopeOf(current),
  }));
  while (waiting.length > 0) {
    const held = new Set(waiting.map(place));
    const ready = waiting.filter((one) => {
      const target = targetPlace(one);
      return target === undefined || target === place(one) || !held.has(target);
    });
    if (ready.length > 0) {
      passes.push(ready.map(({ item }) => item));
      waiting = waiting.filter((one) => !ready.includes(one));
      continue;
    }
    const [parked, ...rest] = waiting;
    if (parked === undefined) break;
    const name = temporaryName(parked.name, parked.item.id);
    passes.push([{ id: parked.item.id, body: { name } }]);
    waiting = [...rest, { ...parked, name }];
  }
  return passes;
}

function nameOf(current: AnyRecord): string {
  return 'name' in current ? current.name : '';
}

function scopeOf(current: AnyRecord): string {
  if ('virtual_machine' in current && current.virtual_machine !== null) return `machine ${current.virtual_machine}`;
  return 'cluster' in current ? `${current.cluster ?? ''}` : '';
}

function place({ scope, name }: Waiting): string {
  return `${scope}|${name.toLowerCase()}`;
}

/** undefined: the update gives no name. */
function targetPlace({ item: { body }, scope }: Waiting): string | undefined {
  const { name } = body;
  return typeof name === 'string' ? `${relationId(body['cluster']) ?? scope}|${name.toLowerCase()}` : undefined;
}
