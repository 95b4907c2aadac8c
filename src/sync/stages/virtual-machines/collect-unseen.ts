/** What tells of guests without a visible sidecar which machines they are. Nothing is read where every guest or machine has one. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { toNumber } from '../../../netbox/kinds/values.js';
import { parseGuestOrigin } from '../../../proxmox/parse/guest-config.js';
import { parseMac } from '../../../proxmox/parse/mac.js';
import { parseNetworkDevices } from '../../../proxmox/parse/network-devices.js';
import { loadIfAllowed, loadOfMachines } from '../../collect/machine-rows.js';
import { findNetBoxClusters } from '../../collect/netbox-clusters.js';
import type { RememberedMachine } from '../../machine-memory.js';
import type { ClusterView } from '../../plan/cluster-views.js';
import { buildIdentityIndex, type IdentityIndex } from '../../plan/identity.js';
import { guestSubject, machineMode } from '../../plan/roster.js';
import {
  originMark,
  UnseenSearch,
  withoutSidecar,
  type AbsentGuest,
  type UnseenMachines,
} from '../../plan/unseen-sidecars.js';
import type { RunContext } from '../../run-context.js';
import type { CollectedGuest } from './types.js';

export interface KnownMachines {
  readonly guests: readonly CollectedGuest[];
  readonly views: readonly ClusterView[];
  readonly states: readonly RecordOf<'vm-state'>[] | 'unreadable';
  readonly virtualMachines: readonly RecordOf<'virtual-machine'>[];
  readonly remembered: ReadonlyMap<number, RememberedMachine>;
}

/** Tables of the plugin that name a VMID beside the machine, the smallest first. */
const naming = ['replication', 'snapshot', 'backup', 'task-history'] as const;
type Naming = (typeof naming)[number];

/**
 * The machines that guests without a visible sidecar are, as far as anything else tells: what is remembered of their making,
 * their MAC addresses, rows of the plugin with their VMID. Each table is read only while a guest is left and a machine that
 * syncs know lacks its sidecar.
 */
export async function collectUnseen(run: RunContext, known: KnownMachines): Promise<UnseenMachines> {
  const { states, virtualMachines, remembered } = known;
  if (states === 'unreadable' || run.options.netboxVmIds !== null || !run.capabilities.proxboxPlugin) return new Map();
  const machines = withoutSidecar(virtualMachines, states, run.supportIds);
  if (machines.length === 0) return new Map();
  const identities = buildIdentityIndex(states, new Map(virtualMachines.map((machine) => [machine.id, machine])));
  const search = new UnseenSearch(await absentGuests(run, known, identities), machines);
  search.match(
    [...remembered].map(([id, origin]) => [id, originMark(origin)]),
    ({ origin }) => [originMark(origin)],
  );
  if (search.left.some(({ macs }) => macs.length > 0)) {
    const parents = machines.map((virtualMachine) => ({ virtualMachine }));
    const ports = await read(run, 'vm-interface', () => loadOfMachines(run, 'vm-interface', parents));
    search.match(
      ports.map((port) => [port.virtual_machine, parseMac(port.mac_address)]),
      ({ macs }) => macs,
    );
  }
  for (const kind of naming) {
    if (search.left.length === 0) break;
    search.match(await namedBy(run, kind, search.left), ({ vmid }) => [vmid]);
  }
  return search.found;
}

/** Machine and VMID of each row about one of the guests' VMIDs. */
async function namedBy(
  run: RunContext,
  kind: Naming,
  guests: readonly AbsentGuest[],
): Promise<readonly (readonly [number | null, number | null])[]> {
  const of = [...new Set(guests.map(({ vmid }) => vmid))].sort((a, b) => a - b);
  const load = <K extends Naming>(one: K, filter: string): Promise<readonly RecordOf<K>[]> =>
    read(run, one, () => run.collections.load(one, {}, { filter, of }));
  switch (kind) {
    case 'replication':
      return (await load(kind, 'guest')).map((row) => [row.virtual_machine, row.guest]);
    case 'task-history':
      return (await load(kind, 'task_id')).map((row) => [row.virtual_machine, toNumber(row.task_id)]);
    case 'snapshot':
    case 'backup':
      return (await load(kind, 'vmid')).map((row) => [row.virtual_machine, row.vmid]);
  }
}

/** What the token may not view is evidence that is missing; the stages that write it say so. */
async function read<K extends Naming | 'vm-interface'>(
  run: RunContext,
  kind: K,
  load: () => Promise<readonly RecordOf<K>[]>,
): Promise<readonly RecordOf<K>[]> {
  return (await loadIfAllowed(run, [], { kind, without: '' }, load)) ?? [];
}

async function absentGuests(
  run: RunContext,
  { guests, views }: KnownMachines,
  identities: IdentityIndex,
): Promise<readonly AbsentGuest[]> {
  const absent = guests.filter(({ view, resource, config }) => {
    if (config.status !== 'read' || !resource.isDescribed) return false;
    if (machineMode(resource, run.options) === 'disabled') return false;
    const { endpointIds, unverifiedEndpointIds, name: cluster } = view;
    const { vmid, type } = resource;
    return identities.resolve({ endpointIds, unverifiedEndpointIds, cluster, vmid, type }).status === 'absent';
  });
  if (absent.length === 0) return [];
  const clusters = await findNetBoxClusters(run, views);
  return absent.flatMap(({ view, resource, config }) => {
    const cluster = clusters.get(view.key);
    if (cluster === undefined || config.status !== 'read') return [];
    const { key } = guestSubject(view, resource);
    const macs = parseNetworkDevices(config.config, resource.type).flatMap(({ mac }) => mac ?? []);
    return [{ key, vmid: resource.vmid, clusterId: cluster.id, macs, origin: parseGuestOrigin(config.config) }];
  });
}
