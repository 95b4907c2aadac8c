/** Starting, stopping, restarting, pausing and resuming a guest. */
import { ProxboxError } from '../errors/proxbox-error.js';
import { toBool, toText } from '../proxmox/parse/coerce.js';
import { writeTimeoutMs } from '../proxmox/session.js';
import { isObject } from '../values/plain-object.js';
import type { GuestPlace, Settled, Verb } from './types.js';

interface GuestState {
  /** `running` also for a paused guest. */
  readonly status: string;
  /** Finer, of QEMU alone: `paused`, `suspended`, `prelaunch`... */
  readonly qmpstatus: string | null;
  readonly isTemplate: boolean;
}

async function readState({ session, path }: GuestPlace): Promise<GuestState> {
  const answer = await session.get(`${path}/status/current`);
  const row = isObject(answer) ? answer : {};
  const status = toText(row.status);
  if (status === null) {
    throw new ProxboxError('remote_protocol', `Proxmox answered the status of ${path} without a status.`);
  }
  return { status, qmpstatus: toText(row.qmpstatus), isTemplate: toBool(row.template) ?? false };
}

/** A guest that is started already may be paused: the answer says so, because starting it again would not wake it. */
async function checkStart(place: GuestPlace): Promise<Settled | undefined> {
  const { status, qmpstatus, isTemplate } = await readState(place);
  if (isTemplate) {
    return {
      result: 'rejected',
      code: 'vm_is_template',
      detail: `${place.type} ${place.vmid} is a template and cannot be started. Clone it and start the clone.`,
    };
  }
  if (status !== 'running') return undefined;
  return {
    result: 'already_running',
    ...(qmpstatus === null || qmpstatus === 'running' ? {} : { told: { qmpstatus } }),
  };
}

async function checkRunning(place: GuestPlace): Promise<Settled | undefined> {
  const { status } = await readState(place);
  return status === 'stopped' ? { result: 'already_stopped' } : undefined;
}

/** Why nothing can be done with a guest that does not run. */
function stopped({ type, vmid }: GuestPlace, verb: string): Settled {
  return {
    result: 'rejected',
    code: 'guest_not_running',
    detail: `${type} ${vmid} does not run, so it cannot be ${verb}. Start it in place of that.`,
  };
}

const isPaused = ({ qmpstatus }: GuestState): boolean => qmpstatus === 'paused' || qmpstatus === 'suspended';

async function checkSuspend(place: GuestPlace): Promise<Settled | undefined> {
  const state = await readState(place);
  if (state.status === 'stopped') return stopped(place, 'suspended');
  return isPaused(state) ? { result: 'already_suspended' } : undefined;
}

/** One that sleeps on disk counts as stopped in Proxmox: starting it wakes it. */
async function checkResume(place: GuestPlace): Promise<Settled | undefined> {
  const state = await readState(place);
  if (state.status === 'stopped') return stopped(place, 'resumed');
  return isPaused(state) ? undefined : { result: 'already_running' };
}

type Look = (place: GuestPlace) => Promise<Settled | undefined>;

function powerVerb(name: string, summary: string, check: Look): Verb {
  return {
    name,
    summary,
    plan: () => ({
      check,
      dispatch: ({ session, path }) =>
        session.write('POST', `${path}/status/${name}`, {}, { timeoutMs: writeTimeoutMs }),
    }),
    accepted: { status: 200, result: 'ok' },
    failed: { code: 'proxmox_dispatch_failed', result: 'failed' },
    checkFailed: 'proxmox_status_unreachable',
    isIdempotent: true,
  };
}

/** Proxmox calls it experimental for containers, whose state does not tell afterwards that they sleep. */
const ofQemu = (verb: Verb): Verb => ({ ...verb, only: 'qemu' });

export const powerVerbs: readonly Verb[] = [
  powerVerb('start', 'Start a guest', checkStart),
  powerVerb('stop', 'Stop a guest at once, as if its power was cut', checkRunning),
  powerVerb('shutdown', 'Ask a guest to shut down in an orderly way', checkRunning),
  powerVerb('reboot', 'Shut a guest down in an orderly way and start it again', checkRunning),
  ofQemu(powerVerb('suspend', 'Pause a QEMU machine; its memory stays', checkSuspend)),
  ofQemu(powerVerb('resume', 'Let a paused QEMU machine go on', checkResume)),
];
