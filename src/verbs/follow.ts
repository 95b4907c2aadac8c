/** Following a task of Proxmox to its end. A task is known to the node that runs it alone, which its UPID names. */
import type { Clock } from '../config/clock.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { path } from '../proxmox/host.js';
import { toText } from '../proxmox/parse/coerce.js';
import { parseUpid, type Upid } from '../proxmox/parse/upid.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import { isObject } from '../values/plain-object.js';
import { causeText } from './failure.js';

export type TaskState =
  | { readonly status: 'running' }
  | { readonly status: 'ended'; readonly exitstatus: string; readonly isGood: boolean }
  /** It cannot be asked for any more: nobody knows how it ended. */
  | { readonly status: 'lost'; readonly detail: string };

const migrations = new Set(['qmigrate', 'vzmigrate', 'hamigrate']);
const maxFailures = 3;

/** Throws `task_not_of_guest` for what is no UPID, another kind of task, or a task of another guest. */
export function migrationOf(text: string, { vmid }: { readonly vmid: number }): Upid {
  const upid = parseUpid(text);
  if (upid !== null && migrations.has(upid.type) && upid.id === String(vmid)) return upid;
  throw new ProxboxError(
    'task_not_of_guest',
    `'${text.slice(0, 200)}' is not a migration of the guest with VMID ${vmid}. Take proxmox_task_upid from the answer of the migration.`,
  );
}

/** Path of the task below `/api2/json/`. */
export function taskPath({ node }: Upid, text: string): string {
  return path`nodes/${node}/tasks/${text}`;
}

/** `OK` and `WARNINGS: n` are success; a task without an exit status ended before Proxmox wrote any. */
export async function readTask(
  session: Pick<ProxmoxSession, 'get'>,
  below: string,
  signal?: AbortSignal,
): Promise<TaskState> {
  const answer = await session.get(`${below}/status`, signal === undefined ? {} : { signal });
  const row = isObject(answer) ? answer : {};
  if (toText(row.status) !== 'stopped') return { status: 'running' };
  const exitstatus = toText(row.exitstatus) ?? 'OK';
  return { status: 'ended', exitstatus, isGood: exitstatus === 'OK' || exitstatus.startsWith('WARNINGS') };
}

export interface FollowOptions {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal: AbortSignal;
  readonly intervalMs: number;
  /** Waiting does not keep the process from ending. */
  readonly isBackground?: boolean;
}

/** The state now and after every interval; the last one is `ended` or, after three failures in a row, `lost`. */
export async function* followTask(
  session: Pick<ProxmoxSession, 'get'>,
  below: string,
  { clock, signal, intervalMs, isBackground = false }: FollowOptions,
): AsyncGenerator<TaskState, void> {
  let failures = 0;
  for (;;) {
    try {
      const state = await readTask(session, below, signal);
      failures = 0;
      yield state;
      if (state.status !== 'running') return;
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      if (failures >= maxFailures) {
        yield { status: 'lost', detail: causeText(error) };
        return;
      }
    }
    await clock.sleep(intervalMs, signal, { isBackground });
  }
}
