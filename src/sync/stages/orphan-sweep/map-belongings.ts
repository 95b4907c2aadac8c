/** What people have put on the rows that NetBox deletes along with a machine. Pure. */
import { nameList } from '../../../values/short-text.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { KnownIds } from '../../plan/diff-object.js';
import { isOurs, type OwnValues, type Words } from '../../plan/ownership.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import type { JudgedKind } from '../../types.js';
import type { Belongings } from './types.js';

/** In words for a sentence (`the address 10.0.0.5/24 with a description`); empty: nothing, and all of it may go. */
export function operatorDataBelow(
  builder: PlanBuilder,
  machine: RecordOf<'virtual-machine'>,
  belongings: Belongings,
  supportIds: KnownIds,
): Words {
  const { ofServices } = belongings;
  const { interfaces, addresses, macs, disks, snapshots, backups } = rowsBelow(machine.id, belongings);
  const dataOn = <K extends JudgedKind>(
    kind: K,
    rows: readonly RecordOf<K>[],
    ...[name, own]: [name: (row: RecordOf<K>) => string, own?: Pick<OwnValues, 'dnsNames' | 'ofServices'>]
  ): Words =>
    rows.flatMap((row) => {
      if (madeByPeopleToo.has(kind) && !isOurs(kind, row, { supportIds })) return [`${name(row)}, which no sync made`];
      const found = builder.operatorDataOf(kind, row, own);
      return found.length === 0 ? [] : [`${name(row)} with ${nameList(found)}`];
    });
  const dnsNames = namesOf(machine, belongings);
  return [
    ...(belongings.notSeenWhole.has(machine.id) ? ['interfaces or disks that the token may not view'] : []),
    ...dataOn('vm-interface', interfaces, ({ name }) => `the interface "${name}"`),
    ...dataOn('ip-address', addresses, ({ address }) => `the address ${address}`, { dnsNames, ofServices }),
    ...dataOn('mac-address', macs, ({ mac_address: mac }) => `the MAC address ${mac}`),
    ...dataOn('virtual-disk', disks, ({ name }) => `the disk "${name}"`),
    ...dataOn('snapshot', snapshots, ({ name }) => `the snapshot "${name}"`),
    ...dataOn('backup', backups, ({ volume_id: volume }) => `the backup ${volume}`),
  ];
}

/** Kinds whose rows syncs make with the Proxbox tag, and people without it. */
const madeByPeopleToo: ReadonlySet<JudgedKind> = new Set(['vm-interface', 'ip-address', 'virtual-disk']);

type Rows = Pick<Belongings, 'interfaces' | 'addresses' | 'macs' | 'disks' | 'snapshots' | 'backups'>;

/** @param id of a machine */
export function rowsBelow(id: number, all: Rows): Rows {
  const isOfIt = ({ virtual_machine: machine }: { readonly virtual_machine: number | null }): boolean => machine === id;
  const interfaces = all.interfaces.filter(isOfIt);
  const ports = new Set<number | null>(interfaces.map((row) => row.id));
  const hangsHere = (row: RecordOf<'ip-address'> | RecordOf<'mac-address'>): boolean =>
    row.assigned_object_type === 'virtualization.vminterface' && ports.has(row.assigned_object_id);
  return {
    interfaces,
    addresses: all.addresses.filter(hangsHere),
    macs: all.macs.filter(hangsHere),
    disks: all.disks.filter(isOfIt),
    snapshots: all.snapshots.filter(isOfIt),
    backups: all.backups.filter(isOfIt),
  };
}

/** Names that its addresses may have got from syncs, in small letters. */
function namesOf({ id, name }: RecordOf<'virtual-machine'>, { remembered }: Belongings): ReadonlySet<string> {
  const { hostNames = [], guestName = '' } = remembered.get(id) ?? {};
  return new Set([name, guestName, ...hostNames].filter((one) => one !== '').map((one) => one.toLowerCase()));
}
