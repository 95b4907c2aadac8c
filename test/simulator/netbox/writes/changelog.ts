import { displayOfRow } from '../display.js';
import type { Row } from '../types.js';
import type { World } from '../world.js';

export interface LoggedChange {
  readonly action: 'create' | 'update' | 'delete';
  readonly row: Row;
  readonly before?: Row | undefined;
  readonly message?: string;
}

const withoutTimes = (row: Row | undefined): Record<string, unknown> | null => {
  if (row === undefined) return null;
  return Object.fromEntries(
    Object.entries(row).filter(([key]) => key !== 'last_updated' && key !== 'created' && key !== 'id'),
  );
};

/**
 * Adds a row to the change log. An update that changes nothing but `last_updated` leaves none, as NetBox does with
 * CHANGELOG_SKIP_EMPTY_CHANGES (its default). `as`: the number of the row, where it was taken before.
 */
export const recordChange = (world: World, model: string, change: LoggedChange, as?: number): void => {
  const before = withoutTimes(change.action === 'create' ? undefined : (change.before ?? change.row));
  const after = withoutTimes(change.action === 'delete' ? undefined : change.row);
  if (change.action === 'update' && JSON.stringify(before) === JSON.stringify(after)) return;
  const id = as ?? world.store.need('core.objectchange').nextId();
  const moment = world.now();
  world.store.put('core.objectchange', id, {
    id,
    created: moment,
    last_updated: moment,
    time: moment,
    user: world.user.id,
    user_name: world.user['username'],
    request_id: world.requestId,
    action: change.action,
    changed_object_type: model,
    changed_object_id: change.row.id,
    object_repr: displayOfRow(world.store, model, change.row),
    message: change.message ?? '',
    prechange_data: before,
    postchange_data: after,
  });
};
