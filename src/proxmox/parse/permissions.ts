/** Answers of `access/permissions`: ACL path -> privilege -> 1 when it propagates to what is below. */
import { isRow, toBool } from './coerce.js';

export interface Permissions {
  /** Whether the account has the privilege on the path, itself or from above. */
  has(aclPath: string, privilege: string): boolean;
}

export function parsePermissions(data: unknown): Permissions {
  const granted = new Map<string, ReadonlyMap<string, boolean>>();
  for (const [aclPath, privileges] of Object.entries(isRow(data) ? data : {})) {
    if (!isRow(privileges)) continue;
    const entries = Object.entries(privileges).map(
      ([name, propagates]) => [name, toBool(propagates) ?? false] as const,
    );
    granted.set(aclPath, new Map(entries));
  }
  return {
    has: (aclPath, privilege) => {
      if (granted.get(aclPath)?.has(privilege) === true) return true;
      // The nearest path above that Proxmox lists decides: permissions on a deeper path replace those from above.
      const above = ancestors(aclPath).find((ancestor) => granted.has(ancestor));
      if (granted.has(aclPath) || above === undefined) return false;
      return granted.get(above)?.get(privilege) === true;
    },
  };
}

/** `/storage/pbs1` -> `/storage`, `/`. */
function ancestors(aclPath: string): readonly string[] {
  const parts = aclPath.split('/').filter((part) => part !== '');
  return parts.map((_, index) => `/${parts.slice(0, parts.length - 1 - index).join('/')}`);
}

/** The privilege that reads the guest agent: Proxmox 9 replaced `VM.Monitor`. */
export function agentPrivilege(release: string): string {
  return Number.parseInt(release, 10) >= 9 ? 'VM.GuestAgent.Audit' : 'VM.Monitor';
}

const readerPrivileges = ['Datastore.Audit', 'Sys.Audit', 'VM.Audit'];

/** What the documented read-only role needs on `/` and the account lacks. */
export function missingReaderPrivileges(permissions: Permissions, release: string): readonly string[] {
  return [...readerPrivileges, agentPrivilege(release)].filter((privilege) => !permissions.has('/', privilege));
}

/** The command that grants a reader everything this release knows; run on a node of the cluster. */
export function readerRoleCommand(release: string): string {
  const privileges = [...readerPrivileges, agentPrivilege(release)].join(',');
  return `pveum role modify NetBoxReadOnly --privs "${privileges}"`;
}

/**
 * What is missing to see every backup on a storage; empty = an archive that is not listed does not exist. Proxmox leaves
 * out, without an error, backups of guests that the account may not back up.
 */
export function missingBackupPrivileges(permissions: Permissions, storage: string): readonly string[] {
  const onStorage = `/storage/${storage}`;
  if (permissions.has(onStorage, 'Datastore.Allocate')) return [];
  const missing: string[] = [];
  if (!permissions.has(onStorage, 'Datastore.AllocateSpace')) missing.push('Datastore.AllocateSpace');
  if (!permissions.has('/vms', 'VM.Backup')) missing.push('VM.Backup');
  return missing;
}
