/** Which interface inside a guest has which of its addresses: rows of the plugin. Pure. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { guestRowName } from '../../plan/guest-nics.js';
import { hostOf } from '../../plan/address-ownership.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { ref } from '../../types.js';
import type { AddressedGuest, CollectedAddresses, PlacedAddress } from './types.js';

/** The rows are never deleted for themselves. Returns the ids of those that are right as they are. */
export function planGuestAddresses(
  builder: PlanBuilder,
  { guest, nics }: AddressedGuest,
  placed: readonly PlacedAddress[],
  { guestInterfaces, guestAddresses }: CollectedAddresses,
): readonly number[] {
  const own = guestInterfaces.filter((row) => row.virtual_machine === guest.virtualMachine.id);
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
  { guestAddresses, source }: Pick<CollectedAddresses, 'guestAddresses'> & Pick<AddressedGuest['guest'], 'source'>,
): readonly number[] {
  const linkKey = `${guestInterface.id} ${key}`;
  if (builder.has('guest-vm-interface-address', linkKey)) return [];
  const addressId = builder.known.get(`ip-address:${key}`);
  const current = guestAddresses.find(
    (row) => row.guest_interface === guestInterface.id && addressId !== undefined && row.ip_address === addressId,
  );
  builder.add(
    {
      kind: 'guest-vm-interface-address',
      key: linkKey,
      label: `${guestInterface.name} ${address}`,
      // NetBox may refuse an address because of another one.
      fields: { guest_interface: guestInterface.id, ip_address: { ...ref('ip-address', key), along: true } },
      rules: { guest_interface: 'create-only', ip_address: 'create-only' },
      source,
    },
    current,
  );
  return current === undefined ? [] : [current.id];
}
