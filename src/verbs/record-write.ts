/**
 * A write on a guest that is no verb: any operation of Proxmox. Where NetBox knows the guest it is recorded as a verb is, in an
 * entry that is written first; where it does not, or cannot be asked, it is carried out without one.
 */
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { ProxmoxEndpointStore } from '../endpoints/proxmox-endpoints.js';
import { errorText, ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import type { NetBoxAccess } from '../netbox/access.js';
import { toText } from '../proxmox/parse/coerce.js';
import { auditTarget } from './audit-target.js';
import { causeText } from './failure.js';
import { journalTime, openJournal, type JournalEntry, type JournalState } from './journal.js';
import { openVerbSession, type LocateDeps } from './locate.js';
import { openNetBox } from './open-netbox.js';
import { recordTaskEnd } from './task-end.js';
import type { GuestPlace, VerbCall } from './types.js';

export interface RecordDeps extends LocateDeps {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'debug'>;
  readonly proxmoxEndpoints: Pick<ProxmoxEndpointStore, 'all' | 'credentials'>;
  readonly netboxAccess: Pick<NetBoxAccess, 'client'>;
  /** Aborted when the service stops: what was not sent yet is not sent any more. */
  readonly stopping: AbortSignal;
}

export interface RecordedWrite extends Pick<VerbCall, 'endpoint' | 'actor'> {
  /** `POST /nodes/pve1/qemu/100/snapshot`. */
  readonly operation: string;
  readonly place: GuestPlace;
}

/** Answers what `act` answers, and throws what it throws. */
export async function recordWrite(
  write: RecordedWrite,
  act: () => Promise<unknown>,
  deps: RecordDeps,
): Promise<unknown> {
  const entry = await openEntry(write, deps);
  try {
    const data = await act();
    const text = toText(data);
    const upid = text?.startsWith('UPID:') === true ? text : null;
    const state: JournalState = { result: 'ok', kind: 'info', upid };
    await complete(entry, state, deps);
    if (entry !== undefined && upid !== null) {
      void recordTaskEnd({ session: write.place.session, upid, entry, state }, deps);
    }
    return data;
  } catch (error) {
    await complete(entry, { result: 'failed', kind: 'warning', error: errorText(error) }, deps);
    throw error;
  }
}

async function openEntry(write: RecordedWrite, deps: RecordDeps): Promise<JournalEntry | undefined> {
  const { endpoint, actor, operation: verb, place } = write;
  const { type, vmid } = place;
  const guest = { endpoint, endpointId: endpoint.id, type, vmid, verb };
  try {
    const netbox = await openNetBox(deps.netboxAccess);
    const virtualMachineId = await auditTarget(netbox, guest, place, {
      stored: () => deps.proxmoxEndpoints.all(),
      openOther: (other) => openVerbSession({ endpoint: other, endpointId: other.id }, deps),
    });
    const subject = { ...guest, actor, idempotencyKey: undefined, virtualMachineId };
    return await openJournal(netbox, { ...subject, dispatchedAt: journalTime(deps.clock) });
  } catch (error) {
    const { code, cause } = toProxboxError(error);
    const fields = {
      endpointId: endpoint.id,
      vmid,
      code,
      ...(cause === undefined ? {} : { reason: causeText(cause) }),
    };
    deps.logger.warn(fields, 'A write on a guest is carried out without a journal entry in NetBox.');
    return undefined;
  }
}

async function complete(entry: JournalEntry | undefined, state: JournalState, deps: RecordDeps): Promise<void> {
  try {
    await entry?.write(state);
  } catch (error) {
    if (!(error instanceof ProxboxError)) throw error;
    deps.logger.warn(
      { entry: entry?.url, reason: causeText(error) },
      'The journal entry of a write was not completed.',
    );
  }
}
