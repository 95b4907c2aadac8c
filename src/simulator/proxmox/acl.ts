import type { PveProfile } from '../estate/index.js';
import { ApiError } from './api-error.js';
import { allPrivileges } from './privileges.js';
import type { AclEntry, SimulatedToken, SimulatedUser } from './types.js';

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
  /** `access/permissions`: privileges of one path, or of every path that is a root of its kind or has an entry. */
  table(path?: string): Record<string, Record<string, 0 | 1>>;
}

/**
 * The entries nearest to the path decide and replace what its parents grant. `root@pam` may do everything. A token
 * with privilege separation holds the intersection of its own and its user's privileges.
 */
export function permissionsOf(principal: Principal, profile: PveProfile): Permissions {
  const { user, token } = principal;
  const isSuperuser = user.userid === 'root@pam';
  const isSeparated = token !== undefined && token.privilegeSeparation !== false;

  function has(path: string, privilege: string): boolean {
    const userHas = isSuperuser || grants(user.acl, path, privilege);
    return userHas && (!isSeparated || grants(token.acl, path, privilege));
  }

  /** Whether it holds below the path as well. */
  function isPropagated(path: string, privilege: string): boolean {
    const passes = (acl: readonly AclEntry[] | undefined): boolean =>
      nearestEntries(acl, path).some((entry) => entry.propagate !== false && entry.privileges.includes(privilege));
    return (isSuperuser || passes(user.acl)) && (!isSeparated || passes(token.acl));
  }

  return {
    has,
    requireAll(path, privileges) {
      const missing = privileges.find((privilege) => !has(path, privilege));
      if (missing !== undefined) throw new ApiError(403, `Permission check failed (${path}, ${missing})`);
    },
    requireAny(path, privileges) {
      if (privileges.some((privilege) => has(path, privilege))) return;
      throw new ApiError(403, `Permission check failed (${path}, ${privileges.join('|')})`);
    },
    table(wanted) {
      const entries = [...(user.acl ?? []), ...(token?.acl ?? [])];
      const paths = [
        '/',
        '/access',
        '/access/groups',
        '/nodes',
        '/pool',
        '/sdn',
        '/storage',
        '/vms',
        ...entries.map((entry) => entry.path),
      ];
      const rows: Record<string, Record<string, 0 | 1>> = {};
      for (const path of new Set(wanted === undefined ? paths : [wanted])) {
        const privileges = allPrivileges(profile).filter((privilege) => has(path, privilege));
        const held = privileges.map((privilege) => [privilege, isPropagated(path, privilege) ? 1 : 0] as const);
        if (held.length > 0) rows[path] = Object.fromEntries(held);
      }
      return rows;
    },
  };
}

function grants(acl: readonly AclEntry[] | undefined, path: string, privilege: string): boolean {
  return nearestEntries(acl, path).some((entry) => entry.privileges.includes(privilege));
}

/** All entries of the nearest path that has any: the roles of one path add up. */
function nearestEntries(acl: readonly AclEntry[] = [], path: string): readonly AclEntry[] {
  const applying = acl.filter(
    (entry) => entry.path === path || (entry.propagate !== false && isAbove(entry.path, path)),
  );
  const nearest = Math.max(...applying.map((entry) => entry.path.length));
  return applying.filter((entry) => entry.path.length === nearest);
}

function isAbove(parent: string, path: string): boolean {
  return parent === '/' || path.startsWith(`${parent}/`);
}
