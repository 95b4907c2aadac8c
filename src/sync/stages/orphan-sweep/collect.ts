import { relationId, toNumber } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import { extendRoleCommand } from '../../../proxmox/pveum.js';
import { seesGuests } from '../../collect/guest-visibility.js';
import { readFromEachCluster } from '../../collect/proxmox.js';
import { readGuestRows, type GuestRows } from '../../guest-reads.js';
import type { ConnectedCluster } from '../../guests.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';
import { orphanStates } from './diff.js';
import type { CollectedOrphans, SweptCluster } from './types.js';

const fresh = { fresh: true };

/** Reads again whatever decides: what each cluster has now, the sidecars, and the machines without a guest. */
export async function collectOrphans(run: RunContext): Promise<CollectedOrphans> {
  const warnings: Warning[] = [];
  if (!mayDecide(run, warnings)) return nothing(warnings);
  const lists = await readFromEachCluster(run, { what: 'guests', read: 'guests' }, (session) =>
    readGuestRows(session, { signal: run.signal, fresh: true }),
  );
  warnings.push(...lists.warnings);
  const states = await run.collections.load('vm-state', {}, undefined, fresh);
  const clusters: SweptCluster[] = [];
  for (const list of lists.answers) {
    const swept = { view: list.cluster.view, guests: list.answer.guests };
    const doubt = await doubtOf(run, list, orphanStates([swept], states));
    if (doubt === undefined) clusters.push(swept);
    else warnings.push(doubt);
  }
  const candidates = orphanStates(clusters, states).map((state) => relationId(state['virtual_machine']) ?? -1);
  const virtualMachines = await run.collections.load(
    'virtual-machine',
    {},
    { filter: 'id', of: candidates.sort((a, b) => a - b) },
    fresh,
  );
  const guards = await collectGuards(run, virtualMachines);
  return { clusters, states, virtualMachines, guards, warnings };
}

/** Why the list of a cluster does not tell that the guests of these sidecars are gone. Undefined: it does, or none is. */
async function doubtOf(
  run: RunContext,
  { cluster, answer: { unreadable } }: { readonly cluster: ConnectedCluster; readonly answer: GuestRows },
  orphans: readonly NetBoxRecord[],
): Promise<Warning | undefined> {
  if (orphans.length === 0) return undefined;
  const { name, owner } = cluster.view;
  const doubt = (why: string): Warning => ({
    code: 'read_incomplete',
    message: `No machine of cluster "${name}" is swept, though ${orphans.length} have no guest: ${why}`,
    source: { endpointId: owner.endpointId, cluster: name },
  });
  if (unreadable > 0) return doubt(`Proxmox lists ${unreadable} guest(s) without a usable VMID, type or node.`);
  const vmids = orphans.map((state) => toNumber(state['proxmox_vm_id']) ?? 0);
  if (await seesGuests(run, cluster, vmids)) return undefined;
  return doubt(
    `the Proxmox user may not see every guest, or its permissions cannot be read. Grant VM.Audit on /vms: ${extendRoleCommand(['VM.Audit'])}`,
  );
}

/** A run that leaves guests out on purpose cannot tell which are gone. */
function mayDecide({ options, capabilities }: RunContext, warnings: Warning[]): boolean {
  const why = !capabilities.proxboxPlugin
    ? 'without the plugin nobody knows which machine was which guest'
    : options.netboxVmIds !== null
      ? 'the run has a selection'
      : options.modes.vm === 'disabled' || options.modes.vm_template === 'disabled'
        ? 'a sync mode of machines is disabled'
        : undefined;
  if (why !== undefined) warnings.push({ code: 'read_incomplete', message: `No machine is swept: ${why}.` });
  return why === undefined;
}

function nothing(warnings: readonly Warning[]): CollectedOrphans {
  return { clusters: [], states: [], virtualMachines: [], guards: new Map(), warnings };
}

/** Addresses of guest interfaces protect their machine: NetBox refuses to delete it while they exist. */
async function collectGuards(
  run: RunContext,
  machines: readonly NetBoxRecord[],
): Promise<ReadonlyMap<number, readonly NetBoxRecord[]>> {
  const of = machines.map(({ id }) => id).sort((a, b) => a - b);
  const interfaces = await run.collections.load('guest-vm-interface', {}, { filter: 'virtual_machine_id', of }, fresh);
  const links = await run.collections.load(
    'guest-vm-interface-address',
    {},
    { filter: 'guest_interface_id', of: interfaces.map(({ id }) => id).sort((a, b) => a - b) },
    fresh,
  );
  const machineOf = new Map(interfaces.map((row) => [row.id, relationId(row['virtual_machine']) ?? -1]));
  const guards = new Map<number, NetBoxRecord[]>();
  for (const link of links) {
    const machine = machineOf.get(relationId(link['guest_interface']) ?? -1);
    if (machine !== undefined) guards.set(machine, [...(guards.get(machine) ?? []), link]);
  }
  return guards;
}
