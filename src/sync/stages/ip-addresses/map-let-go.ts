/** Which stored addresses guests have no more, on the interface where they are stored. Pure. */
import type { Steps } from '../../../config/breathe.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { familyOf, hostOf, isShared } from '../../plan/address-ownership.js';
import type { KnownIds } from '../../plan/diff-object.js';
import { unplacedHosts } from '../../plan/guest-addresses.js';
import { givenNames } from '../../plan/guest-names.js';
import { isOurs } from '../../plan/ownership.js';
import type { AddressedGuest, GuestPorts, Port } from './types.js';

type Asked = Pick<AddressedGuest, 'guest' | 'network' | 'nics'>;

/** A row on an interface of a guest of this run that has it no more. */
export interface LetGo<Guest extends Asked = AddressedGuest> {
  readonly row: RecordOf<'ip-address'>;
  readonly of: Guest;
  readonly port: Port;
  /** The guest answered, the interface is one of its devices or ours, and the row is not shared: where nobody takes it, it may go. */
  readonly mayGo: boolean;
  /** The guest may have it all the same, as it tells one address of its family at most: it is let go only for another one to take. */
  readonly isUntold: boolean;
}

/** The interfaces of a guest in NetBox beside its devices. */
export function withPorts<Guest extends Asked>(
  one: Guest,
  rows: readonly RecordOf<'vm-interface'>[],
): GuestPorts<Guest> {
  const ports = rows.map((row) => ({ row, nic: one.nics.find(({ name }) => name === row.name) }));
  const order = (port: Port): number => (port.nic === undefined ? -1 : one.nics.indexOf(port.nic));
  return { one, ports: ports.sort((a, b) => order(a) - order(b)) };
}

/** Names that a guest gives its addresses or gave them, in small letters. */
export function namesOfGuest({ guest, config, hostName, formerNames }: AddressedGuest): ReadonlySet<string> {
  const { resource, virtualMachine } = guest;
  const given = [...givenNames({ resource, config, hostName }), virtualMachine.name, ...formerNames];
  return new Set(given.map((name) => name.toLowerCase()));
}

/**
 * Let go is what a guest that answered does not have, stored on a device or on an interface of ours without a device; and what
 * the guest, asked or by its configuration, has on another of its devices. An address that several share is let go by whoever
 * does not report it, also by a guest that is down, but only for another one to take.
 */
export function* letGoRows<Guest extends Asked>(
  guests: readonly GuestPorts<Guest>[],
  addresses: readonly RecordOf<'ip-address'>[],
  supportIds: KnownIds,
): Steps<readonly LetGo<Guest>[]> {
  const held = new Map<number, RecordOf<'ip-address'>[]>();
  for (const row of addresses) {
    if (row.assigned_object_id === null || row.assigned_object_type !== 'virtualization.vminterface') continue;
    const others = held.get(row.assigned_object_id);
    if (others === undefined) held.set(row.assigned_object_id, [row]);
    else others.push(row);
  }
  const letGo: LetGo<Guest>[] = [];
  for (const guest of guests) {
    letGo.push(...letGoBy(guest, held, supportIds));
    yield;
  }
  return letGo;
}

function letGoBy<Guest extends Asked>(
  { one, ports }: GuestPorts<Guest>,
  held: ReadonlyMap<number, readonly RecordOf<'ip-address'>[]>,
  supportIds: KnownIds,
): readonly LetGo<Guest>[] {
  const elsewhere = new Set(one.nics.flatMap(({ addresses: wanted }) => wanted.map(({ address }) => hostOf(address))));
  const unplaced = unplacedHosts(one.network, one.nics);
  return ports.flatMap((port) => {
    const told = [...(port.nic?.addresses ?? []), ...(port.nic?.unusable ?? [])];
    const here = new Set(told.map(({ address }) => hostOf(address)));
    const isDecided = port.nic !== undefined || isOurs('vm-interface', port.row, { supportIds });
    return (held.get(port.row.id) ?? []).flatMap((row) => {
      const host = hostOf(row.address);
      const isTold = one.network.status === 'told' && isDecided && !unplaced.has(host);
      const isLetGo = !here.has(host) && (isTold || elsewhere.has(host) || isShared(row));
      const isUntold = isTold && mayBeUntold(port, host);
      return isLetGo ? [{ row, of: one, port, mayGo: isTold && !isShared(row) && !isUntold, isUntold }] : [];
    });
  });
}

function mayBeUntold({ nic }: Port, host: string): boolean {
  return nic !== undefined && nic.partial.has(familyOf(host));
}
