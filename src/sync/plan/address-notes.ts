/**
 * Notes in the journal of addresses that a sync did not make. They tell an address that a sync has put on an interface from
 * one that an operator has put there; the last one counts. Pure.
 */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { byAge } from '../../netbox/kinds/values.js';
import { ref, type Desired, type SourceRef } from '../types.js';

const taken = 'Proxbox assigned this address';
const givenBack = 'Proxbox gave this address back';

export function takenNote(addressKey: string, label: string, source: SourceRef): Desired<'address-journal'> {
  const text = `${taken} to ${label}, which has it in Proxmox. It is unassigned when that is no longer so; nothing else on it is changed.`;
  return note(addressKey, text, source);
}

export function givenBackNote(addressKey: string, label: string, source: SourceRef): Desired<'address-journal'> {
  return note(addressKey, `${givenBack}: ${label} no longer has it in Proxmox.`, source);
}

function note(addressKey: string, comments: string, source: SourceRef): Desired<'address-journal'> {
  return {
    kind: 'address-journal',
    key: addressKey,
    label: comments,
    fields: {
      assigned_object_type: 'ipam.ipaddress',
      assigned_object_id: ref('ip-address', addressKey),
      kind: 'info',
      comments,
    },
    rules: {},
    source,
  };
}

/** Ids of the addresses whose last note says that a sync assigned them. */
export function takenBySync(notes: readonly RecordOf<'journal-entry'>[]): ReadonlySet<number> {
  const last = new Map<number, boolean>();
  for (const { assigned_object_id: id, comments } of [...notes].sort(byAge)) {
    if (id === null || !(comments.startsWith(taken) || comments.startsWith(givenBack))) continue;
    last.set(id, comments.startsWith(taken));
  }
  return new Set([...last].flatMap(([id, isTaken]) => (isTaken ? [id] : [])));
}
