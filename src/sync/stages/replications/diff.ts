import { relationId, textOf, toNumber } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import type { ReplicationJob } from '../../../proxmox/parse/replication.js';
import type { KnownIds } from '../../plan/diff-object.js';
import { unknownEndpoint } from '../../plan/job-rows.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { activeRowsOf, planStale } from '../../plan/stale.js';
import type { Plan, Reason } from '../../types.js';
import { replicationRow, subjectOf } from './map.js';
import type { CollectedReplications, ReplicationList } from './types.js';
import type { KnownGuest } from '../../plan/roster.js';
import type { DeleteLimit } from '../../plan/options.js';

export interface ReplicationInput extends CollectedReplications {
  readonly supportIds: KnownIds;
  readonly deleteLimit: DeleteLimit;
}

/** Every replication job of a known machine as a row of its endpoint; rows of jobs that are gone are marked stale. */
export function planReplications(input: ReplicationInput): Plan {
  const builder = new PlanBuilder({ known: input.supportIds });
  for (const warning of input.warnings) builder.warn(warning);
  for (const list of input.lists) {
    for (const guest of list.guests.values()) builder.know('virtual-machine', guest.key, guest.virtualMachine.id);
    const jobs = input.isSelection ? list.jobs.filter(({ guest }) => list.guests.has(guest ?? 0)) : list.jobs;
    builder.discovered('replication', jobs.length);
    for (const job of jobs) planJob(builder, job, list, input);
    planGone(builder, list, input);
  }
  return builder.build('replications');
}

function planJob(builder: PlanBuilder, job: ReplicationJob, list: ReplicationList, input: ReplicationInput): void {
  const subject = subjectOf(list, job);
  const { pluginEndpointId, cluster } = list;
  const guest = list.guests.get(job.guest ?? 0);
  if (pluginEndpointId === null) {
    builder.skip(subject, unknownEndpoint(`Replication job ${job.id}`, cluster.view.name));
    return;
  }
  if (guest === undefined) {
    builder.skip(subject, missingGuest(job, list));
    return;
  }
  builder.add(
    replicationRow(job, { list, pluginEndpointId, guest, nodes: input.nodes }),
    storedRow(job, { pluginEndpointId, guest, rows: input.rows }),
  );
}

interface StoredScope {
  readonly pluginEndpointId: number;
  readonly guest: KnownGuest;
  readonly rows: readonly NetBoxRecord[];
}

/** The row of the endpoint; else one of the same machine that was written when nobody knew the endpoint. */
function storedRow(job: ReplicationJob, { pluginEndpointId, guest, rows }: StoredScope): NetBoxRecord | undefined {
  const named = rows.filter((row) => textOf(row['replication_id']) === job.id);
  return (
    named.find((row) => relationId(row['endpoint']) === pluginEndpointId) ??
    named.find(
      (row) => relationId(row['endpoint']) === null && relationId(row['virtual_machine']) === guest.virtualMachine.id,
    )
  );
}

function missingGuest(job: ReplicationJob, { omitted, cluster }: ReplicationList): Reason {
  const known = omitted.get(job.guest ?? 0);
  const message = `Replication job ${job.id} of "${cluster.view.name}" was not written: `;
  if (known !== undefined) return { code: known.reason.code, message: message + known.reason.message };
  return { code: 'vm_missing', message: `${message}its guest is not known; sync the virtual machines first.` };
}

/** Rows whose job the list would show if it existed. */
function planGone(builder: PlanBuilder, list: ReplicationList, input: ReplicationInput): void {
  const { pluginEndpointId, cluster } = list;
  if (pluginEndpointId === null) return;
  const { view } = cluster;
  const listed = new Set(list.jobs.map(({ id }) => id));
  const active = activeRowsOf(pluginEndpointId, input.rows);
  const gone = active.filter((row) => !listed.has(textOf(row['replication_id'])) && mayJudge(row, list, input));
  const known = gone.filter((row) => list.seesAll || isListed(row, list));
  if (known.length < gone.length)
    builder.warn({
      code: 'read_incomplete',
      message: `${gone.length - known.length} replication job(s) of "${view.name}" are not listed and their guests neither. They are not marked stale, as the Proxmox user may not see every guest. Grant VM.Audit on /vms.`,
      source: { endpointId: view.owner.endpointId, cluster: view.name },
    });
  planStale(builder, {
    kind: 'replication',
    noun: 'replication job',
    view,
    idField: 'replication_id',
    stored: active.length,
    gone: known,
    limit: input.deleteLimit,
  });
}

function isListed(row: NetBoxRecord, { guests, omitted }: ReplicationList): boolean {
  const vmid = toNumber(row['guest']) ?? 0;
  return guests.has(vmid) || omitted.has(vmid);
}

/** Not of a machine outside of the selection, nor of a class that is switched off. */
function mayJudge(row: NetBoxRecord, { guests, omitted }: ReplicationList, { isSelection }: ReplicationInput): boolean {
  const vmid = toNumber(row['guest']) ?? 0;
  return isSelection ? guests.has(vmid) : omitted.get(vmid)?.reason.code !== 'mode_disabled';
}
