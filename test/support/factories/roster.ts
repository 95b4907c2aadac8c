/** Guests with the NetBox machines they are, as the stages after the machines see them. */
import type { ConnectedCluster } from '../../../src/sync/guests.js';
import type { SessionSummary } from '../../../src/sync/plan/cluster-views.js';
import { guestSubject, type KnownGuest, type OmittedGuest, type Roster } from '../../../src/sync/plan/roster.js';
import type { GuestResource } from '../../../src/proxmox/types.js';
import type { ReasonCode } from '../../../src/sync/reasons.js';
import { aVirtualMachine, aVirtualMachineState } from './netbox-records.js';
import { aGuestResource } from './proxmox.js';
import { aClusterView } from './sync.js';

/** A cluster nobody is connected to: plans read nothing. */
export function aRosterCluster(changes: Partial<SessionSummary> = {}): ConnectedCluster {
  return { view: aClusterView(changes), sessions: [] };
}

export interface KnownGuestDraft {
  readonly cluster?: ConnectedCluster;
  readonly resource?: Partial<GuestResource>;
  /** Id of the virtual machine; default that of the guest. */
  readonly machineId?: number;
  /** Fields of the virtual machine. */
  readonly machine?: Readonly<Record<string, unknown>>;
}

/** Guest 100 of cluster `lab`, which is virtual machine 100 with the name `vm100`. */
export function aKnownGuest({
  cluster = aRosterCluster(),
  resource = {},
  machineId,
  machine = {},
}: KnownGuestDraft = {}): KnownGuest {
  const listed = aGuestResource(resource);
  const id = machineId ?? listed.vmid;
  return {
    cluster,
    resource: listed,
    ...guestSubject(cluster.view, listed),
    virtualMachine: aVirtualMachine(id, { name: listed.name, ...machine }),
    state: aVirtualMachineState(id, id, { proxmox_vm_id: listed.vmid }),
  };
}

/** A guest that the stages cannot work on. */
export function anOmittedGuest(vmid: number, code: ReasonCode, cluster = aRosterCluster()): OmittedGuest {
  const { key, source } = guestSubject(cluster.view, aGuestResource({ vmid }));
  return { key, label: `vm${vmid}`, source, reason: { code, message: `${code}.` }, outcome: 'skip' };
}

/** The clusters are those of the guests, all of them listed. */
export function aRoster(guests: readonly KnownGuest[], changes: Partial<Roster> = {}): Roster {
  const clusters = [...new Map(guests.map(({ cluster }) => [cluster.view.key, cluster])).values()];
  return {
    guests,
    omitted: [],
    clusters,
    listedClusters: new Set(clusters.map(({ view }) => view.key)),
    states: guests.map(({ state }) => state),
    virtualMachines: guests.map(({ virtualMachine }) => virtualMachine),
    netboxClusters: new Map(),
    warnings: [],
    ...changes,
  };
}
