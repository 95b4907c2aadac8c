/** Reads of single guests. */
import { isGuestGone } from '../failures.js';
import { path } from '../host.js';
import { parseContainerInterfaces } from '../parse/guest-interfaces.js';
import { parseGuestResources } from '../parse/guest-resources.js';
import { parseSnapshots } from '../parse/snapshots.js';
import type { GuestConfig, GuestType, ProxmoxSession, ReadOptions } from '../types.js';
import { listRows, statusOf, type Reader } from './rows.js';

interface GuestPlace {
  readonly node: string;
  readonly type: GuestType;
  readonly vmid: number;
}

export type GuestConfigRead =
  | { readonly status: 'read'; readonly config: GuestConfig; /** Where it was found. */ readonly node: string }
  | { readonly status: 'gone' };

export type SnapshotsRead =
  | { readonly status: 'read'; readonly snapshots: ReturnType<typeof parseSnapshots> }
  | { readonly status: 'unsupported' };

type GuestReader = Reader & Pick<ProxmoxSession, 'guestConfig'>;

/** The configuration of a guest; when it is not where it was listed it is looked for once more in a fresh list. */
export async function readGuestConfig(
  session: GuestReader,
  guest: GuestPlace,
  options?: ReadOptions,
): Promise<GuestConfigRead> {
  try {
    return { status: 'read', config: await session.guestConfig(guest, options), node: guest.node };
  } catch (error) {
    if (!isGuestGone(error)) throw error;
    const node = await currentNode(session, guest, options);
    if (node === null) return { status: 'gone' };
    // Listed where it cannot be read: that is a failure, not an absence.
    if (node === guest.node) throw error;
    return { status: 'read', config: await session.guestConfig({ ...guest, node }, options), node };
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
export async function readSnapshots(session: Reader, guest: GuestPlace, options?: ReadOptions): Promise<SnapshotsRead> {
  try {
    const rows = await listRows(session, path`nodes/${guest.node}/${guest.type}/${guest.vmid}/snapshot`, options);
    return { status: 'read', snapshots: parseSnapshots(rows, guest) };
  } catch (error) {
    if (statusOf(error) === 501) return { status: 'unsupported' };
    throw error;
  }
}
