/** Which guests there are on both sides: the sidecars of NetBox, the guests of Proxmox, the machines that belong to them. */
import { counted } from '../../values/short-text.js';
import type { RecordOf } from '../../netbox/kinds/index.js';
import { errorText, toProxboxError } from '../../errors/proxbox-error.js';
import type { ClusterView } from '../plan/cluster-views.js';
import type { RunContext } from '../run-context.js';
import type { Warning } from '../types.js';
import { withAliases } from './aliases.js';
import { trustedRows } from './owned-rows.js';
import { readFromEachCluster } from './proxmox.js';
import { selectGuests } from './selection.js';
import type { ConnectedCluster, ListedGuest } from '../guests.js';

export interface GuestList {
  /** With every endpoint that leads to them. */
  readonly clusters: readonly ConnectedCluster[];
  /** Of the selection, where there is one. */
  readonly guests: readonly ListedGuest[];
  /** Keys of the clusters whose guests could be listed. */
  readonly listedClusters: ReadonlySet<string>;
  /** `unreadable`: the sidecars could not be read, so nobody can tell which guest is known. */
  readonly states: readonly RecordOf<'vm-state'>[] | 'unreadable';
  readonly warnings: readonly Warning[];
}

export type ClusterList = Pick<GuestList, 'clusters' | 'states' | 'warnings'>;

/** The clusters of the run, for what is about no guest. */
export async function collectClusters(run: RunContext): Promise<ClusterList> {
  const warnings: Warning[] = [];
  const states = await loadStates(run, warnings);
  return { clusters: await completeClusters(run, states === 'unreadable' ? [] : states), states, warnings };
}

/** The guests of the run. Throws when no cluster can be read, or when a selected machine leads to no guest. */
export async function collectGuestList(run: RunContext): Promise<GuestList> {
  const { clusters, states, warnings: found } = await collectClusters(run);
  const warnings = [...found];
  const known = states === 'unreadable' ? [] : states;
  const { guests, listedClusters } = await listGuests({ ...run, clusters }, known, warnings);
  const { guestFilter } = run;
  const wanted = guestFilter === undefined ? guests : guests.filter(guestFilter);
  return { clusters, guests: await selectGuests(run, wanted, known), listedClusters, states, warnings };
}

/** The clusters of the run, each with every endpoint that leads to it. */
async function completeClusters(
  run: RunContext,
  states: readonly RecordOf<'vm-state'>[],
): Promise<readonly ConnectedCluster[]> {
  const views = await withAliases(
    run,
    run.clusters.map(({ view }) => view),
    states,
  );
  return run.clusters.map((cluster, index) => ({ ...cluster, view: views[index] ?? cluster.view }));
}

/** A failed read must not look like "no guest is known": then nothing may be created. A missing table is another thing. */
async function loadStates(
  run: RunContext,
  warnings: Warning[],
): Promise<readonly RecordOf<'vm-state'>[] | 'unreadable'> {
  if (!run.capabilities.proxboxPlugin) {
    warnings.push({
      code: 'plugin_route_missing',
      message:
        'The netbox-proxbox plugin is not installed in NetBox: guests are recognised by name and Proxbox tag only, and storages are not written.',
    });
    return [];
  }
  try {
    // Selected machines are who their own rows say; without a selection nobody knows yet whose rows matter.
    const { netboxVmIds } = run.options;
    const states = await (netboxVmIds === null
      ? run.collections.load('vm-state', {})
      : run.collections.load('vm-state', {}, { filter: 'virtual_machine_id', of: netboxVmIds }));
    return trustedRows(run, states);
  } catch (error) {
    run.signal.throwIfAborted();
    const cause = toProxboxError(error);
    if (cause.code !== 'netbox_forbidden' && cause.upstream?.status !== 404) throw error;
    warnings.push({
      code: cause.upstream?.status === 404 ? 'plugin_route_missing' : 'identity_unreadable',
      message: `The sync-state rows of virtual machines cannot be read: ${errorText(cause)}.`,
    });
    return cause.upstream?.status === 404 ? [] : 'unreadable';
  }
}

async function listGuests(
  run: RunContext,
  states: readonly RecordOf<'vm-state'>[],
  warnings: Warning[],
): Promise<Pick<GuestList, 'guests' | 'listedClusters'>> {
  const lists = await readFromEachCluster(run, { what: 'guests', read: 'guests' }, (session) =>
    run.guestReads.list(session, run.signal),
  );
  warnings.push(...lists.warnings);
  const guests = lists.answers.flatMap(({ cluster, answer: { guests: answer, unreadable } }) => {
    if (unreadable.length > 0) warnings.push(unreadableRows(cluster, unreadable));
    const known = states.filter((state) => cluster.view.endpointIds.includes(state.proxmox_endpoint_raw_id ?? -1));
    if (answer.length === 0 && known.length > 0) warnings.push(noGuests(cluster, known));
    return answer.map((resource) => ({ cluster, resource }));
  });
  return { guests, listedClusters: new Set(lists.answers.map(({ cluster }) => cluster.view.key)) };
}

/** The machines of our clusters, and those that a sidecar of this scope names, wherever they are. */
export async function loadVirtualMachines(
  run: RunContext,
  views: readonly ClusterView[],
  ...[clusters, states]: [clusters: readonly RecordOf<'cluster'>[], states: readonly RecordOf<'vm-state'>[]]
): Promise<readonly RecordOf<'virtual-machine'>[]> {
  const inClusters = await run.collections.load(
    'virtual-machine',
    {},
    { filter: 'cluster_id', of: clusters.map((cluster) => cluster.id).sort((a, b) => a - b) },
  );
  const seen = new Set(inClusters.map((record) => record.id));
  const endpointIds = new Set(views.flatMap((view) => view.endpointIds));
  const names = new Set(views.map((view) => view.name));
  const elsewhere = states
    .filter((state) => endpointIds.has(state.proxmox_endpoint_raw_id ?? -1) || names.has(state.proxmox_cluster_name))
    .map((state) => state.virtual_machine)
    .filter((id) => id !== null && !seen.has(id));
  const wanted = [...new Set(elsewhere)].filter((id) => id !== null).sort((a, b) => a - b);
  return [...inClusters, ...(await run.collections.load('virtual-machine', {}, { filter: 'id', of: wanted }))];
}

function unreadableRows({ view }: ConnectedCluster, names: readonly string[]): Warning {
  return {
    code: 'resource_unreadable',
    message: `Proxmox lists ${counted('guest', names)} of cluster "${view.name}" without a usable VMID, type or node. They are left out; what NetBox has of them is left alone.`,
    source: { endpointId: view.owner.endpointId, cluster: view.name },
  };
}

function noGuests({ view }: ConnectedCluster, known: readonly RecordOf<'vm-state'>[]): Warning {
  const names = known.map((state) => `VMID ${state.proxmox_vm_id ?? '?'}`);
  return {
    code: 'no_guests_reported',
    message: `Proxmox reports no guests for cluster "${view.name}", but NetBox has ${counted('guest', names)}. They are left alone. If the cluster is not really empty, check the permissions of the Proxmox user (VM.Audit on /vms).`,
    source: { endpointId: view.owner.endpointId, cluster: view.name },
  };
}
