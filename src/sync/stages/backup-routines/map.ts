/** Backup jobs in the fields of the plugin's rows. Pure. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { BackupJob } from '../../../proxmox/parse/backup-jobs.js';
import { parsePropertyString } from '../../../proxmox/parse/property-string.js';
import { lastingConfig } from '../../plan/job-rows.js';
import { nodeRowOf } from '../../../plugin-endpoints/plugin-rows.js';
import { proxboxTag } from '../../plan/support-objects.js';
import type { Desired, FieldsOf, SourceRef } from '../../types.js';
import type { RoutineList } from './types.js';

export function subjectOf({ cluster: { view } }: Pick<RoutineList, 'cluster'>, job: BackupJob) {
  const source: SourceRef = { endpointId: view.owner.endpointId, cluster: view.name };
  return { kind: 'backup-routine' as const, key: `${view.key}/${job.jobId}`, label: job.jobId, source };
}

/**
 * The VMIDs that a job takes. The plugin wants them one by one and refuses an empty list, so that a job over all guests or a
 * pool is kept as what it takes now (`raw_config` holds the rule). undefined: nobody can tell, or there are none.
 */
export function selectionOf(job: BackupJob, guests: RoutineList['guests']): readonly number[] | undefined {
  if (job.selection.length > 0) return job.selection;
  if (guests === 'unknown') return undefined;
  const excluded = new Set(job.exclude);
  const vmids = guests
    .filter(({ vmid, pool }) => (job.all && !excluded.has(vmid)) || (job.pool !== null && pool === job.pool))
    // A job of a node backs up what runs there.
    .filter(({ node }) => job.node === null || node === job.node)
    .map(({ vmid }) => vmid)
    .sort((a, b) => a - b);
  return vmids.length === 0 ? undefined : vmids;
}

export interface RoutineParts {
  readonly list: RoutineList;
  readonly pluginEndpointId: number;
  readonly selection: readonly number[] | undefined;
  readonly nodes: readonly RecordOf<'node-link'>[];
}

/**
 * The row of a job. What Proxmox does not set is cleared. Node and storages that the plugin does not have (yet) are left
 * out, so that a stored one stays.
 */
export function routineRow(
  job: BackupJob,
  { list, pluginEndpointId, selection, nodes }: RoutineParts,
): Desired<'backup-routine'> {
  const fleecingStorage = parsePropertyString(job.fleecing ?? '', 'enabled').get('storage') ?? null;
  const node = lookedUp(job.node, (name) => nodeRowOf(pluginEndpointId, name, nodes)?.id);
  const storage = lookedUp(job.storage, (name) => storageRowId(name, list));
  const fleecing = lookedUp(fleecingStorage, (name) => storageRowId(name, list));
  return {
    ...subjectOf(list, job),
    fields: {
      endpoint: pluginEndpointId,
      job_id: job.jobId,
      enabled: job.enabled,
      schedule: job.schedule,
      ...(node === undefined ? {} : { node }),
      ...(storage === undefined ? {} : { storage }),
      ...(fleecing === undefined ? {} : { fleecing_storage: fleecing }),
      ...(selection === undefined ? {} : { selection: [...selection] }),
      comment: job.comment,
      status: 'active',
      ...retention(job),
      notes_template: job.notesTemplate,
      bwlimit: job.bwlimit,
      zstd: job.zstd,
      io_workers: job.ioWorkers,
      fleecing: job.fleecing ?? '',
      repeat_missed: job.repeatMissed,
      pbs_change_detection_mode: job.pbsChangeDetectionMode ?? '',
      raw_config: lastingConfig(job.rawConfig),
      tags: [proxboxTag],
    },
    rules: { endpoint: 'create-only', job_id: 'create-only', tags: 'union' },
  };
}

function retention(job: BackupJob): FieldsOf<'backup-routine'> {
  return {
    keep_last: job.keepLast,
    keep_daily: job.keepDaily,
    keep_weekly: job.keepWeekly,
    keep_monthly: job.keepMonthly,
    keep_yearly: job.keepYearly,
    keep_all: job.keepAll ? true : null,
  };
}

/** null where Proxmox names none, undefined where the plugin has no such row. */
function lookedUp(name: string | null, find: (name: string) => number | undefined): number | null | undefined {
  return name === null ? null : find(name);
}

function storageRowId(name: string, { storages }: RoutineList): number | undefined {
  return storages.find((row) => row.name === name)?.id;
}
