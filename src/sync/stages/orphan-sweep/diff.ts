/** Which machines have lost their guest, and what becomes of them: a mark for people to review, or deletion. Pure. */
import type { Steps } from '../../../config/breathe.js';
import { nameList } from '../../../values/short-text.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { hasTag } from '../../../netbox/kinds/values.js';
import { admitAbsence, type AbsentRow } from '../../plan/absence.js';
import type { KnownIds } from '../../plan/diff-object.js';
import type { SyncOptions } from '../../plan/options.js';
import { isGivenStatus, type Learnt, type Words } from '../../plan/ownership.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { isSoftDeleted, markedEntry, markOf } from '../../plan/soft-delete.js';
import { bootstrapOnlyTag, discoveryTag, softDeletedTag } from '../../plan/support-objects.js';
import { type Plan, type Reason, type SourceRef } from '../../types.js';
import { operatorDataBelow, rowsBelow } from './map-belongings.js';
import type { CollectedOrphans, SweptCluster } from './types.js';

export interface SweepInput {
  readonly options: SyncOptions;
  readonly supportIds: KnownIds;
  readonly learnt?: Learnt | undefined;
  /** At the end of a run of the machines: what other guests have now of a machine's addresses moves in stages to come. */
  readonly isMachineRun?: boolean | undefined;
}

/** One machine may always go: in a lab of three that is a third. */
const handful = 1;

/**
 * VMIDs of sidecars that no guest of a cluster has: it was listed and has guests at all, and neither the guest nor another
 * type of it under the VMID is among them. That a guest could not be synced is no absence: being listed counts.
 */
export function unlistedVmids(
  cluster: Pick<SweptCluster, 'view' | 'guests'>,
  states: readonly RecordOf<'vm-state'>[],
): readonly number[] {
  if (cluster.guests.length === 0) return [];
  const listed = new Set(cluster.guests.map(({ vmid }) => vmid));
  const stored = states.filter((state) => homeOf([cluster], state) !== undefined);
  return stored.flatMap(({ proxmox_vm_id: vmid }) => (vmid === null || listed.has(vmid) ? [] : [vmid]));
}

/** Sidecars of machines whose guest is gone for sure. */
export function orphanStates(
  clusters: readonly SweptCluster[],
  states: readonly RecordOf<'vm-state'>[],
): readonly RecordOf<'vm-state'>[] {
  return states.filter((state) => {
    const vmid = state.proxmox_vm_id;
    return vmid !== null && homeOf(clusters, state)?.gone.has(vmid) === true;
  });
}

/** The cluster of the run that a sidecar belongs to: an absence is a matter of the endpoints that were read. */
export function homeOf<Cluster extends Pick<SweptCluster, 'view'>>(
  clusters: readonly Cluster[],
  state: RecordOf<'vm-state'>,
): Cluster | undefined {
  const endpointId = state.proxmox_endpoint_raw_id;
  return clusters.find(
    ({ view }) => endpointId !== null && view.endpointIds.includes(endpointId) && view.mode !== 'restricted',
  );
}

/**
 * Machines that a sync has made (only those carry a discovery tag, but for those that it could not put one on; whoever takes it
 * off keeps the machine), and that it is not to leave alone. Marked once is marked, whatever people have made of the status
 * since; deletion takes those as well.
 */
export function isDue(
  machine: RecordOf<'virtual-machine'>,
  { options, supportIds }: SweepInput,
  untagged: CollectedOrphans['untagged'],
): boolean {
  const isLeftAlone = hasTag(machine, bootstrapOnlyTag(supportIds)) || isSettled(machine, { options, supportIds });
  return !isLeftAlone && isDiscovered(machine, supportIds, untagged);
}

function isDiscovered(
  machine: RecordOf<'virtual-machine'>,
  supportIds: KnownIds,
  untagged: CollectedOrphans['untagged'],
): boolean {
  if (untagged.has(machine.id)) return true;
  return (['qemu', 'lxc'] as const).some((type) => hasTag(machine, supportIds.get(discoveryTag(type).ref)));
}

function isSettled(machine: RecordOf<'virtual-machine'>, { options, supportIds }: SweepInput): boolean {
  return options.orphanAction === 'mark' && isSoftDeleted(machine, supportIds);
}

/** A machine whose guest is gone, with the sidecar that says which guest it was. */
interface Orphan extends AbsentRow<'virtual-machine'> {
  readonly state: RecordOf<'vm-state'>;
  readonly source: SourceRef;
}

/** Marks the machines of guests that are gone (or deletes them, if they are ours); a preview of a run without a sweep only names those. */
export function* planSweep(collected: CollectedOrphans, input: SweepInput): Steps<Plan> {
  const { options, supportIds, learnt } = input;
  const tag = bootstrapOnlyTag(supportIds);
  const builder = new PlanBuilder({ known: supportIds, bootstrapOnlyTag: tag, learnt });
  for (const warning of collected.warnings) builder.warn(warning);
  for (const cluster of collected.clusters) {
    yield;
    if (options.deleteOrphans && options.orphanAction === 'delete') tellOfAdopted(builder, cluster, collected, input);
    const due = orphansOf(cluster, collected)
      .filter(({ current }) => isDue(current, input, collected.untagged))
      .filter((orphan) => isOverdue(builder, orphan, collected, options));
    const admitted = admitAbsence(builder, {
      kind: 'virtual-machine',
      noun: 'virtual machines',
      endpointId: cluster.view.owner.endpointId,
      cluster: cluster.view.name,
      stored: unsettledStates(cluster, collected, input).length,
      rows: due,
      limit: options.deleteLimit,
      mode: 'always',
      handful,
    });
    for (const orphan of due.filter((one) => admitted.includes(one))) {
      if (isOnlyNamed(options)) builder.note({ ...noteOf(orphan, gone(orphan)), operation: 'would_delete' });
      else settle(builder, orphan, { cluster, collected, ...input });
    }
  }
  return builder.build('sweep-orphans');
}

/** A preview shows who would be swept, also where the run that it shows sweeps nobody. */
export function isOnlyNamed({ deleteOrphans, dryRun }: Pick<SyncOptions, 'deleteOrphans' | 'dryRun'>): boolean {
  return dryRun && !deleteOrphans;
}

/** Machines that no sync made: whoever has those of guests that are gone deleted is told why these stay. */
function tellOfAdopted(
  builder: PlanBuilder,
  cluster: SweptCluster,
  ...[{ states, virtualMachines, untagged }, { supportIds }]: [CollectedOrphans, SweepInput]
): void {
  const machines = new Map(virtualMachines.map((record) => [record.id, record]));
  const unlisted = new Set(unlistedVmids(cluster, states));
  for (const state of states) {
    const { proxmox_vm_id: vmid } = state;
    const machine = machines.get(state.virtual_machine ?? -1);
    if (vmid === null || machine === undefined || !unlisted.has(vmid) || homeOf([cluster], state) === undefined)
      continue;
    if (isDiscovered(machine, supportIds, untagged) || hasTag(machine, bootstrapOnlyTag(supportIds))) continue;
    const { view } = cluster;
    builder.note({
      code: 'operator_data',
      message: `Proxmox lists no guest of "${machine.name}" (VMID ${vmid}) any more, but the machine has no discovery tag (no sync made it, or somebody took the tag off): it is neither deleted nor marked. Delete it in NetBox if nobody needs it.`,
      label: machine.name,
      source: { endpointId: view.owner.endpointId, cluster: view.name, vmid },
    });
  }
}

function orphansOf(cluster: SweptCluster, { clusters, states, virtualMachines }: CollectedOrphans): readonly Orphan[] {
  const { view } = cluster;
  const machines = new Map(virtualMachines.map((record) => [record.id, record]));
  return orphanStates(clusters, states)
    .filter((state) => homeOf(clusters, state) === cluster)
    .flatMap((state) => {
      const current = machines.get(state.virtual_machine ?? -1);
      const vmid = state.proxmox_vm_id;
      if (current === undefined || vmid === null) return [];
      const source = { endpointId: view.owner.endpointId, cluster: view.name, vmid };
      return [{ key: `${view.key}/orphan/${current.id}`, label: current.name, current, state, source }];
    });
}

/** Sidecars of the cluster's machines, without those that are marked already: of these a share may go. */
function unsettledStates(
  cluster: SweptCluster,
  ...[{ clusters, states, virtualMachines }, input]: [CollectedOrphans, SweepInput]
): readonly RecordOf<'vm-state'>[] {
  const settled = new Set(virtualMachines.flatMap((machine) => (isSettled(machine, input) ? [machine.id] : [])));
  return states.filter((state) => homeOf(clusters, state) === cluster && !settled.has(state.virtual_machine ?? -1));
}

/** Whether enough runs in a row found the guest gone; a note says how many it takes. */
function isOverdue(
  builder: PlanBuilder,
  orphan: Orphan,
  ...[{ missedRuns }, { orphanGraceRuns }]: [CollectedOrphans, SyncOptions]
): boolean {
  const missed = missedRuns.get(orphan.current.id) ?? 0;
  if (missed >= orphanGraceRuns) return true;
  const message = `${gone(orphan).message} Seen ${missed} time(s); after ${orphanGraceRuns} runs in a row it is marked (PROXBOX_ORPHAN_GRACE_RUNS).`;
  builder.note({ ...noteOf(orphan, { code: 'grace', message }), operation: 'skipped' });
  return false;
}

interface Sweep extends SweepInput {
  readonly cluster: SweptCluster;
  readonly collected: CollectedOrphans;
}

/** What people have put something on is theirs to delete: it is marked for them instead. */
function settle(builder: PlanBuilder, orphan: Orphan, sweep: Sweep): void {
  const { collected, options, supportIds } = sweep;
  if (options.orphanAction === 'mark') {
    mark(builder, orphan, sweep);
    return;
  }
  const { current, state } = orphan;
  const role = state.proxmox_last_synced_role_id;
  const guest = { vmid: state.proxmox_vm_id ?? 0, name: state.proxmox_vm_name };
  const { guestTags, belongings } = collected;
  const theirs = [
    ...builder.operatorDataOf('virtual-machine', current, { tagIds: guestTags, role, guest }),
    ...(belongings === undefined
      ? ['what cannot be read']
      : operatorDataBelow(builder, current, belongings, supportIds)),
  ];
  const isMarked = isSoftDeleted(current, supportIds);
  if (theirs.length === 0 && (isMarked || sweep.isMachineRun !== true || !hasAddresses(current, belongings))) {
    remove(builder, orphan, collected);
    return;
  }
  if (theirs.length === 0) {
    const message = `${gone(orphan).message} It is marked, and deleted by the next run: another guest may have its addresses now, and they move first.`;
    builder.note({ ...noteOf(orphan, { code: 'grace', message }) });
    mark(builder, orphan, sweep);
    return;
  }
  keep(builder, orphan, theirs, sweep);
}

/** It is marked, unless its status is an operator's: the mark is one too, and without the operator's the next run would delete it. */
function keep(builder: PlanBuilder, orphan: Orphan, theirs: Words, sweep: Sweep): void {
  const { current, label, source } = orphan;
  const { supportIds } = sweep;
  const isMarkable = isGivenStatus(current, { supportIds });
  const fate = isMarkable ? 'it is marked and not deleted' : 'it is neither deleted nor marked';
  const message = `The guest of "${label}" (VMID ${source.vmid ?? '?'}) is gone, but the machine carries ${nameList(theirs)}: ${fate}. Delete it in NetBox if nobody needs it.`;
  builder.note({ ...noteOf(orphan, { code: 'operator_data', message }) });
  if (isMarkable && !isSoftDeleted(current, supportIds)) mark(builder, orphan, sweep);
}

function hasAddresses({ id }: RecordOf<'virtual-machine'>, belongings: CollectedOrphans['belongings']): boolean {
  if (belongings === undefined) return false;
  const { addresses, macs } = rowsBelow(id, belongings);
  return addresses.length + macs.length > 0;
}

function mark(
  builder: PlanBuilder,
  orphan: Orphan,
  { cluster: { view }, supportIds, options: { runId } }: Sweep,
): void {
  const tag = softDeletedTag(supportIds);
  if (tag === undefined) {
    builder.warn({
      code: 'forbidden',
      message:
        'No machine is marked as gone: NetBox has no tag proxbox-soft-deleted, and the token may not make it. Give it the permission to add tags, or make the tag by hand.',
    });
    return;
  }
  const { proxmox_vm_type: type } = orphan.state;
  if (builder.add(markOf(orphan, tag), orphan.current) !== 'update') return;
  builder.add(markedEntry(orphan, { vmid: orphan.source.vmid ?? '?', type, view, runId }), undefined);
}

function remove(builder: PlanBuilder, orphan: Orphan, { guards }: CollectedOrphans): void {
  const { key, label, current, source } = orphan;
  const row = { key, label, source };
  for (const guard of guards.get(current.id) ?? [])
    builder.remove(
      { ...row, kind: 'guest-vm-interface-address', key: `${key}/${guard.id}`, current: guard },
      gone(orphan),
    );
  builder.remove({ ...row, kind: 'virtual-machine', current }, gone(orphan));
}

function gone({ label, source }: Orphan): Reason {
  return {
    code: 'gone_from_proxmox',
    message: `The guest of "${label}" (VMID ${source.vmid ?? '?'}) no longer exists in cluster "${source.cluster}".`,
  };
}

function noteOf({ label, source }: Orphan, reason: Reason) {
  return { ...reason, label, source };
}
