/** Replication jobs in the fields of the plugin's rows. Pure. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { ReplicationJob } from '../../../proxmox/parse/replication.js';
import { lastingConfig } from '../../plan/job-rows.js';
import { nodeRowOf } from '../../../plugin-endpoints/plugin-rows.js';
import { proxboxTag } from '../../plan/support-objects.js';
import { type Desired, type SourceRef, ref } from '../../types.js';
import type { ReplicationList } from './types.js';
import type { KnownGuest } from '../../plan/roster.js';

export function subjectOf({ cluster: { view } }: Pick<ReplicationList, 'cluster'>, job: ReplicationJob) {
  const source: SourceRef = {
    endpointId: view.owner.endpointId,
    cluster: view.name,
    ...(job.guest === null ? {} : { vmid: job.guest }),
  };
  return { kind: 'replication' as const, key: `${view.key}/${job.id}`, label: job.id, source };
}

export interface ReplicationParts {
  readonly list: ReplicationList;
  readonly pluginEndpointId: number;
  readonly guest: KnownGuest;
  readonly nodes: readonly RecordOf<'node-link'>[];
}

/** The row of a job; the plugin's node is written only when it is found, so that a stored one is not lost. */
export function replicationRow(
  job: ReplicationJob,
  { list, pluginEndpointId, guest, nodes }: ReplicationParts,
): Desired<'replication'> {
  const node = nodeRowOf(pluginEndpointId, job.target, nodes)?.id;
  return {
    ...subjectOf(list, job),
    fields: {
      endpoint: pluginEndpointId,
      replication_id: job.id,
      virtual_machine: ref('virtual-machine', guest.key),
      ...(node === undefined ? {} : { proxmox_node: node }),
      guest: job.guest,
      target: job.target ?? '',
      job_type: job.type ?? 'local',
      schedule: job.schedule ?? '',
      rate: job.rate,
      comment: job.comment,
      disable: job.disable ?? false,
      source: job.source,
      jobnum: job.jobnum,
      remove_job: job.removeJob,
      status: 'active',
      raw_config: lastingConfig(job.rawConfig),
      tags: [proxboxTag],
    },
    rules: { replication_id: 'create-only', tags: 'union' },
  };
}
