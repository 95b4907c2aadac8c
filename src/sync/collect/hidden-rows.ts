/** Machines of which NetBox counts more than it lists: what the conditions of a permission hide is left out of lists without a word. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { RunContext } from '../run-context.js';
import { loadOfMachines } from './machine-rows.js';

/** What hangs on machines and is counted by them, by the field that counts. */
const counts = { 'virtual-disk': 'virtual_disk_count', 'vm-interface': 'interface_count' } as const;

type Counted = keyof typeof counts;
type Row = { readonly virtual_machine: number | null };
type Guest = { readonly virtualMachine: RecordOf<'virtual-machine'> };

/**
 * Ids of the machines with rows of a kind that the token may not view: such a row may be the one that a stage misses. Where the
 * rows of a run are fewer than their machine counts, both are read again, as an operator may have changed something in between.
 */
export async function machinesWithHidden(
  run: RunContext,
  kind: Counted,
  { guests, rows }: { readonly guests: readonly Guest[]; readonly rows: readonly Row[] },
): Promise<ReadonlySet<number>> {
  const suspects = seenInPart(
    kind,
    guests.map(({ virtualMachine }) => virtualMachine),
    rows,
  );
  if (suspects.length === 0) return new Set();
  const of = suspects.map(({ id }) => id).sort((a, b) => a - b);
  const machines = await run.collections.load('virtual-machine', {}, { filter: 'id', of }, { fresh: true });
  const again = machines.map((virtualMachine) => ({ virtualMachine }));
  return new Set(
    seenInPart(kind, machines, await loadOfMachines(run, kind, again, { fresh: true })).map(({ id }) => id),
  );
}

function seenInPart(
  kind: Counted,
  machines: readonly RecordOf<'virtual-machine'>[],
  rows: readonly Row[],
): readonly RecordOf<'virtual-machine'>[] {
  const listed = new Map<number | null, number>();
  for (const { virtual_machine: id } of rows) listed.set(id, (listed.get(id) ?? 0) + 1);
  return machines.filter((machine) => (machine[counts[kind]] ?? 0) > (listed.get(machine.id) ?? 0));
}
