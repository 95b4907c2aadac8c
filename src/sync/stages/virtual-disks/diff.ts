import { relationId, tagIds, textOf, toNumber } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import { parseGuestDisks, type DiskEntry } from '../../../proxmox/parse/disks.js';
import { admitAbsence, type AbsentRow } from '../../plan/absence.js';
import type { KnownIds } from '../../plan/diff-object.js';
import { chooseCluster } from '../../plan/infrastructure.js';
import type { SyncMode, SyncOptions } from '../../plan/options.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { bootstrapOnlyTag, ref } from '../../plan/support-objects.js';
import { objectKey, type Plan } from '../../types.js';
import { diskFields, diskRules, diskStateFields, diskStateRules, StorageIndex } from './map.js';
import type { CollectedDisks, DiskMachine } from './types.js';
import { machineName, planRoster } from '../../plan/roster.js';

export interface DiskPlanInput {
  readonly options: SyncOptions;
  readonly supportIds: KnownIds;
}

interface PlanContext extends DiskPlanInput {
  readonly collected: CollectedDisks;
  readonly storages: StorageIndex;
  /** Sidecars by the id of their disk. */
  readonly states: ReadonlyMap<number | null, NetBoxRecord>;
}

/** A machine whose configuration was read, with the disks that NetBox has of it. */
interface Comparison {
  readonly machine: DiskMachine;
  readonly mode: SyncMode;
  readonly desired: readonly DiskEntry[];
  readonly stored: readonly NetBoxRecord[];
  /** Stored disks that are none of the desired ones. */
  readonly surplus: readonly NetBoxRecord[];
}

/** The disks of every machine against its configuration. What could not be read keeps its disks as they are. */
export function planDisks(collected: CollectedDisks, input: DiskPlanInput): Plan {
  const builder = new PlanBuilder({ known: input.supportIds, bootstrapOnlyTag: bootstrapOnlyTag(input.supportIds) });
  planRoster(builder, collected.roster);
  for (const warning of collected.warnings) builder.warn(warning);
  const context: PlanContext = {
    ...input,
    collected,
    storages: new StorageIndex(collected.storages),
    states: new Map((collected.states ?? []).map((row) => [relationId(row['virtual_disk']), row])),
  };
  const byMachine = groupByMachine(collected.disks);
  const comparisons = collected.machines.flatMap((machine) =>
    compareMachine(builder, machine, byMachine.get(machine.virtualMachine.id) ?? [], context),
  );
  const removed = planRemovals(builder, comparisons, context);
  for (const comparison of comparisons) planMachineSize(builder, comparison, removed);
  return builder.build('virtual-disks');
}

function groupByMachine(disks: readonly NetBoxRecord[]): ReadonlyMap<number | null, readonly NetBoxRecord[]> {
  const groups = new Map<number | null, NetBoxRecord[]>();
  for (const disk of disks) {
    const id = relationId(disk['virtual_machine']);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [disk]);
    else group.push(disk);
  }
  return groups;
}

/** Plans what is configured; empty when the configuration could not be read. */
function compareMachine(
  builder: PlanBuilder,
  machine: DiskMachine,
  stored: readonly NetBoxRecord[],
  context: PlanContext,
): readonly Comparison[] {
  const { config, key, source, resource } = machine;
  if (config.status !== 'read') {
    // Nobody knows how many disks there are: the machine stands for them.
    builder.discovered('virtual-disk', 1);
    const subject = { kind: 'virtual-disk' as const, key, label: machineName(machine), source };
    if (config.status === 'skip') builder.skip(subject, config.reason);
    else builder.refuse(subject, config.reason);
    return [];
  }
  const { disks, unsized } = parseGuestDisks(config.config);
  builder.discovered('virtual-disk', disks.length + unsized.length);
  for (const disk of unsized) skipUnsized(builder, machine, disk);
  const mode = context.options.modes[resource.template ? 'vm_template' : 'vm'];
  const taken = new Set<NetBoxRecord>();
  for (const disk of disks) {
    const current = chooseRow(stored, disk);
    if (current !== undefined) taken.add(current);
    planDisk(builder, { machine, mode, disk, current }, context);
  }
  return [{ machine, mode, desired: disks, stored, surplus: stored.filter((row) => !taken.has(row)) }];
}

/** The row of the disk; of several with the name the one with the right size. */
function chooseRow(stored: readonly NetBoxRecord[], { name, sizeMb }: DiskEntry): NetBoxRecord | undefined {
  const named = stored.filter((row) => textOf(row['name']) === name);
  return named.find((row) => toNumber(row['size']) === sizeMb) ?? named[0];
}

function skipUnsized(builder: PlanBuilder, machine: DiskMachine, disk: { name: string; volume: string }): void {
  builder.skip(
    {
      kind: 'virtual-disk',
      key: `${machine.key}/${disk.name}`,
      label: labelOf(machine, disk.name),
      source: machine.source,
    },
    {
      code: 'disk_unsized',
      message: `${disk.name} (${disk.volume}) of "${machineName(machine)}" has no size in Proxmox (a passed-through disk or a mounted folder), so NetBox cannot hold it.`,
    },
  );
}

interface DiskToPlan {
  readonly machine: DiskMachine;
  readonly mode: SyncMode;
  readonly disk: DiskEntry;
  readonly current: NetBoxRecord | undefined;
}

function planDisk(builder: PlanBuilder, { machine, mode, disk, current }: DiskToPlan, context: PlanContext): void {
  const key = `${machine.key}/${disk.name}`;
  const common = { key, label: labelOf(machine, disk.name), source: machine.source };
  const action = builder.add(
    {
      kind: 'virtual-disk',
      ...common,
      fields: diskFields(disk, ref('virtual-machine', machine.key)),
      rules: diskRules,
    },
    current,
    { mode },
  );
  if (action === 'skip' || action === 'refuse' || context.collected.states === undefined) return;
  const state = current === undefined ? undefined : context.states.get(current.id);
  const storageId = context.storages.find(disk.storageName, clusterId(machine, context));
  if (storageId === null && state === undefined) return;
  builder.add(
    {
      kind: 'virtual-disk-state',
      ...common,
      fields: diskStateFields(ref('virtual-disk', key), storageId),
      rules: diskStateRules(context.options),
    },
    state,
  );
}

/** The NetBox cluster under which the storages of the machine's Proxmox cluster are kept. */
function clusterId({ cluster: { view } }: DiskMachine, { collected }: PlanContext): number | undefined {
  const named = collected.roster.netboxClusters.filter((record) => textOf(record['name']) === view.name);
  return chooseCluster(named, view.owner.site.id)?.id;
}

/** Plans the deletion of disks that are gone from the configurations, cluster by cluster. The answer is which will go. */
function planRemovals(
  builder: PlanBuilder,
  comparisons: readonly Comparison[],
  context: PlanContext,
): ReadonlySet<number> {
  const removed = new Set<number>();
  const ours = ownRows(context.supportIds);
  for (const { view } of context.collected.roster.clusters) {
    const own = comparisons.filter(({ machine }) => machine.cluster.view.key === view.key);
    const rows = own.flatMap((comparison) =>
      comparison.surplus
        .filter((row) => ours(row) && !(comparison.mode === 'bootstrap_only' && builder.isBootstrapOnly(row)))
        .map((row) => absentRow(comparison.machine, row)),
    );
    const admitted = admitAbsence(builder, {
      kind: 'virtual-disk',
      noun: 'virtual disk',
      endpointId: view.owner.endpointId,
      cluster: view.name,
      stored: own.flatMap(({ stored }) => stored.filter(ours)).length,
      rows,
      limit: context.options.deleteLimit,
      mode: 'always',
    });
    for (const row of admitted) {
      removed.add(row.current.id);
      builder.remove(
        { kind: 'virtual-disk', ...row },
        {
          code: 'gone_from_proxmox',
          message: `${row.label} was deleted in NetBox: the configuration of the guest no longer has this disk with a size.`,
        },
      );
    }
  }
  return removed;
}

/** Disks without the Proxbox tag are an operator's. */
function ownRows(supportIds: KnownIds): (row: NetBoxRecord) => boolean {
  const proxbox = supportIds.get(objectKey('tag', 'proxbox'));
  return (row) => proxbox !== undefined && tagIds(row['tags']).includes(proxbox);
}

function absentRow(machine: DiskMachine, current: NetBoxRecord): AbsentRow {
  const name = textOf(current['name']);
  return { key: `${machine.key}/${name}`, label: labelOf(machine, name), current, source: machine.source };
}

/**
 * The size of a machine is the sum of its disks, which NetBox keeps itself; only the size of a machine without disks is
 * ours. NetBox empties it along with the last disk.
 */
function planMachineSize(builder: PlanBuilder, comparison: Comparison, removed: ReadonlySet<number>): void {
  const { machine, mode, desired, stored } = comparison;
  if (desired.length > 0 || stored.some(({ id }) => !removed.has(id))) return;
  const { virtualMachine, key, source } = machine;
  if (mode === 'bootstrap_only' && builder.isBootstrapOnly(virtualMachine)) return;
  const current = stored.length === 0 ? virtualMachine : { ...virtualMachine, disk: null };
  builder.add(
    { kind: 'machine-disk', key, label: machineName(machine), fields: { disk: 0 }, rules: {}, source },
    current,
  );
}

function labelOf(machine: DiskMachine, disk: string): string {
  return `${machineName(machine)}/${disk}`;
}
