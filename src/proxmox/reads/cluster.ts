/** Reads of a whole cluster. */
import { parseBackupJob } from '../parse/backup-jobs.js';
import { parsePermissions, withAsked } from '../parse/permissions.js';
import { parseReplicationJob } from '../parse/replication.js';
import type { ReadOptions } from '../types.js';
import { listEvery, type Reader } from './rows.js';
export async function readBackupJobs(session: Reader, options?: ReadOptions) {
  return listEvery(session, 'cluster/backup', parseBackupJob, options);
}
export async function readReplicationJobs(session: Reader, options?: ReadOptions) {
  return listEvery(session, 'cluster/replication', parseReplicationJob, options);
}
/** What the account of the session may do. */
export async function readPermissions(session: Reader, options?: ReadOptions) {
  return parsePermissions(await session.get('access/permissions', options));
}

/** What the account holds on this one path: here `NoAccess` counts, which the whole tree does not show. */
export async function readPermissionsOn(
  session: Reader,
  aclPath: string,
  options?: ReadOptions,
): Promise<ReadonlySet<string>> {
  const answer = await session.get('access/permissions', { ...options, query: { path: aclPath } });
  return parsePermissions(answer).privilegesOn(aclPath);
}

/** What the account may do, and exactly what on these paths: a small read each, beside the tree. */
export async function readPermissionsWith(session: Reader, aclPaths: readonly string[], options?: ReadOptions) {
  const tree = await readPermissions(session, options);
  const asked = await Promise.all(
    [...new Set(aclPaths)].map(async (path) => [path, await readPermissionsOn(session, path, options)] as const),
  );
  return withAsked(tree, new Map(asked));
}
