/** Which interface inside a guest has which of its addresses: rows of the plugin. Pure. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { guestRowName } from '../../plan/guest-nics.js';
import { hostOf } from '../../plan/address-ownership.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { byMachine } from '../../plan/roster.js';
import { objectKey, ref } from '../../types.js';
import type { AddressedGuest, CollectedAddresses, PlacedAddress } from './types.js';

/** The rows of the plugin, by what they are asked for. */
export interface GuestTables {
  /** By machine. */
  readonly guestInterfaces: ReadonlyMap<number, readonly RecordOf<'guest-vm-interface'>[]>;
  /** By interface inside the guest and address; of several the first. */
  readonly guestAddresses: ReadonlyMap<string, RecordOf<'guest-vm-interface-address'>>;
}

export function indexGuestTables({
  guestInterfaces,
  guestAddresses,
}: Pick<CollectedAddresses, 'guestInterfaces' | 'guestAddresses'>): GuestTables {
  const links = [...guestAddresses].reverse();
  return {
    guestInterfaces: byMachine(guestInterfaces),
    guestAddresses: new Map(links.map((row) => [linkOf(row.guest_interface, row.ip_address), row])),
  };
}

function linkOf(guestInterface: number | null, address: number | null): string {
  return `${guestInterface ?? ''}/${address ?? ''}`;
}

/** Returns the ids of the rows that are right as they are. Another one goes along with its address, or where the guest says otherwise. */
export function planGuestAddresses(
  builder: PlanBuilder,
  { guest, nics }: AddressedGuest,
  placed: readonly PlacedAddress[],
  { guestInterfaces, guestAddresses }: GuestTables,
): readonly number[] {
  const own = guestInterfaces.get(guest.virtualMachine.id) ?? [];
  return nics
    .flatMap(({ inside }) => inside)
    .flatMap(({ name, addresses }) => {
      const row = own.find((one) => one.name === guestRowName(name));
      if (row === undefined) return [];
      return addresses.flatMap((address) => {
        const core = placed.find((one) => hostOf(one.address) === hostOf(address));
        return core === undefined ? [] : planLink(builder, row, core, { guestAddresses, source: guest.source });
      });
    });
}

function planLink(
  builder: PlanBuilder,
  guestInterface: RecordOf<'guest-vm-interface'>,
  { key, address }: PlacedAddress,
  { guestAddresses, source }: Pick<GuestTables, 'guestAddresses'> & Pick<AddressedGuest['guest'], 'source'>,
): readonly number[] {
  const linkKey = `${guestInterface.id} ${key}`;
  if (builder.has('guest-vm-interface-address', linkKey)) return [];
  const addressId = builder.known.get(`ip-address:${key}`);
  const current = addressId === undefined ? undefined : guestAddresses.get(linkOf(guestInterface.id, addressId));
  builder.add(
    {
      kind: 'guest-vm-interface-address',
      key: linkKey,
      label: `${guestInterface.name} ${address}`,
      // NetBox may refuse an address because of another one.
      fields: { guest_interface: guestInterface.id, ip_address: { ...ref('ip-address', key), along: true } },
      rules: { guest_interface: 'create-only', ip_address: 'create-only' },
      // The plugin takes it only while the address is on the interface.
      after: objectKey('ip-address', key),
      source,
    },
    current,
  );
  return current === undefined ? [] : [current.id];
}
