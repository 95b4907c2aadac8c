/** Command lines of `pveum`, to be run as root on a node of the cluster: what grants a reader its privileges. */
import type { ProxboxError } from '../errors/proxbox-error.js';
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

/**
 * Gives the account the role on a path and below it. A token with privilege separation has at most what both it and its
 * user are granted, so both are named; for one without separation the second line changes nothing.
 */
export function bindRoleCommands({ user, token }: Account, aclPath = '/', role = readerRole): readonly string[] {
  const command = `pveum acl modify ${quoted(aclPath)}`;
  const rest = `--roles ${role} --propagate 1`;
  const ofUser = `${command} --users ${quoted(user)} ${rest}`;
  return token === null ? [ofUser] : [ofUser, `${command} --tokens ${quoted(accountText({ user, token }))} ${rest}`];
}

/** Makes the role of readers, or completes the one that is there. */
export function ensureRoleCommand(major: Major): string {
  return `${addRoleCommand(major)} || ${extendRoleCommand(readerPrivileges(major))}`;
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
