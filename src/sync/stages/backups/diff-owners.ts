/** Whose backup is it. Pure. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { ClusterView } from '../../plan/cluster-views.js';
import type { KnownIds } from '../../plan/diff-object.js';
import { isSoftDeleted, softDeletedReason } from '../../plan/soft-delete.js';
import type { SyncMode, SyncOptions } from '../../plan/options.js';
import type { Reason, SourceRef } from '../../types.js';
import { machineMode, type KnownGuest, type Roster } from '../../plan/roster.js';
import { lastGuestName } from './map-shared-places.js';

export interface KnownOwner {
  readonly status: 'known';
  /** Of the machine in the plan. */
  readonly key: string;
  readonly machineId: number;
  readonly machineName: string;
  /** In Proxmox, which backups may be called after; NetBox may have another one. */
  readonly guestName: string;
  readonly type: string;
  readonly mode: SyncMode;
  readonly source: SourceRef;
}

/** The machine of a VMID, or why its backups are left out. */
export type Owner = KnownOwner | { readonly status: 'omitted'; readonly reason: Reason; readonly source: SourceRef };

/**
 * The machines of a cluster by VMID: its guests, and those that NetBox remembers of guests that are gone, as backups outlive
 * their guests. Of the latter only those that exactly one sync-state row names, and that are not marked for deletion.
 */
export function ownersOf(
  view: ClusterView,
  roster: Roster,
  ...[options, known]: [options: SyncOptions, known: KnownIds]
): ReadonlyMap<number, Owner> {
  const owners = new Map<number, Owner>();
  if (options.netboxVmIds === null && options.modes.vm !== 'disabled')
    for (const owner of goneMachines(view, roster, options, known)) owners.set(owner.vmid, owner.owner);
  for (const { key, source, reason } of roster.omitted)
    if (key.startsWith(`${view.key}/`) && source.vmid !== undefined)
      owners.set(source.vmid, { status: 'omitted', reason, source });
  for (const guest of roster.guests)
    if (guest.cluster.view.key === view.key) owners.set(guest.resource.vmid, liveOwner(guest, options));
  return owners;
}

function liveOwner({ key, source, virtualMachine, resource, state }: KnownGuest, options: SyncOptions): KnownOwner {
  return {
    status: 'known',
    key,
    machineId: virtualMachine.id,
    machineName: virtualMachine.name,
    guestName: resource.isDescribed ? resource.name : lastGuestName(state, virtualMachine),
    type: resource.type,
    mode: machineMode(resource, options),
    source,
  };
}

function goneMachines(
  view: ClusterView,
  { states, virtualMachines }: Roster,
  ...[{ modes }, known]: [SyncOptions, KnownIds]
): readonly { readonly vmid: number; readonly owner: Owner }[] {
  const byVmid = new Map<number, RecordOf<'vm-state'>[]>();
  for (const state of states) {
    const vmid = state.proxmox_vm_id;
    if (vmid === null || state.proxmox_cluster_name !== view.name) continue;
    if (!view.endpointIds.includes(state.proxmox_endpoint_raw_id ?? -1)) continue;
    byVmid.set(vmid, [...(byVmid.get(vmid) ?? []), state]);
  }
  const machines = new Map(virtualMachines.map((record) => [record.id, record]));
  return [...byVmid].flatMap(([vmid, [state, ...others]]) => {
    const machine = machines.get(state?.virtual_machine ?? 0);
    if (state === undefined || others.length > 0 || machine === undefined) return [];
    const source = { endpointId: view.owner.endpointId, cluster: view.name, vmid, name: machine.name };
    const owner: Owner = isSoftDeleted(machine, known)
      ? { status: 'omitted', reason: softDeletedReason(machine), source }
      : {
          status: 'known',
          key: `${view.key}/gone/${vmid}`,
          machineId: machine.id,
          machineName: machine.name,
          guestName: lastGuestName(state, machine),
          type: state.proxmox_vm_type,
          mode: modes.vm,
          source,
        };
    return [{ vmid, owner }];
  });
}
