/**
 * A write on a guest that is no verb: any operation of Proxmox. By the rules of the verbs: it is recorded in an entry that is written
 * first, and without one nothing is sent.
 */
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { ProxmoxEndpointStore } from '../endpoints/proxmox-endpoints.js';
import { errorText, ProxboxError } from '../errors/proxbox-error.js';
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

/** Answers what `act` answers, and throws what it throws, or why there can be no entry; then `act` was not called. */
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
    if (upid !== null) {
      void recordTaskEnd({ session: write.place.session, upid, entry, state }, deps);
    }
    return data;
  } catch (error) {
    await complete(entry, { result: 'failed', kind: 'warning', error: errorText(error) }, deps);
    throw error;
  }
}

/** Throws as that of a verb. */
async function openEntry(write: RecordedWrite, deps: RecordDeps): Promise<JournalEntry> {
  const { endpoint, actor, operation: verb, place } = write;
  const { type, vmid } = place;
  const guest = { endpoint, endpointId: endpoint.id, type, vmid, verb };
  const netbox = await openNetBox(deps.netboxAccess);
  const virtualMachineId = await auditTarget(netbox, guest, place, {
    stored: () => deps.proxmoxEndpoints.all(),
    openOther: (other) => openVerbSession({ endpoint: other, endpointId: other.id }, deps),
  });
  const subject = { ...guest, actor, idempotencyKey: undefined, virtualMachineId };
  return openJournal(netbox, { ...subject, dispatchedAt: journalTime(deps.clock) });
}

async function complete(entry: JournalEntry, state: JournalState, deps: RecordDeps): Promise<void> {
  try {
    await entry.write(state);
  } catch (error) {
    if (!(error instanceof ProxboxError)) throw error;
    deps.logger.warn({ entry: entry.url, reason: causeText(error) }, 'The journal entry of a write was not completed.');
  }
}
