/** Whose backup is it. Pure. */
import { relationId, textOf, toNumber } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import type { ClusterView } from '../../plan/cluster-views.js';
import type { SyncMode, SyncOptions } from '../../plan/options.js';
import type { Reason, SourceRef } from '../../types.js';
import type { KnownGuest, Roster } from '../../plan/roster.js';

export interface KnownOwner {
  readonly status: 'known';
  /** Of the machine in the plan. */
  readonly key: string;
  readonly machineId: number;
  readonly machineName: string;
  readonly type: string;
  readonly mode: SyncMode;
  readonly source: SourceRef;
}

/** The machine of a VMID, or why its backups are left out. */
export type Owner = KnownOwner | { readonly status: 'omitted'; readonly reason: Reason; readonly source: SourceRef };

/**
 * The machines of a cluster by VMID: its guests, and those that NetBox remembers of guests that are gone, as backups outlive
 * their guests. Of the latter only those that exactly one sync-state row names.
 */
export function ownersOf(view: ClusterView, roster: Roster, options: SyncOptions): ReadonlyMap<number, Owner> {
  const owners = new Map<number, Owner>();
  if (options.netboxVmIds === null && options.modes.vm !== 'disabled')
    for (const owner of goneMachines(view, roster, options)) owners.set(owner.vmid, owner.owner);
  for (const { key, source, reason } of roster.omitted)
    if (key.startsWith(`${view.key}/`) && source.vmid !== undefined)
      owners.set(source.vmid, { status: 'omitted', reason, source });
  for (const guest of roster.guests)
    if (guest.cluster.view.key === view.key) owners.set(guest.resource.vmid, liveOwner(guest, options));
  return owners;
}

function liveOwner({ key, source, virtualMachine, resource }: KnownGuest, { modes }: SyncOptions): KnownOwner {
  return {
    status: 'known',
    key,
    machineId: virtualMachine.id,
    machineName: textOf(virtualMachine['name']),
    type: resource.type,
    mode: modes[resource.template ? 'vm_template' : 'vm'],
    source,
  };
}

function goneMachines(view: ClusterView, { states, virtualMachines }: Roster, { modes }: SyncOptions) {
  const byVmid = new Map<number, NetBoxRecord[]>();
  for (const state of states) {
    const vmid = toNumber(state['proxmox_vm_id']);
    if (vmid === null || textOf(state['proxmox_cluster_name']) !== view.name) continue;
    if (!view.endpointIds.includes(toNumber(state['proxmox_endpoint_raw_id']) ?? -1)) continue;
    byVmid.set(vmid, [...(byVmid.get(vmid) ?? []), state]);
  }
  const machines = new Map(virtualMachines.map((record) => [record.id, record]));
  return [...byVmid].flatMap(([vmid, [state, ...others]]) => {
    const machine = machines.get(relationId(state?.['virtual_machine']) ?? 0);
    if (state === undefined || others.length > 0 || machine === undefined) return [];
    const name = textOf(machine['name']);
    const owner: KnownOwner = {
      status: 'known',
      key: `${view.key}/gone/${vmid}`,
      machineId: machine.id,
      machineName: name,
      type: textOf(state['proxmox_vm_type']),
      mode: modes.vm,
      source: { endpointId: view.owner.endpointId, cluster: view.name, vmid, name },
    };
    return [{ vmid, owner }];
  });
}
