import { randomUUID } from 'node:crypto';
import type { PveProfile } from '../estate/index.js';
import { ApiError } from './api-error.js';
import { allPrivileges } from './privileges.js';
import type { AclEntry, SimulatedToken, SimulatedUser } from './types.js';

/** Users, roles and the access control list, as `pveum` changes them. */
export interface AccessBook {
  readonly users: ReadonlyMap<string, SimulatedUser>;
  roles(): readonly { readonly roleid: string; readonly privileges: readonly string[]; readonly special: boolean }[];
  addRole(roleid: string, privileges: readonly string[]): void;
  changeRole(roleid: string, privileges: readonly string[], append: boolean): void;
  addUser(userid: string): void;
  /** Answers the secret. */
  addToken(userid: string, name: string, privilegeSeparation: boolean): string;
  /** Binds roles to users and tokens; an entry that exists already is replaced. */
  bind(entry: AclChange): void;
}

export interface AclChange {
  readonly path: string;
  readonly roles: readonly string[];
  readonly users: readonly string[];
  /** `user@realm!token`. */
  readonly tokens: readonly string[];
  readonly propagate: boolean;
}

export interface AccessBookOptions {
  readonly users: readonly SimulatedUser[];
  /** Privileges by role, besides those that Proxmox brings along. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  readonly profile: () => PveProfile;
}

const auditor = ['Datastore.Audit', 'Mapping.Audit', 'Pool.Audit', 'SDN.Audit', 'Sys.Audit', 'VM.Audit'];

interface BookEntry extends AclEntry {
  readonly role?: string;
}

interface BookUser extends SimulatedUser {
  readonly tokens: SimulatedToken[];
}

interface RoleStore extends Pick<AccessBook, 'roles' | 'addRole' | 'changeRole'> {
  has(role: string): boolean;
  privilegesOf(role: string): readonly string[];
}

function createRoleStore({ roles: given, profile }: AccessBookOptions): RoleStore {
  const special = new Map<string, () => readonly string[]>([
    ['Administrator', () => allPrivileges(profile())],
    ['NoAccess', () => []],
    ['PVEAuditor', () => auditor],
  ]);
  const own = new Map<string, readonly string[]>(Object.entries(given));

  function check(privileges: readonly string[]): void {
    const unknown = privileges.find((privilege) => !allPrivileges(profile()).includes(privilege));
    if (unknown === undefined) return;
    throw new ApiError(400, 'Parameter verification failed.', { privs: `invalid privilege '${unknown}'` });
  }

  return {
    has: (role) => special.has(role) || own.has(role),
    privilegesOf: (role) => special.get(role)?.() ?? own.get(role) ?? [],
    roles: () => [
      ...[...special].map(([roleid, list]) => ({ roleid, privileges: list(), special: true })),
      ...[...own].map(([roleid, privileges]) => ({ roleid, privileges, special: false })),
    ],
    addRole(roleid, privileges) {
      if (special.has(roleid) || own.has(roleid))
        throw new ApiError(500, `create role failed: role '${roleid}' already exists`);
      check(privileges);
      own.set(roleid, privileges);
    },
    changeRole(roleid, privileges, append) {
      if (special.has(roleid))
        throw new ApiError(500, `update role failed: auto-generated role '${roleid}' cannot be modified`);
      const held = own.get(roleid);
      if (held === undefined) throw new ApiError(500, `update role failed: role '${roleid}' does not exist`);
      check(privileges);
      own.set(roleid, append ? [...new Set([...held, ...privileges])] : privileges);
    },
  };
}

export function createAccessBook(options: AccessBookOptions): AccessBook {
  const roleStore = createRoleStore(options);
  const acls = new Map<string, BookEntry[]>();

  const aclOf = (id: string, acl: readonly AclEntry[] = []): readonly AclEntry[] => {
    const entries: BookEntry[] = [...acl];
    acls.set(id, entries);
    return entries;
  };
  const tokenOf = (userid: string, token: SimulatedToken): SimulatedToken => ({
    ...token,
    acl: aclOf(`${userid}!${token.name}`, token.acl),
  });
  const users = new Map<string, BookUser>();
  const addUser = (user: SimulatedUser): void => {
    if (users.has(user.userid)) throw new ApiError(500, `create user failed: user '${user.userid}' already exists`);
    const tokens = (user.tokens ?? []).map((token) => tokenOf(user.userid, token));
    users.set(user.userid, { ...user, acl: aclOf(user.userid, user.acl), tokens });
  };
  for (const user of options.users) addUser(user);

  function bindOne(id: string, role: string, { path, propagate }: AclChange): void {
    const entries = acls.get(id);
    const what = id.includes('!') ? 'token' : 'user';
    if (entries === undefined) throw new ApiError(500, `update ACL failed: ${what} '${id}' does not exist`);
    const old = entries.findIndex((entry) => entry.path === path && entry.role === role);
    if (old >= 0) entries.splice(old, 1);
    entries.push({
      path,
      role,
      propagate,
      // Looked up when asked: a role may change after it was bound.
      get privileges() {
        return roleStore.privilegesOf(role);
      },
    });
  }

  return {
    ...roleStore,
    users,
    // Nobody knows the password until one is set.
    addUser: (userid) => addUser({ userid, password: randomUUID() }),
    addToken(userid, name, privilegeSeparation) {
      const user = users.get(userid);
      if (user === undefined) throw new ApiError(500, `no such user ('${userid}')`);
      if (user.tokens.some((token) => token.name === name))
        throw new ApiError(400, 'Parameter verification failed.', { tokenid: 'Token already exists.' });
      const value = randomUUID();
      user.tokens.push(tokenOf(userid, { name, value, privilegeSeparation }));
      return value;
    },
    bind(change) {
      const unknown = change.roles.find((role) => !roleStore.has(role));
      if (unknown !== undefined) throw new ApiError(500, `update ACL failed: role '${unknown}' does not exist`);
      for (const id of [...change.users, ...change.tokens]) for (const role of change.roles) bindOne(id, role, change);
    },
  };
}
