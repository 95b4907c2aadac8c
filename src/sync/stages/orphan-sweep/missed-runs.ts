/** How many runs in a row found a guest gone: counted in our own database, forgotten as soon as the guest is seen. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { RememberedMachine } from '../../machine-memory.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';
import { homeOf } from './diff.js';
import type { SweptCluster } from './types.js';

interface Seen {
  readonly clusters: readonly SweptCluster[];
  readonly states: readonly RecordOf<'vm-state'>[];
  /** Machines whose guest is gone for sure. */
  readonly gone: readonly number[];
}

const unknown: RememberedMachine = { smbiosUuid: '', createdAt: '', missedRuns: 0 };

/**
 * Runs by machine, this one included. Without a database that answers the guest counts as missed in this run alone: a grace
 * of one run needs none, a longer one then waits.
 */
export async function countMissedRuns(
  run: RunContext,
  { clusters, states, gone }: Seen,
  warnings: Warning[],
): Promise<ReadonlyMap<number, number>> {
  const { orphanGraceRuns } = run.options;
  const once = new Map(gone.map((id) => [id, 1]));
  if (orphanGraceRuns <= 1) return once;
  const known = run.memory.recall();
  const missed = new Map(gone.map((id) => [id, (known?.get(id)?.missedRuns ?? 0) + 1]));
  const changes = changesOf(known ?? new Map(), missed, seenMachines(clusters, states));
  if (known !== undefined && (await run.memory.remember(changes))) return missed;
  warnings.push({
    code: 'memory_unavailable',
    message:
      'How many runs found a guest gone cannot be counted (PROXBOX_ORPHAN_GRACE_RUNS): the database of this service cannot be read or written. No further machine is marked or deleted before it can; see the log.',
  });
  return once;
}

function changesOf(
  known: ReadonlyMap<number, RememberedMachine>,
  missed: ReadonlyMap<number, number>,
  seen: readonly number[],
): ReadonlyMap<number, RememberedMachine> {
  const changes = new Map<number, RememberedMachine>();
  for (const [id, missedRuns] of missed) changes.set(id, { ...(known.get(id) ?? unknown), missedRuns });
  for (const id of seen) {
    const remembered = known.get(id);
    if (remembered !== undefined && remembered.missedRuns > 0) changes.set(id, { ...remembered, missedRuns: 0 });
  }
  return changes;
}

/** Machines whose guest is listed. */
function seenMachines(clusters: readonly SweptCluster[], states: readonly RecordOf<'vm-state'>[]): readonly number[] {
  const listed = new Map(clusters.map((cluster) => [cluster, new Set(cluster.guests.map(({ vmid }) => vmid))]));
  return states.flatMap((state) => {
    const home = homeOf(clusters, state);
    const isListed = home !== undefined && listed.get(home)?.has(state.proxmox_vm_id ?? -1) === true;
    return isListed && state.virtual_machine !== null ? [state.virtual_machine] : [];
  });
}
