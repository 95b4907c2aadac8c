/** What the conditions of a permission hide: NetBox leaves it out of lists without a word, and names or counts it elsewhere. */
import type { ObjectKind, RecordOf } from '../../netbox/kinds/index.js';
import type { RunContext } from '../run-context.js';
import { loadOfMachines } from './machine-rows.js';

interface Unlisted<K extends ObjectKind, Named> {
  /** Those that may be viewed all the same: an operator made them a moment ago. */
  readonly seen: readonly RecordOf<K>[];
  readonly hidden: readonly Named[];
}

/**
 * Of rows that others name, those that are in no list of the run and may not be viewed. Whatever is not listed is asked for by id,
 * once; where all are listed nothing is asked.
 */
export async function askUnlisted<K extends ObjectKind, Named extends { readonly id: number }>(
  { collections }: Pick<RunContext, 'collections'>,
  kind: K,
  { named, listed }: { readonly named: readonly Named[]; readonly listed: readonly { readonly id: number }[] },
): Promise<Unlisted<K, Named>> {
  const known = new Set(listed.map(({ id }) => id));
  const missing = named.filter(({ id }) => !known.has(id));
  const of = [...new Set(missing.map(({ id }) => id))].sort((a, b) => a - b);
  const seen = await collections.load(kind, {}, { filter: 'id', of }, { fresh: true });
  const visible = new Set<number>(seen.map(({ id }) => id));
  return { seen, hidden: missing.filter(({ id }) => !visible.has(id)) };
}

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
