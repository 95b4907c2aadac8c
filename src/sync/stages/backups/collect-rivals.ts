/** Which machines of other clusters the backups of a cluster may be of: asked only where a storage is shared with them. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { storageOfVolume, type Backup } from '../../../proxmox/parse/backups.js';
import type { Storage } from '../../../proxmox/parse/storages.js';
import { grouped } from '../../../values/grouped.js';
import type { ConnectedCluster } from '../../guests.js';
import type { Roster } from '../../plan/roster.js';
import type { RunContext } from '../../run-context.js';
import { lastGuestName, sharedPlaces, type PlacedStorage, type Rival, type RivalsOf } from './map-shared-places.js';

interface Listing {
  readonly roster: Roster;
  readonly backups: ReadonlyMap<string, Backup>;
  /** Of this cluster, as Proxmox has them. */
  readonly storages: readonly Storage[];
  /** Of all clusters: as NetBox has them, and as Proxmox told in this run. */
  readonly places: readonly PlacedStorage[];
}

/** One that has the VMID, somewhere. */
interface Candidate extends Rival {
  readonly vmid: number | null;
  readonly type: string;
  /** Where it stands in NetBox. */
  readonly netboxCluster: number | null;
}

const none: RivalsOf = () => [];

/** Costs nothing where no other cluster is known to use one of the storages, or has one of the VMIDs. */
export async function collectRivals(
  run: RunContext,
  { view }: Pick<ConnectedCluster, 'view'>,
  { roster, backups, storages, places }: Listing,
): Promise<RivalsOf> {
  const shared = sharedPlaces(storages, places, roster.netboxClusters.get(view.key)?.id);
  const doubtful = [...backups.values()].filter(({ volumeId }) => shared.has(storageOfVolume(volumeId)));
  if (doubtful.length === 0) return none;
  const vmids = new Set(doubtful.map(({ vmid }) => vmid));
  // Of a selection only its own were read.
  const states = run.options.netboxVmIds === null ? roster.states : await run.collections.load('vm-state', {});
  const own = new Set([...view.endpointIds, ...view.unverifiedEndpointIds]);
  const others = states.filter(
    ({ proxmox_vm_id: vmid, proxmox_endpoint_raw_id: endpoint }) => vmids.has(vmid) && !own.has(endpoint ?? -1),
  );
  const machines = await machinesOf(run, others, roster);
  const candidates = grouped(
    [...machinesWith(others, machines), ...guestsWithoutMachine(roster, view)],
    ({ vmid }) => vmid,
  );
  return ({ volumeId, vmid, subtype }) => {
    const clusters = shared.get(storageOfVolume(volumeId));
    return (candidates.get(vmid) ?? []).filter(
      (one) =>
        clusters?.has(one.netboxCluster ?? 0) === true && (subtype === 'undefined' || ['', subtype].includes(one.type)),
    );
  };
}

function machinesWith(
  states: readonly RecordOf<'vm-state'>[],
  machines: ReadonlyMap<number, RecordOf<'virtual-machine'>>,
): readonly Candidate[] {
  return states.flatMap((state) => {
    const machine = machines.get(state.virtual_machine ?? 0);
    if (machine === undefined) return [];
    const { proxmox_vm_id: vmid, proxmox_vm_type: type, proxmox_cluster_name: cluster } = state;
    const { name, cluster: netboxCluster } = machine;
    return [{ cluster, name, guestName: lastGuestName(state, machine), vmid, type, netboxCluster }];
  });
}

/** Of the other clusters of the run: guests that NetBox does not know yet. */
function guestsWithoutMachine(
  { clusters, omitted, states, netboxClusters }: Roster,
  own: ConnectedCluster['view'],
): readonly Candidate[] {
  return clusters.flatMap(({ view }) => {
    if (view.key === own.key) return [];
    const known = new Set(
      states.flatMap((state) =>
        view.endpointIds.includes(state.proxmox_endpoint_raw_id ?? -1) ? [state.proxmox_vm_id] : [],
      ),
    );
    const netboxCluster = netboxClusters.get(view.key)?.id ?? null;
    return omitted.flatMap(({ key, label, source: { vmid = null, type = '' } }) =>
      key.startsWith(`${view.key}/`) && !known.has(vmid)
        ? [{ cluster: view.name, name: label, guestName: label, vmid, type, netboxCluster }]
        : [],
    );
  });
}

async function machinesOf(
  run: RunContext,
  states: readonly RecordOf<'vm-state'>[],
  { virtualMachines }: Roster,
): Promise<ReadonlyMap<number, RecordOf<'virtual-machine'>>> {
  const known = new Map(virtualMachines.map((machine) => [machine.id, machine]));
  const missing = states.flatMap(({ virtual_machine: id }) => (id === null || known.has(id) ? [] : [id]));
  const of = [...new Set(missing)].sort((a, b) => a - b);
  const others = await run.collections.load('virtual-machine', {}, { filter: 'id', of });
  return new Map([...known, ...others.map((machine) => [machine.id, machine] as const)]);
}
