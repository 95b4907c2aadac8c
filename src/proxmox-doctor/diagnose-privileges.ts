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
  type ReadNeed,
  type RequiredPrivilege,
} from '../proxmox/privileges.js';
import { proposeGrant, type Proposal } from '../proxmox/grant.js';
import type { Findings, OpenFindings, PrivilegeReport, Problem, ReadFinding } from './types.js';

/** For what is more than reading. */
const backupRole = 'NetBoxBackups';

export function privilegeReports({
  version,
  permissions,
}: Pick<OpenFindings, 'version' | 'permissions'>): readonly PrivilegeReport[] {
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
    // Where it is missing for all of them, that is the problem.
    ...(lacking.some(({ privilege }) => privilege === 'VM.Audit') ? [] : hiddenGuests(account, open)),
    ...(lacking.some(({ privilege, path }) => !isOptional(privilege, path))
      ? []
      : hiddenBackups(account, open, reports)),
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
  const { commands, remark } = readerGrant(account, open, lacking);
  return {
    code: isBareToken ? 'token_without_privileges' : 'privileges_missing',
    severity: lacking.every(({ privilege, path }) => isOptional(privilege, path)) ? 'warning' : 'error',
    cause: isBareToken ? bareTokenCause(account) : missingCause(account, open, lacking),
    cure: sentences(
      isBareToken
        ? 'Give the read-only role to the user and to the token: run the commands as root on a node. (A token that is to have all that its user has is made with --privsep 0 instead.)'
        : 'Run the commands as root on a node; what is there already stays as it is.',
      remark,
    ),
    commands,
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

/** What completes the read-only role and gives it to whoever lacks something of it. */
function readerGrant(account: Account, open: OpenFindings, lacking: readonly Lacking[]): Proposal {
  const wanted = { name: readerRole, privileges: readerPrivileges(majorOf(open.version.release)) };
  const lacks = lacking.map(({ privilege, path }) => ({ privilege, on: path }));
  return proposeGrant({ account, facts: open.access, roles: open.roles, wanted, lacking: lacks });
}

type Lacking = Pick<PrivilegeReport, 'privilege' | 'path'>;

function isOptional(privilege: string, path: string): boolean {
  const needs = readNeeds.filter(({ grants }) =>
    grants.some(({ on, anyOf }) => on === path && [...anyOf[8], ...anyOf[9]].includes(privilege)),
  );
  return needs.every((need) => need.isOptional);
}

function sentences(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

function partial(account: Account, open: OpenFindings, partly: readonly PrivilegeReport[]): Problem {
  const what = partly.map(({ privilege, path }) => `${privilege} below ${path}`).join(', ');
  const { commands, remark } = readerGrant(account, open, partly);
  return {
    code: 'privileges_partial',
    severity: 'warning',
    cause: `${account.user} has ${what} on some objects only; the others are not seen.`,
    cure: sentences(
      'If that is not intended, run the commands as root on a node: they grant it on everything.',
      remark,
    ),
    commands,
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
function refusedReads(account: Account, open: OpenFindings, lacking: readonly PrivilegeReport[]): readonly Problem[] {
  const { reads, permissions } = open;
  const isExplained = (read: ReadFinding): boolean =>
    lacking.some(({ without }) => without.includes(needOf(read)?.without ?? ''));
  const why =
    permissions === null
      ? ''
      : ' The account has the privilege elsewhere; an entry on this very path gives it another role.';
  return reads
    .filter((read) => read.outcome === 'refused' && !isExplained(read))
    .map((read) => refusedRead({ account, open, why }, read));
}

function needOf(finding: ReadFinding) {
  return readNeeds.find(({ read }) => read === finding.read);
}

interface RefusalContext {
  readonly account: Account;
  readonly open: OpenFindings;
  readonly why: string;
}

function refusedRead({ account, open, why }: RefusalContext, finding: ReadFinding): Problem {
  const named = finding.error === undefined ? null : missingPrivilege(finding.error);
  // Of several that would do (`A|B`), the first is that of the role.
  const privilege = named?.privilege.split('|')[0] ?? '';
  const { commands, remark } =
    named === null || open.access === null
      ? { commands: [], remark: '' }
      : readerGrant(account, open, [{ privilege, path: named.aclPath }]);
  const without = needOf(finding)?.without;
  return {
    code: 'read_refused',
    severity: 'warning',
    cause: `GET ${finding.path} was refused: ${finding.detail}.${why}`,
    cure: sentences(
      'Look at the entries with the first command, and give the account the read-only role on this path as well.',
      remark,
    ),
    commands: ['pveum acl list', ...commands],
    missing: without === undefined ? [] : [without],
  };
}

function hiddenBackups(account: Account, open: OpenFindings, reports: readonly PrivilegeReport[]): readonly Problem[] {
  const lacking = reports.filter(({ reader, state }) => !reader && state !== 'present');
  if (lacking.length === 0) return [];
  const names = lacking.map(({ privilege }) => privilege);
  const { commands, remark } = proposeGrant({
    account,
    facts: open.access,
    roles: open.roles,
    wanted: { name: backupRole, privileges: names },
    lacking: lacking.map(({ privilege, path }) => ({ privilege, on: path })),
  });
  return [
    {
      code: 'backups_hidden',
      severity: 'note',
      cause: `Proxmox shows the backups of guests only to accounts that may make them: ${lacking.map(({ privilege, path }) => `${privilege} on ${path}`).join(', ')}.`,
      cure: sentences(
        'If backups are wanted in NetBox, run the commands as root on a node. They allow more than reading, so they are no part of the read-only role.',
        remark,
      ),
      commands,
      missing: [...new Set(lacking.flatMap(({ without }) => without))],
    },
  ];
}

/** `NoAccess`, or another role without `VM.Audit`, on single guests. */
function hiddenGuests(account: Account, { hidden }: OpenFindings): readonly Problem[] {
  if (hidden === null || hidden.vmids.length === 0) return [];
  const rest = hidden.isCut ? `; of the VMIDs that no listed guest has, only ${hidden.asked} were looked at` : '';
  return [
    {
      code: 'guests_hidden',
      severity: 'warning',
      cause: `${accountText(account)} may not see the guests ${hidden.vmids.join(', ')}, whose VMIDs are in use: an entry on their own paths, such as NoAccess, decides there${rest}.`,
      cure: 'If that is not intended, look at the entries on /vms/<VMID> and on the pools of these guests with the command, and remove what hides them.',
      commands: ['pveum acl list'],
      missing: [
        `the guests ${hidden.vmids.join(', ')}: what NetBox has of them stays as it is, and they are never taken for gone`,
      ],
    },
  ];
}
