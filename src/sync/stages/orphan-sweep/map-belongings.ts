/** What people have put on the rows that NetBox deletes along with a machine. Pure. */
import { nameList } from '../../../values/short-text.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { KnownIds } from '../../plan/diff-object.js';
import { isOurs } from '../../plan/ownership.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import type { Belongings } from './types.js';

/** In words for a sentence (`the address 10.0.0.5/24 with a description`); empty: nothing, and all of it may go. */
export function operatorDataBelow(
  builder: PlanBuilder,
  machine: RecordOf<'virtual-machine'>,
  belongings: Belongings,
  supportIds: KnownIds,
): readonly string[] {
  const { machineOf, ofServices } = belongings;
  const isHere = (row: RecordOf<'ip-address'> | RecordOf<'mac-address'>): boolean =>
    row.assigned_object_type === 'virtualization.vminterface' &&
    machineOf.get(row.assigned_object_id ?? -1) === machine.id;
  const dnsNames = namesOf(machine, belongings);
  return [
    ...belongings.addresses.filter(isHere).flatMap((row) => {
      const found = builder.operatorDataOf('ip-address', row, { dnsNames, ofServices });
      if (!isOurs('ip-address', row, { supportIds })) return [`the address ${row.address}, which no sync made`];
      return withData(`the address ${row.address}`, found);
    }),
    ...belongings.macs
      .filter(isHere)
      .flatMap((row) => withData(`the MAC address ${row.mac_address}`, builder.operatorDataOf('mac-address', row))),
    ...belongings.disks
      .filter((row) => row.virtual_machine === machine.id)
      .flatMap((row) => withData(`the disk "${row.name}"`, builder.operatorDataOf('virtual-disk', row))),
  ];
}

function withData(what: string, found: readonly string[]): readonly string[] {
  return found.length === 0 ? [] : [`${what} with ${nameList(found)}`];
}

/** Names that its addresses may have got from syncs, in small letters. */
function namesOf({ id, name }: RecordOf<'virtual-machine'>, { remembered }: Belongings): ReadonlySet<string> {
  const { hostNames = [], guestName = '' } = remembered.get(id) ?? {};
  return new Set([name, guestName, ...hostNames].filter((one) => one !== '').map((one) => one.toLowerCase()));
}
