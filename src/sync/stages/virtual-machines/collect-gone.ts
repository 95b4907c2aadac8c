/** Machines whose guest is gone for sure and whose name a living guest wants: a dead machine does not keep it. */
import { hasTag } from '../../../netbox/kinds/values.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { parseGuestName } from '../../../proxmox/parse/guest-name.js';
import type { GuestList } from '../../collect/guest-list.js';
import { proveAbsence } from '../../collect/guest-visibility.js';
import { isNameWanted } from '../../plan/names.js';
import { machineMode } from '../../plan/roster.js';
import { bootstrapOnlyTag } from '../../plan/support-objects.js';
import type { ConnectedCluster } from '../../guests.js';
import type { RunContext } from '../../run-context.js';

/** Machine id and VMID. */
export type GoneMachines = ReadonlyMap<number, number>;

interface Stored {
  readonly states: readonly RecordOf<'vm-state'>[];
  readonly virtualMachines: readonly RecordOf<'virtual-machine'>[];
}

/**
 * Asks Proxmox about each such machine (two small requests), and about no other one: its answer is proof enough also where
 * a run of some guests only has not looked who else lives.
 */
export async function collectGone(run: RunContext, list: GuestList, stored: Stored): Promise<GoneMachines> {
  const gone = new Map<number, number>();
  for (const cluster of list.clusters) {
    const machines = deadNamesakes(run, cluster, { list, ...stored });
    if (machines.size === 0) continue;
    const proven = await proveAbsence(run, cluster, [...machines.values()]);
    for (const [id, vmid] of machines) if (proven.gone.has(vmid)) gone.set(id, vmid);
  }
  return gone;
}

function deadNamesakes(
  run: RunContext,
  { view }: ConnectedCluster,
  { list, states, virtualMachines }: Stored & { readonly list: GuestList },
): ReadonlyMap<number, number> {
  const guests = list.guests.filter(({ cluster }) => cluster.view.key === view.key);
  const wanted = wantedNames(run, guests);
  const listed = new Set(guests.map(({ resource }) => resource.vmid));
  const protectedBy = bootstrapOnlyTag(run.supportIds);
  const machines = new Map(virtualMachines.map((machine) => [machine.id, machine]));
  const own = states.filter((state) => view.endpointIds.includes(state.proxmox_endpoint_raw_id ?? -1));
  const dead = new Map<number, number>();
  for (const { virtual_machine: id, proxmox_vm_id: vmid } of own) {
    const machine = machines.get(id ?? -1);
    if (machine === undefined || vmid === null || listed.has(vmid) || hasTag(machine, protectedBy)) continue;
    if (isNameWanted(machine.name, wanted)) dead.set(machine.id, vmid);
  }
  return dead;
}

/** How many guests Proxmox calls so, by name in lower case. */
function wantedNames({ options }: RunContext, guests: GuestList['guests']): ReadonlyMap<string, number> {
  const wanted = new Map<string, number>();
  for (const { resource } of guests) {
    if (!resource.isDescribed || machineMode(resource, options) === 'disabled') continue;
    const name = parseGuestName(resource.name, resource.vmid).name.toLowerCase();
    wanted.set(name, (wanted.get(name) ?? 0) + 1);
  }
  return wanted;
}
