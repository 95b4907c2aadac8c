/** Recognises guests by the sidecar rows of their virtual machines: endpoint id, VMID and type. Pure. */
import { nameList } from '../../values/short-text.js';
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { GuestType } from '../../proxmox/types.js';
import type { Reason } from '../types.js';
import { isNobodys } from './reused-ids.js';

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
      readonly virtualMachine: RecordOf<'virtual-machine'>;
      readonly state: RecordOf<'vm-state'>;
      readonly note?: Reason;
    }
  | { readonly status: 'absent' }
  | { readonly status: 'refused'; readonly reason: Reason };

export interface IdentityIndex {
  resolve(guest: GuestIdentity): Resolution;
  /** The sidecar of a virtual machine. */
  stateOf(virtualMachineId: number): RecordOf<'vm-state'> | undefined;
}

/**
 * The cluster is an attribute, not part of the identity, so that a renamed cluster duplicates nothing. A row without an
 * endpoint may be adopted when cluster, VMID and type fit and it is the only one.
 */
export function buildIdentityIndex(
  states: readonly RecordOf<'vm-state'>[],
  virtualMachines: ReadonlyMap<number, RecordOf<'virtual-machine'>>,
): IdentityIndex {
  const byVmid = new Map<number, RecordOf<'vm-state'>[]>();
  const byParent = new Map<number, RecordOf<'vm-state'>>();
  for (const state of states) {
    const parent = state.virtual_machine;
    const vmid = state.proxmox_vm_id;
    if (parent !== null) byParent.set(parent, state);
    if (parent === null || vmid === null) continue;
    const rows = byVmid.get(vmid) ?? [];
    rows.push(state);
    byVmid.set(vmid, rows);
  }

  function resolve(guest: GuestIdentity): Resolution {
    const rows = byVmid.get(guest.vmid) ?? [];
    const owned = rows.filter((row) => guest.endpointIds.includes(row.proxmox_endpoint_raw_id ?? -1));
    const typed = owned.filter((row) => typeOf(row) === guest.type);
    if (typed.length > 0) return single(guest, typed);
    const untyped = owned.filter((row) => typeOf(row) === '');
    if (untyped.length > 0) return single(guest, untyped);
    if (owned.length > 0) return single(guest, owned, typeChanged(guest, owned));
    const doubtful = rows.filter((row) => isDoubtful(guest, row));
    if (doubtful.length > 0) return { status: 'refused', reason: unverified(guest, doubtful) };
    const renumbered = rows.filter(
      (row) =>
        isNobodys(row.proxmox_endpoint_raw_id) &&
        row.proxmox_cluster_name === guest.cluster &&
        typeOf(row) === guest.type,
    );
    return renumbered.length === 1 ? single(guest, renumbered, endpointRenumbered(guest)) : { status: 'absent' };
  }

  function single(guest: GuestIdentity, rows: readonly RecordOf<'vm-state'>[], note?: Reason): Resolution {
    const parents = [...new Set(rows.map((row) => row.virtual_machine))];
    const state = rows[0];
    const virtualMachine = virtualMachines.get(parents[0] ?? -1);
    if (parents.length > 1 || state === undefined) return { status: 'refused', reason: ambiguous(guest, parents) };
    if (virtualMachine === undefined) return { status: 'refused', reason: invisible(guest, parents) };
    return { status: 'found', virtualMachine, state, ...(note === undefined ? {} : { note }) };
  }

  return { resolve, stateOf: (id) => byParent.get(id) };
}

/** A row that belongs to an endpoint which cannot be asked; what its cluster was called then does not matter. */
function isDoubtful(guest: GuestIdentity, row: RecordOf<'vm-state'>): boolean {
  const id = row.proxmox_endpoint_raw_id;
  return id !== null && guest.unverifiedEndpointIds.includes(id);
}

function unverified(guest: GuestIdentity, rows: readonly RecordOf<'vm-state'>[]): Reason {
  const id = rows[0]?.proxmox_endpoint_raw_id ?? '';
  return {
    code: 'identity_ambiguous',
    message: `${describe(guest)} is known from Proxmox endpoint ${id}, of which nobody can tell whether it leads to the same cluster; until that is told the guest is left alone. If endpoint ${id} is stored, bring it up, or delete it if it is gone.`,
  };
}

function typeOf(row: RecordOf<'vm-state'>): string {
  return row.proxmox_vm_type.toLowerCase();
}

function describe(guest: GuestIdentity): string {
  return `${guest.type} ${guest.vmid} of cluster "${guest.cluster}"`;
}

function ambiguous(guest: GuestIdentity, parents: readonly (number | null)[]): Reason {
  return {
    code: 'identity_ambiguous',
    message: `Refusing to create or bind a VM from ambiguous sync-state identity. ${describe(guest)} is claimed by the NetBox virtual machines ${nameList(parents.map(String))}; delete the sync-state row of the wrong one.`,
  };
}

function invisible(guest: GuestIdentity, parents: readonly (number | null)[]): Reason {
  return {
    code: 'identity_unreadable',
    message: `${describe(guest)} belongs to the NetBox virtual machine ${nameList(parents.map(String))}, which the NetBox token cannot read. Grant it the view permission for virtual machines.`,
  };
}

function typeChanged(guest: GuestIdentity, rows: readonly RecordOf<'vm-state'>[]): Reason {
  return {
    code: 'type_changed',
    message: `VMID ${guest.vmid} of cluster "${guest.cluster}" was ${rows[0]?.proxmox_vm_type ?? ''} and is now ${guest.type}; the same NetBox object is used.`,
  };
}

function endpointRenumbered(guest: GuestIdentity): Reason {
  return {
    code: 'endpoint_renumbered',
    message: `${describe(guest)} was known from an endpoint that is no longer configured under its id; it is now kept under endpoint id ${guest.endpointIds[0] ?? ''}.`,
  };
}
