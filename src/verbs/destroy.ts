/**
 * Deleting a guest with its disks. One that runs is stopped first, so everything that Proxmox would refuse afterwards is
 * looked at before: a guest is not stopped for nothing.
 */
import type { Clock } from '../config/clock.js';
import { ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { toBool, toInt, toText } from '../proxmox/parse/coerce.js';
import { parseUpid } from '../proxmox/parse/upid.js';
import { listRows } from '../proxmox/reads/rows.js';
import { writeTimeoutMs } from '../proxmox/session.js';
import { isObject } from '../values/plain-object.js';
import { causeText } from './failure.js';
import { readTask, taskPath } from './follow.js';
import type { GuestPlace, Settled, Verb, VerbCall } from './types.js';

/** For a guest to stop. */
const stopMayTakeMs = 60_000;
const intervalMs = 1_000;

export interface DestroyDeps {
  readonly clock: Pick<Clock, 'sleep' | 'monotonicMs'>;
  /** Aborted when the service stops. */
  readonly stopping: AbortSignal;
}

/** What is only deleted along when it is asked for. */
export interface DestroyWish {
  /** Also the guest's entries in high availability, replication and backup jobs. */
  readonly purge: boolean;
  /** Also disks with its number that its configuration does not name. */
  readonly destroyUnreferencedDisks: boolean;
}

const rejected = (code: 'guest_protected' | 'guest_in_use', detail: string): Settled => ({
  result: 'rejected',
  code,
  detail,
});

async function readStatus({ session, path }: GuestPlace) {
  const answer = await session.get(`${path}/status/current`);
  const row = isObject(answer) ? answer : {};
  const status = toText(row.status);
  if (status === null) {
    throw new ProxboxError('remote_protocol', `Proxmox answered the status of ${path} without a status.`);
  }
  return { isStopped: status === 'stopped', isManaged: isObject(row.ha) && toBool(row.ha.managed) === true };
}

/** Who else counts on the guest: Proxmox does not delete it then unless it is told to purge. */
async function usedBy(place: GuestPlace, isManaged: boolean): Promise<string | undefined> {
  if (isManaged) return 'is managed by high availability';
  const jobs = await listRows(place.session, 'cluster/replication');
  const job = jobs.find(({ guest }) => toInt(guest) === place.vmid);
  return job === undefined ? undefined : `has the replication job ${toText(job.id) ?? '?'}`;
}

async function check(place: GuestPlace, { purge }: DestroyWish): Promise<Settled | undefined> {
  const { session, type, vmid } = place;
  const [config, { isManaged }] = await Promise.all([session.guestConfig(place), readStatus(place)]);
  if (toBool(config['protection']) === true) {
    return rejected('guest_protected', `${type} ${vmid} is protected. Switch its option 'protection' off first.`);
  }
  const user = purge ? undefined : await usedBy(place, isManaged);
  if (user === undefined) return undefined;
  return rejected('guest_in_use', `${type} ${vmid} ${user}. Take it out there first, or add purge=true to the query.`);
}

function stillRuns({ type, vmid }: GuestPlace, why: string): ProxboxError {
  return new ProxboxError('proxmox_dispatch_failed', 'The guest did not stop.', {
    detail: `${type} ${vmid} was told to stop and is not deleted: ${why}`,
  });
}

/** What Proxmox said of the deletion, and that the guest does not run any more. */
function stoppedOnly({ type, vmid }: GuestPlace, error: unknown): ProxboxError {
  const cause = toProxboxError(error);
  const { code, upstream } = cause;
  const text = `${type} ${vmid} was stopped and is not deleted, as far as is known: ${causeText(cause)}`;
  return new ProxboxError(code, text, { cause, ...(upstream === undefined ? {} : { upstream }) });
}

/** True once the task has ended well. */
async function isOver({ session }: GuestPlace, upid: string): Promise<boolean> {
  const task = parseUpid(upid);
  if (task === null) return true;
  const state = await readTask(session, taskPath(task, upid));
  if (state.status === 'ended' && !state.isGood) throw new ProxboxError('proxmox_dispatch_failed', state.exitstatus);
  return state.status === 'ended';
}

/** Until it has stopped: the task of a guest under high availability ends when its manager has taken the order. */
async function untilStopped(place: GuestPlace, upid: string, { clock, stopping }: DestroyDeps): Promise<void> {
  const until = clock.monotonicMs() + stopMayTakeMs;
  let isTaskOver = false;
  try {
    while (clock.monotonicMs() < until) {
      isTaskOver ||= await isOver(place, upid);
      if (isTaskOver && (await readStatus(place)).isStopped) return;
      await clock.sleep(intervalMs, stopping);
    }
  } catch (error) {
    throw stillRuns(place, stopping.aborted ? 'the service stops.' : causeText(error));
  }
  throw stillRuns(place, `it ran on for ${stopMayTakeMs / 1000} s.`);
}

/** Answers the UPID of the stop; undefined: it did not run. */
async function stop(place: GuestPlace, deps: DestroyDeps): Promise<string | undefined> {
  if ((await readStatus(place)).isStopped) return undefined;
  const { session, path } = place;
  const upid = toText(await session.write('POST', `${path}/status/stop`, {}, { timeoutMs: writeTimeoutMs })) ?? '';
  await untilStopped(place, upid, deps);
  return upid;
}

function wishIn({ body }: VerbCall): DestroyWish {
  const given = isObject(body) ? body : {};
  return { purge: given['purge'] === true, destroyUnreferencedDisks: given['destroyUnreferencedDisks'] === true };
}

/** Its body is a `DestroyWish`. */
export function destroyVerb(deps: DestroyDeps): Verb {
  return {
    name: 'delete',
    summary: 'Delete a guest with its disks; one that runs is stopped first',
    plan: (call) => {
      const wish = wishIn(call);
      let stopped: string | undefined;
      return {
        check: (place) => check(place, wish),
        dispatch: async (place) => {
          stopped = await stop(place, deps);
          const { session, path } = place;
          const { purge, destroyUnreferencedDisks } = wish;
          const options = { purge, 'destroy-unreferenced-disks': destroyUnreferencedDisks };
          const asked = Object.fromEntries(Object.entries(options).filter(([, isAsked]) => isAsked));
          try {
            return await session.write('DELETE', path, asked, { timeoutMs: writeTimeoutMs });
          } catch (error) {
            throw stopped === undefined ? error : stoppedOnly(place, error);
          }
        },
        told: () => (stopped === undefined ? {} : { stop_task_upid: stopped }),
        note: () => `purge ${wish.purge ? 'yes' : 'no'}${stopped === undefined ? '' : `, stopped by ${stopped}`}`,
      };
    },
    accepted: { status: 200, result: 'ok' },
    failed: { code: 'proxmox_dispatch_failed', result: 'failed' },
    checkFailed: 'proxmox_status_unreachable',
    isIdempotent: true,
  };
}
