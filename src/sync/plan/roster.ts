/** The guests of a run with the NetBox machines they are, as planning sees them. Pure. */
import { textOf } from '../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { GuestResource } from '../../proxmox/types.js';
import type { ConnectedCluster, ListedGuest } from '../guests.js';
import type { Reason, SourceRef, Warning } from '../types.js';
import type { ClusterView } from './cluster-views.js';
import type { PlanBuilder } from './plan-builder.js';

export interface KnownGuest extends ListedGuest {
  /** Unique in the run: cluster, type and VMID; the key of the machine in plans. */
  readonly key: string;
  readonly virtualMachine: NetBoxRecord;
  readonly state: NetBoxRecord;
  readonly source: SourceRef;
}

/** A guest that has no place in NetBox yet, or must not be touched. */
export interface OmittedGuest {
  readonly key: string;
  readonly label: string;
  readonly reason: Reason;
  readonly source: SourceRef;
  /** `refuse`: its identity is in doubt; `skip`: there is nothing to do for it. */
  readonly outcome: 'skip' | 'refuse';
}

export interface Roster {
  readonly guests: readonly KnownGuest[];
  readonly omitted: readonly OmittedGuest[];
  readonly clusters: readonly ConnectedCluster[];
  /** Keys of the clusters whose guests could be listed: only there is an absence known. */
  readonly listedClusters: ReadonlySet<string>;
  readonly states: readonly NetBoxRecord[];
  readonly virtualMachines: readonly NetBoxRecord[];
  /** The NetBox clusters with the names of the run's. */
  readonly netboxClusters: readonly NetBoxRecord[];
  readonly warnings: readonly Warning[];
}

/** What plans call a guest, and where it comes from. The key is unique in a run: a VMID repeats across clusters. */
export function guestSubject(view: ClusterView, { node, vmid, type, name }: GuestResource) {
  const source: SourceRef = { endpointId: view.owner.endpointId, cluster: view.name, node, vmid, type, name };
  return { key: `${view.key}/${type}/${vmid}`, source };
}

/** Tells of the guests that a stage cannot work on, and makes the machines of the others known to the plan. */
export function planRoster(builder: PlanBuilder, { guests, omitted, warnings }: Roster): void {
  for (const warning of warnings) builder.warn(warning);
  for (const { key, virtualMachine } of guests) builder.know('virtual-machine', key, virtualMachine.id);
  for (const { label, reason, source } of omitted) builder.note({ ...reason, label, source });
}

/** The name of the machine in NetBox, for messages. */
export function machineName({ virtualMachine }: KnownGuest): string {
  return textOf(virtualMachine['name']);
}
