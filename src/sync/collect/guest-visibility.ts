import { readPermissions } from '../../proxmox/reads/cluster.js';
import type { ConnectedCluster } from '../guests.js';
import type { RunContext } from '../run-context.js';
import { readFromCluster } from './proxmox.js';

/**
 * Whether the account would see guests with these VMIDs if they existed: Proxmox leaves out, without an error, those that it
 * may not show. False also when nobody could tell.
 */
export async function seesGuests(
  run: RunContext,
  cluster: ConnectedCluster,
  vmids: readonly number[],
): Promise<boolean> {
  try {
    const permissions = await readFromCluster(run, cluster, (session) =>
      readPermissions(session, { signal: run.signal }),
    );
    return vmids.every((vmid) => permissions.has(`/vms/${vmid}`, 'VM.Audit'));
  } catch {
    // Whatever the reason: then nobody knows, and the caller says so.
    run.signal.throwIfAborted();
    return false;
  }
}
