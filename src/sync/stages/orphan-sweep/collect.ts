/** Reads again whatever decides: what each cluster has now, the sidecars, and the machines without a guest. */
import { breathe } from '../../../config/breathe.js';
import { counted } from '../../../values/short-text.js';
import { errorText, toProxboxError } from '../../../errors/proxbox-error.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { proveAbsence, unprovenText } from '../../collect/guest-visibility.js';
import { loadIfAllowed } from '../../collect/machine-rows.js';
import { trustedRows } from '../../collect/owned-rows.js';
import { readFromEachCluster, type ClusterAnswers } from '../../collect/proxmox.js';
import { readGuestRows, type GuestRows } from '../../guest-reads.js';
import type { ConnectedCluster } from '../../guests.js';
import { isGuestTag } from '../../plan/guest-tags.js';
import type { SyncOptions } from '../../plan/options.js';
import type { RememberedMachine } from '../../machine-memory.js';
import type { ReasonCode } from '../../reasons.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';
import { collectBelongings } from './collect-belongings.js';
import { homeOf, isDue, isOnlyNamed, orphanStates, unlistedVmids } from './diff.js';
import { countMissedRuns } from './missed-runs.js';
import type { CollectedOrphans, SkippedReason, SweptCluster } from './types.js';

const fresh = { fresh: true };

export async function collectOrphans(run: RunContext): Promise<CollectedOrphans> {
  const warnings: Warning[] = [];
  const why = mayDecide(run, warnings);
  if (why !== null) return nothing(why, warnings);
  const lists = await listGuests(run, warnings);
  if (lists === undefined) return nothing('live_inventory_unavailable', warnings);
  const stored = await loadIfAllowed(
    run,
    warnings,
    { kind: 'vm-state', without: 'No machine is swept.', code: 'identity_unreadable' },
    () => run.collections.load('vm-state', {}, undefined, fresh),
  );
  if (stored === undefined) return nothing('sidecar_unavailable', warnings);
  const states = trustedRows(run, stored);
  const listed = lists.answers.map(({ cluster, answer }) => ({ cluster, view: cluster.view, ...answer }));
  const virtualMachines = await loadMachines(run, listed, states);
  const clusters: SweptCluster[] = [];
  const untagged = untaggedMachines(run);
  for (const list of listed) {
    await breathe();
    clusters.push(await prove(run, list, { states, virtualMachines, untagged, warnings }));
  }
  const orphans = orphanStates(clusters, states);
  const gone = orphans.flatMap(({ virtual_machine: id }) => id ?? []);
  const isDeleting = run.options.orphanAction === 'delete' && !isOnlyNamed(run.options);
  return {
    clusters,
    states,
    virtualMachines,
    guards: isDeleting ? await collectGuards(run, gone) : new Map(),
    belongings: isDeleting ? await collectBelongings(run, orphans, warnings) : undefined,
    guestTags: isDeleting ? await collectGuestTags(run, virtualMachines) : new Set(),
    missedRuns: await countMissedRuns(run, { clusters, states, gone }, warnings),
    untagged,
    skippedReason: null,
    warnings,
  };
}

function untaggedMachines({ memory }: RunContext): ReadonlySet<number> {
  const remembered = memory.recall() ?? new Map<number, RememberedMachine>();
  return new Set([...remembered].flatMap(([id, { lacksDiscoveryTag }]) => (lacksDiscoveryTag === true ? [id] : [])));
}

type ListedCluster = GuestRows & Pick<SweptCluster, 'view'> & { readonly cluster: ConnectedCluster };

/** undefined when no cluster can be listed: then nobody knows who is gone. */
async function listGuests(run: RunContext, warnings: Warning[]): Promise<ClusterAnswers<GuestRows> | undefined> {
  try {
    const lists = await readFromEachCluster(run, { what: 'guests', read: 'guests' }, (session) =>
      readGuestRows(session, { signal: run.signal, fresh: true }),
    );
    warnings.push(...lists.warnings);
    return lists;
  } catch (error) {
    run.signal.throwIfAborted();
    const message = `No machine is swept: the guests cannot be listed: ${errorText(toProxboxError(error))}`;
    warnings.push({ code: 'read_incomplete', message });
    return undefined;
  }
}

/** The machines of sidecars whose guest is not listed. */
async function loadMachines(
  run: RunContext,
  listed: readonly ListedCluster[],
  states: readonly RecordOf<'vm-state'>[],
): Promise<readonly RecordOf<'virtual-machine'>[]> {
  const unlisted = new Map(listed.map((cluster) => [cluster, new Set(unlistedVmids(cluster, states))]));
  const of = states.flatMap((state) => {
    const home = homeOf(listed, state);
    const isUnlisted = home !== undefined && unlisted.get(home)?.has(state.proxmox_vm_id ?? -1) === true;
    return isUnlisted && state.virtual_machine !== null ? [state.virtual_machine] : [];
  });
  return run.collections.load(
    'virtual-machine',
    {},
    { filter: 'id', of: [...new Set(of)].sort((a, b) => a - b) },
    fresh,
  );
}

interface Stored {
  readonly states: readonly RecordOf<'vm-state'>[];
  readonly virtualMachines: readonly RecordOf<'virtual-machine'>[];
  readonly untagged: CollectedOrphans['untagged'];
  readonly warnings: Warning[];
}

/** Which of the unlisted guests whose machine is due are gone for sure; a warning says of the others why they are not swept. */
async function prove(
  run: RunContext,
  { cluster, unreadable, guests }: ListedCluster,
  { states, virtualMachines, untagged, warnings }: Stored,
): Promise<SweptCluster> {
  const { view } = cluster;
  const due = new Set(virtualMachines.flatMap((machine) => (isDue(machine, run, untagged) ? [machine.id] : [])));
  const vmids = unlistedVmids(
    { view, guests },
    states.filter(({ virtual_machine: id }) => due.has(id ?? -1)),
  );
  const none: SweptCluster = { view, guests, gone: new Set() };
  if (vmids.length === 0) return none;
  const doubt = (of: readonly number[], why: string): Warning => ({
    code: 'read_incomplete',
    message: `${counted(
      'machine',
      of.map((vmid) => `VMID ${vmid}`),
    )} of cluster "${view.name}" stay, though Proxmox lists no such guest: ${why}`,
    source: { endpointId: view.owner.endpointId, cluster: view.name },
  });
  if (unreadable.length > 0) {
    warnings.push(doubt(vmids, `it lists ${counted('guest', unreadable)} without a usable VMID, type or node.`));
    return none;
  }
  const absences = await proveAbsence(run, cluster, vmids);
  const { gone, unproven } = absences;
  if (unproven.size > 0)
    warnings.push(
      doubt(
        [...unproven.keys()],
        `that they are gone is not proven. ${unprovenText(absences)}. What hides a guest stands in "pveum acl list".`,
      ),
    );
  return { view, guests, gone };
}

/** A run that leaves guests out on purpose cannot tell which are gone. Null when it may decide. */
function mayDecide({ options, capabilities }: RunContext, warnings: Warning[]): SkippedReason | null {
  if (!options.deleteOrphans && !options.dryRun) return 'disabled';
  if (options.vmStageFailed) return 'vm_stage_failed';
  const refusal = refusalOf(options, capabilities.proxboxPlugin);
  if (refusal === undefined) return null;
  warnings.push({ code: refusal.code, message: `No machine is swept: ${refusal.why}.` });
  return refusal.skipped;
}

interface Refusal {
  readonly skipped: SkippedReason;
  readonly code: ReasonCode;
  readonly why: string;
}

function refusalOf({ netboxVmIds, modes }: SyncOptions, hasPlugin: boolean): Refusal | undefined {
  if (!hasPlugin)
    return {
      skipped: 'sidecar_unavailable',
      code: 'plugin_route_missing',
      why: 'without the plugin nobody knows which machine was which guest',
    };
  if (netboxVmIds !== null) return { skipped: 'selection', code: 'not_selected', why: 'the run has a selection' };
  if (modes.vm !== 'disabled' && modes.vm_template !== 'disabled') return undefined;
  return { skipped: 'mode_disabled', code: 'mode_disabled', why: 'a sync mode of machines is disabled' };
}

function nothing(skippedReason: SkippedReason, warnings: readonly Warning[]): CollectedOrphans {
  const none = { clusters: [], states: [], virtualMachines: [], missedRuns: new Map(), untagged: new Set<number>() };
  return { ...none, guards: new Map(), belongings: undefined, guestTags: new Set(), skippedReason, warnings };
}

/** Addresses of guest interfaces protect their machine: NetBox refuses to delete it while they exist. */
async function collectGuards(
  run: RunContext,
  machines: readonly number[],
): Promise<ReadonlyMap<number, readonly RecordOf<'guest-vm-interface-address'>[]>> {
  const of = [...machines].sort((a, b) => a - b);
  const interfaces = await run.collections.load('guest-vm-interface', {}, { filter: 'virtual_machine_id', of }, fresh);
  const links = await run.collections.load(
    'guest-vm-interface-address',
    {},
    { filter: 'guest_interface_id', of: interfaces.map(({ id }) => id).sort((a, b) => a - b) },
    fresh,
  );
  const machineOf = new Map(interfaces.map((row) => [row.id, row.virtual_machine ?? -1]));
  const guards = new Map<number, RecordOf<'guest-vm-interface-address'>[]>();
  for (const link of links) {
    const machine = machineOf.get(link.guest_interface ?? -1);
    if (machine !== undefined) guards.set(machine, [...(guards.get(machine) ?? []), link]);
  }
  return guards;
}

async function collectGuestTags(
  run: RunContext,
  machines: readonly RecordOf<'virtual-machine'>[],
): Promise<ReadonlySet<number>> {
  const of = [...new Set(machines.flatMap(({ tags }) => tags.map(({ id }) => id)))].sort((a, b) => a - b);
  const tags = await run.collections.load('tag', {}, { filter: 'id', of });
  return new Set(tags.filter(isGuestTag).map(({ id }) => id));
}
