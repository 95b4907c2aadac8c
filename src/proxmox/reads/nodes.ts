/** Reads of single nodes. */
import { ProxboxError, toProxboxError } from '../../errors/proxbox-error.js';
import { path } from '../host.js';
import { isObject } from '../../values/plain-object.js';
import { parseNodeInterface, type NodeInterface } from '../parse/node-interfaces.js';
import { parseTask, type Task } from '../parse/tasks.js';
import type { ReadOptions } from '../types.js';
import { everyEntry, listRows, present, type Reader } from './rows.js';

export interface TaskRequest {
  readonly node: string;
  /** Epoch seconds, fixed at the start of a run: pages do not shift while new tasks end. */
  readonly until?: number;
  readonly vmid?: number;
  /** Rows per page; default 500. */
  readonly pageSize?: number;
  /** Which tasks the caller is about; the others are not kept, however long the archive is. */
  readonly wanted?: (task: Task) => boolean;
  readonly signal?: AbortSignal;
}

export interface TasksRead {
  readonly tasks: readonly Task[];
  /** Why the list is not complete; null when it is. */
  readonly problem: ProxboxError | null;
}

export interface NodeNetworkRead {
  readonly interfaces: readonly NodeInterface[];
  /** What is listed was configured and not applied yet: Proxmox shows the changes beside the list, and the node has others. */
  readonly isPending: boolean;
}

export async function readNodeNetwork(session: Reader, node: string, options?: ReadOptions): Promise<NodeNetworkRead> {
  const below = path`nodes/${node}/network`;
  const answer = await session.get(below, { ...options, isWhole: true });
  const { data, changes = null } = isObject(answer) && Object.hasOwn(answer, 'data') ? answer : { data: answer };
  const interfaces = everyEntry(data, { endpointName: session.endpointName, below }, parseNodeInterface);
  return { interfaces, isPending: changes !== null && changes !== '' };
}

/**
 * The finished tasks of a node, page by page until a short page. Later pages that fail or repeat end the reading with a
 * `problem`; a first page that fails is thrown.
 */
export async function readTasks(session: Reader, request: TaskRequest): Promise<TasksRead> {
  const pageSize = request.pageSize ?? 500;
  const { wanted = () => true } = request;
  const seen = new Set<string>();
  const tasks: Task[] = [];
  for (let start = 0; ; start += pageSize) {
    const page = await readTaskPage(session, request, { start, pageSize });
    if (page instanceof ProxboxError) {
      if (start === 0 || page.code === 'cancelled') throw page;
      return { tasks, problem: page };
    }
    const fresh = present(page, parseTask).filter(({ upid }) => !seen.has(upid));
    for (const task of fresh) {
      if (!seen.has(task.upid) && wanted(task)) tasks.push(task);
      seen.add(task.upid);
    }
    if (page.length < pageSize) return { tasks, problem: null };
    if (fresh.length === 0) return { tasks, problem: repeatedPage(session, request.node) };
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
