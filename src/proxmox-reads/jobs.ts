/** Backup and replication jobs of all clusters in one list; a cluster that could not be read is a row of its own. */
import { errorText } from '../errors/proxbox-error.js';
import type { Row } from '../proxmox/parse/coerce.js';
import { readReplicationJobs } from '../proxmox/reads/cluster.js';
import { listRows } from '../proxmox/reads/rows.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import { flatten } from './flat-rows.js';
import type { ReadFailure, ReadResult } from './read-endpoints.js';
import { uniqueRows } from './unique-rows.js';

export async function backupJobs(session: ProxmoxSession): Promise<readonly Row[]> {
  const jobs = await listRows(session, 'cluster/backup');
  return jobs.map((job) => ({ ...flatten(job), cluster_name: session.name }));
}

/** The name of the endpoint stands for the cluster's, which nobody could tell. */
function failedBackupRow({ endpoint, error }: ReadFailure): Row {
  return { cluster_name: endpoint.name, error: errorText(error) };
}

const nothing = {
  comment: null, disable: null, guest: null, id: null, jobnum: null, rate: null, remove_job: null, schedule: null,
  source: null, target: null, type: null,
}; // prettier-ignore

export async function replicationJobs(session: ProxmoxSession): Promise<readonly Row[]> {
  const jobs = await readReplicationJobs(session);
  return jobs.map((job) => ({
    cluster_name: session.name,
    status: 'ok',
    error: null,
    id: job.id,
    type: job.type,
    guest: job.guest,
    jobnum: job.jobnum,
    source: job.source,
    target: job.target,
    schedule: job.schedule,
    rate: job.rate,
    comment: job.comment,
    disable: job.disable,
    remove_job: job.removeJob,
  }));
}

function failedReplicationRow({ endpoint, error }: ReadFailure): Row {
  return { cluster_name: endpoint.name, status: 'error', error: errorText(error), ...nothing };
}

function together({ results, failures }: ReadResult<readonly Row[]>, failed: (failure: ReadFailure) => Row) {
  return [...uniqueRows(results.flat(), 'id'), ...failures.map(failed)];
}

export const backupRows = (read: ReadResult<readonly Row[]>): readonly Row[] => together(read, failedBackupRow);
export const replicationRows = (read: ReadResult<readonly Row[]>): readonly Row[] =>
  together(read, failedReplicationRow);
