/** Every replication job of a known machine as a row of its endpoint; rows of gone jobs are marked stale. Pure. */
import type { Steps } from '../../../config/breathe.js';
import { counted } from '../../../values/short-text.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
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

export function* planReplications(input: ReplicationInput): Steps<Plan> {
  const builder = new PlanBuilder({ known: input.supportIds });
  for (const warning of input.warnings) builder.warn(warning);
  const rows = byJob(input.rows);
  for (const list of input.lists) {
    yield;
    for (const guest of list.guests.values()) builder.know('virtual-machine', guest.key, guest.virtualMachine.id);
    const jobs = input.isSelection ? list.jobs.filter(({ guest }) => list.guests.has(guest ?? 0)) : list.jobs;
    builder.discovered('replication', jobs.length);
    for (const job of jobs) {
      planJob(builder, job, list, { ...input, stored: rows.get(job.id) ?? [] });
      yield;
    }
    planGone(builder, list, input);
  }
  return builder.build('replications');
}

interface JobInput extends ReplicationInput {
  /** Rows with the id of the job. */
  readonly stored: readonly RecordOf<'replication'>[];
}

function planJob(builder: PlanBuilder, job: ReplicationJob, list: ReplicationList, input: JobInput): void {
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
    storedRow({ pluginEndpointId, guest, named: input.stored }),
  );
}

interface StoredScope {
  readonly pluginEndpointId: number;
  readonly guest: KnownGuest;
  /** Rows with the id of the job. */
  readonly named: readonly RecordOf<'replication'>[];
}

function byJob(rows: readonly RecordOf<'replication'>[]): ReadonlyMap<string, readonly RecordOf<'replication'>[]> {
  const groups = new Map<string, RecordOf<'replication'>[]>();
  for (const row of rows) {
    const group = groups.get(row.replication_id);
    if (group === undefined) groups.set(row.replication_id, [row]);
    else group.push(row);
  }
  return groups;
}

/** The row of the endpoint; else one of the same machine that was written when nobody knew the endpoint. */
function storedRow({ pluginEndpointId, guest, named }: StoredScope): RecordOf<'replication'> | undefined {
  return (
    named.find((row) => row.endpoint === pluginEndpointId) ??
    named.find((row) => row.endpoint === null && row.virtual_machine === guest.virtualMachine.id)
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
  const gone = active.filter((row) => !listed.has(row.replication_id) && mayJudge(row, list, input));
  const known = gone.filter((row) => list.gone.has(guestOf(row)) || isListed(row, list));
  const doubtful = gone.filter((row) => !known.includes(row)).map(({ replication_id: id }) => id);
  if (doubtful.length > 0)
    builder.warn({
      code: 'read_incomplete',
      message: `${counted('replication job', doubtful)} of "${view.name}": neither listed, nor are the guests. Nothing of it is marked stale, as it is not proven that the guests are gone: the Proxmox user may not see every guest (VM.Audit on /vms), or "pveum acl list" has NoAccess for them.`,
      source: { endpointId: view.owner.endpointId, cluster: view.name },
    });
  planStale(builder, {
    kind: 'replication',
    noun: 'replication job',
    view,
    idOf: (row: RecordOf<'replication'>) => row.replication_id,
    stored: active.length,
    gone: known,
    limit: input.deleteLimit,
  });
}

/** The VMID of the guest: the id of a job begins with it. */
export function guestOf({ guest, replication_id: id }: RecordOf<'replication'>): number {
  return guest ?? (Number.parseInt(id, 10) || 0);
}

function isListed(row: RecordOf<'replication'>, { guests, omitted }: ReplicationList): boolean {
  const vmid = guestOf(row);
  return guests.has(vmid) || omitted.has(vmid);
}

/** Not of a machine outside of the selection, of a class that is switched off, or that is marked as gone. */
function mayJudge(
  row: RecordOf<'replication'>,
  { guests, omitted }: ReplicationList,
  { isSelection, marked }: ReplicationInput,
): boolean {
  if (row.virtual_machine !== null && marked.has(row.virtual_machine)) return false;
  const vmid = guestOf(row);
  return isSelection ? guests.has(vmid) : omitted.get(vmid)?.reason.code !== 'mode_disabled';
}
