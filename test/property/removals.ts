/** Rows that went during a call, and whether what they stood for is really gone from Proxmox. */
import type { NetBoxSimulator } from '../simulator/netbox/index.js';
import type { Estate, EstateCluster, EstateGuest } from '../simulator/estate/index.js';
import { addressesOf, addressesOfGuest, macsOf, macsOfGuest } from './estate.js';
import { paths } from './paths.js';

type Row = ReturnType<NetBoxSimulator['state']['objects']>[number];

/** Tables whose rows no sync may ever remove, except with the machine that they hang on. */
const lasting = ['dcim/devices', 'dcim/interfaces', 'plugins/proxbox/storage'] as const;
const watched = [...Object.values(paths), ...lasting];

export type Picture = ReadonlyMap<string, readonly Row[]>;

export function pictureOf({ state }: NetBoxSimulator): Picture {
  return new Map(watched.map((path) => [path, state.objects(path)]));
}

interface Seat {
  readonly cluster: EstateCluster;
  readonly guest: EstateGuest | undefined;
}

const macOf = (row: Row): string => String(row['mac_address']).toUpperCase();
const guestMacs = (guest: EstateGuest | undefined) => (guest === undefined ? new Set<string>() : macsOfGuest(guest));

/** Sentences about rows that are gone though Proxmox still has what they stand for. */
export function wrongRemovals(before: Picture, after: Picture, estate: Estate): string[] {
  const rowsOf = (path: string): readonly Row[] => before.get(path) ?? [];
  const gone = (path: string): readonly Row[] => {
    const left = new Set((after.get(path) ?? []).map(({ id }) => id));
    return rowsOf(path).filter(({ id }) => !left.has(id));
  };
  const seats = new Map(
    rowsOf(paths.states).flatMap((state): [unknown, Seat][] => {
      const cluster = estate.clusters[Number(state['proxmox_endpoint_raw_id']) - 1];
      if (cluster === undefined) return [];
      return [[state['virtual_machine'], { cluster, guest: cluster.guests.get(Number(state['proxmox_vm_id'])) }]];
    }),
  );
  const interfaceOwner = new Map(rowsOf(paths.interfaces).map((row) => [row.id, row['virtual_machine']]));
  const guestAt = ({ assigned_object_id: id }: Row) => seats.get(interfaceOwner.get(Number(id)))?.guest;
  const machines = new Set(gone(paths.machines).map(({ id }) => id));
  const stands: Readonly<Record<string, (row: Row) => boolean>> = {
    [paths.machines]: ({ id }) => seats.get(id) === undefined || seats.get(id)?.guest !== undefined,
    [paths.disks]: (row) => seats.get(row['virtual_machine'])?.guest?.config[String(row['name'])] !== undefined,
    [paths.snapshots]: (row) => {
      const snapshots = seats.get(row['virtual_machine'])?.guest?.snapshots;
      return Array.isArray(snapshots) && snapshots.some(({ name }) => name === row['name']);
    },
    [paths.backups]: (row) => {
      const storages = seats.get(row['virtual_machine'])?.cluster.storages ?? [];
      return storages.some(({ volumes }) => volumes.some(({ volid }) => volid === row['volume_id']));
    },
    [paths.addresses]: (row) => {
      const owner = row['assigned_object_type'] === 'virtualization.vminterface' ? row['assigned_object_id'] : null;
      const guest = seats.get(interfaceOwner.get(Number(owner)))?.guest;
      // What a guest has let go of is gone from it, though another one may have it that cannot tell.
      const having = guest === undefined ? addressesOf(estate) : addressesOfGuest(guest);
      return having.has(String(row['address']).split('/')[0] ?? '');
    },
    [paths.macs]: (row) => {
      const mac = macOf(row);
      const isKept = (after.get(paths.macs) ?? []).some(
        (one) => macOf(one) === mac && guestMacs(guestAt(one)).has(mac),
      );
      // Of two rows that guests had, one of whom was hidden when it changed hands, that of the guest that has it stays.
      return macsOf(estate).has(mac) && (guestMacs(guestAt(row)).has(mac) || !isKept);
    },
    [paths.interfaces]: (row) => {
      const [, nic] = /^(?:net|eth)(\d+)$/.exec(String(row['name'])) ?? [];
      const guest = seats.get(row['virtual_machine'])?.guest;
      return nic === undefined || guest === undefined || guest.config[`net${nic}`] !== undefined;
    },
    [paths.states]: () => true,
    [paths.clusters]: () => true,
    ...Object.fromEntries(lasting.map((path) => [path, () => true])),
  };
  const wentWithMachine = (path: string, row: Row): boolean => {
    if (path === paths.addresses || path === paths.macs)
      return machines.has(Number(interfaceOwner.get(Number(row['assigned_object_id']))));
    return machines.has(Number(row['virtual_machine']));
  };
  return watched.flatMap((path) =>
    gone(path)
      .filter((row) => !wentWithMachine(path, row) && stands[path]?.(row) === true)
      .map(
        (row) =>
          `${path} ${row.id} (${String(row['name'] ?? row['address'] ?? row['volume_id'])}) is gone from NetBox, not from Proxmox`,
      ),
  );
}
