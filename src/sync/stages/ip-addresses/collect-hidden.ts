/** Addresses that guests have in NetBox though the token may not view them: other rows name them, and they are in no list. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { askUnlisted } from '../../collect/hidden-rows.js';
import { hostOf, hostOn } from '../../plan/address-ownership.js';
import type { RunContext } from '../../run-context.js';
import type { GuestPorts } from './types.js';
import type { Located } from './collect-names.js';

interface Named {
  readonly id: number;
  /** See `hostOf`. */
  readonly host: string;
}

interface Stored {
  /** What NetBox lists. */
  readonly addresses: readonly RecordOf<'ip-address'>[];
  readonly guestAddresses: readonly RecordOf<'guest-vm-interface-address'>[];
  /** Of the clusters of the run, also those that are no guest of it. */
  readonly virtualMachines: readonly RecordOf<'virtual-machine'>[];
}

/**
 * NetBox leaves out of a list what the conditions of a permission hide, without a word; rows of the plugin and machines name
 * it all the same, those of another machine too, from which it may be about to move. What is named and not listed is asked for
 * by id, once, where a guest wants it.
 * @returns `hostOn` of each guest that wants one
 */
export async function collectHidden(
  run: RunContext,
  guests: readonly GuestPorts<Located>[],
  stored: Stored,
): Promise<ReadonlySet<string>> {
  const wanted = guests.flatMap(({ one }) => wantedOf(one));
  const hosts = new Set(wanted.map(({ host }) => host));
  const named = [...namedByLinks(stored), ...stored.virtualMachines.flatMap(namedByMachine)];
  const unlisted = await askUnlisted(run, 'ip-address', {
    named: named.filter(({ host }) => hosts.has(host)),
    listed: stored.addresses,
  });
  const hidden = new Set(unlisted.hidden.map(({ host }) => host));
  return new Set(wanted.filter(({ host }) => hidden.has(host)).map(({ machine, host }) => hostOn(machine, host)));
}

function wantedOf({ guest, nics }: Located): readonly { readonly machine: number; readonly host: string }[] {
  const machine = guest.virtualMachine.id;
  return nics.flatMap(({ addresses }) => addresses.map(({ address }) => ({ machine, host: hostOf(address) })));
}

function namedByLinks({ guestAddresses }: Stored): readonly Named[] {
  return guestAddresses.flatMap(({ ip_address: id, address }) => (id === null ? [] : [{ id, host: hostOf(address) }]));
}

function namedByMachine(machine: RecordOf<'virtual-machine'>): readonly Named[] {
  const { primary_ip4: four, primary_ip6: six, primary_address4, primary_address6 } = machine;
  return [
    ...(four === null ? [] : [{ id: four, host: hostOf(primary_address4) }]),
    ...(six === null ? [] : [{ id: six, host: hostOf(primary_address6) }]),
  ];
}
