/** The snapshots of every guest, templates included: one request per guest. */
import { mapInTurns } from '../../../config/breathe.js';
import { toProxboxError } from '../../../errors/proxbox-error.js';
import { bootStorage } from '../../../proxmox/parse/disks.js';
import { readSnapshots } from '../../../proxmox/reads/guests.js';
import { readConfigs } from '../../collect/guest-config.js';
import { loadGuestRows } from '../../collect/guest-rows.js';
import { requireOneRead, type Unread } from '../../collect/nothing-read.js';
import { readFailure, readFromCluster } from '../../collect/proxmox.js';
import { collectRoster } from '../../collect/roster.js';
import { substep } from '../../events.js';
import type { Roster } from '../../plan/roster.js';
import type { RunContext } from '../../run-context.js';
import type { Reason } from '../../types.js';
import type { CollectedSnapshots, SnapshotGuest, SnapshotListing } from './types.js';
import { describeGuest } from '../../guests.js';
import { whyUndescribed, type KnownGuest } from '../../plan/roster.js';

export const snapshotPhase = 'vm-snapshots';

type Attempt = Extract<SnapshotListing, { status: 'read' }> | (Extract<SnapshotListing, { status: 'unread' }> & Unread);

/**
 * Configurations, which say on which storage a guest is, are asked for only where there is a snapshot. Throws when no guest
 * at all could be read.
 */
export async function collectSnapshots(run: RunContext): Promise<CollectedSnapshots | undefined> {
  if (!run.capabilities.proxboxPlugin) return undefined;
  const roster = await collectRoster(run);
  const [guests, rows, storages] = await Promise.all([
    readGuests(run, roster),
    loadGuestRows(run, 'snapshot', roster, { fresh: run.options.deleteNonexistentSnapshots }),
    run.collections.load('storage', {}),
  ]);
  return { roster, guests, rows, storages };
}

/** Throws when no guest at all could be read. */
async function readGuests(run: RunContext, roster: Roster): Promise<readonly SnapshotGuest[]> {
  let done = 0;
  const attempts = await mapInTurns(roster.guests, async (guest) => {
    const listing = await listSnapshots(run, guest);
    done += 1;
    if (done % 100 === 0)
      run.events.emit(
        substep(snapshotPhase, 'read_snapshots', `Read the snapshots of ${done} of ${roster.guests.length} guests.`),
      );
    return { ...guest, listing };
  });
  requireOneRead(
    'guest',
    attempts.map(({ listing }) => (listing.status === 'read' ? undefined : listing)),
  );
  return withStorages(run, attempts);
}

async function withStorages(run: RunContext, guests: readonly SnapshotGuest[]): Promise<readonly SnapshotGuest[]> {
  const wanting = guests.filter(({ listing }) => listing.status === 'read' && listing.snapshots.length > 0);
  const read = await readConfigs(run, wanting, snapshotPhase);
  const storages = new Map(
    read.flatMap(({ key, config }) => (config.status === 'read' ? [[key, bootStorage(config.config)] as const] : [])),
  );
  return guests.map((guest) =>
    guest.listing.status === 'read'
      ? { ...guest, listing: { ...guest.listing, storage: storages.get(guest.key) } }
      : guest,
  );
}

async function listSnapshots(run: RunContext, guest: KnownGuest): Promise<Attempt> {
  const { cluster, resource } = guest;
  const subject = describeGuest(guest);
  if (cluster.view.nodes.find(({ name }) => name === resource.node)?.online === false)
    return unread('node_offline', offlineText(cluster.view.name, resource.node));
  if (!resource.isDescribed && resource.unfinished !== undefined)
    return { status: 'unread', reason: whyUndescribed(cluster.view, resource) };
  try {
    const read = await readFromCluster(run, cluster, (session) =>
      readSnapshots(session, resource, { signal: run.signal }),
    );
    if (read.status === 'read') return { ...read, storage: undefined };
    if (read.status === 'gone')
      return unread('guest_gone', `${subject} disappeared between listing and reading; the next run looks again.`);
    if (read.status === 'untold') return unread('read_incomplete', untoldText(subject));
    return unread('snapshots_unsupported', `${subject} does not support snapshots; what NetBox has of it stays.`);
  } catch (error) {
    run.signal.throwIfAborted();
    const cause = toProxboxError(error);
    const text = `${subject}: its snapshots cannot be read and were left alone`;
    const reason = readFailure(cluster, { read: 'snapshots', cause, text, otherwise: 'read_incomplete' });
    return { status: 'unread', cause, reason };
  }
}

/** The same for every guest of the node, so that it is told once. */
function offlineText(cluster: string, node: string): string {
  return `Node "${node}" of cluster "${cluster}" is offline: the snapshots of its guests cannot be read and stay as they are.`;
}

function untoldText(subject: string): string {
  return `${subject}: Proxmox answered with a list of snapshots that lacks the entry "current", so it is not complete; what NetBox has of them stays. The next run asks again; if it lasts, look at the log of pvedaemon on the node.`;
}

function unread(code: Reason['code'], message: string): Attempt {
  return { status: 'unread', reason: { code, message } };
}
