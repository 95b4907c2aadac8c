/**
 * Which virtual machine in NetBox a guest is. The number of the guest alone never tells, because it repeats across
 * clusters: the plugin's row of the machine must name the number, the type, the endpoint (or another one of the same
 * cluster) and the cluster. What is not certain is refused; a sync of the endpoint puts it right.
 */
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import type { ErrorCode } from '../errors/catalog.js';
import { ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { relationId, textOf, toNumber } from '../netbox/kinds/values.js';
import { kindDefinition } from '../netbox/kinds/index.js';
import type { NetBoxClient, NetBoxRecord } from '../netbox/types.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import { verbFailure } from './failure.js';
import type { GuestPlace, VerbCall } from './types.js';

export interface AuditTargetDeps {
  readonly stored: () => readonly ProxmoxEndpoint[];
  /** A session on another stored endpoint, to see whether it leads to the same cluster. */
  readonly openOther: (endpoint: ProxmoxEndpoint) => Promise<ProxmoxSession>;
}

const identityRequired: ErrorCode = 'netbox_vm_identity_required_for_audit';

/** The call that the row is looked for, with the name of its verb. */
export type AuditedCall = Pick<VerbCall, 'endpoint' | 'endpointId' | 'type' | 'vmid'> & { readonly verb: string };

function refusal({ verb, vmid, endpointId }: AuditedCall, text: string, cause?: unknown): ProxboxError {
  return verbFailure(identityRequired, `Nothing was done: ${text}`, {
    cause,
    where: { verb, vmid, endpoint_id: endpointId },
  });
}

/** NetBox away is another failure than NetBox that does not have the row. */
function readFailure(call: AuditedCall, error: unknown): ProxboxError {
  const cause = toProxboxError(error);
  const { status } = cause.upstream ?? {};
  if (status === 404 || status === 403) {
    return refusal(call, "the plugin's rows of virtual machines cannot be read from NetBox.", cause);
  }
  return verbFailure('netbox_session_unavailable', 'NetBox cannot be used.', { cause });
}

/** Rows with this number and type. NetBox ignores filters that it does not know, so every row is looked at. */
async function rowsOf(client: NetBoxClient, { type, vmid }: AuditedCall): Promise<readonly NetBoxRecord[]> {
  const { path } = kindDefinition('vm-state');
  const rows = await client.list(path, { proxmox_vm_id: vmid }, { cache: 'bypass' });
  return rows.filter((row) => {
    const known = textOf(row['proxmox_vm_type']).toLowerCase();
    return toNumber(row['proxmox_vm_id']) === vmid && (known === type || known === '');
  });
}

/** True when the other endpoint certainly leads to the cluster of the session. */
async function isSameCluster(
  session: ProxmoxSession,
  other: ProxmoxEndpoint,
  { openOther }: AuditTargetDeps,
): Promise<boolean> {
  const { nodes } = await session.clusterStatus();
  if (session.mode === 'restricted') return false;
  try {
    const seen = await openOther(other);
    const names = new Set(nodes.map(({ name }) => name));
    const theirs = (await seen.clusterStatus()).nodes;
    return seen.name === session.name && seen.mode === session.mode && theirs.some(({ name }) => names.has(name));
  } catch {
    // Nobody can tell: not certain.
    return false;
  }
}

/** Rows of the guest: written through this endpoint, or through another one of its cluster. */
async function ownRows(
  rows: readonly NetBoxRecord[],
  call: AuditedCall,
  { session }: GuestPlace,
  deps: AuditTargetDeps,
): Promise<readonly NetBoxRecord[]> {
  const ofCluster = rows.filter((row) => textOf(row['proxmox_cluster_name']) === session.name);
  const verdicts = await Promise.all(
    ofCluster.map(async (row) => {
      const id = toNumber(row['proxmox_endpoint_raw_id']);
      if (id === call.endpoint.id) return true;
      const other = deps.stored().find((endpoint) => endpoint.id === id);
      return other !== undefined && (await isSameCluster(session, other, deps));
    }),
  );
  return ofCluster.filter((_, index) => verdicts[index] === true);
}

/** Why no row fits, for the operator. */
function noneText(rows: readonly NetBoxRecord[], { endpoint, type, vmid }: AuditedCall, cluster: string): string {
  const guest = `${type} ${vmid} of cluster '${cluster}'`;
  const claims = rows.map(
    (row) =>
      `cluster '${textOf(row['proxmox_cluster_name'])}' of endpoint ${toNumber(row['proxmox_endpoint_raw_id']) ?? '?'}`,
  );
  const known = claims.length === 0 ? '' : ` NetBox knows this number from ${[...new Set(claims)].join(', ')} only.`;
  return `NetBox has no virtual machine that is known to be ${guest}.${known} Sync endpoint '${endpoint.name}' first.`;
}

/** The id of the virtual machine. Throws `netbox_vm_identity_required_for_audit`, `netbox_session_unavailable`. */
export async function auditTarget(
  client: NetBoxClient,
  call: AuditedCall,
  place: GuestPlace,
  deps: AuditTargetDeps,
): Promise<number> {
  try {
    const rows = await rowsOf(client, call);
    const own = await ownRows(rows, call, place, deps);
    const ids = [...new Set(own.map((row) => relationId(row['virtual_machine'])))].filter((id) => id !== null);
    const [id] = ids;
    if (id === undefined) throw refusal(call, noneText(rows, call, place.session.name));
    if (ids.length > 1) {
      throw refusal(
        call,
        `the virtual machines ${ids.join(', ')} in NetBox all claim to be this guest. Delete the sync-state row of the wrong one.`,
      );
    }
    return id;
  } catch (error) {
    if (error instanceof ProxboxError && error.code === identityRequired) throw error;
    throw readFailure(call, error);
  }
}
