/** The journal entry of a verb: written before anything is sent to Proxmox, changed to what became of it. */
import type { Clock } from '../config/clock.js';
import type { NetBoxClient } from '../netbox/types.js';
import { kindDefinition } from '../netbox/kinds/index.js';
import { oneLine, verbFailure } from './failure.js';
import type { VerbCall } from './types.js';

export type JournalKind = 'info' | 'warning';

/** What the entry says beside what stays the same. */
export interface JournalState {
  readonly result: string;
  readonly kind: JournalKind;
  readonly upid?: string | null;
  /** What was asked for beyond the name of the verb. */
  readonly note?: string | undefined;
  readonly error?: string | undefined;
  /** How the task of Proxmox ended, once it has. */
  readonly taskResult?: string;
}

export interface JournalSubject extends Pick<
  VerbCall,
  'endpoint' | 'endpointId' | 'vmid' | 'actor' | 'idempotencyKey'
> {
  readonly verb: string;
  readonly virtualMachineId: number;
  /** UTC, to the second. */
  readonly dispatchedAt: string;
}

export interface JournalEntry {
  /** Path of the entry in the API of NetBox. */
  readonly url: string;
  /** Throws `netbox_*`. */
  write(state: JournalState): Promise<void>;
}

const { path } = kindDefinition('journal-entry');

/** Text from outside is shown as code: it must not become Markdown. */
function quoted(text: string): string {
  return `\`${oneLine(text).replaceAll('`', "'")}\``;
}

/** Letters, digits and marks that mean nothing in Markdown; an underscore only within a word. */
const plainText = /^(?:[\p{L}\p{N} .,:;@+()=/-]|(?<=[\p{L}\p{N}])_(?=[\p{L}\p{N}]))*$/u;

/** A name from outside as it is, or as code where Markdown would make something of it. */
function named(text: string): string {
  const line = oneLine(text);
  return plainText.test(line) ? line : quoted(line);
}

/** `undefined` lines are left out. */
function commentsOf(subject: JournalSubject, { result, upid, note, error, taskResult }: JournalState): string {
  const { verb, actor, idempotencyKey, endpoint, endpointId, dispatchedAt } = subject;
  const lines: readonly (readonly [string, string | null | undefined])[] = [
    ['verb', verb],
    ['actor', named(actor)],
    ['result', result],
    ['note', note === undefined ? undefined : quoted(note)],
    ['proxmox_task_upid', upid],
    ['task_result', taskResult === undefined ? undefined : quoted(taskResult)],
    ['idempotency_key', idempotencyKey === undefined ? undefined : named(idempotencyKey)],
    ['endpoint', `${named(endpoint.name)} (id=${endpointId})`],
    ['dispatched_at', dispatchedAt],
    ['error_detail', error === undefined ? undefined : quoted(error)],
  ];
  const told = lines.flatMap(([name, text]) => (text === undefined || text === null ? [] : [`- ${name}: ${text}`]));
  return ['Proxbox operational verb dispatched.', '', ...told].join('\n');
}

export function journalTime(clock: Pick<Clock, 'now'>): string {
  return `${clock.now().toISOString().slice(0, 19)}Z`;
}

/** Throws `netbox_vm_identity_required_for_audit` when the entry cannot be made: then nothing may be done. */
export async function openJournal(client: NetBoxClient, subject: JournalSubject): Promise<JournalEntry> {
  const { virtualMachineId, verb, vmid, endpointId } = subject;
  const bodyOf = (state: JournalState) => ({ kind: state.kind, comments: commentsOf(subject, state) });
  try {
    const record = await client.create(path, {
      assigned_object_type: 'virtualization.virtualmachine',
      assigned_object_id: virtualMachineId,
      ...bodyOf({ result: 'in_progress', kind: 'info' }),
    });
    return {
      url: `${path}${record.id}/`,
      write: async (state) => {
        await client.patch(path, record.id, bodyOf(state));
      },
    };
  } catch (error) {
    throw verbFailure(
      'netbox_vm_identity_required_for_audit',
      'Refusing to dispatch operational verb because the write-ahead NetBox VM audit journal entry could not be created.',
      { cause: error, where: { verb, vmid, endpoint_id: endpointId } },
    );
  }
}
