/** Guests that may have what another guest has let go of, as nobody read them in this run. */
import { nameList } from '../../values/short-text.js';
import type { ConnectedCluster, LocatedConfig } from '../guests.js';
import type { KnownGuest, Roster } from '../plan/roster.js';
import type { RunContext } from '../run-context.js';
import { proveAbsence } from './guest-visibility.js';
import { readFromCluster } from './proxmox.js';

export type ReadGuest = KnownGuest & LocatedConfig;

/**
 * By key of the cluster: its guests without a configuration, in words; none where all were read. Hidden guests are asked for
 * one by one. Those of a class that is switched off do not count: they are never read. Ask only where something is to go.
 */
export async function collectUnread(
  run: RunContext,
  roster: Roster,
  { guests, clusters }: { readonly guests: readonly ReadGuest[]; readonly clusters: ReadonlySet<ConnectedCluster> },
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const cluster of clusters) {
    const unread = await unreadIn(run, roster, { guests, cluster });
    if (unread.length > 0) found.set(cluster.view.key, nameList(unread));
  }
  return found;
}

/** A selection, or the sync of one object. */
export function readsFewGuests({ options, guestFilter }: RunContext): boolean {
  return options.netboxVmIds !== null || guestFilter !== undefined;
}

async function unreadIn(
  run: RunContext,
  roster: Roster,
  { guests, cluster }: { readonly guests: readonly ReadGuest[]; readonly cluster: ConnectedCluster },
): Promise<readonly string[]> {
  if (readsFewGuests(run)) return ['the guests beyond this run'];
  const { view } = cluster;
  const { guests: listed, unreadable } = await readFromCluster(run, cluster, (session) =>
    run.guestReads.list(session, run.signal),
  );
  const isHere = (guest: ReadGuest): boolean => guest.cluster.view.key === view.key;
  const read = new Set(
    guests.flatMap((guest) => (isHere(guest) && guest.config.status === 'read' ? [guest.resource.vmid] : [])),
  );
  const leftOut = new Set(
    roster.omitted.flatMap(({ reason, source: { endpointId, vmid } }) =>
      reason.code === 'mode_disabled' && endpointId === view.owner.endpointId ? [vmid] : [],
    ),
  );
  const unread = listed.filter(({ vmid }) => !read.has(vmid) && !leftOut.has(vmid));
  const vmids = new Set(listed.map(({ vmid }) => vmid));
  const unlisted = roster.states.flatMap(({ proxmox_endpoint_raw_id: id, proxmox_vm_id: vmid }) =>
    vmid !== null && !vmids.has(vmid) && view.endpointIds.includes(id ?? -1) ? [vmid] : [],
  );
  const { unproven } = await proveAbsence(run, cluster, unlisted);
  return [
    ...unread.map(({ type, vmid }) => `${type} ${vmid}`),
    ...[...unproven.keys()].map((vmid) => `VMID ${vmid}`),
    ...unreadable,
  ];
}
