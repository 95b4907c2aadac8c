/** The guests of a run with the NetBox machines they are, as planning sees them. Pure. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { GuestType, ListedResource, UndescribedGuest, UnfinishedLock } from '../../proxmox/types.js';
import type { ConnectedCluster, ListedGuest } from '../guests.js';
import type { Reason, SourceRef, Warning } from '../types.js';
import { protectingMode } from './absence.js';
import type { ClusterView } from './cluster-views.js';
import type { SyncMode, SyncOptions } from './options.js';
import type { PlanBuilder } from './plan-builder.js';

export interface KnownGuest extends ListedGuest {
  /** Unique in the run: cluster, type and VMID; the key of the machine in plans. */
  readonly key: string;
  readonly virtualMachine: RecordOf<'virtual-machine'>;
  readonly state: RecordOf<'vm-state'>;
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
  readonly states: readonly RecordOf<'vm-state'>[];
  readonly virtualMachines: readonly RecordOf<'virtual-machine'>[];
  /** The NetBox clusters of the run's, by view key. */
  readonly netboxClusters: ReadonlyMap<string, RecordOf<'cluster'>>;
  readonly warnings: readonly Warning[];
}

/** What plans call a guest, and where it comes from. The key is unique in a run: a VMID repeats across clusters. */
export function guestSubject(view: ClusterView, resource: ListedResource) {
  const { node, vmid, type } = resource;
  const name = resource.isDescribed ? { name: resource.name } : {};
  const source: SourceRef = { endpointId: view.owner.endpointId, cluster: view.name, node, vmid, type, ...name };
  return { key: `${view.key}/${type}/${vmid}`, source };
}

/** For messages: the guest's name, or type and VMID where nobody knows it. */
export function guestLabel(resource: ListedResource): string {
  return resource.isDescribed ? resource.name : `${resource.type} ${resource.vmid}`;
}

export function isNodeOffline({ nodes }: ClusterView, node: string): boolean {
  return nodes.find(({ name }) => name === node)?.online === false;
}

/** Why Proxmox tells nothing of a guest that it lists, and what helps. */
export function whyUndescribed(view: ClusterView, { type, vmid, node, unfinished }: UndescribedGuest): Reason {
  const subject = `${type} ${vmid} on node "${node}" of "${view.name}"`;
  if (unfinished !== undefined) return whyUnfinished(subject, { type, vmid, lock: unfinished });
  return isNodeOffline(view, node)
    ? { code: 'node_offline', message: `${subject} is not described while its node is offline; it stays as it is.` }
    : {
        code: 'guest_undescribed',
        message: `${subject} is listed, but its node reports neither its name nor its state; it stays as it is. The node has just started or just gone down, or its status daemon hangs: if it lasts for more than a minute and the node is up, run on "${node}": systemctl restart pvestatd`,
      };
}

/** Why what Proxmox says of a guest is not about it now. `subject`: begins the sentence. */
export function whyUnfinished(
  subject: string,
  { type, vmid, lock }: { readonly type: GuestType; readonly vmid: number; readonly lock: UnfinishedLock },
): Reason {
  const work = lock === 'create' ? 'it is being made, or a backup is being restored over it' : 'it is being destroyed';
  return {
    code: 'guest_unfinished',
    message: `${subject} is locked (${lock}): ${work}, and until then Proxmox keeps nothing of it but the lock; what NetBox has of it stays. If no task of it runs any more, look at it on its node: ${type === 'qemu' ? 'qm' : 'pct'} config ${vmid}`,
  };
}

/** Under which mode rows of the guest's machine are written; where nobody knows its class, the one that protects more. */
export function machineMode(resource: ListedResource, options: SyncOptions): SyncMode {
  return resource.isDescribed ? options.modes[resource.template ? 'vm_template' : 'vm'] : protectingMode(options);
}

/** Tells of the guests that a stage cannot work on, and makes the machines of the others known to the plan. */
export function planRoster(builder: PlanBuilder, { guests, omitted, warnings }: Roster): void {
  for (const warning of warnings) builder.warn(warning);
  for (const { key, virtualMachine } of guests) builder.know('virtual-machine', key, virtualMachine.id);
  for (const { label, reason, source } of omitted) builder.note({ ...reason, label, source });
}

/** The name of the machine in NetBox, for messages. */
export function machineName({ virtualMachine }: KnownGuest): string {
  return virtualMachine.name;
}

/** Rows that hang on machines, by the id of the machine. */
export function byMachine<Row extends { readonly virtual_machine: number | null }>(
  rows: readonly Row[],
): ReadonlyMap<number, readonly Row[]> {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    if (row.virtual_machine === null) continue;
    const group = groups.get(row.virtual_machine);
    if (group === undefined) groups.set(row.virtual_machine, [row]);
    else group.push(row);
  }
  return groups;
}
