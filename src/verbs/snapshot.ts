/** Taking a snapshot, and going back to one. */
import { z } from 'zod';
import { ProxboxError } from '../errors/proxbox-error.js';
import { readSnapshots, untoldSnapshots } from '../proxmox/reads/guests.js';
import { writeTimeoutMs } from '../proxmox/session.js';
import type { Clock } from '../config/clock.js';
import { textIn } from './body-text.js';
import type { GuestPlace, Settled, Verb, VerbCall } from './types.js';

const maxDescription = 8_000;

/** What Proxmox takes as name, for the API document. */
const SnapName = z.string().regex(/^(?!(current|pending)$)[A-Za-z][A-Za-z0-9_-]{1,39}$/);

/** What Proxmox takes as name; `current` and `pending` mean states of its own. */
function isSnapshotName(name: string): boolean {
  return /^[A-Za-z][\w-]{1,39}$/.test(name) && !['current', 'pending'].includes(name.toLowerCase());
}

/** `proxbox-` with the beginning of the key, so that a repeated request names the same snapshot; else with the time. */
function defaultName(key: string | undefined, now: Date): string {
  const part = (key ?? '').replace(/[^\w-]/g, '').slice(0, 8);
  const time = now.toISOString().slice(0, 19).replace(/[-:]/g, '');
  return `proxbox-${part === '' ? `${time}Z` : part}`;
}

function checkName(snapname: string): void {
  if (isSnapshotName(snapname)) return;
  throw new ProxboxError(
    'invalid_snapname',
    "'snapname' must have 2 to 40 letters, digits, '_' and '-', begin with a letter, and not be 'current' or 'pending'.",
  );
}

function namesOf(call: VerbCall, now: Date): { readonly snapname: string; readonly description: string | undefined } {
  const snapname = textIn(call.body, 'snapname') ?? defaultName(call.idempotencyKey, now);
  checkName(snapname);
  const description = textIn(call.body, 'description');
  if ((description ?? '').length > maxDescription) {
    throw new ProxboxError('invalid_parameter', `'description' may have ${maxDescription} characters.`);
  }
  return { snapname, description };
}

export function snapshotVerb(clock: Pick<Clock, 'now'>): Verb {
  return {
    name: 'snapshot',
    summary: 'Take a snapshot; optional `snapname` and `description`',
    body: z
      .looseObject({
        snapname: SnapName.nullish(),
        description: z.string().max(maxDescription).nullish(),
      })
      .nullish(),
    plan: (call) => {
      const { snapname, description } = namesOf(call, clock.now());
      return {
        dispatch: ({ session, path }) =>
          session.write('POST', `${path}/snapshot`, { snapname, description }, { timeoutMs: writeTimeoutMs }),
        told: () => ({ snapname }),
      };
    },
    accepted: { status: 200, result: 'ok' },
    failed: { code: 'proxmox_dispatch_failed', result: 'failed' },
    checkFailed: 'proxmox_status_unreachable',
    isIdempotent: true,
  };
}

async function checkExists(place: GuestPlace, snapname: string): Promise<Settled | undefined> {
  const read = await readSnapshots(place.session, place);
  if (read.status === 'untold') throw untoldSnapshots(place.session, place);
  const names = read.status === 'read' ? read.snapshots.map(({ name }) => name) : [];
  if (names.includes(snapname)) return undefined;
  const known = names.length === 0 ? 'It has none' : `It has ${names.join(', ')}`;
  return {
    result: 'rejected',
    code: 'snapshot_not_found',
    detail: `${place.type} ${place.vmid} has no snapshot '${snapname}'. ${known}.`,
  };
}

/** What the guest is now is lost; a running one is stopped unless the snapshot has its memory. */
export const rollbackVerb: Verb = {
  name: 'rollback',
  summary: 'Put a guest back to its snapshot `snapname`; what came after it on its disks is lost',
  body: z.looseObject({ snapname: SnapName }),
  plan: ({ body }) => {
    const snapname = textIn(body, 'snapname') ?? '';
    checkName(snapname);
    return {
      check: (place) => checkExists(place, snapname),
      dispatch: ({ session, path }) =>
        session.write('POST', `${path}/snapshot/${snapname}/rollback`, {}, { timeoutMs: writeTimeoutMs }),
      told: () => ({ snapname }),
    };
  },
  accepted: { status: 200, result: 'ok' },
  failed: { code: 'proxmox_dispatch_failed', result: 'failed' },
  checkFailed: 'proxmox_status_unreachable',
  isIdempotent: true,
};

/** For one snapshot; what is under it in the tree of snapshots stays. */
export function deleteSnapshotVerb(snapname: string): Verb {
  return {
    name: 'delete_snapshot',
    summary: 'Delete a snapshot of a guest',
    plan: () => {
      checkName(snapname);
      return {
        check: (place) => checkExists(place, snapname),
        dispatch: ({ session, path }) =>
          session.write('DELETE', `${path}/snapshot/${snapname}`, {}, { timeoutMs: writeTimeoutMs }),
        told: () => ({ snapname }),
        note: () => `snapshot ${snapname}`,
      };
    },
    accepted: { status: 200, result: 'ok' },
    failed: { code: 'proxmox_dispatch_failed', result: 'failed' },
    checkFailed: 'proxmox_status_unreachable',
    isIdempotent: true,
  };
}
