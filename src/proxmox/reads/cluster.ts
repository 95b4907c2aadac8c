/** Reads of a whole cluster. */
import { parseBackupJob } from '../parse/backup-jobs.js';
import { parsePermissions } from '../parse/permissions.js';
import { parseReplicationJob } from '../parse/replication.js';
import { parseTagColours } from '../parse/tags.js';
import type { ProxmoxSession, ReadOptions } from '../types.js';
import { listRows, present, type Reader } from './rows.js';
export async function readBackupJobs(session: Reader, options?: ReadOptions) {
  return present(await listRows(session, 'cluster/backup', options), parseBackupJob);
}
export async function readReplicationJobs(session: Reader, options?: ReadOptions) {
  return present(await listRows(session, 'cluster/replication', options), parseReplicationJob);
}
/** Six hex digits by tag name (lower case); empty when the options cannot be read. */
export async function readTagColours(session: Pick<ProxmoxSession, 'clusterOptions'>, options?: ReadOptions) {
  return parseTagColours(await session.clusterOptions(options));
}
/** What the account of the session may do. */
export async function readPermissions(session: Reader, options?: ReadOptions) {
  return parsePermissions(await session.get('access/permissions', options));
}
