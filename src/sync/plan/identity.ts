import { relationId, textOf, toNumber } from '../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { GuestType } from '../../proxmox/types.js';
import type { Reason } from '../types.js';

/** A guest as identity sees it. A VMID alone is never enough: it repeats across clusters. */
export interface GuestIdentity {
  /** Every endpoint that leads to the guest's cluster; any of them may be stored. */
  readonly endpointIds: readonly number[];
  /** Endpoints that may or may not lead to it; see ClusterView. */
  readonly unverifiedEndpointIds: readonly number[];
  readonly cluster: string;
  readonly vmid: number;
  readonly type: GuestType;
}

export type Resolution =
  | {
      readonly status: 'found';
      readonly virtualMachine: NetBoxRecord;
      readonly state: NetBoxRecord;
      readonly note?: Reason;
    }
  | { readonly status: 'absent' }
  | { readonly status: 'refused'; readonly reason: Reason };

export interface IdentityIndex {
  resolve(guest: GuestIdentity): Resolution;
  /** The sidecar of a virtual machine. */
  stateOf(virtualMachineId: number): NetBoxRecord | undefined;
}

/**
 * Recognises guests by the sidecar rows of their virtual machines: endpoint id, VMID and type. The cluster is an
 * attribute, not part of the identity, so that a renamed cluster duplicates nothing. `configuredEndpointIds` are all
 * endpoints that are stored here: a row of an id that is not among them (a rebuilt database) may be adopted when
 * cluster, VMID and type fit and it is the only one.
 */
export function buildIdentityIndex(
  states: readonly NetBoxRecord[],
  virtualMachines: ReadonlyMap<number, NetBoxRecord>,
  configuredEndpointIds: ReadonlySet<number>,
): IdentityIndex {
  const byVmid = new Map<number, NetBoxRecord[]>();
  const byParent = new Map<number, NetBoxRecord>();
  for (const state of states) {
    const parent = relationId(state['virtual_machine']);
    const vmid = toNumber(state['proxmox_vm_id']);
    if (parent !== null) byParent.set(parent, state);
    if (parent === null || vmid === null) continue;
    const rows = byVmid.get(vmid) ?? [];
    rows.push(state);
    byVmid.set(vmid, rows);
  }

  function resolve(guest: GuestIdentity): Resolution {
    const rows = byVmid.get(guest.vmid) ?? [];
    const owned = rows.filter((row) => guest.endpointIds.includes(toNumber(row['proxmox_endpoint_raw_id']) ?? -1));
    const typed = owned.filter((row) => typeOf(row) === guest.type);
    if (typed.length > 0) return single(guest, typed);
    const untyped = owned.filter((row) => typeOf(row) === '');
    if (untyped.length > 0) return single(guest, untyped);
    if (owned.length > 0) return single(guest, owned, typeChanged(guest, owned));
    const doubtful = rows.filter((row) => isDoubtful(guest, row));
    if (doubtful.length > 0) return { status: 'refused', reason: unverified(guest, doubtful) };
    const renumbered = rows.filter(
      (row) =>
        isFromUnknownEndpoint(row) &&
        textOf(row['proxmox_cluster_name']) === guest.cluster &&
        typeOf(row) === guest.type,
    );
    return renumbered.length === 1
      ? single(guest, renumbered, endpointRenumbered(guest, renumbered))
      : { status: 'absent' };
  }

  function isFromUnknownEndpoint(row: NetBoxRecord): boolean {
    const id = toNumber(row['proxmox_endpoint_raw_id']);
    return id === null || !configuredEndpointIds.has(id);
  }

  function single(guest: GuestIdentity, rows: readonly NetBoxRecord[], note?: Reason): Resolution {
    const parents = [...new Set(rows.map((row) => relationId(row['virtual_machine'])))];
    const state = rows[0];
    const virtualMachine = virtualMachines.get(parents[0] ?? -1);
    if (parents.length > 1 || state === undefined) return { status: 'refused', reason: ambiguous(guest, parents) };
    if (virtualMachine === undefined) return { status: 'refused', reason: invisible(guest, parents) };
    return { status: 'found', virtualMachine, state, ...(note === undefined ? {} : { note }) };
  }

  return { resolve, stateOf: (id) => byParent.get(id) };
}

/** A row of this guest's cluster name that belongs to an endpoint which cannot be asked. */
function isDoubtful(guest: GuestIdentity, row: NetBoxRecord): boolean {
  const id = toNumber(row['proxmox_endpoint_raw_id']);
  return (
    id !== null && guest.unverifiedEndpointIds.includes(id) && textOf(row['proxmox_cluster_name']) === guest.cluster
  );
}

function unverified(guest: GuestIdentity, rows: readonly NetBoxRecord[]): Reason {
  const id = textOf(rows[0]?.['proxmox_endpoint_raw_id']);
  return {
    code: 'identity_ambiguous',
    message: `${describe(guest)} is known from Proxmox endpoint ${id}, which cannot be asked whether it is the same cluster. Bring endpoint ${id} up, or delete it if it is gone; until then the guest is left alone.`,
  };
}

function typeOf(row: NetBoxRecord): string {
  return textOf(row['proxmox_vm_type']).toLowerCase();
}

function describe(guest: GuestIdentity): string {
  return `${guest.type} ${guest.vmid} of cluster "${guest.cluster}"`;
}

function ambiguous(guest: GuestIdentity, parents: readonly (number | null)[]): Reason {
  return {
    code: 'identity_ambiguous',
    message: `Refusing to create or bind a VM from ambiguous sync-state identity. ${describe(guest)} is claimed by the NetBox virtual machines ${parents.join(', ')}; delete the sync-state row of the wrong one.`,
  };
}

function invisible(guest: GuestIdentity, parents: readonly (number | null)[]): Reason {
  return {
    code: 'identity_unreadable',
    message: `${describe(guest)} belongs to the NetBox virtual machine ${parents.join(', ')}, which the NetBox token cannot read. Grant it the view permission for virtual machines.`,
  };
}

function typeChanged(guest: GuestIdentity, rows: readonly NetBoxRecord[]): Reason {
  return {
    code: 'type_changed',
    message: `VMID ${guest.vmid} of cluster "${guest.cluster}" was ${textOf(rows[0]?.['proxmox_vm_type'])} and is now ${guest.type}; the same NetBox object is used.`,
  };
}

function endpointRenumbered(guest: GuestIdentity, rows: readonly NetBoxRecord[]): Reason {
  return {
    code: 'endpoint_renumbered',
    message: `${describe(guest)} was known from endpoint id ${textOf(rows[0]?.['proxmox_endpoint_raw_id'])}, which is no longer configured; it is now kept under endpoint id ${guest.endpointIds[0] ?? ''}.`,
  };
}
