/** Command lines of `pveum`, to be run as root on a node of the cluster: what grants a reader its privileges. */
import { readerPrivileges, readerRole, type Major } from './privileges.js';

export interface Account {
  /** `netbox@pve`. */
  readonly user: string;
  /** Name of the API token, without its user. */
  readonly token: string | null;
}

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
  return token === null ? [ofUser] : [ofUser, `${command} --tokens ${quoted(`${user}!${token}`)} ${rest}`];
}

/** As one word of a POSIX shell. */
export function quoted(text: string): string {
  return /^[\w.@/:-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}
