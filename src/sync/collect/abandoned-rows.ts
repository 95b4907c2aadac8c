/**
 * Rows that a guest of the run wants and a machine beyond the run has: whether that one still has them. Its guest is asked,
 * or is proven to be gone; nothing is asked of a machine that no guest of these clusters was, and its mark alone tells.
 */
import type { AssignedObject } from '../../netbox/kinds/fields.js';
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { GuestConfig, ListedResource } from '../../proxmox/types.js';
import type { ConnectedCluster, ListedGuest } from '../guests.js';
import type { Roster } from '../plan/roster.js';
import { isSoftDeleted } from '../plan/soft-delete.js';
import type { RunContext } from '../run-context.js';
import { readConfigs } from './guest-config.js';
import { proveAbsence } from './guest-visibility.js';
import { readFromCluster } from './proxmox.js';

interface HeldRow {
  readonly id: number;
  /** The interface. */
  readonly assigned_object: AssignedObject | null;
}

/** Where a row is: on an interface, by name, of a machine. */
interface Held<Row> {
  readonly row: Row;
  readonly port: string;
  readonly machine: number;
}

/** Whether a guest that can be read has no more what a row says of its interface. */
export type HasLetGo<Row> = (guest: ListedGuest, config: GuestConfig, held: Held<Row>) => boolean | Promise<boolean>;

interface Contested<Row> extends Held<Row> {
  readonly state: RecordOf<'vm-state'>;
  readonly cluster: ConnectedCluster;
}

interface Judging<Row> {
  readonly phase: string;
  /** Absent where every guest that may be asked was asked already: then only those count that are gone. */
  readonly hasLetGo: HasLetGo<Row> | undefined;
}

/** The rows that their machine has no more, with its id. */
export async function findAbandoned<Row extends HeldRow>(
  run: RunContext,
  roster: Roster,
  rows: readonly Row[],
  { phase, hasLetGo }: Judging<Row>,
): Promise<ReadonlyMap<Row, number>> {
  const held = rows.flatMap((row) => placeOf(row) ?? []);
  if (held.length === 0) return new Map();
  const states = await statesOf(run, roster, [...new Set(held.map(({ machine }) => machine))]);
  const contested = held.flatMap((one): readonly Contested<Row>[] => {
    const state = states.find((candidate) => candidate.virtual_machine === one.machine);
    const cluster = state === undefined ? undefined : homeOf(roster, state);
    return state === undefined || cluster === undefined ? [] : [{ ...one, state, cluster }];
  });
  const abandoned: Contested<Row>[] = [];
  for (const cluster of new Set(contested.map((one) => one.cluster))) {
    const here = contested.filter((one) => one.cluster === cluster);
    abandoned.push(...(await abandonedIn(run, here, { cluster, phase, hasLetGo })));
  }
  const elsewhere = await markedElsewhere(run, held, states, roster);
  return new Map([...abandoned, ...elsewhere].map(({ row, machine }) => [row, machine]));
}

/**
 * Rows of machines of endpoints that this run does not read, where a run over such an endpoint has proven the guest gone and
 * marked the machine: a job per endpoint ends as one over all of them does. Of an unmarked machine nothing is known here.
 */
async function markedElsewhere<Row>(
  run: RunContext,
  held: readonly Held<Row>[],
  ...[states, { clusters }]: [readonly RecordOf<'vm-state'>[], Roster]
): Promise<readonly Held<Row>[]> {
  const read = new Set(clusters.flatMap(({ view }) => view.endpointIds));
  const others = new Set(
    states.flatMap(({ virtual_machine: machine, proxmox_endpoint_raw_id: id }) =>
      id === null || read.has(id) ? [] : [machine],
    ),
  );
  const of = [...new Set(held.map(({ machine }) => machine).filter((id) => others.has(id)))].sort((a, b) => a - b);
  if (of.length === 0) return [];
  const machines = await run.collections.load('virtual-machine', {}, { filter: 'id', of }, { fresh: true });
  const marked = new Set(machines.filter((machine) => isSoftDeleted(machine, run.supportIds)).map(({ id }) => id));
  return held.filter(({ machine }) => marked.has(machine));
}

/** By id of the row: the machine that has it no more. */
export async function machinesOfRows(
  run: RunContext,
  found: ReadonlyMap<HeldRow, number>,
): Promise<ReadonlyMap<number, RecordOf<'virtual-machine'>>> {
  const of = [...new Set(found.values())].sort((a, b) => a - b);
  const machines = await run.collections.load('virtual-machine', {}, { filter: 'id', of }, { fresh: true });
  const byId = new Map(machines.map((machine) => [machine.id, machine]));
  return new Map(
    [...found].flatMap(([row, id]) => {
      const machine = byId.get(id);
      return machine === undefined ? [] : [[row.id, machine] as const];
    }),
  );
}

function placeOf<Row extends HeldRow>(row: Row): Held<Row> | undefined {
  const { name: port = '', virtual_machine: machine } = row.assigned_object ?? {};
  return typeof machine?.id === 'number' ? { row, machine: machine.id, port } : undefined;
}

/** A run of everything has read them all. */
async function statesOf(
  run: RunContext,
  { states }: Roster,
  machines: readonly number[],
): Promise<readonly RecordOf<'vm-state'>[]> {
  if (run.options.netboxVmIds === null) return states;
  if (!run.capabilities.proxboxPlugin) return [];
  const of = [...machines].sort((a, b) => a - b);
  return run.collections.load('vm-state', {}, { filter: 'virtual_machine_id', of });
}

/** The cluster of the run whose guest the machine was. */
function homeOf({ clusters }: Roster, { proxmox_endpoint_raw_id: id }: RecordOf<'vm-state'>) {
  return clusters.find(({ view }) => id !== null && view.endpointIds.includes(id) && view.mode !== 'restricted');
}

async function abandonedIn<Row>(
  run: RunContext,
  contested: readonly Contested<Row>[],
  how: Judging<Row> & { readonly cluster: ConnectedCluster },
): Promise<readonly Contested<Row>[]> {
  const { cluster } = how;
  const { guests } = await readFromCluster(run, cluster, (session) => run.guestReads.list(session, run.signal));
  const byVmid = new Map(guests.map((resource) => [resource.vmid, resource]));
  const unlisted = contested.flatMap(({ state: { proxmox_vm_id: vmid } }) =>
    vmid === null || byVmid.has(vmid) ? [] : [vmid],
  );
  const { gone } = await proveAbsence(run, cluster, unlisted);
  const judged = await Promise.all(
    contested.map(async (one) => {
      const vmid = one.state.proxmox_vm_id ?? -1;
      const resource = byVmid.get(vmid);
      return resource === undefined ? gone.has(vmid) : isLetGo(run, resource, { one, ...how });
    }),
  );
  return contested.filter((_, index) => judged[index] === true);
}

async function isLetGo<Row>(
  run: RunContext,
  resource: ListedResource,
  { one, phase, hasLetGo }: Judging<Row> & { readonly one: Contested<Row> },
): Promise<boolean> {
  const { modes } = run.options;
  if (hasLetGo === undefined || !resource.isDescribed) return false;
  if (modes[resource.template ? 'vm_template' : 'vm'] === 'disabled') return false;
  const [located] = await readConfigs(run, [{ cluster: one.cluster, resource }], phase);
  if (located?.config.status !== 'read') return false;
  return hasLetGo(located, located.config.config, one);
}
