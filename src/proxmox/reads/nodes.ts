/** Reads of single nodes. */
import { ProxboxError, toProxboxError } from '../../errors/proxbox-error.js';
import { path } from '../host.js';
import { parseNodeInterface } from '../parse/node-interfaces.js';
import { parseTask } from '../parse/tasks.js';
import type { ReadOptions } from '../types.js';
import { listRows, present, type Reader } from './rows.js';

type Task = NonNullable<ReturnType<typeof parseTask>>;

export interface TaskRequest {
  readonly node: string;
  /** Epoch seconds, fixed at the start of a run: pages do not shift while new tasks end. */
  readonly until?: number;
  readonly vmid?: number;
  /** Rows per page; default 500. */
  readonly pageSize?: number;
  readonly signal?: AbortSignal;
}

export interface TasksRead {
  readonly tasks: readonly Task[];
  /** Why the list is not complete; null when it is. */
  readonly problem: ProxboxError | null;
}

export async function readNodeNetwork(session: Reader, node: string, options?: ReadOptions) {
  return present(await listRows(session, path`nodes/${node}/network`, options), parseNodeInterface);
}
/**
 * The finished tasks of a node, page by page until a short page. Later pages that fail or repeat end the reading with a
 * `problem`; a first page that fails is thrown.
 */
export async function readTasks(session: Reader, request: TaskRequest): Promise<TasksRead> {
  const pageSize = request.pageSize ?? 500;
  const tasks = new Map<string, Task>();
  for (let start = 0; ; start += pageSize) {
    const page = await readTaskPage(session, request, { start, pageSize });
    if (page instanceof ProxboxError) {
      if (start === 0 || page.code === 'cancelled') throw page;
      return { tasks: [...tasks.values()], problem: page };
    }
    const known = tasks.size;
    for (const task of present(page, parseTask)) if (!tasks.has(task.upid)) tasks.set(task.upid, task);
    if (page.length < pageSize) return { tasks: [...tasks.values()], problem: null };
    if (tasks.size === known) return { tasks: [...tasks.values()], problem: repeatedPage(session, request.node) };
  }
}
async function readTaskPage(
  session: Reader,
  { node, until, vmid, signal }: TaskRequest,
  { start, pageSize }: { readonly start: number; readonly pageSize: number },
) {
  const query = { source: 'archive', start, limit: pageSize, until, vmid };
  try {
    return await listRows(session, path`nodes/${node}/tasks`, { query, ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    return toProxboxError(error);
  }
}
function repeatedPage(session: Reader, node: string): ProxboxError {
  const message = `The task archive of node ${node} at endpoint '${session.endpointName}' repeats a page; the tasks read so far are used.`;
  return new ProxboxError('remote_protocol', message, { where: { endpoint: session.endpointName, node } });
}
