/** Users, groups, roles and the access control list, as `pveum` changes them. */
import { randomUUID } from 'node:crypto';
import type { PveProfile } from '../estate/index.js';
import { ApiError } from './api-error.js';
import { allPrivileges } from './privileges.js';
import { createRoleStore, type RoleStore } from './role-store.js';
import type { AclEntry, SimulatedToken, SimulatedUser } from './types.js';

export interface AclRow {
  readonly path: string;
  readonly type: 'user' | 'group' | 'token';
  /** `user@realm`, the group, or `user@realm!token`. */
  readonly ugid: string;
  readonly role: string;
  readonly propagate: boolean;
}

export interface AccessBook extends Omit<RoleStore, 'nameFor'> {
  readonly users: ReadonlyMap<string, SimulatedUser>;
  readonly groups: ReadonlySet<string>;
  readonly acl: readonly AclRow[];
  /** All that the release knows. */
  privileges(): readonly string[];
  /** The pool that the object of an ACL path is in. */
  poolOf(path: string): string | undefined;
  /** ACL paths of all guests in pools. */
  pooledPaths(): readonly string[];
  addUser(userid: string): void;
  addGroup(groupid: string): void;
  /** Into further groups, or into these alone. */
  changeGroups(userid: string, groups: readonly string[], append: boolean): void;
  /** Answers the secret. */
  addToken(userid: string, name: string, privilegeSeparation: boolean): string;
  /** Answers the new secret of a token that is there. */
  renewToken(userid: string, name: string): string;
  /** Binds roles to users, groups and tokens (an entry that exists already is replaced), or takes them away. */
  bind(entry: AclChange): void;
}

export interface AclChange {
  readonly path: string;
  readonly roles: readonly string[];
  readonly users: readonly string[];
  readonly groups: readonly string[];
  /** `user@realm!token`. */
  readonly tokens: readonly string[];
  readonly propagate: boolean;
  readonly delete: boolean;
}

export interface AccessBookOptions {
  readonly users: readonly SimulatedUser[];
  /** Entries by group. */
  readonly groups: Readonly<Record<string, readonly AclEntry[]>>;
  /** Privileges by role, besides those that Proxmox brings along. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  readonly profile: () => PveProfile;
  /** Empty: it is in none. */
  readonly poolOf: (vmid: number) => string;
  readonly vmids: () => readonly number[];
}

interface BookUser extends SimulatedUser {
  groups: readonly string[];
  readonly tokens: SimulatedToken[];
}

function added({ tokens }: BookUser, token: Omit<SimulatedToken, 'value'>): string {
  if (tokens.some(({ name }) => name === token.name))
    throw new ApiError(400, 'Parameter verification failed.', { tokenid: 'Token already exists.' });
  const value = randomUUID();
  tokens.push({ ...token, value });
  return value;
}

function renewed({ tokens }: BookUser, name: string): string {
  const at = tokens.findIndex((token) => token.name === name);
  const old = tokens[at];
  if (old === undefined) throw new ApiError(500, `no such token '${name}'`);
  const value = randomUUID();
  tokens[at] = { ...old, value };
  return value;
}

export function createAccessBook(options: AccessBookOptions): AccessBook {
  const roleStore = createRoleStore(options);
  const acl = createAcl(roleStore);
  const groups = new Set(Object.keys(options.groups));
  for (const [ugid, entries] of Object.entries(options.groups)) acl.addAll('group', ugid, entries);

  const users = new Map<string, BookUser>();
  const addUser = (user: SimulatedUser): void => {
    if (users.has(user.userid)) throw new ApiError(500, `create user failed: user '${user.userid}' already exists`);
    users.set(user.userid, { ...user, groups: user.groups ?? [], tokens: [...(user.tokens ?? [])] });
    acl.addAll('user', user.userid, user.acl);
    for (const token of user.tokens ?? []) acl.addAll('token', `${user.userid}!${token.name}`, token.acl);
  };
  for (const user of options.users) addUser(user);

  function existing(userid: string): BookUser {
    const user = users.get(userid);
    if (user === undefined) throw new ApiError(500, `no such user ('${userid}')`);
    return user;
  }

  return {
    ...roleStore,
    ...pooled(options),
    users,
    groups,
    acl: acl.rows,
    privileges: () => allPrivileges(options.profile()),
    // Nobody knows the password until one is set.
    addUser: (userid) => addUser({ userid, password: randomUUID() }),
    addGroup(groupid) {
      if (groups.has(groupid)) throw new ApiError(500, `create group failed: group '${groupid}' already exists`);
      groups.add(groupid);
    },
    changeGroups(userid, wanted, append) {
      const user = existing(userid);
      const unknown = wanted.find((group) => !groups.has(group));
      if (unknown !== undefined) throw new ApiError(500, `update user failed: no such group '${unknown}'`);
      user.groups = append ? [...new Set([...user.groups, ...wanted])] : wanted;
    },
    addToken: (userid, name, privilegeSeparation) => added(existing(userid), { name, privilegeSeparation }),
    renewToken: (userid, name) => renewed(existing(userid), name),
    bind(change) {
      const unknown = change.roles.find((role) => !roleStore.has(role));
      if (unknown !== undefined) throw new ApiError(500, `update ACL failed: role '${unknown}' does not exist`);
      const holders = [
        ...change.users.map((ugid) => ({ type: 'user', ugid }) as const),
        ...change.groups.map((ugid) => ({ type: 'group', ugid }) as const),
        ...change.tokens.map((ugid) => ({ type: 'token', ugid }) as const),
      ];
      for (const { type, ugid } of holders) {
        if (!isKnown({ users, groups }, type, ugid))
          throw new ApiError(500, `update ACL failed: ${type} '${ugid}' does not exist`);
        for (const role of change.roles) acl.change({ ...change, type, ugid, role }, change.delete);
      }
    },
  };
}

function isKnown({ users, groups }: Pick<AccessBook, 'users' | 'groups'>, type: AclRow['type'], ugid: string): boolean {
  if (type === 'group') return groups.has(ugid);
  const [userid = '', token] = ugid.split('!');
  const user = users.get(userid);
  return type === 'user' ? user !== undefined : (user?.tokens ?? []).some(({ name }) => name === token);
}

function createAcl(roleStore: RoleStore) {
  const rows: AclRow[] = [];
  const change = ({ path, type, ugid, role, propagate }: AclRow, remove: boolean): void => {
    const old = rows.findIndex(
      (row) => row.path === path && row.type === type && row.ugid === ugid && row.role === role,
    );
    if (old >= 0) rows.splice(old, 1);
    if (!remove) rows.push({ path, type, ugid, role, propagate });
  };
  return {
    rows,
    change,
    addAll(type: AclRow['type'], ugid: string, entries: readonly AclEntry[] = []): void {
      for (const { path, role, privileges, propagate = true } of entries)
        change({ path, type, ugid, role: role ?? roleStore.nameFor(privileges), propagate }, false);
    },
  };
}

function pooled({ poolOf, vmids }: AccessBookOptions): Pick<AccessBook, 'poolOf' | 'pooledPaths'> {
  return {
    poolOf: (path) => (path.startsWith('/vms/') ? poolOf(Number(path.slice('/vms/'.length))) || undefined : undefined),
    pooledPaths: () =>
      vmids()
        .filter((vmid) => poolOf(vmid) !== '')
        .map((vmid) => `/vms/${vmid}`),
  };
}
