/** The disks of every machine against its configuration. What could not be read keeps its disks as they are. Pure. */
import type { Steps } from '../../../config/breathe.js';
import { nameList, quotedList } from '../../../values/short-text.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { isVolume, parseGuestDisks, type DiskEntry, type UnsizedDisk } from '../../../proxmox/parse/disks.js';
import type { KnownIds } from '../../plan/diff-object.js';
import type { SyncMode, SyncOptions } from '../../plan/options.js';
import { isOurs, sidecarTags, type Learnt, type Marks } from '../../plan/ownership.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { bootstrapOnlyTag } from '../../plan/support-objects.js';
import { type Plan, type Reason, ref } from '../../types.js';
import { storageFinder, type FindStorage } from '../../plan/plugin-storages.js';
import { chooseRows, type StoredDisks } from './diff-rows.js';
import { diskFields, diskRules, diskStateFields, diskStateRules } from './map.js';
import type { CollectedDisks, DiskMachine } from './types.js';
import { machineMode, machineName, planRoster, byMachine } from '../../plan/roster.js';

export interface DiskPlanInput {
  readonly options: SyncOptions;
  readonly supportIds: KnownIds;
  readonly learnt?: Learnt | undefined;
}

interface PlanContext extends DiskPlanInput {
  readonly collected: CollectedDisks;
  readonly findStorage: FindStorage;
  /** Sidecars by the id of their disk. */
  readonly states: ReadonlyMap<number | null, RecordOf<'virtual-disk-state'>>;
}

/** A machine whose configuration was read, with the disks that NetBox has of it. */
interface Comparison {
  readonly machine: DiskMachine;
  readonly mode: SyncMode;
  readonly desired: readonly DiskEntry[];
  readonly stored: readonly RecordOf<'virtual-disk'>[];
  /** Stored disks that are none of the desired ones. */
  readonly surplus: readonly RecordOf<'virtual-disk'>[];
  /** It has a volume whose size nobody tells. */
  readonly isSizeUnknown: boolean;
  /** It has disks in NetBox that the token may not view. */
  readonly isHidden: boolean;
}

export function* planDisks(collected: CollectedDisks, input: DiskPlanInput): Steps<Plan> {
  const { supportIds, options, learnt } = input;
  const tag = bootstrapOnlyTag(supportIds);
  const builder = new PlanBuilder({ known: supportIds, bootstrapOnlyTag: tag, learnt });
  planRoster(builder, collected.roster);
  for (const warning of collected.warnings) builder.warn(warning);
  const context: PlanContext = {
    options,
    supportIds,
    collected,
    findStorage: storageFinder(collected.storages, collected.roster.netboxClusters),
    states: new Map((collected.states ?? []).map((row) => [row.virtual_disk, row])),
  };
  const disksOf = byMachine(collected.disks);
  const comparisons: Comparison[] = [];
  for (const machine of collected.machines) {
    comparisons.push(...compareMachine(builder, machine, disksOf.get(machine.virtualMachine.id) ?? [], context));
    yield;
  }
  const removed = planRemovals(builder, comparisons, context);
  for (const comparison of comparisons) planMachineSize(builder, comparison, removed);
  return builder.build('virtual-disks');
}

/** Plans what is configured; empty when the configuration could not be read. */
function compareMachine(
  builder: PlanBuilder,
  machine: DiskMachine,
  stored: readonly RecordOf<'virtual-disk'>[],
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
  const parsed = parseGuestDisks(config.config, machine.sizes);
  const { disks, unsized } = parsed;
  builder.discovered('virtual-disk', disks.length + unsized.length);
  for (const disk of unsized) skipUnsized(builder, machine, disk);
  const mode = machineMode(resource, context.options);
  const { rows, doubtful } = chooseRows(storedDisks(machine, stored, context), parsed);
  for (const disk of disks) {
    const among = doubtful.get(disk);
    if (among === undefined) planDisk(builder, { machine, mode, disk, current: rows.get(disk) }, context);
    else refuseDoubtful(builder, { machine, disk }, among);
  }
  const taken = new Set([...rows.values(), ...[...doubtful.values()].flat()]);
  const unknown = new Set(unsized.filter(isVolume).map(({ name }) => name));
  const surplus = stored.filter((row) => !taken.has(row) && !unknown.has(row.name));
  const isHidden = context.collected.hidden.has(machine.virtualMachine.id);
  return [{ machine, mode, desired: disks, stored, surplus, isSizeUnknown: unknown.size > 0, isHidden }];
}

function storedDisks(
  machine: DiskMachine,
  rows: readonly RecordOf<'virtual-disk'>[],
  context: PlanContext,
): StoredDisks {
  return {
    rows,
    isOurs: (row) => isOurs('virtual-disk', row, context),
    mayBeOn: (row, { storageName }) => {
      const stated = context.states.get(row.id)?.proxbox_storage ?? null;
      return stated === null || stated === context.findStorage(machine.cluster.view, storageName, stated);
    },
  };
}

function skipUnsized(builder: PlanBuilder, machine: DiskMachine, disk: UnsizedDisk): void {
  const { key, source } = machine;
  const subject = { key: `${key}/${disk.name}`, label: labelOf(machine, disk.name), source };
  const message = `${disk.name} (${disk.volume}) of "${machineName(machine)}" ${whyUnsized(machine, disk)}`;
  builder.skip(
    { kind: 'virtual-disk', ...subject },
    {
      code: isVolume(disk) ? 'disk_unsized' : 'disk_passed_through',
      message,
    },
  );
}

function whyUnsized({ resource, unasked }: DiskMachine, { storageName }: UnsizedDisk): string {
  if (storageName === null)
    return 'is no volume of Proxmox (a passed-through disk or a mounted folder), so NetBox does not hold it.';
  const cause = unasked.get(storageName);
  const told = cause === undefined ? 'does not list it' : `could not be asked (${cause})`;
  const command = resource.type === 'lxc' ? 'pct rescan' : 'qm disk rescan';
  return `has no size in its configuration ("${command} --vmid ${resource.vmid}" on the node writes it there), and the storage "${storageName}" ${told}.`;
}

interface DiskToPlan {
  readonly machine: DiskMachine;
  readonly mode: SyncMode;
  readonly disk: DiskEntry;
  readonly current: RecordOf<'virtual-disk'> | undefined;
}

function planDisk(builder: PlanBuilder, { machine, mode, disk, current }: DiskToPlan, context: PlanContext): void {
  const key = `${machine.key}/${disk.name}`;
  const common = { key, label: labelOf(machine, disk.name), source: machine.source };
  if (current === undefined && context.collected.hidden.has(machine.virtualMachine.id)) {
    builder.refuse({ kind: 'virtual-disk', ...common }, hiddenReason(machine, common.label));
    return;
  }
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
  const storageId = context.findStorage(machine.cluster.view, disk.storageName, state?.proxbox_storage);
  if (storageId === null && state === undefined) return;
  builder.add(
    {
      kind: 'virtual-disk-state',
      ...common,
      fields: diskStateFields(ref('virtual-disk', key), storageId),
      createTags: sidecarTags('virtual-disk', current, builder.known),
      rules: diskStateRules(context.options),
    },
    state,
  );
}

function refuseDoubtful(
  builder: PlanBuilder,
  { machine, disk }: Pick<DiskToPlan, 'machine' | 'disk'>,
  among: readonly RecordOf<'virtual-disk'>[],
): void {
  const { key, source } = machine;
  const label = labelOf(machine, disk.name);
  const rows = quotedList(among.map(({ name }) => name));
  builder.refuse(
    { kind: 'virtual-disk', key: `${key}/${disk.name}`, label, source },
    {
      code: 'disk_ambiguous',
      message: `The disk ${label} (${disk.sizeMb} MB) was not written: it may be ${rows} in NetBox, which people gave other names, and neither size nor storage tells. Call its row "${disk.name}" in NetBox, and delete the row of a disk that is gone.`,
    },
  );
}

/** It may be one of those; NetBox keeps disks of a machine apart by their names alone, which an operator may have changed. */
function hiddenReason(machine: DiskMachine, label: string): Reason {
  return {
    code: 'identity_unreadable',
    message: `The disk ${label} was not written: NetBox has disks of "${machineName(machine)}" that the token may not view, and it may be one of them. Grant the view permission for virtual disks without conditions.`,
  };
}

/**
 * Plans the deletion of disks that are gone from the configurations. Each configuration was read, so each absence is proven
 * and needs no limit. The answer is which will go.
 */
function planRemovals(
  builder: PlanBuilder,
  comparisons: readonly Comparison[],
  context: PlanContext,
): ReadonlySet<number> {
  const removed = new Set<number>();
  for (const { machine, mode, surplus } of comparisons)
    for (const current of surplus) {
      const sidecar = context.states.get(current.id);
      const isKnown = sidecar !== undefined || isOurs('virtual-disk', current, context);
      if (!isKnown || (mode === 'bootstrap_only' && builder.isBootstrapOnly(current))) continue;
      const { key, source } = machine;
      const label = labelOf(machine, current.name);
      const gone = `The configuration of the guest no longer has the disk ${label} on a volume`;
      const why = whyKept(builder, current, { ...context, sidecar });
      if (why !== undefined) {
        const message = `${gone}. Its row in NetBox stays, because ${why}.`;
        builder.note({ code: 'gone_from_proxmox', message, label, source });
        continue;
      }
      removed.add(current.id);
      const subject = { kind: 'virtual-disk' as const, key: `${key}/${current.name}`, label, current, source };
      builder.remove(subject, { code: 'gone_from_proxmox', message: `${gone}: its row was deleted.` });
    }
  return removed;
}

/** What keeps a row from being deleted, in words; undefined: nothing. */
function whyKept(builder: PlanBuilder, row: RecordOf<'virtual-disk'>, marks: Marks): string | undefined {
  const found = builder.operatorDataOf('virtual-disk', row);
  if (found.length > 0) return `it has ${nameList(found)}`;
  return isOurs('virtual-disk', row, marks) ? undefined : 'it was there before';
}

/**
 * The size of a machine is the sum of its disks, which NetBox keeps itself; only the size of a machine without disks is
 * ours. NetBox empties it along with the last disk.
 */
function planMachineSize(builder: PlanBuilder, comparison: Comparison, removed: ReadonlySet<number>): void {
  const { machine, mode, desired, stored, isSizeUnknown, isHidden } = comparison;
  if (desired.length > 0 || stored.some(({ id }) => !removed.has(id))) return;
  const { virtualMachine, key, source } = machine;
  if (isSizeUnknown || isHidden) return;
  if (mode === 'bootstrap_only' && builder.isBootstrapOnly(virtualMachine)) return;
  const current = stored.length === 0 ? virtualMachine : { ...virtualMachine, disk: null };
  builder.add(
    {
      ...{ kind: 'machine-disk', key, label: machineName(machine), fields: { disk: 0 }, rules: {}, source },
      afterDeleted: { kind: 'virtual-disk', ids: stored.map(({ id }) => id) },
    },
    current,
  );
}

function labelOf(machine: DiskMachine, disk: string): string {
  return `${machineName(machine)}/${disk}`;
}
