/**
 * Notes in the journal of addresses that a sync did not make. They tell an address that a sync has put on an interface from
 * one that an operator has put there; the last one counts. Pure.
 */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { byAge } from '../../netbox/kinds/values.js';
import { ref, type Desired, type SourceRef } from '../types.js';

/** How notes begin that say so; the second one is of earlier versions. */
const taken = ['Proxbox takes this address for', 'Proxbox assigned this address'] as const;
const givenBack = 'Proxbox gave this address back';

/**
 * Written before the address is assigned. `label`: of the interface that gets it.
 * @returns the note; the address that is taken is to be written after it (`Desired.after`)
 */
export function takenNote(
  addressKey: string,
  { id }: RecordOf<'ip-address'>,
  { label, source }: { readonly label: string; readonly source: SourceRef },
): Desired<'address-claim'> {
  const text = `${taken[0]} ${label}, which has it in Proxmox, and gives it back when that is no longer so. Meanwhile an empty DNS name may be filled in; nothing else on it is changed.`;
  return {
    kind: 'address-claim',
    key: addressKey,
    label: text,
    fields: { ...about, assigned_object_id: id, comments: text },
    rules: {},
    source,
  };
}

export function givenBackNote(addressKey: string, label: string, source: SourceRef): Desired<'address-journal'> {
  const text = `${givenBack}: ${label} no longer has it in Proxmox.`;
  const fields = { ...about, assigned_object_id: ref('ip-address', addressKey), comments: text };
  return { kind: 'address-journal', key: addressKey, label: text, fields, rules: {}, source };
}

const about = { assigned_object_type: 'ipam.ipaddress', kind: 'info' } as const;

function saysTaken(comments: string): boolean {
  return taken.some((beginning) => comments.startsWith(beginning));
}

/** Ids of the addresses whose last note says that a sync assigned them. */
export function takenBySync(notes: readonly RecordOf<'journal-entry'>[]): ReadonlySet<number> {
  const last = new Map<number, boolean>();
  for (const { assigned_object_id: id, comments } of [...notes].sort(byAge)) {
    if (id === null || !(saysTaken(comments) || comments.startsWith(givenBack))) continue;
    last.set(id, saysTaken(comments));
  }
  return new Set([...last].flatMap(([id, isTaken]) => (isTaken ? [id] : [])));
}
