/** Addresses that guests have in NetBox though the token may not view them: other rows name them, and they are in no list. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { hostOn } from '../../plan/address-ownership.js';
import type { RunContext } from '../../run-context.js';
import type { GuestPorts } from './types.js';
import type { Located } from './collect-names.js';

interface Named {
  readonly id: number;
  /** See `hostOn`. */
  readonly host: string;
}

interface Stored {
  /** What NetBox lists. */
  readonly addresses: readonly RecordOf<'ip-address'>[];
  readonly guestInterfaces: readonly RecordOf<'guest-vm-interface'>[];
  readonly guestAddresses: readonly RecordOf<'guest-vm-interface-address'>[];
}

/**
 * NetBox leaves out of a list what the conditions of a permission hide, without a word; rows of the plugin and machines name
 * it all the same. What is named and not listed is asked for by id, once, where a guest wants it.
 * @returns `hostOn` of each
 */
export async function collectHidden(
  run: RunContext,
  guests: readonly GuestPorts<Located>[],
  stored: Stored,
): Promise<ReadonlySet<string>> {
  const listed = new Set(stored.addresses.map(({ id }) => id));
  const wanted = new Set(guests.flatMap(({ one }) => wantedOf(one)));
  const named = [...namedByLinks(stored), ...guests.flatMap(({ one }) => namedByMachine(one.guest.virtualMachine))];
  const missing = named.filter((one) => !listed.has(one.id) && wanted.has(one.host));
  const of = [...new Set(missing.map(({ id }) => id))].sort((a, b) => a - b);
  const seen = await run.collections.load('ip-address', {}, { filter: 'id', of }, { fresh: true });
  const visible = new Set(seen.map(({ id }) => id));
  return new Set(missing.filter(({ id }) => !visible.has(id)).map(({ host }) => host));
}

function wantedOf({ guest, nics }: Located): readonly string[] {
  const machine = guest.virtualMachine.id;
  return nics.flatMap(({ addresses }) => addresses.map(({ address }) => hostOn(machine, address)));
}

function namedByLinks({ guestInterfaces, guestAddresses }: Stored): readonly Named[] {
  const machines = new Map(guestInterfaces.map((row) => [row.id, row.virtual_machine]));
  return guestAddresses.flatMap(({ guest_interface: inside, ip_address: id, address }) => {
    const machine = machines.get(inside ?? -1) ?? null;
    return id === null || machine === null ? [] : [{ id, host: hostOn(machine, address) }];
  });
}

function namedByMachine(machine: RecordOf<'virtual-machine'>): readonly Named[] {
  const { primary_ip4: four, primary_ip6: six, primary_address4, primary_address6 } = machine;
  return [
    ...(four === null ? [] : [{ id: four, host: hostOn(machine.id, primary_address4) }]),
    ...(six === null ? [] : [{ id: six, host: hostOn(machine.id, primary_address6) }]),
  ];
}
