/** Single objects as Proxmox has them. All throw when Proxmox cannot say whether the object is there. */
import { ProxboxError } from '../../errors/proxbox-error.js';
import { toText } from '../../proxmox/parse/coerce.js';
import { withoutSecrets } from '../../proxmox/parse/secrets.js';
import { inOneOrder } from '../../proxmox/parse/sets.js';
import { readBackupJobs, readReplicationJobs } from '../../proxmox/reads/cluster.js';
import type { GuestConfig } from '../../proxmox/types.js';
import { readConfigs } from '../collect/guest-config.js';
import { collectGuestList } from '../collect/guest-list.js';
import { readFromCluster } from '../collect/proxmox.js';
import type { ConnectedCluster, ListedGuest } from '../guests.js';
import { guestLabel } from '../plan/roster.js';
import type { RunContext } from '../run-context.js';
import { errorOf } from './answer.js';
import type { FoundObject, ObjectQuery } from './types.js';

export function missingGuest({ cluster_name, type, vmid }: ObjectQuery): string {
  return `Proxmox cluster "${cluster_name}" has no ${type === '' ? '' : `${type} `}guest with VMID ${vmid}.`;
}

/** The guest that the run is about. Throws `not_found` when Proxmox does not list it. */
export async function requireGuest(run: RunContext, query: ObjectQuery): Promise<ListedGuest> {
  const { guests } = await collectGuestList({ ...run, options: { ...run.options, netboxVmIds: null } });
  const [guest] = guests;
  if (guest === undefined) throw new ProxboxError('not_found', missingGuest(query));
  return guest;
}

/** Throws why, when the configuration cannot be read: what is in it must not be taken for gone. */
export async function requireConfig(
  run: RunContext,
  query: ObjectQuery,
): Promise<{ readonly guest: ListedGuest; readonly config: GuestConfig }> {
  const guest = await requireGuest(run, query);
  const [read] = await readConfigs(run, [guest], 'virtual-machine');
  if (read?.config.status === 'read') return { guest: read, config: read.config.config };
  throw errorOf(read?.config.reason, guestLabel(guest.resource));
}

export function requireCluster({ clusters }: RunContext): ConnectedCluster {
  const [cluster] = clusters;
  if (cluster === undefined) throw new ProxboxError('not_found', 'No Proxmox session leads to the cluster.');
  return cluster;
}

const unknownFigures = { name: null, status: 'unknown', maxcpu: null, maxmem: null, maxdisk: null };

/** The guest with its configuration, without secrets. */
export async function findGuest(run: RunContext): Promise<FoundObject | null> {
  const { guests } = await collectGuestList({ ...run, options: { ...run.options, netboxVmIds: null } });
  const [read] = await readConfigs(run, guests.slice(0, 1), 'virtual-machine');
  if (read === undefined) return null;
  const { vmid, node, type } = read.resource;
  const { name, status, maxcpu, maxmem, maxdisk } = read.resource.isDescribed ? read.resource : unknownFigures;
  const config = read.config.status === 'read' ? withoutSecrets(read.config.config) : null;
  return {
    resource: { vmid, name, node, type, status, maxcpu, maxmem, maxdisk, config, proxmox_last_updated: run.now },
  };
}

export async function findStorage(run: RunContext, { storage_name }: ObjectQuery): Promise<FoundObject | null> {
  const rows = await readFromCluster(run, requireCluster(run), (session) => session.storages({ signal: run.signal }));
  const row = rows.find((one) => toText(one['storage']) === storage_name);
  return row === undefined ? null : { resource: withoutSecrets(inOneOrder(row)) };
}

/** Tells which guest the job is about. */
export async function findReplication(run: RunContext, { replication_id }: ObjectQuery): Promise<FoundObject | null> {
  const jobs = await readFromCluster(run, requireCluster(run), (session) =>
    readReplicationJobs(session, { signal: run.signal }),
  );
  const job = jobs.find(({ id }) => id === replication_id);
  if (job === undefined) return null;
  if (job.guest === null)
    throw new ProxboxError('not_found', `Guest VM ID not found in replication job ${replication_id}`);
  return { resource: job.rawConfig, params: { vmid: job.guest, type: '' } };
}

/** One backup job, or those of the whole cluster. */
export async function findRoutines(run: RunContext, { job_id }: ObjectQuery): Promise<FoundObject | null> {
  const jobs = await readFromCluster(run, requireCluster(run), (session) =>
    readBackupJobs(session, { signal: run.signal }),
  );
  if (job_id === '') return { resource: jobs.map(({ rawConfig }) => rawConfig) };
  const job = jobs.find(({ jobId }) => jobId === job_id);
  return job === undefined ? null : { resource: job.rawConfig };
}
