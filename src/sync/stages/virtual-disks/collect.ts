/** The machines of the run with their configurations, and the disks, sidecars and storages that NetBox has. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { readSomeConfigs } from '../../collect/guest-config.js';
import { machinesWithHidden } from '../../collect/hidden-rows.js';
import { loadPluginTable } from '../../collect/machine-rows.js';
import { collectRoster } from '../../collect/roster.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';
import { withSizes } from './collect-sizes.js';
import type { CollectedDisks } from './types.js';
import type { Roster } from '../../plan/roster.js';

/** Up to so many machines are asked for by id, where NetBox holds several times as many. */
const fewMachines = 100;

export async function collectDisks(run: RunContext): Promise<CollectedDisks> {
  const roster = await collectRoster(run);
  if (roster.guests.length === 0) return nothing(roster);
  const [machines, stored] = await Promise.all([readMachines(run, roster), loadStored(run, roster)]);
  const hidden = await machinesWithHidden(run, 'virtual-disk', { guests: roster.guests, rows: stored.disks });
  return { roster, machines, hidden, ...stored };
}

function nothing(roster: Roster): CollectedDisks {
  return { roster, machines: [], disks: [], hidden: new Set(), states: [], storages: [], warnings: [] };
}

async function readMachines(run: RunContext, { guests }: Roster): Promise<CollectedDisks['machines']> {
  return withSizes(run, await readSomeConfigs(run, guests, 'virtual-disks'));
}

async function loadStored(
  run: RunContext,
  roster: Roster,
): Promise<Pick<CollectedDisks, 'disks' | 'states' | 'storages' | 'warnings'>> {
  const ids = isNarrow(run, roster) ? machineIds(roster) : undefined;
  const warnings: Warning[] = [];
  const whole = ids === undefined ? loadPluginTable(run, warnings, 'virtual-disk-state') : undefined;
  // Fresh, because a disk that is stored and not configured is deleted.
  const narrow = ids === undefined ? undefined : { filter: 'virtual_machine_id', of: ids };
  const [disks, all] = await Promise.all([run.collections.load('virtual-disk', {}, narrow, { fresh: true }), whole]);
  const states = ids === undefined ? all : await loadStatesOf(run, warnings, disks, ids);
  const storages = states === undefined ? undefined : await loadPluginTable(run, warnings, 'storage');
  return { disks, states, storages: storages ?? [], warnings };
}

/** A selection, or a small scope in a NetBox that holds much more: there whole tables are a waste. */
function isNarrow({ options }: RunContext, { guests, states }: Roster): boolean {
  return options.netboxVmIds !== null || (guests.length < fewMachines && states.length > 4 * guests.length);
}

function machineIds({ guests }: Roster): readonly number[] {
  return guests.map(({ virtualMachine }) => virtualMachine.id).sort((a, b) => a - b);
}

function loadStatesOf(
  run: RunContext,
  warnings: Warning[],
  disks: readonly RecordOf<'virtual-disk'>[],
  machines: readonly number[],
): Promise<readonly RecordOf<'virtual-disk-state'>[] | undefined> {
  const own = disks.filter((disk) => machines.includes(disk.virtual_machine ?? 0));
  const of = own.map(({ id }) => id).sort((a, b) => a - b);
  return loadPluginTable(run, warnings, 'virtual-disk-state', { filter: 'virtual_disk_id', of });
}
