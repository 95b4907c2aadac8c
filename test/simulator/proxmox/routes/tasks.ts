import type { EstateTask, PveRow } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import type { Call, Route } from '../route.js';
import { placeOf } from '../route.js';

export const taskRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/tasks',
    parameters: {
      source: { type: 'string', values: ['archive', 'active', 'all'] },
      start: { type: 'integer', minimum: 0 },
      limit: { type: 'integer', minimum: 0 },
      since: { type: 'integer' },
      until: { type: 'integer' },
      vmid: { type: 'integer', minimum: 100 },
      typefilter: { type: 'string' },
      statusfilter: { type: 'string' },
      userfilter: { type: 'string' },
      errors: { type: 'boolean' },
    },
    handler: archiveRows,
  },
  { method: 'GET', path: '/nodes/{node}/tasks/{upid}/status', handler: (call) => statusRow(taskOf(call, 'Sys.Audit')) },
  {
    method: 'GET',
    path: '/nodes/{node}/tasks/{upid}/log',
    parameters: { start: { type: 'integer', minimum: 0 }, limit: { type: 'integer', minimum: 0 } },
    handler: logRows,
  },
  {
    method: 'DELETE',
    path: '/nodes/{node}/tasks/{upid}',
    handler: (call) => {
      call.tasks.abort(taskOf(call, 'Sys.Modify'), call.nowS);
      return null;
    },
  },
];

/** The only paged list of the API: 50 rows unless `limit` says otherwise, newest first, `total` beside `data`. */
function archiveRows(call: Call): PveRow[] {
  const node = placeOf(call, 'node');
  const seesAll = call.permissions.has(`/nodes/${node}`, 'Sys.Audit');
  const tasks = call.cluster.nodes.find((candidate) => candidate.name === node)?.tasks ?? [];
  const rows = tasks.filter((task) => (seesAll || isOwner(call, task)) && isWanted(task, call.parameters));
  const start = Number(call.parameters['start'] ?? 0);
  const limit = Number(call.parameters['limit'] ?? 50);
  call.attributes['total'] = rows.length;
  return rows.slice(start, start + limit).map(shownTask);
}

/** A token's tasks belong to its user too. */
function isOwner({ principal }: Call, task: EstateTask): boolean {
  return task.user === principal.id || task.user.startsWith(`${principal.id}!`);
}

/** Rows name the user and, apart, the token; only the UPID has both in one. */
function shownTask(task: EstateTask): PveRow {
  const [user, tokenid] = task.user.split('!', 2);
  return { ...task, user, ...(tokenid === undefined ? {} : { tokenid }) };
}

function isWanted(task: EstateTask, wanted: Call['parameters']): boolean {
  const { source = 'archive', since, until, vmid, typefilter, userfilter } = wanted;
  const isActive = task.endtime === undefined;
  const tests: readonly boolean[] = [
    source === 'all' || (source === 'active') === isActive,
    since === undefined || task.starttime >= Number(since),
    until === undefined || task.starttime <= Number(until),
    vmid === undefined || task.id === String(vmid),
    typefilter === undefined || task.type === typefilter,
    userfilter === undefined || task.user.toLowerCase().includes(String(userfilter).toLowerCase()),
    wanted['errors'] !== true || outcomeOf(task) === 'error',
    wanted['statusfilter'] === undefined || String(wanted['statusfilter']).split(',').includes(outcomeOf(task)),
  ];
  return tests.every(Boolean);
}

function outcomeOf(task: EstateTask): string {
  if (task.status === undefined) return 'unknown';
  if (task.status === 'OK') return 'ok';
  return task.status.startsWith('WARNINGS') ? 'warning' : 'error';
}

/** A task is known to the node that ran it, and shown to its owner or to holders of the privilege. */
function taskOf(call: Call, privilege: string): EstateTask {
  const node = placeOf(call, 'node');
  const upid = placeOf(call, 'upid');
  const task = call.cluster.nodes
    .find((candidate) => candidate.name === node)
    ?.tasks.find((candidate) => candidate.upid === upid && candidate.node === node);
  if (!/^UPID(:[^:\s]*){7}:$/.test(upid)) throw badUpid('unable to parse worker upid');
  if (task === undefined) throw badUpid('no such task');
  if (!isOwner(call, task)) call.permissions.requireAll(`/nodes/${node}`, [privilege]);
  return task;
}

function badUpid(upid: string): ApiError {
  return new ApiError(400, 'Parameter verification failed.', { upid });
}

function statusRow(task: EstateTask): PveRow {
  const { endtime, status, ...rest } = task;
  const row = shownTask(rest);
  return endtime === undefined ? { ...row, status: 'running' } : { ...row, status: 'stopped', exitstatus: status };
}

/** Without a file there is one line that says so; 8 answers it by itself, outside of a list. */
function logRows(call: Call): PveRow[] | PveRow {
  const upid = placeOf(call, 'upid');
  if (!call.cluster.nodes.some(({ tasks }) => tasks.some((task) => task.upid === upid))) {
    const line = { n: 1, t: 'unable to open file - No such file or directory' };
    call.attributes['total'] = 1;
    return call.cluster.profile === '8.4' ? line : [line];
  }
  const task = taskOf(call, 'Sys.Audit');
  const lines = [`starting task ${task.upid}`];
  if (task.endtime !== undefined) lines.push(task.status === 'OK' ? 'TASK OK' : `TASK ERROR: ${task.status ?? ''}`);
  const start = Number(call.parameters['start'] ?? 0);
  const limit = Number(call.parameters['limit'] ?? 50);
  call.attributes['total'] = lines.length;
  return lines.map((t, index) => ({ n: index + 1, t })).slice(start, start + limit);
}
