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
  const { ofServices, vlans } = belongings;
  const { interfaces, addresses, macs, disks, snapshots, backups } = rowsBelow(machine.id, belongings);
  const madeByNetBox = primaryMacs(interfaces, supportIds);
  const isMade = (kind: JudgedKind, row: RecordOf<JudgedKind>): boolean =>
    !madeByPeopleToo.has(kind) ||
    isOurs(kind, row, { supportIds }) ||
    (kind === 'mac-address' && madeByNetBox.has(row.id));
  const dataOn = <K extends JudgedKind>(
    kind: K,
    rows: readonly RecordOf<K>[],
    ...[name, own]: [name: (row: RecordOf<K>) => string, own?: Pick<OwnValues, 'dnsNames' | 'ofServices' | 'vlans'>]
  ): Words =>
    rows.flatMap((row) => {
      if (!isMade(kind, row)) return [`${name(row)}, which no sync made`];
      const found = builder.operatorDataOf(kind, row, own);
      return found.length === 0 ? [] : [`${name(row)} with ${nameList(found)}`];
    });
  const dnsNames = namesOf(machine, belongings);
  return [
    ...(belongings.notSeenWhole.has(machine.id) ? ['interfaces or disks that the token may not view'] : []),
    ...dataOn('vm-interface', interfaces, ({ name }) => `the interface "${name}"`, { vlans }),
    ...dataOn('ip-address', addresses, ({ address }) => `the address ${address}`, { dnsNames, ofServices }),
    ...dataOn('mac-address', macs, ({ mac_address: mac }) => `the MAC address ${mac}`),
    ...dataOn('virtual-disk', disks, ({ name }) => `the disk "${name}"`),
    ...dataOn('snapshot', snapshots, ({ name }) => `the snapshot "${name}"`),
    ...dataOn('backup', backups, ({ volume_id: volume }) => `the backup ${volume}`),
  ];
}

/** Kinds whose rows syncs make with the Proxbox tag, and people without it. */
const madeByPeopleToo: ReadonlySet<JudgedKind> = new Set(['vm-interface', 'ip-address', 'mac-address', 'virtual-disk']);

/** Rows of MAC addresses that NetBox makes by itself, without our tag, when an interface of ours is given one. */
function primaryMacs(interfaces: readonly RecordOf<'vm-interface'>[], supportIds: KnownIds): ReadonlySet<number> {
  const ours = interfaces.filter((row) => isOurs('vm-interface', row, { supportIds }));
  return new Set(ours.flatMap(({ primary_mac_address: id }) => id ?? []));
}

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
