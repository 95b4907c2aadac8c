/**
 * Notes in the journal of addresses that a sync did not make. They tell an address that a sync has put on an interface from
 * one that an operator has put there; the last one counts, and only for the interface that it names. Pure.
 */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { byAge } from '../../netbox/kinds/values.js';
import { deviceOfRow } from './node-addresses.js';
import { ref, type Desired, type SourceRef } from '../types.js';

/** How notes begin that say so; the second one is of earlier versions. */
const taken = ['Proxbox takes this address for', 'Proxbox assigned this address'] as const;
const givenBack = 'Proxbox gave this address back';
/** How notes end: the place by its id, as its name and that of its machine may change. */
const ofPlace = / \((?:Interface (virtualization\.vminterface)|Device (dcim\.device)) (\d+)\.\)$/;

/** An interface of a guest in NetBox, or the device of a node, whose interface may not be there yet. */
export interface NotedPort {
  readonly type: 'virtualization.vminterface' | 'dcim.device';
  readonly id: number;
}

/** By address: the place in the last note which says that a sync takes it; undefined: an earlier version named none. */
export type AddressClaims = ReadonlyMap<number, NotedPort | undefined>;

/**
 * Written before the address is assigned. `label`, `port`: of the interface that gets it.
 * @returns the note; the address that is taken is to be written after it (`Desired.after`)
 */
export function takenNote(
  addressKey: string,
  { id }: RecordOf<'ip-address'>,
  { label, port, source }: { readonly label: string; readonly port: NotedPort; readonly source: SourceRef },
): Desired<'address-claim'> {
  const text = `${taken[0]} ${label}, which has it in Proxmox, and gives it back when that is no longer so. Meanwhile an empty DNS name may be filled in; nothing else on it is changed. (${port.type === 'dcim.device' ? 'Device' : 'Interface'} ${port.type} ${port.id}.)`;
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

/** What the last notes say of addresses that a sync has taken and not given back. */
export function claimsIn(notes: readonly RecordOf<'journal-entry'>[]): AddressClaims {
  const last = new Map<number, NotedPort | undefined>();
  for (const { assigned_object_id: id, comments } of [...notes].sort(byAge)) {
    if (id === null) continue;
    if (saysTaken(comments)) last.set(id, portIn(comments));
    else if (comments.startsWith(givenBack)) last.delete(id);
  }
  return last;
}

function portIn(comments: string): NotedPort | undefined {
  const [, ofGuest, ofNode, id] = ofPlace.exec(comments.trim()) ?? [];
  if (ofGuest !== undefined) return { type: 'virtualization.vminterface', id: Number(id) };
  return ofNode === undefined ? undefined : { type: 'dcim.device', id: Number(id) };
}

/** Whether a sync has put a row where it is: what an operator has moved since is the operator's. */
export function isTakenThere(row: RecordOf<'ip-address'>, claims: AddressClaims): boolean {
  const { assigned_object_type: type, assigned_object_id: id } = row;
  if (id === null || !claims.has(row.id)) return false;
  const noted = claims.get(row.id);
  if (noted === undefined) return true;
  return noted.type === 'dcim.device' ? noted.id === deviceOfRow(row) : noted.type === type && noted.id === id;
}

/** Whether a note about a row says already that it comes to an interface: a run was cut off before, or the address refused. */
export function isNotedFor(row: RecordOf<'ip-address'>, { type, id }: NotedPort, claims: AddressClaims): boolean {
  const noted = claims.get(row.id);
  if (noted === undefined) return claims.has(row.id) && row.assigned_object_id === null;
  return noted.type === type && noted.id === id;
}
