/** Which privileges an account has, which it lacks, and the commands that grant them. Pure. */
import { accountText, type Account } from '../proxmox/credentials.js';
import { missingPrivilege } from '../proxmox/failures.js';
import type { Permissions } from '../proxmox/parse/permissions.js';
import {
  holdsAny,
  majorOf,
  readerPrivileges,
  readerRole,
  readNeeds,
  requiredPrivileges,
  type Major,
  type ReadNeed,
  type RequiredPrivilege,
} from '../proxmox/privileges.js';
import { addRoleCommand, bindRoleCommands, ensureRoleCommand, extendRoleCommand } from '../proxmox/pveum.js';
import type { Findings, OpenFindings, PrivilegeReport, Problem, ReadFinding } from './types.js';

/** For what is more than reading. */
const backupRole = 'NetBoxBackups';

export function privilegeReports({ version, permissions }: OpenFindings): readonly PrivilegeReport[] {
  return requiredPrivileges(majorOf(version.release)).map((required) => ({
    privilege: required.privilege,
    path: required.on,
    state: permissions === null ? 'unknown' : stateOf(required, permissions),
    reader: required.role === 'reader',
    without: [...new Set(required.needs.map(({ without }) => without))],
  }));
}

export function privilegeProblems({ account }: Findings, open: OpenFindings): readonly Problem[] {
  // Without credentials there is no open session.
  if (account === null) return [];
  if (open.permissions === null) return [unknown(), ...refusedReads(account, open, [])];
  const reports = privilegeReports(open);
  const lacking = reports.filter(({ reader, state }) => reader && state === 'missing');
  const partly = reports.filter(({ reader, state }) => reader && state === 'partial');
  return [
    ...(lacking.length === 0 ? [] : [missing(account, open, lacking)]),
    ...(partly.length === 0 ? [] : [partial(account, open, partly)]),
    ...refusedReads(account, open, lacking),
    ...(lacking.length > 0 ? [] : hiddenBackups(account, open, reports)),
  ];
}

function stateOf(
  { on, privilege, alternatives, needs }: RequiredPrivilege,
  permissions: Permissions,
): PrivilegeReport['state'] {
  const names = [privilege, ...alternatives];
  if (holdsAny(permissions, on, names)) return 'present';
  const isReplaced = ({ instead }: ReadNeed): boolean =>
    instead !== undefined && permissions.has(instead.on, instead.privilege);
  if (needs.every(isReplaced)) return 'present';
  const isBelow = (aclPath: string): boolean => on !== '/' && aclPath.startsWith(`${on}/`);
  return names.some((name) => permissions.pathsWith(name).some(isBelow)) ? 'partial' : 'missing';
}

function missing(account: Account, open: OpenFindings, lacking: readonly PrivilegeReport[]): Problem {
  const isBareToken = account.token !== null && open.permissions?.isEmpty === true;
  return {
    code: isBareToken ? 'token_without_privileges' : 'privileges_missing',
    severity: 'error',
    cause: isBareToken ? bareTokenCause(account) : missingCause(account, open, lacking),
    cure: isBareToken
      ? 'Bind the read-only role to the user and to the token: run the commands as root on a node. (A token that is to have all that its user has is made with --privsep 0 instead.)'
      : 'Run the commands as root on a node; what is there already stays as it is.',
    commands: [...roleCommands(open, majorOf(open.version.release)), ...bindRoleCommands(account)],
    missing: [...new Set(lacking.flatMap(({ without }) => without))],
  };
}

function bareTokenCause(account: Account): string {
  return (
    `The API token ${accountText(account)} logs in but holds no privilege anywhere. With privilege ` +
    `separation, which is how tokens are made by default, it has only what is granted both to ${account.user} and to the token itself.`
  );
}

function missingCause(account: Account, open: OpenFindings, lacking: readonly PrivilegeReport[]): string {
  const what = lacking.map(({ privilege, path }) => `${privilege} on ${path}`).join(', ');
  const sentences = [`${accountText(account)} lacks ${what}.`];
  const held = open.roles?.get(readerRole);
  const outside = lacking.filter(({ privilege }) => held !== undefined && !held.includes(privilege));
  const inRole = [...new Set(outside.map(({ privilege }) => privilege))];
  if (inRole.length > 0) {
    sentences.push(`The role ${readerRole} of this cluster does not have ${inRole.join(', ')}.`);
    if (inRole.includes('VM.GuestAgent.Audit'))
      sentences.push(
        'Proxmox VE 9 asks for it where 8 asked for VM.Monitor, so a role from before the upgrade lacks it.',
      );
  }
  const stuck = lacking.filter(
    ({ privilege, path }) => path !== '/' && open.permissions?.pathsWith(privilege).includes('/'),
  );
  if (stuck.length > 0) sentences.push('What is granted on / is not passed on to what is below it (propagate).');
  return sentences.join(' ');
}

/** Nothing when the role is as it should be. */
function roleCommands({ roles }: OpenFindings, major: Major): readonly string[] {
  const wanted = readerPrivileges(major);
  if (roles === null) return [ensureRoleCommand(major)];
  const held = roles.get(readerRole);
  if (held === undefined) return [addRoleCommand(major)];
  const lacking = wanted.filter((privilege) => !held.includes(privilege));
  return lacking.length === 0 ? [] : [extendRoleCommand(lacking)];
}

function partial(account: Account, open: OpenFindings, partly: readonly PrivilegeReport[]): Problem {
  const what = partly.map(({ privilege, path }) => `${privilege} below ${path}`).join(', ');
  return {
    code: 'privileges_partial',
    severity: 'warning',
    cause: `${account.user} has ${what} on some objects only; the others are not seen.`,
    cure: 'If that is not intended, run the commands as root on a node: they grant it on everything.',
    commands: [...roleCommands(open, majorOf(open.version.release)), ...bindRoleCommands(account)],
    missing: partly.flatMap(({ without }) => without.map((one) => `${one} (where it is not granted)`)),
  };
}

function unknown(): Problem {
  return {
    code: 'privileges_unknown',
    severity: 'warning',
    cause: 'Proxmox did not tell what the account may do (GET access/permissions failed).',
    cure: 'Look at the reads of the report: what was refused there needs a privilege.',
    commands: [],
    missing: [],
  };
}

/** Refused although the account has the privilege where it is usually granted: an entry on a deeper path takes it away. */
function refusedReads(
  account: Account,
  { reads, permissions }: OpenFindings,
  lacking: readonly PrivilegeReport[],
): readonly Problem[] {
  const isExplained = (read: ReadFinding): boolean =>
    lacking.some(({ without }) => without.includes(needOf(read)?.without ?? ''));
  const why =
    permissions === null
      ? ''
      : ' The account has the privilege elsewhere; an entry on this very path gives it another role.';
  return reads
    .filter((read) => read.outcome === 'refused' && !isExplained(read))
    .map((read) => refusedRead(account, read, why));
}

function needOf(finding: ReadFinding) {
  return readNeeds.find(({ read }) => read === finding.read);
}

function refusedRead(account: Account, finding: ReadFinding, why: string): Problem {
  const named = finding.error === undefined ? null : missingPrivilege(finding.error);
  const without = needOf(finding)?.without;
  return {
    code: 'read_refused',
    severity: 'warning',
    cause: `GET ${finding.path} was refused: ${finding.detail}.${why}`,
    cure: 'Look at the entries with the first command, and give the account the read-only role on this path as well.',
    commands: ['pveum acl list', ...(named === null ? [] : bindRoleCommands(account, named.aclPath))],
    missing: without === undefined ? [] : [without],
  };
}

function hiddenBackups(account: Account, open: OpenFindings, reports: readonly PrivilegeReport[]): readonly Problem[] {
  const lacking = reports.filter(({ reader, state }) => !reader && state !== 'present');
  if (lacking.length === 0) return [];
  const names = lacking.map(({ privilege }) => privilege);
  const role =
    open.roles?.has(backupRole) === true
      ? extendRoleCommand(names, backupRole)
      : `pveum role add ${backupRole} --privs "${names.join(',')}"`;
  return [
    {
      code: 'backups_hidden',
      severity: 'note',
      cause: `Proxmox shows the backups of guests only to accounts that may make them: ${lacking.map(({ privilege, path }) => `${privilege} on ${path}`).join(', ')}.`,
      cure: 'If backups are wanted in NetBox, run the commands as root on a node. They allow more than reading, so they are no part of the read-only role.',
      commands: [role, ...bindRoleCommands(account, '/', backupRole)],
      missing: [...new Set(lacking.flatMap(({ without }) => without))],
    },
  ];
}
