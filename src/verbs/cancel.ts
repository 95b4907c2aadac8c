/** Stopping a migration that is under way. */
import { migrationOf, readTask, taskPath } from './follow.js';
import type { GuestPlace, Settled, Verb } from './types.js';
import { writeTimeoutMs } from '../proxmox/session.js';

/** For one task; there is nothing to remember, as a second cancel finds the task ended. */
export function cancelVerb(task: string): Verb {
  return {
    name: 'cancel',
    summary: 'Stop a migration that is under way',
    plan: ({ vmid }) => {
      const below = taskPath(migrationOf(task, { vmid }), task);
      return {
        check: async ({ session }: GuestPlace): Promise<Settled | undefined> => {
          const state = await readTask(session, below);
          if (state.status !== 'ended') return undefined;
          return { result: 'already_ended', told: { proxmox_task_upid: task, exitstatus: state.exitstatus } };
        },
        dispatch: async ({ session }) => {
          await session.write('DELETE', below, {}, { timeoutMs: writeTimeoutMs });
          return task;
        },
      };
    },
    accepted: { status: 200, result: 'cancel_requested' },
    failed: { code: 'proxmox_cancel_failed', result: 'cancel_failed' },
    checkFailed: 'proxmox_cancel_failed',
    isIdempotent: false,
  };
}
