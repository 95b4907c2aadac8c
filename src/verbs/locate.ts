/** From an endpoint and a VMID to the node that holds the guest. */
import type { ProxmoxEndpointStore } from '../endpoints/proxmox-endpoints.js';
import { path } from '../proxmox/host.js';
import type { ConnectedSession } from '../proxmox/session.js';
import type { ProxmoxSessions } from '../proxmox/sessions.js';
import type { ListedResource } from '../proxmox/types.js';
import { verbFailure } from './failure.js';
import type { GuestPlace, VerbCall } from './types.js';

export interface LocateDeps {
  readonly proxmoxEndpoints: Pick<ProxmoxEndpointStore, 'credentials'>;
  readonly proxmoxSessions: Pick<ProxmoxSessions, 'open'>;
}

/** Throws `proxmox_session_unreachable`. */
export async function openVerbSession(
  { endpoint, endpointId }: Pick<VerbCall, 'endpoint' | 'endpointId'>,
  deps: LocateDeps,
): Promise<ConnectedSession> {
  try {
    return await deps.proxmoxSessions.open(endpoint, deps.proxmoxEndpoints.credentials(endpoint.id));
  } catch (cause) {
    throw verbFailure('proxmox_session_unreachable', `Proxmox endpoint '${endpoint.name}' cannot be used.`, {
      cause,
      where: { endpoint_id: endpointId },
    });
  }
}

async function guestsOf(session: ConnectedSession): Promise<readonly ListedResource[]> {
  try {
    return await session.guests({ fresh: true });
  } catch (cause) {
    throw verbFailure('proxmox_cluster_resources_unreachable', 'The guests of the cluster could not be listed.', {
      cause,
    });
  }
}

/** Throws `proxmox_cluster_resources_unreachable`, `vm_not_found_in_cluster`. */
export async function locateGuest(
  session: ConnectedSession,
  { type, vmid }: Pick<VerbCall, 'type' | 'vmid'>,
): Promise<GuestPlace> {
  const sameNumber = (await guestsOf(session)).filter((guest) => guest.vmid === vmid);
  const found = sameNumber.find((guest) => guest.type === type);
  if (found !== undefined) {
    const { node } = found;
    return { session, node, type, vmid, path: path`nodes/${node}/${type}/${vmid}` };
  }
  const other = sameNumber[0];
  const hint =
    other === undefined
      ? `Cluster '${session.name}' has none, or the account may not see it (VM.Audit).`
      : `It is of type ${other.type}: use /proxmox/${other.type}/${vmid}.`;
  throw verbFailure(
    'vm_not_found_in_cluster',
    `No ${type} resource with vmid=${vmid} found in cluster/resources. ${hint}`,
    { where: { vm_type: type, vmid } },
  );
}
