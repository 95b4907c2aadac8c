/** Command lines of `pveum`, to be run as root on a node of the cluster: what grants a reader its privileges. */
import type { ProxboxError } from '../errors/proxbox-error.js';
import type { AclEntry } from './access.js';
import { accountText, type Account } from './credentials.js';
import { missingPrivilege } from './failures.js';
import { grantsOf, placesText, readerPrivileges, readerRole, type Major, type ReadName } from './privileges.js';
import type { ProxmoxSession } from './types.js';

/** The whole role, for the release that the cluster runs. */
export function addRoleCommand(major: Major): string {
  return `pveum role add ${readerRole} --privs "${readerPrivileges(major).join(',')}"`;
}

/** Adds to what the role has. */
export function extendRoleCommand(privileges: readonly string[], role = readerRole): string {
  return `pveum role modify ${role} --append 1 --privs "${privileges.join(',')}"`;
}

/** Whom a role is bound to, and where. */
export type Binding = Omit<AclEntry, 'role'>;

/**
 * One entry of the access control list. An own entry replaces what a user has on the path through groups and from above:
 * see grant.ts for which entry takes nothing away.
 */
export function bindRoleCommand({ path, type, id, propagates }: Binding, role: string): string {
  return `pveum acl modify ${quoted(path)} --${type}s ${quoted(id)} --roles ${role} --propagate ${propagates ? 1 : 0}`;
}

/** A further token of a user who is there: nothing of it, or of its other tokens, changes. */
export function addTokenCommands(user: string, token: string): readonly string[] {
  const id = accountText({ user, token });
  const bind = bindRoleCommand({ type: 'token', id, path: '/', propagates: true }, readerRole);
  return [`pveum user token add ${quoted(user)} ${quoted(token)}`, bind];
}

/**
 * For an account that was made for this and has nothing yet. A token with privilege separation has at most what both it and
 * its user are granted, so both are named; for one without separation the second line changes nothing.
 */
export function bindNewAccountCommands({ user, token }: Account, role = readerRole): readonly string[] {
  const place = { path: '/', propagates: true };
  const ofUser = bindRoleCommand({ ...place, type: 'user', id: user }, role);
  if (token === null) return [ofUser];
  return [ofUser, bindRoleCommand({ ...place, type: 'token', id: accountText({ user, token }) }, role)];
}

/**
 * For a read that Proxmox refused, as a sentence: which privilege is to be granted to whom, and the line that adds it to the
 * role. For a read that is open to every account the answer itself has to name the privilege.
 */
export function grantHint(
  read: ReadName,
  error: ProxboxError,
  { account, version }: Pick<ProxmoxSession, 'account' | 'version'>,
): string {
  const named = missingPrivilege(error);
  const documented = grantsOf(read, version.release);
  const grants = documented.length > 0 || named === null ? documented : [{ ...named, on: named.aclPath }];
  if (grants.length === 0)
    return 'Proxmox lets every account read this: look whether something else answers, such as a proxy';
  const command = extendRoleCommand(grants.map(({ privilege }) => privilege));
  return `Grant ${placesText(grants)} to ${accountText(account)}: ${command}`;
}

/** As one word of a POSIX shell. */
export function quoted(text: string): string {
  return /^[\w.@/:-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}
