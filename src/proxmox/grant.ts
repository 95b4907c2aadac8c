/**
 * Commands that give an account what it lacks and take nothing away from anybody. An own entry on a path replaces what a
 * user has there through its groups, so that nothing is bound blindly: what decides so far is added to. Pure.
 */
import { decidingEntries, type AccessFacts, type AclEntry, type Holder, type Place } from './access.js';
import { accountText, type Account } from './credentials.js';
import { bindRoleCommand, extendRoleCommand, quoted, type Binding } from './pveum.js';

export interface WantedRole {
  readonly name: string;
  /** All that it is to have. */
  readonly privileges: readonly string[];
}

export interface Lack {
  readonly privilege: string;
  /** ACL path. */
  readonly on: string;
}

export interface GrantRequest {
  readonly account: Account;
  /** null: Proxmox does not show the account what decides about it. */
  readonly facts: AccessFacts | null;
  /** Privileges by role; null when they are not known. */
  readonly roles: ReadonlyMap<string, readonly string[]> | null;
  readonly wanted: WantedRole;
  readonly lacking: readonly Lack[];
}

export interface Proposal {
  /** In this order. */
  readonly commands: readonly string[];
  /** What the commands cannot know or do: sentences, or empty. */
  readonly remark: string;
}

/** On / nothing from above can be replaced, and what a user has through several groups adds up. */
const readerGroup = 'NetBoxReaders';

/** What counts there is what holds for the single objects below. */
const parents: ReadonlySet<string> = new Set(['/nodes', '/pool', '/sdn/zones/localnetwork', '/storage', '/vms']);

export function proposeGrant(request: GrantRequest): Proposal {
  return request.facts === null ? proposeBlindly(request) : proposeFor(request, request.facts);
}

/** A group of its own is the one way that is safe whatever the user has: see the remark for where it does nothing. */
export function proposeBlindly({ account, roles, wanted }: Omit<GrantRequest, 'facts' | 'lacking'>): Proposal {
  const user = quoted(account.user);
  const bind = (type: AclEntry['type'], id: string): string =>
    bindRoleCommand({ type, id, path: '/', propagates: true }, wanted.name);
  const ofToken = account.token === null ? [] : [bind('token', accountText(account))];
  return {
    commands: [
      ...roleCommands(roles, wanted),
      `pveum group add ${readerGroup}`,
      `pveum user modify ${user} --groups ${readerGroup} --append 1`,
      bind('group', readerGroup),
      ...ofToken,
    ],
    remark:
      `Proxmox does not show which entries decide about ${account.user}, so the commands use a group, which takes nothing away. ` +
      `If "pveum acl list" shows an entry of the user itself on /, that one decides in place of its groups: add the role to it, and only then, with ${bind('user', account.user)}.`,
  };
}

function proposeFor(request: GrantRequest, facts: AccessFacts): Proposal {
  const { roles, wanted, lacking } = request;
  const bindings = new Map<string, Binding>();
  const blocked: string[] = [];
  let isRoleInUse = false;
  for (const holder of holdersOf(request.account, facts)) {
    for (const { lack, place } of lacking.flatMap(placesOf)) {
      const step = stepFor({ holder, lack, place, facts, request });
      if (step === 'has it') continue;
      if (step === 'blocked') blocked.push(`${holder.id} on ${lack.on}`);
      else if (step === 'extend') isRoleInUse = true;
      else {
        const key = `${step.type} ${step.id} ${step.path}`;
        bindings.set(key, { ...step, propagates: step.propagates || bindings.get(key)?.propagates === true });
      }
    }
  }
  const binds = [...bindings.values()].map((binding) => bindRoleCommand(binding, wanted.name));
  const needsRole = isRoleInUse || binds.length > 0;
  return {
    commands: [...(needsRole ? roleCommands(roles, wanted) : []), ...binds],
    remark:
      blocked.length === 0
        ? needsRole
          ? ''
          : 'By the access control list the roles grant it already, so no command is proposed: "pveum acl list" shows the entries.'
        : `For ${[...new Set(blocked)].join(', ')} no command is proposed, as an entry there (such as NoAccess) would have to go, or others would lose what they have: "pveum acl list" shows it.`,
  };
}

/** For a parent of single objects: what is below it, and the path itself, where entries that are not passed on count. */
function placesOf(lack: Lack): readonly { readonly lack: Lack; readonly place: Place }[] {
  return (parents.has(lack.on) ? [true, false] : [false]).map((below) => ({ lack, place: { path: lack.on, below } }));
}

function holdersOf({ user, token }: Account, { groups, isSeparated }: AccessFacts): readonly Holder[] {
  const holders: Holder[] = [];
  // root@pam may do everything, whatever the list says.
  if (user !== 'root@pam') holders.push({ type: 'user', id: user, groups });
  if (token !== null && isSeparated) holders.push({ type: 'token', id: accountText({ user, token }), groups: [] });
  return holders;
}

interface StepInput {
  readonly holder: Holder;
  readonly lack: Lack;
  readonly place: Place;
  readonly facts: AccessFacts;
  readonly request: Pick<GrantRequest, 'roles' | 'wanted'>;
}

/** What is to be done so that a holder gets a privilege: nothing, a better role, a further role on the deciding level. */
function stepFor({ holder, lack, place, facts, request }: StepInput): 'has it' | 'extend' | 'blocked' | Binding {
  const { acl } = facts;
  const deciding = decidingEntries(acl, holder, place);
  if (deciding.length === 0) return freshBinding(acl, holder, lack.on);
  if (deciding.some(({ role }) => role === 'NoAccess')) return 'blocked';
  if (deciding.some(({ role }) => request.roles?.get(role)?.includes(lack.privilege) === true)) return 'has it';
  if (deciding.some(({ role }) => role === request.wanted.name)) return 'extend';
  const chosen = deciding.find(({ propagates }) => propagates) ?? deciding[0];
  return chosen ?? 'blocked';
}

/** On `/`, or on the path itself where an entry on `/` would replace something. */
function freshBinding(acl: readonly AclEntry[], holder: Holder, on: string): Binding | 'blocked' {
  const isSafe = (path: string): boolean =>
    [true, false].every((below) =>
      decidingEntries(acl, holder, { path, below }).every((entry) => entry.path === path && entry.type === holder.type),
    );
  const path = ['/', on].find(isSafe);
  return path === undefined ? 'blocked' : { type: holder.type, id: holder.id, path, propagates: true };
}

/** Nothing when the role is as it should be. */
function roleCommands(roles: GrantRequest['roles'], { name, privileges }: WantedRole): readonly string[] {
  const add = `pveum role add ${name} --privs "${privileges.join(',')}"`;
  if (roles === null) return [`${add} || ${extendRoleCommand(privileges, name)}`];
  const held = roles.get(name);
  if (held === undefined) return [add];
  const lacking = privileges.filter((privilege) => !held.includes(privilege));
  return lacking.length === 0 ? [] : [extendRoleCommand(lacking, name)];
}
