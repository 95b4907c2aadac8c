/**
 * The stored rows of discovered tasks. NetBox keeps every task for ever, Proxmox only the newer ones: so the table is asked
 * for the time of a portion, not read as a whole, and within it for the VMIDs of a few machines or for the nodes that were
 * read. That is one request per thousand tasks, whatever the table holds. (`virtual_machine` takes one value, and only 40
 * UPIDs fit a request line.) Of each row only what tells whether it is still true is read: relations with their
 * names, tags and texts of a hundred thousand rows would be hundreds of megabytes. A row that these filters miss, because
 * somebody changed its start, VMID or node, is looked for by its UPID where few tasks seem to be new; where many are, it is
 * met when NetBox refuses its UPID, and is adopted then.
 */
import { decode, decodeSome, readFields } from '../../../netbox/kinds/decode.js';
import { kinds } from '../../../netbox/kinds/index.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import type { RunContext } from '../../run-context.js';
import { isUpToDate, storedTask } from './diff-rows.js';
import type { GuestTask, Portion, StoredTask, StoredTasks } from './types.js';

const { path } = kinds['task-history'];
const recognising = ['upid', 'virtual_machine', 'vm_type', 'end_time', 'status'] as const;
const fields = ['id', ...recognising].join(',');
/** Two requests: what is new since the last run is less, unless the last run was long ago. */
const fewTasks = 80;
/** VMIDs that fit one request line together. */
const fewMachines = 100;

/** By UPID: the rows of these tasks, and no others. */
export async function loadStored(run: RunContext, { tasks, from, to }: Portion): Promise<StoredTasks['stored']> {
  const stored = new Map<string, StoredTask>();
  if (from === null) return stored;
  const upids = new Set(tasks.map(({ task }) => task.upid));
  const { filter, values } = scopeOf(tasks);
  const query = {
    start_time__gte: from,
    // Rows on a border come twice.
    ...(to === null ? {} : { start_time__lte: to }),
    fields,
  };
  const { client } = run;
  const take = (rows: readonly NetBoxRecord[]): void => {
    for (const rendered of rows) {
      const row = decodeSome('task-history', rendered, recognising);
      if (upids.has(row.upid)) stored.set(row.upid, storedTask(row));
    }
  };
  take(await client.listByValues(path, filter, values, query, { cache: 'bypass' }));
  const missing = [...upids].filter((upid) => !stored.has(upid));
  if (missing.length <= fewTasks)
    take(await client.listByValues(path, 'upid', missing.sort(), { fields }, { cache: 'bypass' }));
  return stored;
}

function scopeOf(tasks: readonly GuestTask[]): { readonly filter: string; readonly values: readonly string[] } {
  const vmids = new Set(tasks.map(({ task }) => task.taskId));
  if (vmids.size <= fewMachines) return { filter: 'task_id', values: [...vmids].sort() };
  return { filter: 'node', values: [...new Set(tasks.map(({ task }) => task.node))].sort() };
}

/** The whole rows of those that are no longer true, by id. */
export async function loadOutdated(
  run: RunContext,
  tasks: readonly GuestTask[],
  stored: StoredTasks['stored'],
): Promise<StoredTasks['outdated']> {
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
  return new Map(rows.map((row) => [row.id, decode('task-history', row)]));
}
