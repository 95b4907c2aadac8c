import { relationId, textOf } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import { guestRowName } from '../../plan/guest-nics.js';
import { hostOf } from '../../plan/address-ownership.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { ref } from '../../plan/support-objects.js';
import type { AddressedGuest, CollectedAddresses, PlacedAddress } from './types.js';

/** Which interface inside a guest has which of its addresses: rows of the plugin. They are never deleted for themselves. */
export function planGuestAddresses(
  builder: PlanBuilder,
  { guest, nics }: AddressedGuest,
  placed: readonly PlacedAddress[],
  { guestInterfaces, guestAddresses }: CollectedAddresses,
): void {
  const own = guestInterfaces.filter((row) => relationId(row['virtual_machine']) === guest.virtualMachine.id);
  if (own.length === 0) return;
  for (const { name, addresses } of nics.flatMap(({ inside }) => inside)) {
    const row = own.find((one) => textOf(one['name']) === guestRowName(name));
    if (row === undefined) continue;
    for (const address of addresses) {
      const core = placed.find((one) => hostOf(one.address) === hostOf(address));
      if (core !== undefined) planLink(builder, row, core, { guestAddresses, source: guest.source });
    }
  }
}

function planLink(
  builder: PlanBuilder,
  guestInterface: NetBoxRecord,
  { key, address }: PlacedAddress,
  { guestAddresses, source }: Pick<CollectedAddresses, 'guestAddresses'> & Pick<AddressedGuest['guest'], 'source'>,
): void {
  const linkKey = `${guestInterface.id} ${key}`;
  if (builder.has('guest-vm-interface-address', linkKey)) return;
  const addressId = builder.known.get(`ip-address:${key}`);
  builder.add(
    {
      kind: 'guest-vm-interface-address',
      key: linkKey,
      label: `${textOf(guestInterface['name'])} ${address}`,
      fields: { guest_interface: guestInterface.id, ip_address: ref('ip-address', key) },
      rules: { guest_interface: 'create-only', ip_address: 'create-only' },
      source,
    },
    guestAddresses.find(
      (row) =>
        relationId(row['guest_interface']) === guestInterface.id &&
        addressId !== undefined &&
        relationId(row['ip_address']) === addressId,
    ),
  );
}
