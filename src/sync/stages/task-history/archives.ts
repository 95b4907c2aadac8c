/** The task archives of the nodes of every cluster that has a machine in scope. */
import { errorText, ProxboxError, toProxboxError } from '../../../errors/proxbox-error.js';
import type { Task } from '../../../proxmox/parse/tasks.js';
import { readTasks } from '../../../proxmox/reads/nodes.js';
import { requireOneRead } from '../../collect/nothing-read.js';
import { readFailure, readFromCluster } from '../../collect/proxmox.js';
import { nodeKey } from '../../plan/cluster-views.js';
import { substep } from '../../events.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';
import type { GuestTask, TaskArchives } from './types.js';
import type { KnownGuest, Roster } from '../../plan/roster.js';
import type { ConnectedCluster } from '../../guests.js';

/**
 * Up to so many selected guests of a cluster are asked for one by one: Proxmox then answers their tasks alone, usually one
 * short page, instead of the whole archive of every node.
 */
const askedByVmid = 4;

interface ArchiveRead {
  readonly cluster: ConnectedCluster;
  readonly node: string;
  readonly isOnline: boolean;
  readonly vmid: number | undefined;
  readonly guests: ReadonlyMap<string, KnownGuest>;
}

interface ArchiveAnswer {
  readonly tasks: readonly GuestTask[];
  readonly warning?: Warning;
  /** Nothing could be read. */
  readonly cause?: ProxboxError;
}

/** Throws when no archive at all could be read; an archive that could not is a warning and a failure in the count. */
export async function readArchives(run: RunContext, roster: Roster): Promise<TaskArchives> {
  const reads = roster.clusters.flatMap((cluster) => readsOf(run, cluster, roster.guests));
  let done = 0;
  const answers = await Promise.all(
    reads.map(async (read) => {
      const answer = await readArchive(run, read);
      done += 1;
      run.events.emit(substep('task-history', 'read_tasks', `Read ${done} of ${reads.length} task archives.`));
      return { ...answer, key: nodeKey(read.cluster.view, read.node) };
    }),
  );
  const warnings = answers.flatMap(({ warning }) => warning ?? []);
  requireOneRead(
    'task archive',
    answers.map(({ cause, warning }) =>
      warning === undefined || cause === undefined ? undefined : { reason: warning, cause },
    ),
  );
  const unread = new Set(answers.flatMap(({ key, warning }) => (warning === undefined ? [] : [key])));
  return { tasks: answers.flatMap(({ tasks }) => tasks), warnings, unread, failures: warnings.length };
}

function readsOf(run: RunContext, cluster: ConnectedCluster, guests: readonly KnownGuest[]): readonly ArchiveRead[] {
  const own = new Map(
    guests
      .filter((guest) => guest.cluster.view.key === cluster.view.key)
      .map((guest) => [String(guest.resource.vmid), guest]),
  );
  if (own.size === 0) return [];
  const isNarrow = run.options.netboxVmIds !== null && own.size <= askedByVmid;
  const vmids = isNarrow ? [...own.values()].map(({ resource }) => resource.vmid) : [undefined];
  // A guest that migrated has tasks on every node it was on.
  return cluster.view.nodes.flatMap(({ name, online }) =>
    vmids.map((vmid) => ({ cluster, node: name, isOnline: online, vmid, guests: own })),
  );
}

async function readArchive(run: RunContext, read: ArchiveRead): Promise<ArchiveAnswer> {
  const { cluster, node, vmid, guests, isOnline } = read;
  if (!isOnline) return offline(read);
  const wanted = ({ taskId }: Task): boolean => guests.has(taskId);
  const until = Math.floor(Date.parse(run.now) / 1000);
  try {
    const { tasks, problem } = await readFromCluster(run, cluster, (session) =>
      readTasks(session, { node, until, wanted, signal: run.signal, ...(vmid === undefined ? {} : { vmid }) }),
    );
    const owned = tasks.flatMap((task) => {
      const guest = guests.get(task.taskId);
      return guest === undefined ? [] : [{ guest, task, listedBy: node }];
    });
    return problem === null ? { tasks: owned } : { tasks: owned, warning: incomplete(read, problem) };
  } catch (error) {
    run.signal.throwIfAborted();
    const cause = toProxboxError(error);
    const text = unreadText(read);
    const reason = readFailure(cluster, { read: 'tasks', cause, text, otherwise: 'endpoint_unreachable' });
    return { tasks: [], cause, warning: { ...reason, source: sourceOf(cluster, node) } };
  }
}

function unreadText({ cluster, node }: ArchiveRead): string {
  return `The task archive of node "${node}" of cluster "${cluster.view.name}" cannot be read, so its tasks are missing until the next run`;
}

function offline(read: ArchiveRead): ArchiveAnswer {
  const { cluster, node } = read;
  const cause = new ProxboxError('proxmox_unreachable', `Node "${node}" is offline.`);
  const message = `${unreadText(read)}: ${errorText(cause)}`;
  return { tasks: [], cause, warning: { code: 'node_offline', message, source: sourceOf(cluster, node) } };
}

function incomplete({ cluster, node }: ArchiveRead, problem: ProxboxError): Warning {
  return {
    code: 'read_incomplete',
    message: `The task archive of node "${node}" of cluster "${cluster.view.name}" could not be read to its end; the newer tasks are written: ${errorText(problem)}`,
    source: sourceOf(cluster, node),
  };
}

function sourceOf({ view }: ConnectedCluster, node: string): NonNullable<Warning['source']> {
  return { endpointId: view.owner.endpointId, cluster: view.name, node };
}
