/** Reads of single guests. */
import { ProxboxError } from '../../errors/proxbox-error.js';
import { isGuestGone } from '../failures.js';
import { path } from '../host.js';
import { parseContainerInterfaces } from '../parse/guest-interfaces.js';
import { parseGuestResources } from '../parse/guest-resources.js';
import { parseSnapshots } from '../parse/snapshots.js';
import type { GuestConfig, GuestType, ProxmoxSession, ReadOptions } from '../types.js';
import { toText, type Row } from '../parse/coerce.js';
import { listEvery, listRows, statusOf, type Reader } from './rows.js';

interface GuestPlace {
  readonly node: string;
  readonly type: GuestType;
  readonly vmid: number;
}

export type GuestConfigRead =
  | { readonly status: 'read'; readonly config: GuestConfig; /** Where it was found. */ readonly node: string }
  | { readonly status: 'gone' };

export type SnapshotsRead =
  | { readonly status: 'read'; readonly snapshots: NonNullable<ReturnType<typeof parseSnapshots>> }
  /** `untold`: the answer is no list of snapshots, so nobody knows which there are. */
  | { readonly status: 'unsupported' | 'gone' | 'untold' };

type GuestReader = Reader & Pick<ProxmoxSession, 'guestConfig'>;

/** The configuration of a guest; when it is not where it was listed it is looked for once more in a fresh list. */
export async function readGuestConfig(
  session: GuestReader,
  guest: GuestPlace,
  options?: ReadOptions,
): Promise<GuestConfigRead> {
  const found = await readWhereItIs(session, guest, options, (place) => session.guestConfig(place, options));
  return found === null ? { status: 'gone' } : { status: 'read', config: found.value, node: found.node };
}
/** Reads from the node where the guest was listed or, when it has moved since, from where it is now; null = gone. */
async function readWhereItIs<T>(
  session: Reader,
  guest: GuestPlace,
  ...[options, read]: [options: ReadOptions | undefined, read: (place: GuestPlace) => Promise<T>]
): Promise<{ readonly value: T; readonly node: string } | null> {
  try {
    return { value: await read(guest), node: guest.node };
  } catch (error) {
    if (!isGuestGone(error)) throw error;
    const node = await currentNode(session, guest, options);
    if (node === null) return null;
    // Listed where it cannot be read: that is a failure, not an absence.
    if (node === guest.node) throw error;
    return { value: await read({ ...guest, node }), node };
  }
}
/** Asks for a list of its own: the shared one may be older than the migration. */
async function currentNode(session: Reader, guest: GuestPlace, options?: ReadOptions): Promise<string | null> {
  const rows = await listRows(session, 'cluster/resources', { ...options, query: { type: 'vm' } });
  const listed = parseGuestResources(rows);
  return listed.find((row) => row.vmid === guest.vmid && row.type === guest.type)?.node ?? null;
}
/** `lxc/{vmid}/interfaces`: only running containers have any; the list is empty for others. */
export async function readContainerInterfaces(session: Reader, guest: Omit<GuestPlace, 'type'>, options?: ReadOptions) {
  return parseContainerInterfaces(await session.get(path`nodes/${guest.node}/lxc/${guest.vmid}/interfaces`, options));
}
/** For whoever cannot go on without knowing which snapshots there are. */
export function untoldSnapshots(session: Pick<Reader, 'endpointName'>, { type, vmid }: GuestPlace): ProxboxError {
  return new ProxboxError(
    'remote_protocol',
    `Proxmox "${session.endpointName}" did not tell the snapshots of ${type} ${vmid}.`,
    {
      detail:
        'Its list lacks the entry "current", so it is not complete. Ask again; if it lasts, look at the log of pvedaemon.',
    },
  );
}
function named(row: Row): Row | null {
  return toText(row.name) === null ? null : row;
}
/** The snapshots of a guest, each with the node the guest was found on. */
export async function readSnapshots(session: Reader, guest: GuestPlace, options?: ReadOptions): Promise<SnapshotsRead> {
  try {
    const found = await readWhereItIs(session, guest, options, async (place) =>
      parseSnapshots(
        await listEvery(session, path`nodes/${place.node}/${place.type}/${place.vmid}/snapshot`, named, options),
        place,
      ),
    );
    if (found === null) return { status: 'gone' };
    return found.value === null ? { status: 'untold' } : { status: 'read', snapshots: found.value };
  } catch (error) {
    if (statusOf(error) === 501) return { status: 'unsupported' };
    throw error;
  }
}
