/** The frames of a migration that somebody watches. */
import type { Clock } from '../config/clock.js';
import { followTask, migrationOf, taskPath, type TaskState } from './follow.js';
import { openVerbSession, type LocateDeps } from './locate.js';
import type { VerbCall } from './types.js';

export interface MigrationFrame {
  readonly event: 'migrate_dispatched' | 'migrate_progress' | 'migrate_succeeded' | 'migrate_failed';
  readonly data: Readonly<Record<string, unknown>>;
}

export interface WatchCall extends Pick<VerbCall, 'endpoint' | 'endpointId' | 'type' | 'vmid'> {
  readonly task: string;
  readonly signal: AbortSignal;
}

const intervalMs = 2_000;

function frameOf(task: string, state: TaskState): MigrationFrame {
  const data = { task_upid: task };
  if (state.status === 'running')
    return { event: 'migrate_progress', data: { ...data, progress: null, status: 'running' } };
  if (state.status === 'lost') return { event: 'migrate_failed', data: { ...data, error_detail: state.detail } };
  return {
    event: state.isGood ? 'migrate_succeeded' : 'migrate_failed',
    data: { ...data, exitstatus: state.exitstatus },
  };
}

/** Throws `task_not_of_guest`, `proxmox_session_unreachable`: before there is a stream. */
export async function watchMigration(
  call: WatchCall,
  deps: LocateDeps & { readonly clock: Clock },
): Promise<AsyncIterable<MigrationFrame>> {
  const { task, type, vmid, endpointId, signal } = call;
  const upid = migrationOf(task, call);
  const session = await openVerbSession(call, deps);
  async function* frames(): AsyncGenerator<MigrationFrame, void> {
    const data = { verb: 'migrate', vm_type: type, vmid, endpoint_id: endpointId, task_upid: task, node: upid.node };
    yield { event: 'migrate_dispatched', data };
    const following = followTask(session, taskPath(upid, task), { clock: deps.clock, signal, intervalMs });
    try {
      for await (const state of following) yield frameOf(task, state);
    } catch (error) {
      // Nobody listens any more, or the service stops: no failure of the migration.
      if (!signal.aborted) throw error;
    }
  }
  return frames();
}
