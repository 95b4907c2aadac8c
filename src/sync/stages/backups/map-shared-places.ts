/**
 * Storages of several clusters that are one place: neither an archive nor its name says which cluster it comes from, only a
 * VMID, and clusters number their guests alike. Proxmox asks for a namespace per cluster for this reason
 * (https://pbs.proxmox.com/docs/storage.html, backup namespaces). Pure.
 */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { Backup } from '../../../proxmox/parse/backups.js';

/** What tells where a storage really is; as `GET storage` and the plugin's rows have it. */
interface Place {
  readonly type: string | null;
  readonly server: string | null;
  readonly port: number | null;
  readonly datastore: string | null;
  readonly namespace: string | null;
  readonly export: string | null;
  readonly share: string | null;
  readonly subdir: string | null;
  readonly monhost: string | null;
}

const pbsPort = 8007;

/** What is equal for two storages that are one place; null: it is of its cluster alone, or nobody can tell. */
function placeKey(place: Place): string | null {
  const { server, subdir } = place;
  if (place.type === 'cephfs') return keyIn(place, place.monhost, [folder(subdir)]);
  if (place.type === 'pbs') {
    const port = place.port ?? pbsPort;
    return keyIn(place, server, [String(port), place.datastore, place.namespace?.replace(/^\/|\/$/g, '') ?? '']);
  }
  if (place.type === 'nfs') return keyIn(place, server, [folder(place.export), folder(subdir)]);
  return place.type === 'cifs' ? keyIn(place, server, [place.share, folder(subdir)]) : null;
}

/** A path, without the slash at its end that changes nothing. */
function folder(path: string | null): string {
  return path?.replace(/\/+$/, '') ?? '';
}

function keyIn({ type }: Place, host: string | null, rest: readonly (string | null)[]): string | null {
  return host === null || host === ''
    ? null
    : JSON.stringify([type, host.toLowerCase(), ...rest.map((part) => part ?? '')]);
}

/** A storage of a cluster, which is named by its id in NetBox. */
export interface PlacedStorage extends Place {
  readonly cluster: number | null;
}

/** As an earlier run left it in NetBox. */
export function storedPlace(row: RecordOf<'storage'>): PlacedStorage {
  return { ...row, type: row.storage_type };
}

/**
 * The NetBox clusters that use a storage of this cluster too, by its name.
 * @param own as Proxmox has them
 * @param all of all clusters
 * @param clusterId of this cluster in NetBox
 */
export function sharedPlaces(
  own: readonly (Place & { readonly name: string })[],
  all: readonly PlacedStorage[],
  clusterId: number | undefined,
): ReadonlyMap<string, ReadonlySet<number>> {
  const clustersAt = new Map<string, Set<number>>();
  for (const storage of all) {
    const key = placeKey(storage);
    if (key === null || storage.cluster === null || storage.cluster === clusterId) continue;
    clustersAt.set(key, (clustersAt.get(key) ?? new Set()).add(storage.cluster));
  }
  return new Map(
    own.flatMap((storage) => {
      const clusters = clustersAt.get(placeKey(storage) ?? '');
      return clusters === undefined ? [] : [[storage.name, clusters] as const];
    }),
  );
}

/** A machine or guest of another cluster that has the VMID of a backup, and may be what was backed up. */
export interface Rival {
  readonly cluster: string;
  readonly name: string;
  /** In Proxmox. */
  readonly guestName: string;
}

/** The name of a guest when it was last seen: a machine has another one where that is taken, or an operator gave it one. */
export function lastGuestName(
  { proxmox_vm_name: name }: Pick<RecordOf<'vm-state'>, 'proxmox_vm_name'>,
  machine: Pick<RecordOf<'virtual-machine'>, 'name'>,
): string {
  return name === '' ? machine.name : name;
}

/** The machines of other clusters that a backup may be of. */
export type RivalsOf = (backup: Backup) => readonly Rival[];

/**
 * Whose it is of a machine and its rivals: `vzdump` writes the name of the guest into the notes unless the job says otherwise
 * (`{{guestname}}`), and one name is not that of the others.
 */
export function judge(
  { notes }: Pick<Backup, 'notes'>,
  guestName: string,
  rivals: readonly Pick<Rival, 'guestName'>[],
): 'own' | 'of another' | 'unknown' {
  const named = [guestName, ...rivals.map((rival) => rival.guestName)].filter((name) => name === notes);
  if (rivals.length === 0 || (named.length === 1 && guestName === notes)) return 'own';
  return named.length === 1 ? 'of another' : 'unknown';
}
