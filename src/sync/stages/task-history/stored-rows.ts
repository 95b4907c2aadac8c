/**
 * The stored rows of discovered tasks. NetBox keeps every task for ever, Proxmox only the newer ones: so the table is asked
 * for the time that Proxmox still remembers, not read as a whole, and within it for the VMIDs of a few machines or for the
 * nodes that were read. That is one request per thousand tasks, whatever the table holds. (`virtual_machine` takes one value,
 * and only 40 UPIDs fit a request line.) Of each row only what tells whether it is still true is read: relations with their
 * names, tags and texts of a hundred thousand rows would be hundreds of megabytes. A row that a filter misses is met when
 * NetBox refuses its UPID, and is adopted then.
 */
import { kinds, readFields } from '../../../netbox/records/kinds.js';
import { textOf } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import type { RunContext } from '../../run-context.js';
import { isUpToDate, storedTask } from './diff-rows.js';
import type { GuestTask, StoredTask } from './types.js';

const { path } = kinds['task-history'];
const recognising = 'id,upid,virtual_machine,vm_type,end_time,status';
/** So many tasks per reading, so that the answers of a large archive are not held all at once. */
const windowSize = 10_000;
/** VMIDs that fit one request line together. */
const fewMachines = 100;

/** By UPID: the rows of these tasks, and no others. */
export async function loadStored(
  run: RunContext,
  tasks: readonly GuestTask[],
): Promise<ReadonlyMap<string, StoredTask>> {
  const upids = new Set(tasks.map(({ task }) => task.upid));
  const scope = scopeOf(tasks);
  const stored = new Map<string, StoredTask>();
  for (const query of windows(tasks)) {
    const full = { ...query, fields: recognising };
    const rows = await run.client.listByValues(path, scope.filter, scope.values, full, { cache: 'bypass' });
    for (const row of rows) {
      const upid = textOf(row['upid']);
      if (upids.has(upid)) stored.set(upid, storedTask(row));
    }
  }
  return stored;
}

function scopeOf(tasks: readonly GuestTask[]): { readonly filter: string; readonly values: readonly string[] } {
  const vmids = new Set(tasks.map(({ task }) => task.taskId));
  if (vmids.size <= fewMachines) return { filter: 'task_id', values: [...vmids].sort() };
  return { filter: 'node', values: [...new Set(tasks.map(({ task }) => task.node))].sort() };
}

/** Spans of time with about so many tasks each; the last is open, and rows on a border come twice. */
function windows(tasks: readonly GuestTask[]): readonly Readonly<Record<string, string>>[] {
  const starts = tasks.flatMap(({ task }) => task.startTime ?? []).sort();
  const borders = starts.filter((_start, index) => index % windowSize === 0);
  return borders.map((from, index) => {
    const to = borders[index + 1];
    return { start_time__gte: from, ...(to === undefined ? {} : { start_time__lte: to }) };
  });
}

/** The whole rows of those that are no longer true, by id. */
export async function loadOutdated(
  run: RunContext,
  tasks: readonly GuestTask[],
  stored: ReadonlyMap<string, StoredTask>,
): Promise<ReadonlyMap<number, NetBoxRecord>> {
  const ids = new Set<number>();
  for (const task of tasks) {
    const row = stored.get(task.task.upid);
    if (row !== undefined && !isUpToDate(row, task)) ids.add(row.id);
  }
  const query = { fields: readFields('task-history') };
  const rows = await run.client.listByValues(
    path,
    'id',
    [...ids].sort((a, b) => a - b),
    query,
    { cache: 'bypass' },
  );
  return new Map(rows.map((row) => [row.id, row]));
}
