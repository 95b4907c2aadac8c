/** Adds to the journal entry how the task of Proxmox ended: a verb is answered when Proxmox has taken it, not when it is done. */
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import { errorText } from '../errors/proxbox-error.js';
import { parseUpid } from '../proxmox/parse/upid.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import { followTask, taskPath, type TaskState } from './follow.js';
import type { JournalEntry, JournalState } from './journal.js';

export interface TaskEndDeps {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'debug'>;
  /** Aborted when the service stops: entries then keep what they say. */
  readonly stopping: AbortSignal;
}

const intervalMs = 2_000;

async function lastState(session: ProxmoxSession, upid: string, deps: TaskEndDeps): Promise<TaskState | undefined> {
  const parsed = parseUpid(upid);
  if (parsed === null) return undefined;
  const options = { clock: deps.clock, signal: deps.stopping, intervalMs, isBackground: true };
  let last: TaskState | undefined;
  for await (const state of followTask(session, taskPath(parsed, upid), options)) last = state;
  return last;
}

/** Never rejects. Returns when the task has ended, which may take hours. */
export async function recordTaskEnd(
  {
    session,
    upid,
    entry,
    state,
  }: {
    readonly session: ProxmoxSession;
    readonly upid: string;
    readonly entry: JournalEntry;
    /** What the entry says so far. */
    readonly state: JournalState;
  },
  deps: TaskEndDeps,
): Promise<void> {
  try {
    const last = await lastState(session, upid, deps);
    if (last === undefined || last.status === 'running') return;
    const isGood = last.status === 'ended' && last.isGood;
    const taskResult = last.status === 'ended' ? last.exitstatus : `unknown: ${last.detail}`;
    deps.logger.info({ upid, taskResult }, 'The task of a verb has ended.');
    await entry.write({ ...state, taskResult, kind: isGood ? state.kind : 'warning' });
  } catch (error) {
    deps.logger.debug({ upid, reason: errorText(error) }, 'How the task of a verb ended was not recorded.');
  }
}
