import { relationId, tagIds, textOf, toNumber } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import { admitAbsence, protectingMode, type AbsentRow } from '../../plan/absence.js';
import type { KnownIds } from '../../plan/diff-object.js';
import type { SyncOptions } from '../../plan/options.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { bootstrapOnlyTag } from '../../plan/support-objects.js';
import { objectKey, type Plan, type SourceRef } from '../../types.js';
import type { CollectedOrphans, SweptCluster } from './types.js';

export interface SweepInput {
  readonly options: SyncOptions;
  readonly supportIds: KnownIds;
}

/**
 * Sidecars of machines whose guest is gone: the endpoint is one of the run's, its cluster was listed and has guests at all,
 * and neither the guest nor another type of it under the VMID is among them. That a guest could not be synced is no
 * absence: being listed counts.
 */
export function orphanStates(
  clusters: readonly SweptCluster[],
  states: readonly NetBoxRecord[],
): readonly NetBoxRecord[] {
  return states.filter((state) => {
    const home = homeOf(clusters, state);
    const vmid = toNumber(state['proxmox_vm_id']);
    if (home === undefined || vmid === null || home.guests.length === 0) return false;
    return !home.guests.some((guest) => guest.vmid === vmid);
  });
}

function homeOf(clusters: readonly SweptCluster[], state: NetBoxRecord): SweptCluster | undefined {
  const endpointId = toNumber(state['proxmox_endpoint_raw_id']);
  return clusters.find(
    ({ view }) => endpointId !== null && view.endpointIds.includes(endpointId) && view.mode !== 'restricted',
  );
}

/** Deletes the machines of guests that are gone, if they are ours; with `dry_run` it only names them. */
export function planSweep(collected: CollectedOrphans, { options, supportIds }: SweepInput): Plan {
  const builder = new PlanBuilder({ known: supportIds, bootstrapOnlyTag: bootstrapOnlyTag(supportIds) });
  for (const warning of collected.warnings) builder.warn(warning);
  const machines = new Map(collected.virtualMachines.map((record) => [record.id, record]));
  const orphans = orphanStates(collected.clusters, collected.states);
  for (const cluster of collected.clusters) {
    const stored = collected.states.filter((state) => homeOf(collected.clusters, state) === cluster).length;
    const rows = orphans
      .filter((state) => homeOf(collected.clusters, state) === cluster)
      .flatMap((state) => orphanRow(cluster, state, machines))
      .filter(({ current }) => isDiscovered(current, supportIds));
    if (options.dryRun) {
      for (const row of rows)
        builder.note({ ...gone(row), label: row.label, operation: 'would_delete', ...sourced(row) });
      continue;
    }
    const admitted = admitAbsence(builder, {
      kind: 'virtual-machine',
      noun: 'virtual machines',
      endpointId: cluster.view.owner.endpointId,
      cluster: cluster.view.name,
      stored,
      rows,
      limit: options.deleteLimit,
      mode: protectingMode(options),
    });
    for (const row of admitted) removeMachine(builder, row, collected);
  }
  return builder.build('sweep-orphans');
}

function orphanRow(
  { view }: SweptCluster,
  state: NetBoxRecord,
  machines: ReadonlyMap<number, NetBoxRecord>,
): readonly AbsentRow[] {
  const current = machines.get(relationId(state['virtual_machine']) ?? -1);
  const vmid = toNumber(state['proxmox_vm_id']);
  if (current === undefined || vmid === null) return [];
  const source = { endpointId: view.owner.endpointId, cluster: view.name, vmid };
  return [{ key: `${view.key}/orphan/${current.id}`, label: textOf(current['name']), current, source }];
}

/** Only machines that a sync has made carry one of the discovery tags. */
function isDiscovered(machine: NetBoxRecord, supportIds: KnownIds): boolean {
  const tags = tagIds(machine['tags']);
  return ['qemu', 'lxc'].some((type) => {
    const id = supportIds.get(objectKey('tag', `proxbox-discovered-${type}`));
    return id !== undefined && tags.includes(id);
  });
}

function removeMachine(builder: PlanBuilder, row: AbsentRow, { guards }: CollectedOrphans): void {
  for (const guard of guards.get(row.current.id) ?? [])
    builder.remove(
      { ...row, kind: 'guest-vm-interface-address', key: `${row.key}/${guard.id}`, current: guard },
      gone(row),
    );
  builder.remove({ ...row, kind: 'virtual-machine' }, gone(row));
}

function gone({ label, source }: AbsentRow) {
  return {
    code: 'gone_from_proxmox' as const,
    message: `The guest of "${label}" (VMID ${source?.vmid ?? '?'}) no longer exists in cluster "${source?.cluster ?? '?'}".`,
  };
}

function sourced({ source }: AbsentRow): { readonly source?: SourceRef } {
  return source === undefined ? {} : { source };
}
