/** Every backup job as a row of its endpoint; rows of jobs that are gone are marked stale. Pure. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { BackupJob } from '../../../proxmox/parse/backup-jobs.js';
import type { KnownIds } from '../../plan/diff-object.js';
import { unknownEndpoint } from '../../plan/job-rows.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { activeRowsOf, planStale } from '../../plan/stale.js';
import type { Plan, Reason } from '../../types.js';
import { routineRow, selectionOf, subjectOf } from './map.js';
import type { CollectedRoutines, RoutineList } from './types.js';
import type { DeleteLimit } from '../../plan/options.js';

export interface RoutineInput extends CollectedRoutines {
  readonly supportIds: KnownIds;
  readonly deleteLimit: DeleteLimit;
}

export function planRoutines(input: RoutineInput): Plan {
  const builder = new PlanBuilder({ known: input.supportIds });
  for (const warning of input.warnings) builder.warn(warning);
  for (const list of input.lists) {
    builder.discovered('backup-routine', list.jobs.length);
    for (const job of list.jobs) planJob(builder, job, list, input);
    planGone(builder, list, input);
  }
  return builder.build('backup-routines');
}

function planJob(builder: PlanBuilder, job: BackupJob, list: RoutineList, { rows, nodes }: RoutineInput): void {
  const subject = subjectOf(list, job);
  const { pluginEndpointId, cluster } = list;
  if (pluginEndpointId === null) {
    builder.skip(subject, unknownEndpoint(`Backup job ${job.jobId}`, cluster.view.name));
    return;
  }
  const stored = storedRow(job, pluginEndpointId, rows);
  const selection = selectionOf(job, list.guests);
  if (selection === undefined && stored === undefined) {
    builder.skip(subject, coversNothing(job, list));
    return;
  }
  builder.add(routineRow(job, { list, pluginEndpointId, selection, nodes }), stored);
}

function storedRow(
  job: BackupJob,
  pluginEndpointId: number,
  rows: readonly RecordOf<'backup-routine'>[],
): RecordOf<'backup-routine'> | undefined {
  return rows.find((row) => row.endpoint === pluginEndpointId && row.job_id === job.jobId);
}

function coversNothing(job: BackupJob, { guests, cluster }: RoutineList): Reason {
  const name = `Backup job ${job.jobId} of "${cluster.view.name}"`;
  if (guests === 'unknown')
    return {
      code: 'read_incomplete',
      message: `${name} was not written: it names no guests, and the guests of the cluster cannot be listed.`,
    };
  const pool = job.pool === null ? '' : ` (pool "${job.pool}"; the Proxmox user needs Pool.Audit to see who is in it)`;
  return {
    code: 'selection_empty',
    message: `${name} was not written: it takes no guest that can be seen${pool}, and the plugin does not keep a routine without guests.`,
  };
}

/** Rows of the endpoint whose job is not in its complete list. */
function planGone(builder: PlanBuilder, { cluster, pluginEndpointId, jobs }: RoutineList, input: RoutineInput): void {
  if (pluginEndpointId === null) return;
  const listed = new Set(jobs.map(({ jobId }) => jobId));
  const active = activeRowsOf(pluginEndpointId, input.rows);
  planStale(builder, {
    kind: 'backup-routine',
    noun: 'backup routine',
    view: cluster.view,
    idOf: (row: RecordOf<'backup-routine'>) => row.job_id,
    stored: active.length,
    gone: active.filter((row) => !listed.has(row.job_id)),
    limit: input.deleteLimit,
  });
}
