/** What a caller may do: roles on paths, as the access control of Proxmox adds them up and lets them replace each other. */
import { ApiError } from './api-error.js';
import type { AccessBook } from './access-book.js';
import type { SimulatedToken, SimulatedUser } from './types.js';

/** Who is asking. */
export interface Principal {
  readonly user: SimulatedUser;
  readonly token?: SimulatedToken;
  /** `user@realm` or `user@realm!token`. */
  readonly id: string;
}

/** The privileges of a caller on a path, as Proxmox computes them. */
export interface Permissions {
  has(path: string, privilege: string): boolean;
  /** Throws `403 Permission check failed (/vms/100, VM.Audit)` for the first privilege missing. */
  requireAll(path: string, privileges: readonly string[]): void;
  /** Throws the same with `A|B` when none is held. */
  requireAny(path: string, privileges: readonly string[]): void;
  /**
   * `access/permissions`. All paths that are a root of their kind, stand in the list of anybody or are guests of a pool: those
   * with nothing on them have no row. With a path: that row, empty when there is nothing.
   */
  table(path?: string): Record<string, Record<string, 0 | 1>>;
}

/** Names, and whether each holds below the path as well. */
type Flags = ReadonlyMap<string, boolean>;

/** Whose entries count: the id itself, and the groups of a user; a token is in none. */
interface Holder {
  readonly id: string;
  readonly groups: readonly string[];
}

const roots = ['/', '/access', '/access/groups', '/nodes', '/pool', '/sdn', '/storage', '/vms'];

/** `root@pam` may do everything. A token with privilege separation has what both it and its user have. */
export function permissionsOf({ user, token }: Principal, access: AccessBook): Permissions {
  const isSuperuser = user.userid === 'root@pam';
  const holders: readonly Holder[] = [
    ...(isSuperuser ? [] : [{ id: user.userid, groups: user.groups ?? [] }]),
    ...(token === undefined || token.privilegeSeparation === false
      ? []
      : [{ id: `${user.userid}!${token.name}`, groups: [] }]),
  ];

  function privileges(path: string): Flags {
    const all: Flags = new Map(access.privileges().map((name) => [name, true]));
    return holders.map((holder) => privilegesAt(access, holder, path)).reduce(intersection, all);
  }
  const has = (path: string, privilege: string): boolean =>
    holders.every((holder) => privilegesAt(access, holder, path).has(privilege));

  return {
    has,
    requireAll(path, wanted) {
      const missing = wanted.find((privilege) => !has(path, privilege));
      if (missing !== undefined) throw new ApiError(403, `Permission check failed (${path}, ${missing})`);
    },
    requireAny(path, wanted) {
      if (wanted.some((privilege) => has(path, privilege))) return;
      throw new ApiError(403, `Permission check failed (${path}, ${wanted.join('|')})`);
    },
    table(wanted) {
      if (wanted !== undefined) return { [wanted]: asRow(privileges(wanted)) };
      const listed = access.acl.flatMap(({ path }) => levelsOf(path));
      const paths = new Set([...roots, ...listed, ...access.pooledPaths()]);
      const rows = [...paths].map((path) => [path, asRow(privileges(path))] as const);
      return Object.fromEntries(rows.filter(([, row]) => Object.keys(row).length > 0));
    },
  };
}

function asRow(flags: Flags): Record<string, 0 | 1> {
  return Object.fromEntries([...flags].map(([name, propagates]) => [name, propagates ? 1 : 0]));
}

function intersection(left: Flags, right: Flags): Flags {
  const both = [...left].filter(([name]) => right.has(name));
  return new Map(both.map(([name, propagates]) => [name, propagates && right.get(name) === true]));
}

function privilegesAt(access: AccessBook, holder: Holder, path: string): Flags {
  const flags = new Map<string, boolean>();
  for (const [role, propagates] of withPool(access, holder, path))
    for (const name of access.privilegesOf(role)) flags.set(name, (flags.get(name) ?? false) || propagates);
  return flags;
}

/** What is granted on a pool holds for its members; `NoAccess` on either side wins over everything. */
function withPool(access: AccessBook, holder: Holder, path: string): Flags {
  const roles = rolesAt(access, holder, path);
  const pool = access.poolOf(path);
  if (pool === undefined || roles.has('NoAccess')) return roles;
  const ofPool = rolesAt(access, holder, `/pool/${pool}`);
  if (ofPool.has('NoAccess')) return new Map([['NoAccess', false]]);
  return new Map([...[...ofPool.keys()].map((role) => [role, false] as const), ...roles]);
}

/**
 * Level by level, from `/` down: entries on a level replace what the levels above gave. On one level the roles of all own
 * entries add up and replace those of the groups; the roles of all groups add up as well.
 */
function rolesAt({ acl }: AccessBook, { id, groups }: Holder, path: string): Flags {
  let roles = new Map<string, boolean>();
  for (const level of levelsOf(path)) {
    const applying = acl.filter((entry) => entry.path === level && (level === path || entry.propagate));
    const own = applying.filter(({ type, ugid }) => type !== 'group' && ugid === id);
    const chosen =
      own.length > 0 ? own : applying.filter(({ type, ugid }) => type === 'group' && groups.includes(ugid));
    if (chosen.length > 0) roles = new Map(chosen.map(({ role, propagate }) => [role, propagate]));
  }
  return roles.has('NoAccess') ? new Map([['NoAccess', roles.get('NoAccess') === true]]) : roles;
}

/** `/vms/100` -> `/`, `/vms`, `/vms/100`. */
function levelsOf(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
}
